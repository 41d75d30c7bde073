"""The functions of FHIRPath that the generated invariants call: each takes the items of an expression as a list.

An empty operand makes a comparison false. A primitive that stands as an extension alone is an item without a value.
Source: http://hl7.org/fhirpath/N1/; http://hl7.org/fhir/R4/fhirpath.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any, cast

from hub.fhir.models.invariants_datatypes import in_order

Items = list[Any]


def at(o: Any, name: str) -> Items:
    """A struct and an element's name (x of x[y] too) → its values in order."""
    found: Items = []
    for attribute, companion in _members(o.__class__, name):
        value = getattr(o, attribute)
        if value is None and companion:
            value = getattr(o, companion)
        if isinstance(value, tuple):
            found += _paired(o, cast("tuple[Any, ...]", value), companion)
        elif value is not None:
            found.append(value)
    return found


def _paired(o: Any, values: tuple[Any, ...], companion: str) -> Items:
    """A repeating element: a null among primitives gives way to the extension beside it."""
    beside: tuple[Any, ...] = getattr(o, companion) if companion else ()
    if not beside:
        return [v for v in values if v is not None]
    size = max(len(values), len(beside))
    both = zip(
        values + (None,) * (size - len(values)),
        beside + (None,) * (size - len(beside)),
        strict=True,
    )
    return [v if v is not None else c for v, c in both if v is not None or c is not None]


@cache
def _members(struct: type[Any], name: str) -> tuple[tuple[str, str], ...]:
    """A class and an element's name → (attribute, its companion or "")."""
    names: tuple[str, ...] = getattr(struct, "__struct_fields__", ())
    exact = [n for n in (name, f"{name}_") if n in names]
    size = len(name)
    wanted = exact or [
        n
        for n in names
        if n.startswith(name) and n[size : size + 1].isupper() and not n.endswith("_ext")
    ]
    return tuple((n, f"{n}_ext" if f"{n}_ext" in names else "") for n in wanted)


def on(items: Items, name: str) -> Items:
    """Items and an element's name → its values in all of them."""
    return [v for each in items for v in at(each, name)]


def true(items: Items) -> bool:
    """Items as a condition: exactly one, and not false."""
    return len(items) == 1 and items[0] is not False


def has_value(items: Items) -> bool:
    """Whether it is one item that is a primitive with a value."""
    return len(items) == 1 and isinstance(items[0], str | int | Decimal)


def equal(left: Items, right: Items) -> bool:
    """`=`."""
    return bool(left) and left == right


def differ(left: Items, right: Items) -> bool:
    """`!=`."""
    return bool(left) and bool(right) and left != right


def inside(left: Items, right: Items) -> bool:
    """`in`."""
    return len(left) == 1 and left[0] in right


def holds(left: Items, right: Items) -> bool:
    """`contains`, the operator."""
    return inside(right, left)


def up_to(left: Items, right: Items) -> bool:
    """`<=`, of dates too."""
    if len(left) != 1 or len(right) != 1:
        return False
    a, b = left[0], right[0]
    return in_order(a, b) if isinstance(a, str) and isinstance(b, str) else bool(a <= b)


def down_to(left: Items, right: Items) -> bool:
    """`>=`, of dates too."""
    return up_to(right, left)


def below(left: Items, right: Items) -> bool:
    """`<` of numbers."""
    return len(left) == 1 and len(right) == 1 and bool(left[0] < right[0])


def above(left: Items, right: Items) -> bool:
    """`>` of numbers."""
    return below(right, left)


def distinct(items: Items) -> bool:
    """Whether no two are alike."""
    return all(item not in items[:place] for place, item in enumerate(items))


def union(left: Items, right: Items) -> Items:
    """`|`."""
    made: Items = []
    for item in [*left, *right]:
        if item not in made:
            made.append(item)
    return made


def joined(left: Items, right: Items) -> Items:
    """`&`: an empty operand counts as an empty text."""
    return ["".join(str(item) for item in [*left[:1], *right[:1]])]


def total(left: Items, right: Items) -> Items:
    """`+` of numbers."""
    return [left[0] + right[0]] if left and right else []


def integers(items: Items) -> Items:
    """toInteger()."""
    texts_ = [str(item) for item in items]
    return [int(t) for t in texts_ if re.fullmatch(r"[+-]?[0-9]{1,18}", t, re.ASCII)]


def texts(items: Items) -> Items:
    """toString()."""
    return [str(item) for item in items if isinstance(item, str | int | Decimal)]


def starts(items: Items, prefix: Sequence[str]) -> bool:
    """startsWith()."""
    return any(isinstance(item, str) and item.startswith(prefix[0]) for item in items if prefix)


def includes(items: Items, part: Sequence[str]) -> bool:
    """contains(), the function."""
    return any(isinstance(item, str) and part[0] in item for item in items if part)


def matches(items: Items, pattern: Sequence[str]) -> bool:
    """matches(): the whole text."""
    return any(
        isinstance(item, str) and re.fullmatch(pattern[0], item) is not None for item in items
    )


def replaced(items: Items, pattern: Sequence[str], by: Sequence[str]) -> Items:
    """replaceMatches()."""
    return [re.sub(pattern[0], by[0], item) for item in items if isinstance(item, str)]
