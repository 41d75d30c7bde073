"""A form: the table of one class of a message ↔ one FHIR struct, and the lines it is made of.

A field without a line of its own stands in an extension named after its element, one meaning each: so nothing of the
class can be forgotten, and the table of the codec is the list of what there is to map.
Source: style.md §2.1; architecture D7 ("No FHIR element carries serialised XML or path-value bags").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, Final, Protocol

import msgspec

from hub.emessage.table import Field, Simple, table_of
from hub.fhir.models.r4.datatypes import Extension
from hub.mapping.both_ways.coded import WITHOUT_CONTENT
from hub.mapping.both_ways.script import Script
from hub.mapping.both_ways.sheet import Place, Sheet, add_extension, place
from hub.mapping.draft import Desk
from hub.mapping.message_urls import PLO
from hub.mapping.narrative import Contained
from hub.problems import ProblemCode, fail

SENT_EMPTY: Final = f"{PLO}sent-empty"
"""On any element, repeating; valueCode: the name of an element that the sender wrote with nothing in it."""
_WORD: Final = re.compile(r"(?<=[a-zæøå0-9])(?=[A-ZÆØÅ])|(?<=[A-Z])(?=[A-Z][a-zæøå])")


class Pen(msgspec.Struct, frozen=True):
    """What filling a form needs: the desk of the message, and what is contained in the resource being filled."""

    desk: Desk
    contained: Contained


@dataclass(frozen=True, slots=True)
class Eye:
    """What reading a form needs: the resources by every reference they go by, and those contained where we are."""

    resources: Mapping[str, Any]
    contained: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def inside(self, resource: Any) -> Eye:
        """A resource → the eye that sees what is contained in it."""
        return Eye(self.resources, {f"#{c.id}": c for c in resource.contained})

    def find(self, reference: Any) -> Any:
        """A Reference → the resource it leads to, or None."""
        name = reference.reference if reference is not None else None
        if name is None:
            return None
        return self.contained.get(name) or self.resources.get(name)


Put = Callable[[Any, "Sheet", "Pen"], None]
"""Puts a value, or the one field of a line, on a sheet."""
Written = Callable[[Script, str, int], None]
"""Writes how a filled field is put: the function being written, the variable that holds the field, and how deep it stands."""


class Line(Protocol):
    """One line of a form, bound to its two classes."""

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of the message's class that the line carries."""
        ...

    @property
    def part(self) -> Put | None:
        """Nothing → what puts the line's one field when it is filled; None when the line sees the whole value."""
        ...

    @property
    def put(self) -> Put:
        """Nothing → what puts all that the line says of a value of the class."""
        ...

    @property
    def written(self) -> Written | None:
        """Nothing → what writes out how the line's filled field is put; None when it is put by a call."""
        ...

    def get(self, struct: Any, eye: Eye, found: dict[str, Any]) -> None:
        """A FHIR struct → the fields of this line are found."""
        ...

    def told(self) -> Iterable[tuple[str, str]]:
        """Nothing → (element, FHIR path) for the documentation."""
        ...


class Spec(Protocol):
    """A line before it is bound to the classes of its form."""

    def bind(self, cls: type, fhir: type, base: str) -> Line:
        """The class of the message and the FHIR struct → the line."""
        ...


Fixed = Callable[[Pen], Mapping[str, Any]]


def write_out(cls: type, lines: Sequence[Line], script: Script, value: str, depth: int) -> None:
    """The lines of a class, and the variable that holds a value of it → what puts it on a sheet, line after line.

    A line does something only when its field is filled.
    """
    many = {f.name for f in table_of(cls).fields if f.many}
    for line in lines:
        if line.part is None:
            script.add(depth, f"{script.name(line.put)}({value}, sheet, pen)")
            continue
        here, name = script.local(), line.names[0]
        script.add(depth, f"{here} = {value}.{name}")
        script.add(depth, f"if {here}:" if name in many else f"if {here} is not None:")
        if line.written is not None:
            line.written(script, here, depth + 1)
        else:
            script.add(depth + 1, f"{script.name(line.part)}({here}, sheet, pen)")


def _fetching(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """The names of fields → what fetches them all at once."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def put_alone(written: Written) -> Put:
    """What writes out how a field is put → what puts it where it is put by itself."""
    ready: list[Put] = []

    def put(here: Any, sheet: Sheet, pen: Pen) -> None:
        if not ready:
            script = Script()
            written(script, "here", 0)
            ready.append(script.function("here", "sheet", "pen"))
        ready[0](here, sheet, pen)

    return put


class Form:
    """The lines of one class of a message in one FHIR struct.

    Shape: `fixed` are elements that are the same in every struct made, `also` works out elements that follow from the
    value and are not read back; `only` names the fields when another struct holds the rest;
    `label` is what references to the struct show.
    """

    def __init__(
        self,
        cls: type,
        fhir: type,
        *specs: Spec,
        fixed: Fixed | None = None,
        also: Put | None = None,
        base: str = PLO,
        only: frozenset[str] | None = None,
        label: Callable[[Any], str | None] | None = None,
    ) -> None:
        self.cls, self.fhir, self.fixed, self.also, self.label = cls, fhir, fixed, also, label
        self.lines = bind_all(cls, fhir, specs, base, only)

    @cached_property
    def fill(self) -> Put:
        """Nothing → what puts everything that a value of the class says on a sheet; written out at first use."""
        script = Script()
        if self.fixed is not None:
            script.add(0, f"sheet.update({script.name(self.fixed)}(pen))")
        write_out(self.cls, self.lines, script, "value", 0)
        if self.also is not None:
            script.add(0, f"{script.name(self.also)}(value, sheet, pen)")
        return script.function("value", "sheet", "pen")

    def read(self, struct: Any, eye: Eye) -> Any:
        """A FHIR struct → the value of the class.

        Problems: OUTPUT_INVALID when the struct lacks what the class cannot be without.
        """
        return build(self.cls, self.find(struct, eye))

    def find(self, struct: Any, eye: Eye) -> dict[str, Any]:
        """A FHIR struct → the fields of the class that its lines find."""
        found: dict[str, Any] = {}
        for line in self.lines:
            line.get(struct, eye, found)
        return found


_BIND_AUTO: Final[list[Callable[[Field, type, type, str], Line]]] = []


def set_automatic(bind: Callable[[Field, type, type, str], Line]) -> None:
    """Who binds the fields that no line names (`lines.py` tells it once)."""
    _BIND_AUTO[:] = [bind]


def bind_all(
    cls: type, fhir: type, specs: Iterable[Spec], base: str, only: frozenset[str] | None = None
) -> tuple[Line, ...]:
    """The lines named for a class, and an automatic one for every field that is not, in the order of the codec."""
    lines = [spec.bind(cls, fhir, base) for spec in specs]
    named = {name for line in lines for name in line.names}
    order = {f.name: n for n, f in enumerate(table_of(cls).fields)}
    lines += [
        _BIND_AUTO[0](f, cls, fhir, base)
        for f in table_of(cls).fields
        if f.name not in named and not f.fixed and (only is None or f.name in only)
    ]
    return tuple(sorted(lines, key=lambda line: min((order[n] for n in line.names), default=0)))


def build(cls: type, found: Mapping[str, Any]) -> Any:
    """A class and the fields found → the value; what the schema fixes is filled in.

    Problems: OUTPUT_INVALID.
    """
    values: dict[str, Any] = {}
    for each in table_of(cls).fields:
        value = each.fixed or found.get(each.name)
        if each.many:
            value = value or ()
        if (value is None or value == ()) and each.least:
            name = f"{cls.__name__}/{each.kinds[0][0]}"
            raise fail(
                ProblemCode.OUTPUT_INVALID, f"The message needs a value for {name}", cls.__name__
            )
        values[each.name] = value
    return cls(**values)


def field_of(cls: type, name: str) -> Field:
    """A class and the name of a field → its line in the codec's table."""
    return next(f for f in table_of(cls).fields if f.name == name)


def kebab(element: str) -> str:
    """The name of an XML element → as it stands in the url of an extension."""
    plain = element.translate(str.maketrans({"å": "a", "ø": "o", "æ": "e"}))
    return _WORD.sub("-", plain).lower()


@cache
def spoken(element: str) -> str:
    """The name of an XML element → as a person reads it."""
    return _WORD.sub(" ", element).capitalize()


def fields_of(value: Any) -> tuple[Field, ...]:
    """A value of a class → the lines of its table."""
    cls: type = value.__class__
    return table_of(cls).fields


def says_nothing(value: Any) -> bool:
    """A value of a class → whether none of its fields is filled (fixed ones do not count)."""
    cls: type = value.__class__
    return all(here is None or here == () for here in _telling(cls)(value))


@cache
def _telling(cls: type) -> Callable[[Any], tuple[Any, ...]]:
    return _fetching([f.name for f in table_of(cls).fields if not f.fixed])


def mark_empty(sheet: Sheet) -> None:
    """A sheet on which nothing stands → it says that the sender wrote the element all the same."""
    if not sheet:
        add_extension(sheet, Extension(url=WITHOUT_CONTENT, valueBoolean=True))


def is_simple(kind: Any) -> bool:
    """A kind of a codec's field → whether it is a simple type."""
    return isinstance(kind, Simple)


def struct_from(form: Form, value: Any, pen: Pen) -> msgspec.Struct:
    """A value → the FHIR struct its form makes, marked when it would be empty."""
    sheet = Sheet(form.fhir)
    form.fill(value, sheet, pen)
    mark_empty(sheet)
    return sheet.close()


def where(cls: type, path: str, base: str) -> Place:
    """A FHIR class and a path → Place."""
    return place(cls, path, base)


def told_of(form: Form, element: str) -> Iterable[tuple[str, str]]:
    """A form and the element it is for → (path of the element, FHIR path) of all its lines."""
    for line in form.lines:
        for inner, path in line.told():
            yield f"{element}/{inner}", path
