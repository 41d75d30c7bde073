"""What `#id` leads to: a contained resource of a type that the place allows, and one that is there.

Source: http://hl7.org/fhir/R4/references.html#contained, #canonical.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from hub.fhir.models import RESOURCE_TYPES, rules_for, struct_for
from hub.fhir.models.checks import Rule
from hub.fhir.models.elements import elements_of
from hub.problems import Problem, ProblemCode

Json = dict[str, Any]


class _Known(NamedTuple):
    """What a walk through one resource knows. Shape: ids of what is contained → types; struct names → rules."""

    kinds: Mapping[str, str]
    rules: Mapping[str, Rule]


def misplaced(read: Json, where: str) -> Iterator[Problem]:
    """A resource (plain) and its place → `#id` references to a type that may not stand there, canonicals that lead nowhere.

    Shape: what is not as the definitions have it is passed over here, and told elsewhere.
    """
    held: Any = read.get("contained")
    every = cast("list[Any]", held) if isinstance(held, list) else []
    inside = [cast("Json", each) for each in every if isinstance(each, dict)]
    kinds = {str(each.get("id")): str(each.get("resourceType")) for each in inside}
    kinds[""] = str(read.get("resourceType"))
    yield from _resource(read, where, kinds)
    for place, each in enumerate(inside):
        yield from _resource(each, f"{where}.contained[{place}]", kinds)


def _resource(read: Json, where: str, kinds: Mapping[str, str]) -> Iterator[Problem]:
    kind = read.get("resourceType")
    if isinstance(kind, str) and kind in RESOURCE_TYPES:
        yield from _object(read, struct_for(kind), where, _Known(kinds, rules_for(kind)))


def _object(read: Json, struct: Any, where: str, known: _Known) -> Iterator[Problem]:
    elements, rule = elements_of(struct), known.rules.get(struct.__name__)
    for name, value in read.items():
        element = elements.get(name)
        if element is None or element.kind == "Resource":
            continue
        many = isinstance(value, list)
        targets = rule.targets.get(element.attribute) if rule else None
        for place, each in enumerate(cast("list[Any]", value) if many else [value]):
            at = f"{where}.{name}[{place}]" if many else f"{where}.{name}"
            if element.kind == "Reference":
                yield from _reference(each, targets, at, known.kinds)
            elif element.kind == "canonical":
                yield from _canonical(each, at, known.kinds)
            if isinstance(each, dict) and element.struct is not None:
                yield from _object(cast("Json", each), element.struct, at, known)


def _reference(
    value: Any, targets: frozenset[str] | None, where: str, kinds: Mapping[str, str]
) -> Iterator[Problem]:
    written: Any = cast("Json", value).get("reference") if isinstance(value, dict) else None
    if not isinstance(written, str) or not written.startswith("#") or not targets:
        return
    kind = kinds.get(written[1:])
    if kind in RESOURCE_TYPES and kind not in targets:
        allowed = ", ".join(sorted(targets))
        detail = f"the contained {kind} may not be referred to here; allowed are {allowed}"
        yield Problem(ProblemCode.BAD_VALUE, detail, f"{where}.reference")


def _canonical(value: Any, where: str, kinds: Mapping[str, str]) -> Iterator[Problem]:
    if isinstance(value, str) and value.startswith("#") and value[1:] not in kinds:
        detail = "a canonical #id must name a contained resource"
        yield Problem(ProblemCode.BAD_VALUE, detail, where)
