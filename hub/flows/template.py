"""A resource built by the ordinary builders around marks → its bytes and index values with holes where the marks stood.

What is known of a kind of resource is worked out once; of the next one only what differs is put in (ADR 0045).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from hub.fhir.codec import encode
from hub.fhir.search.date_entries import date_range
from hub.fhir.search.index import IndexEntry

_TEXTS: Final = ("system", "code", "text", "target", "version")
"""The fields of an index value that a mark may stand in as it is; in others it may have been changed."""
_TIMES: Final = (("start", 0), ("end", 1))


class Put(Struct, frozen=True):
    """A field of an index value and what belongs there. Shape: `side` None = `before` and a text, else an end of a time."""

    field: str
    hole: str
    before: str = ""
    side: int | None = None


class Template(Struct, frozen=True):
    """A resource with holes. Shape: `pieces` and the names of holes take turns; `index` are values and what is put into each."""

    pieces: tuple[bytes, ...]
    holes: tuple[str, ...]
    index: tuple[tuple[IndexEntry, tuple[Put, ...]], ...]

    def body(self, parts: Mapping[str, bytes]) -> bytes:
        """What belongs into the holes, as it stands in JSON → the bytes of the resource."""
        filled = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            filled += (parts[hole], piece)
        return b"".join(filled)

    def entries(
        self, texts: Mapping[str, str], span: Callable[[str], tuple[int, int]]
    ) -> tuple[IndexEntry, ...]:
        """What belongs into the holes, and what tells the range of a time → the values the resource is found by."""
        return tuple(
            replace(entry, **{each.field: _value(each, texts, span) for each in puts})
            if puts
            else entry
            for entry, puts in self.index
        )


def template_of(
    body: bytes, index: Sequence[IndexEntry], marks: Mapping[str, str], times: Sequence[str]
) -> Template | None:
    """The body and the index values of a resource built around marks, by the names of holes → its template.

    Shape: `times` are the holes whose marks are times; None where a mark stands in an index value in a way that is not known.
    """
    by_mark = {mark.encode(): hole for hole, mark in marks.items()}
    found = re.split(b"(%s)" % b"|".join(map(re.escape, by_mark)), body)
    spans = {hole: date_range(marks[hole]) for hole in times}
    made: list[tuple[IndexEntry, tuple[Put, ...]]] = []
    for entry in index:
        puts = _puts(entry, marks, spans)
        if puts is None:
            return None
        made.append((entry, puts))
    return Template(tuple(found[::2]), tuple(by_mark[each] for each in found[1::2]), tuple(made))


def json_text(text: str) -> bytes:
    """A text → as it stands between the quotes in JSON."""
    return encode(text)[1:-1]


def _value(put: Put, texts: Mapping[str, str], span: Callable[[str], tuple[int, int]]) -> Any:
    text = texts[put.hole]
    return put.before + text if put.side is None else span(text)[put.side]


def _puts(
    entry: IndexEntry, marks: Mapping[str, str], spans: Mapping[str, tuple[int, int]]
) -> tuple[Put, ...] | None:
    puts: list[Put] = []
    for name in _TEXTS:
        value: str = getattr(entry, name) or ""
        for hole, mark in marks.items():
            if value.endswith(mark):
                puts.append(Put(name, hole, value.removesuffix(mark)))
    for name, side in _TIMES if entry.kind == "date" else ():
        puts += [
            Put(name, hole, side=side)
            for hole, span in spans.items()
            if getattr(entry, name) == span[side]
        ]
    known = replace(entry, **{put.field: put.before if put.side is None else 0 for put in puts})
    seen = repr(known).casefold()
    return None if any(mark.casefold() in seen for mark in marks.values()) else tuple(puts)
