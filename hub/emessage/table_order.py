"""The order of the elements of a class and what of them is required, worked out once for both readers of its table.

Source: W3C XML Schema 1.0 part 1, cvc-complex-type, cvc-particle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from hub.emessage import table
from hub.emessage.table import Choice, Errors, Field, Table
from hub.emessage.xml import WHITESPACE, Element


@dataclass(frozen=True, slots=True)
class Step:
    """One element line. Shape: `order` in the sequence, `place` among the fields, `needed` 1 when it is required."""

    order: int
    place: int
    needed: int
    field: Field
    kind: Any


@dataclass(frozen=True, slots=True)
class Order:
    """The element lines of a class.

    Shape: `names` are the fields as they are given by place, `empty` what stands where nothing is read; `expected` is how
    many places of the order are filled in a whole element, -1 where that does not tell that it is whole.
    """

    lines: Table
    make: Callable[..., Any]
    attributes: tuple[Field, ...]
    steps: Mapping[str, Step]
    names: tuple[str, ...]
    empty: list[Any]
    required: frozenset[str]
    expected: int

    @property
    def is_datatype(self) -> bool:
        """Whether all there is are optional attributes (the KITH datatypes)."""
        return not self.steps and not any(field.least for field in self.attributes)


def order_of(lines: Table) -> Order:
    """A table → the order of its elements; alternatives of one choice share their place in it."""
    attributes = tuple(field for field in lines.fields if field.is_attribute)
    children = tuple(field for field in lines.fields if not field.is_attribute)
    names, empty = _places(lines.cls)
    required = _required(lines, children)
    steps = _steps(lines, children, required)
    expected = _expected(lines, children, required)
    make = cast("Callable[..., Any]", lines.cls)
    return Order(lines, make, attributes, steps, names, empty, required, expected)


def _places(cls: type) -> tuple[tuple[str, ...], list[Any]]:
    """A class → the names of its fields as they are given by place, and what stands where nothing is read."""
    names: tuple[str, ...] = cast("Any", cls).__struct_fields__
    many = {field.name for field in table.table_of(cls).fields if field.many}
    return names, [() if name in many else None for name in names]


def _steps(
    lines: Table,
    children: tuple[Field, ...],
    required: frozenset[str],
) -> dict[str, Step]:
    names, _ = _places(lines.cls)
    steps: dict[str, Step] = {}
    order = -1
    previous: Choice | None = None
    for field in children:
        choice = next((c for c in lines.choices if field.name in c.fields), None)
        needed = field.name in required or (choice is not None and choice.required)
        if choice is None or choice is not previous:
            order += 1
        previous = choice
        for name, kind in field.kinds:
            place = names.index(field.name)
            steps[table.field_tag(field, name)] = Step(order, place, int(needed), field, kind)
    return steps


def _expected(lines: Table, children: tuple[Field, ...], required: frozenset[str]) -> int:
    """How many places of the order are filled in a whole element; -1 where that does not tell that it is whole."""
    names = [field.name for field in children]
    for choice in lines.choices:
        first = names.index(choice.fields[0])
        if names[first : first + len(choice.fields)] != list(choice.fields):
            return -1
    return len(required) + sum(choice.required for choice in lines.choices)


def _required(lines: Table, children: tuple[Field, ...]) -> frozenset[str]:
    chosen = {name for choice in lines.choices for name in choice.fields}
    return frozenset(field.name for field in children if field.least and field.name not in chosen)


def check_whole(order: Order, element: Element, errors: Errors) -> None:
    """An element whose parts are not as many as expected → notes on what is missing; a second alternative of a choice is out of order already."""
    lines, filled = order.lines, _filled(element, order)
    if lines.may_be_empty and not len(element):
        return
    errors.extend(
        (element, f"A required element is missing: {_xml_name(lines, name)}")
        for name in sorted(order.required - filled)
    )
    for choice in lines.choices:
        if choice.required and not filled.intersection(choice.fields):
            names = ", ".join(_xml_name(lines, name) for name in choice.fields)
            errors.append((element, f"One of these elements is required: {names}"))


def _filled(element: Element, order: Order) -> set[str]:
    """An element → the names of the fields that its children fill in their order."""
    last, filled = -1, set[str]()
    for child in element:
        step = order.steps.get(child.tag)
        if step is not None and step.order > last:
            last = step.order
            filled.add(order.names[step.place])
    return filled


def _xml_name(lines: Table, name: str) -> str:
    return " or ".join(
        kind for field in lines.fields if field.name == name for kind, _ in field.kinds
    )


# White space seen between elements: indentation repeats, so that most texts are settled by one look-up.
BLANKS: Final[set[str]] = {""}


def remember_blank(text: str) -> None:
    """White space between elements → settled by one look-up when it comes again."""
    if len(text) <= 40 and len(BLANKS) < 500:
        BLANKS.add(text)


def check_blank(element: Element, text: str, errors: Errors) -> None:
    """The text of an element that holds elements only, or what stands between them → a note, unless it is white space."""
    if text.strip(WHITESPACE):
        errors.append((element, "Text is not allowed here"))
    else:
        remember_blank(text)
