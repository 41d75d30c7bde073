"""The lines of a form that most fields need: a value at a place, and a code with the words beside it.

Source: http://hl7.org/fhir/R4/datatypes.html; kith.xsd.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from hub.emessage.table import Field
from hub.fhir.models.elements import elements_of
from hub.fhir.models.r4.datatypes import Element, Extension
from hub.mapping.both_ways.access import got_at, placed
from hub.mapping.both_ways.coded import of_concept, to_concept
from hub.mapping.both_ways.form import (
    Eye,
    Line,
    Pen,
    Put,
    Written,
    field_of,
    kebab,
    put_alone,
    set_automatic,
    where,
)
from hub.mapping.both_ways.lists import LISTS
from hub.mapping.both_ways.script import Script
from hub.mapping.both_ways.sheet import Place, Sheet
from hub.mapping.both_ways.ways import Way, way_for
from hub.mapping.both_ways.written import TEXT, kept_text


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
        written = _written(line, spot, way)
        return _AtLine(line, spot, way, fhir.__name__, put_alone(written), written)


def _type_at(cls: type, spot: Place) -> str:
    for step in spot.steps:
        cls = step.struct
    return next(e.kind for e in elements_of(cls).values() if e.attribute == spot.name)


def _written(line: Field, spot: Place, way: Way) -> Written:
    """A field, its place and its way → what writes out how it is put: all that does not depend on the value is settled."""

    def written(script: Script, here: str, depth: int) -> None:
        owner = "sheet"
        if spot.steps:
            owner = script.local()
            _enter(script, spot, owner, depth)
        if line.many and (spot.extension or spot.many) and (way.suffix or not spot.extension):
            _write_all(script, spot, way, here, owner, depth)
            return
        if line.many:
            part = f"{owner}_part" if owner != "sheet" else script.local()
            script.add(depth, f"for {part} in {here}:")
            here, depth = part, depth + 1
        if way.simple:
            _write_pair(script, spot, way, here, owner, depth)
        else:
            _write_struct(script, spot, way, here, owner, depth)

    return written


def _enter(script: Script, spot: Place, owner: str, depth: int) -> None:
    """The place of a nested struct → its sheet is in the variable; what is there already is taken without a call."""
    around = "sheet"
    for step in spot.steps:
        made = f"{around}.inside({step.name!r}, {script.name(step.struct)}, {step.at})"
        if step.at:
            script.add(depth, f"{owner} = {made}")
        else:
            script.add(depth, f"{owner}_held = {around}.get({step.name!r})")
            there = f"{owner}_held[0]" if step.at == 0 else f"{owner}_held"
            kind = "list" if step.at == 0 else script.name(Sheet)
            script.add(depth, f"{owner} = {there} if {owner}_held.__class__ is {kind} else {made}")
        around = owner


def _write_all(script: Script, spot: Place, way: Way, here: str, owner: str, depth: int) -> None:
    """The values of a field that repeats → they stand at the place, which repeats too."""
    to, argument = (way.bare, "part") if way.bare is not None else (way.to, "part, pen")
    made = f"{script.name(to)}({argument})"
    if spot.extension:
        url, name, extension = repr(spot.extension), f"value{way.suffix}", script.name(Extension)
        if way.simple:
            each = f"{extension}(url={url}, {name}=made[0], {name}_ext=made[1])"
            script.add(depth, f"made = [{made} for part in {here}]")
            script.add(depth, f"{owner}.add('extension', *[{each} for made in made])")
            return
        made = f"{extension}(url={url}, {name}={made})"
    script.add(depth, f"{owner}.add({spot.name!r}, *[{made} for part in {here}])")


def _write_pair(script: Script, spot: Place, way: Way, here: str, owner: str, depth: int) -> None:
    """A simple value → it and its companion stand at the place."""
    value, beside = f"{here}_value", f"{here}_beside"
    to, argument = (way.bare, here) if way.bare is not None else (way.to, f"{here}, pen")
    if spot.extension:
        script.add(depth, f"{value}, {beside} = {script.name(to)}({argument})")
        name, made = f"value{way.suffix}", script.name(Extension)
        fields = f"url={spot.extension!r}, {name}={value}, {name}_ext={beside}"
        there = f"*{owner}.get('extension', ())"
        script.add(depth, f"{owner}['extension'] = ({there}, {made}({fields}))")
    elif to == TEXT.to:
        script.add(depth, f"if {here} and not {here}.isspace():")
        script.add(depth + 1, f"{owner}[{spot.name!r}] = {here}")
        script.add(depth, "else:")
        kept = f"{script.name(Element)}(extension={script.name(kept_text)}({here}))"
        script.add(depth + 1, f"{owner}[{spot.name + '_ext'!r}] = {kept}")
    else:
        script.add(depth, f"{value}, {beside} = {script.name(to)}({argument})")
        for name, what in ((spot.name, value), (f"{spot.name}_ext", beside)):
            script.add(depth, f"if {what} is not None:")
            script.add(depth + 1, f"{owner}[{name!r}] = {what}")


def _write_struct(script: Script, spot: Place, way: Way, here: str, owner: str, depth: int) -> None:
    """A value that becomes a struct → it stands at the place."""
    to, argument = (way.bare, here) if way.bare is not None else (way.to, f"{here}, pen")
    made = f"{script.name(to)}({argument})"
    if spot.extension and way.suffix:
        fields = f"url={spot.extension!r}, value{way.suffix}={made}"
        whole = f"{script.name(Extension)}({fields})"
        there = f"*{owner}.get('extension', ())"
        script.add(depth, f"{owner}['extension'] = ({there}, {whole})")
    elif spot.extension:
        script.add(depth, f"{script.name(placed(spot, way))}({made}, {owner})")
    elif spot.many:
        there = f"*{owner}.get({spot.name!r}, ())"
        script.add(depth, f"{owner}[{spot.name!r}] = ({there}, {made})")
    else:
        script.add(depth, f"{owner}[{spot.name!r}] = {made}")


@dataclass(frozen=True, slots=True)
class _AtLine:
    field: Field
    place: Place
    way: Way
    owner: str
    part: Put
    written: Written

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
            _put_worded(self, LISTS.get(code.kinds[0][0]), spot),
        )


def _put_worded(spec: Worded, number: str | None, spot: Place) -> Put:
    """A code, the words beside it, its list and its place → what puts the one concept they make."""
    put, enter = placed(spot, _CONCEPT), spot.owner_to_fill
    fetch = attrgetter(spec.code, spec.words)
    name = "" if spot.steps or spot.extension or spot.many else spot.name

    def put_worded(value: Any, sheet: Sheet, _pen: Pen) -> None:
        code, words = fetch(value)
        if code is None and words is None:
            return
        made = to_concept(code, number, words, worded=True)
        if name:
            sheet[name] = made
        else:
            put(made, enter(sheet))

    return put_worded


@dataclass(frozen=True, slots=True)
class _WordedLine:
    code: Field
    words: Field
    place: Place
    owner: str
    number: str | None
    put: Put
    part: None = None
    written: None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.code.name, self.words.name)

    @property
    def _kind(self) -> Any:
        return self.code.kinds[0][1]

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
