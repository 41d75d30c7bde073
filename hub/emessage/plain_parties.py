"""The parties of a usual document, known by their characters when they come again (ADR 0036, ADR 0039).

A sender and a receiver are a fifth of the elements of a message and the same in the next one. Their elements are left whole when
the document is cut at its tags; under the same namespaces the same characters are the same value.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

from hub.emessage.plain_tags import Head, NotPlainError, Scope
from hub.emessage.remembered import LARGEST, MOST
from hub.emessage.table import PlainReader

# By the name of a root, in the order in which they come
_PARTIES: Final = {
    "MsgHead": ("Sender", "Receiver"),
    "Message": ("ServProvider", "Requester"),
}
_ROOT: Final = re.compile(r"[ \t\n]*+<([^<>:\s]++:)?(MsgHead|Message)[ \t\n>]")
_END: Final = ""
"""Stands after a party that was left whole. No other reader takes it, so that only the reader of a party takes the party."""


def parted(text: str) -> list[str]:
    """The characters of a document → what follows each "<" of it, parties left whole and followed by an end of their own."""
    root = _ROOT.match(text)
    if root is None:
        return text.split("<")
    parts: list[str] = []
    at = -1
    for name in _PARTIES[root[2]]:
        tag = f"{root[1] or ''}{name}>"
        start = text.find(f"<{tag}", max(at, 0))
        end = text.find(f"</{tag}", start, start + LARGEST) if start >= 0 else -1
        following = text.find("<", end + 1) if end >= 0 else -1
        if following < 0:
            continue
        if start > at:
            parts += text[at + 1 : start].split("<")
        parts += (text[start + 1 : following], _END)
        at = following
    parts += text[at + 1 :].split("<")
    return parts


def recalling(read: PlainReader) -> PlainReader:
    """The reader of a party → the same, which reads a party that was left whole once."""
    held: OrderedDict[tuple[str, Scope, int], tuple[Any, str]] = OrderedDict()

    def recalled(head: Head, text: str, parts: Iterator[str], depth: int) -> tuple[Any, str]:
        if "<" not in text:
            return read(head, text, parts, depth)
        if next(parts, None) != _END:
            raise NotPlainError
        key = (text, head[4], depth)
        found = held.get(key)
        if found is None:
            inside = iter(text.split("<"))
            found = read(head, next(inside), inside, depth)
            if next(inside, None) is not None:
                raise NotPlainError
            held[key] = found
            if len(held) > MOST:
                held.popitem(last=False)
        return found

    return recalled
