"""A line of a form for a start and an end that are one Period.

Source: http://hl7.org/fhir/R4/datatypes.html#Period (per-1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hub.emessage.table import Field
from hub.mapping.both_ways.access import got_at, placed, put_pair
from hub.mapping.both_ways.form import Eye, Line, Pen, field_of, where
from hub.mapping.both_ways.sheet import Place, Sheet
from hub.mapping.both_ways.ways import Way, way_for
from hub.mapping.message_urls import END_AS_SENT
from hub.mapping.times import is_before


class Spell:
    """A start and an end → one Period; an end before the start is kept beside (per-1)."""

    def __init__(self, start: str, end: str, path: str) -> None:
        self.start, self.end, self.path = start, end, path

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        start, end = field_of(cls, self.start), field_of(cls, self.end)
        aside = where(fhir, f"{self.path}@{END_AS_SENT}", base)
        ways = (way_for(start, "dateTime", cls), way_for(end, "dateTime", cls))
        return _SpellLine(
            start,
            end,
            where(fhir, f"{self.path}.start", base),
            aside,
            ways,
            f"{fhir.__name__}.{self.path}",
            placed(aside, ways[1]),
        )


@dataclass(frozen=True, slots=True)
class _SpellLine:
    start: Field
    end: Field
    place: Place
    aside: Place
    ways: tuple[Way, Way]
    path: str
    put_aside: Callable[[Any, Sheet], None]
    part: None = None
    written: None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.start.name, self.end.name)

    def put(self, value: Any, sheet: Sheet, pen: Pen) -> None:
        start, end = getattr(value, self.start.name), getattr(value, self.end.name)
        if start is None and end is None:
            return
        owner = self.place.owner_to_fill(sheet)
        begun = None
        if start is not None:
            begun, companion = self.ways[0].to(start, pen)
            put_pair(owner, "start", begun, companion)
        if end is not None:
            ended, companion = self.ways[1].to(end, pen)
            if begun is not None and ended is not None and is_before(ended, begun):
                self.put_aside((ended, companion), owner)
            else:
                put_pair(owner, "end", ended, companion)

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        period = self.place.owner(struct)
        if period is None:
            return
        aside = next(iter(got_at(self.aside, self.ways[1], period)), (None, None))
        pairs = (
            (period.start, period.start_ext),
            (period.end, period.end_ext) if (period.end, period.end_ext) != (None, None) else aside,
        )
        for field, way, pair in zip((self.start, self.end), self.ways, pairs, strict=True):
            if pair != (None, None):
                found[field.name] = way.of(pair, eye)

    def told(self) -> Iterable[tuple[str, str]]:
        yield self.start.kinds[0][0], f"{self.path}.start"
        yield self.end.kinds[0][0], f"{self.path}.end"
