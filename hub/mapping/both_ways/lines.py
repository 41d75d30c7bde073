"""The lines of a form that most fields need: a value at a place, and a code with the words beside it.

Source: http://hl7.org/fhir/R4/datatypes.html; kith.xsd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from hub.emessage.table import Field
from hub.fhir.models.elements import elements_of
from hub.mapping.both_ways.access import got_at, placed
from hub.mapping.both_ways.coded import of_concept, to_concept
from hub.mapping.both_ways.form import (
    Eye,
    Line,
    Pen,
    Put,
    field_of,
    kebab,
    set_automatic,
    where,
)
from hub.mapping.both_ways.lists import LISTS
from hub.mapping.both_ways.sheet import Place, Sheet
from hub.mapping.both_ways.ways import Way, way_for


@dataclass(frozen=True, slots=True)
class At:
    """A field at a place. Shape: `way` when the field's kind alone does not say how."""

    field: str
    path: str = ""
    way: Way | None = None

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        line = field_of(cls, self.field)
        spot = where(fhir, self.path or f"@{kebab(line.kinds[0][0])}", base)
        fhir_type = None if spot.extension else _type_at(fhir, spot)
        way = self.way or way_for(line, fhir_type, cls)
        return _AtLine(line, spot, way, fhir.__name__, _put_for(line, spot, way))


def _type_at(cls: type, spot: Place) -> str:
    for step in spot.steps:
        cls = step.struct
    return next(e.kind for e in elements_of(cls).values() if e.attribute == spot.name)


def _put_for(line: Field, spot: Place, way: Way) -> Put:
    """A field, its place and its way → what puts it: all that does not depend on the value is settled here."""
    to, put, enter = way.to, placed(spot, way), spot.owner_to_fill

    name, beside = spot.name, f"{spot.name}_ext"

    def simple_at_root(here: Any, sheet: Sheet, pen: Pen) -> None:
        value, companion = to(here, pen)
        if value is not None:
            sheet[name] = value
        if companion is not None:
            sheet[beside] = companion

    def at_root(here: Any, sheet: Sheet, pen: Pen) -> None:
        put(to(here, pen), sheet)

    def inside(here: Any, sheet: Sheet, pen: Pen) -> None:
        owner = enter(sheet)
        put(to(here, pen), owner)

    def each(here: Any, sheet: Sheet, pen: Pen) -> None:
        owner = enter(sheet)
        for part in here:
            put(to(part, pen), owner)

    if line.many:
        return each
    if spot.steps:
        return inside
    return simple_at_root if way.simple and not spot.extension else at_root


@dataclass(frozen=True, slots=True)
class _AtLine:
    field: Field
    place: Place
    way: Way
    owner: str
    part: Put

    @property
    def names(self) -> tuple[str, ...]:
        return (self.field.name,)

    def put(self, value: Any, sheet: Sheet, pen: Pen) -> None:
        here = getattr(value, self.field.name)
        if here is not None and here != ():
            self.part(here, sheet, pen)

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        owner = self.place.owner(struct)
        if owner is None:
            return
        values = [
            v
            for v in (self.way.of(f, eye) for f in got_at(self.place, self.way, owner))
            if v is not None
        ]
        if values:
            found[self.field.name] = tuple(values) if self.field.many else values[0]

    def told(self) -> Iterable[tuple[str, str]]:
        yield self.field.kinds[0][0], f"{self.owner}.{self.place.path}"


@dataclass(frozen=True, slots=True)
class Worded:
    """A code and the words beside it → one CodeableConcept."""

    code: str
    words: str
    path: str

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The classes → the line."""
        code, spot = field_of(cls, self.code), where(fhir, self.path, base)
        return _WordedLine(
            code,
            field_of(cls, self.words),
            spot,
            fhir.__name__,
            LISTS.get(code.kinds[0][0]),
            placed(spot, _CONCEPT),
        )


@dataclass(frozen=True, slots=True)
class _WordedLine:
    code: Field
    words: Field
    place: Place
    owner: str
    number: str | None
    put_concept: Callable[[Any, Sheet], None]
    part: None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.code.name, self.words.name)

    @property
    def _kind(self) -> Any:
        return self.code.kinds[0][1]

    def put(self, value: Any, sheet: Sheet, pen: Pen) -> None:
        code, words = getattr(value, self.code.name), getattr(value, self.words.name)
        if code is None and words is None:
            return
        del pen
        made = to_concept(code, self.number, words, worded=True)
        self.put_concept(made, self.place.owner_to_fill(sheet))

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        owner = self.place.owner(struct)
        if owner is None:
            return
        for concept in got_at(self.place, _CONCEPT, owner):
            told = _CONCEPT.of(concept, eye)
            code, words = of_concept(told, self._kind, self.number, worded=True)
            if words is None and self.words.least and code is not None:
                words = code.dn  # the name of a code serves where words are required
            found[self.code.name], found[self.words.name] = code, words

    def told(self) -> Iterable[tuple[str, str]]:
        yield self.code.kinds[0][0], f"{self.owner}.{self.place.path}.coding"
        yield self.words.kinds[0][0], f"{self.owner}.{self.place.path}.text"


_CONCEPT: Final = Way("CodeableConcept", simple=False, to=lambda v, _: v, of=lambda v, _: v)


def _automatic(line: Field, cls: type, fhir: type, base: str) -> Line:
    return At(line.name).bind(cls, fhir, base)


set_automatic(_automatic)
