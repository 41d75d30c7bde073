"""How one value of a message goes into one FHIR value and back, by the kind it has in the codec's table.

Source: http://hl7.org/fhir/R4/datatypes.html; kith.xsd.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from hub.emessage.datatypes import CS, CV, PQ, TS
from hub.emessage.table import SELF, Field, Simple
from hub.fhir.models.r4.datatypes import Element, Extension
from hub.mapping.both_ways import written
from hub.mapping.both_ways.coded import (
    WITHOUT_CONTENT,
    concepts_of,
    of_concept,
    of_quantity,
    to_quantity,
)
from hub.mapping.both_ways.form import Eye, Form, Pen, struct_from
from hub.mapping.both_ways.lists import LISTS
from hub.mapping.both_ways.sheet import Sheet, add_extension
from hub.mapping.draft import Desk
from hub.mapping.narrative import Contained
from hub.mapping.recurring import remembered_inside

_PRIMITIVES: Final[dict[str, written.Primitive]] = {
    "xs:string": written.TEXT,
    "xs:boolean": written.FLAG,
    "xs:date": written.DAY,
    "xs:dateTime": written.MOMENT,
    "xs:gYear": written.YEAR,
    "xs:integer": written.WHOLE,
    "xs:decimal": written.NUMBER,
    "xs:double": written.NUMBER,
    "informasjonskategori": written.TEXT,
}


@dataclass(frozen=True, slots=True)
class Way:
    """One value ↔ one FHIR value.

    Shape: `suffix` names the type in value[x]; a `simple` value goes with its companion, as a pair; `bare` is `to`
    where no pen is needed.
    """

    suffix: str
    simple: bool
    to: Callable[[Any, Pen], Any]
    of: Callable[[Any, Eye], Any]
    bare: Callable[[Any], Any] | None = None


def primitive(kind: written.Primitive) -> Way:
    """A kind of primitive → the way of a simple value."""
    pair_of = kind.to

    def to(value: Any, _pen: Pen) -> tuple[Any, Element | None]:
        return pair_of(value)

    return Way(kind.suffix, simple=True, to=to, of=lambda pair, _eye: kind.of(*pair), bare=pair_of)


def timed(kind: written.Primitive) -> Way:
    """A kind of primitive → the way of a TS."""

    def bare(value: TS) -> tuple[Any, Element | None]:
        if value.v is None:
            return None, Element(extension=(Extension(url=WITHOUT_CONTENT, valueBoolean=True),))
        return kind.to(value.v)

    return Way(
        kind.suffix,
        simple=True,
        to=lambda value, _pen: bare(value),
        of=lambda pair, _eye: TS(v=kind.of(*pair)),
        bare=bare,
    )


def coded(kind: type, number: str | None) -> Way:
    """CS or CV, and the number of its list → the way of a code without words beside it."""
    bare = concepts_of(kind, number)
    return Way(
        "CodeableConcept",
        simple=False,
        to=lambda value, _pen: bare(value),
        of=lambda found, _eye: of_concept(found, kind, number, worded=False)[0],
        bare=bare,
    )


QUANTITY: Final = Way(
    "Quantity",
    simple=False,
    to=lambda value, _pen: to_quantity(value),
    of=lambda found, _eye: of_quantity(found),
    bare=to_quantity,
)
_WAYS: Final[dict[type, Way]] = {}


def contain(form: Form, *, recurs: bool = False) -> Form:
    """A form of a person → the same; its class goes by reference to a contained resource from now on."""
    _WAYS[form.cls] = reference_to(form, recurs=recurs)
    return form


def always(kind: type, way: Way) -> Way:
    """A class and its way → the way; the class goes that way wherever no line says otherwise."""
    _WAYS[kind] = way
    return way


def reference_to(form: Form, *, recurs: bool = False) -> Way:
    """A form → the way by reference to a contained resource, remembered for parties that come again (`recurs`)."""

    def to(value: Any, pen: Pen) -> Any:
        return contained(form, value, pen)

    def make(value: Any, inside: Contained) -> Any:
        return contained(form, value, without_desk(inside))

    again = remembered_inside(make)
    return Way(
        "Reference",
        simple=False,
        to=(lambda value, pen: again(value, pen.contained)) if recurs else to,
        of=lambda found, eye: read_contained(form, found, eye),
    )


def without_desk(inside: Contained) -> Pen:
    """What is contained already → the pen for a party, which is the same in whichever message it stands."""
    return Pen(cast("Desk", None), inside)


def contained(form: Form, value: Any, pen: Pen) -> Any:
    """A value → reference to the contained resource its form makes."""
    sheet = Sheet(form.fhir)
    form.fill(value, sheet, pen)
    return keep(sheet, pen, form.label(value) if form.label else None)


def keep(sheet: Sheet, pen: Pen, display: str | None = None) -> Any:
    """A filled sheet of a resource → local reference to the resource, which is contained now."""
    sheet["id"] = pen.contained.next_id(sheet.cls)
    return pen.contained.keep(sheet.close(), display)


def read_contained(form: Form, reference: Any, eye: Eye) -> Any:
    """A reference → the value of the resource it leads to, or None."""
    struct = eye.find(reference)
    return form.read(struct, eye) if isinstance(struct, form.fhir) else None


def way_for(line: Field, fhir_type: str | None, cls: type) -> Way:
    """A field of a codec, and the FHIR type of the place when it is no extension → the way of its value."""
    name, kind = line.kinds[0]
    if isinstance(kind, Simple):
        chosen = _PRIMITIVES[kind.name]
        if chosen is written.DAY and fhir_type == "dateTime":
            chosen = written.DAY_IN_TIME
        elif chosen is written.MOMENT and fhir_type == "instant":
            chosen = written.INSTANT
        elif chosen is written.WHOLE and fhir_type == "positiveInt":
            chosen = written.POSITIVE
        return primitive(chosen)
    if kind is SELF:
        kind = cls
    if kind in (CS, CV):
        return coded(kind, LISTS.get(name))
    if kind is TS:
        return timed(written.POINT)
    if kind is PQ:
        return QUANTITY
    if kind in _WAYS:
        return _WAYS[kind]
    return _complex(kind)


def _complex(kind: type) -> Way:
    """A class that FHIR has no place for → the way of a complex extension, one part for each of its elements."""
    form = Form(kind, Extension, base="")

    def to(value: Any, pen: Pen) -> Sheet:
        sheet = Sheet(Extension)
        form.fill(value, sheet, pen)
        if not sheet:
            add_extension(sheet, Extension(url=WITHOUT_CONTENT, valueBoolean=True))
        return sheet

    return Way("", simple=False, to=to, of=form.read)


def as_struct(form: Form) -> Way:
    """A form of a datatype or backbone element → the way of a class that is one struct."""
    return Way(
        form.fhir.__name__,
        simple=False,
        to=lambda value, pen: struct_from(form, value, pen),
        of=form.read,
    )
