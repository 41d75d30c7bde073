"""E-messages as one page for people, which loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable

from hub.emessage.page.alone import stand_alone
from hub.emessage.page.message import read_page
from hub.emessage.read import read_message


def to_page(documents: Iterable[bytes]) -> bytes:
    """The bytes of documents → one HTML document with all of them, and with what is wrong with each."""
    return stand_alone(
        *(read_page(data, problems=read_message(data).problems) for data in documents)
    )
