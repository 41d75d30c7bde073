"""E-messages as one page for people, which loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable

from hub.cli.emessage_reader import is_readable
from hub.emessage.page.alone import stand_alone
from hub.emessage.page.message import read_page
from hub.emessage.read import read_message


def to_page(documents: Iterable[bytes]) -> tuple[bytes, tuple[bool, ...]]:
    """The bytes of documents → one HTML document with all of them and what is wrong with each, and which are messages."""
    read = [(data, read_message(data)) for data in documents]
    page = stand_alone(*(read_page(data, problems=found.problems) for data, found in read))
    return page, tuple(is_readable(found) for _, found in read)
