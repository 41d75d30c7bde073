"""One walk over a plain JSON body along the generated models, collecting every problem with its FHIRPath.

Source: http://hl7.org/fhir/R4/json.html, http://hl7.org/fhir/R4/validation.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from hub.fhir.models import RESOURCE_TYPES, rules_for, struct_for
from hub.fhir.models.checks import (
    Rule,
    ok_absolute,
    ok_binding,
    ok_simple,
    reference_type,
    well_formed_reference,
)
from hub.fhir.models.containment import as_list, contained_problems
from hub.fhir.models.decoders import decoder_for
from hub.fhir.models.elements import Element, elements_of
from hub.fhir.models.loose import Made, loosely
from hub.fhir.models.told import EnoughError, safe_name, too_deep
from hub.fhir.models.values import value_fault
from hub.fhir.wire import MAX_DEPTH
from hub.problems import Problem, ProblemCode

Json = dict[str, Any]
_EMPTY: Final = "ele-1: an element must have a value or children"


class Walk:
    """One walk over one body; collects problems until there are `most`. Shape: `only_shell` passes over what the entries of a Bundle hold."""

    def __init__(
        self, twice: dict[int, tuple[Json, list[str]]], most: int, *, only_shell: bool = False
    ) -> None:
        self.problems: list[Problem] = []
        self._most, self._shell = most, only_shell
        self._twice = twice
        self._rules: Mapping[str, Rule] = {}
        self._made: Made = {}

    def add(self, code: ProblemCode, where: str, detail: str) -> None:
        """One problem more. Raises EnoughError when they are too many."""
        if len(self.problems) >= self._most:
            raise EnoughError
        self.problems.append(Problem(code, detail, where))

    def root(self, read: Json, expected: str | None) -> None:
        """The outermost object: its type is the one asked for."""
        kind = read.get("resourceType")
        if not isinstance(kind, str) or kind not in RESOURCE_TYPES:
            self.add(
                ProblemCode.WRONG_RESOURCE_TYPE,
                "resourceType",
                "resourceType must name a resource type of FHIR R4",
            )
        elif expected is not None and kind != expected:
            self.add(
                ProblemCode.WRONG_RESOURCE_TYPE,
                "resourceType",
                f"The body must be a resource of type {expected}",
            )
        else:
            self.resource(read, kind, 1)

    def resource(self, read: Json, where: str, depth: int, *, inside: bool = False) -> None:
        """A resource at `where`; `inside` when another resource contains it."""
        kind = read.get("resourceType")
        if not isinstance(kind, str) or kind not in RESOURCE_TYPES:
            name = f"{where}.resourceType"
            self.add(
                ProblemCode.WRONG_RESOURCE_TYPE,
                name,
                "resourceType must name a resource type of FHIR R4",
            )
            return
        outer, self._rules = self._rules, rules_for(kind)
        self.struct(
            {k: v for k, v in read.items() if k != "resourceType"},
            struct_for(kind),
            where,
            depth,
            read,
        )
        self._rules = outer
        if not inside:
            text = json.dumps(read, default=str).encode()
            self.problems.extend(contained_problems(read, text, where))

    def struct(
        self, read: Json, cls: type[Any], where: str, depth: int, whole: Json | None = None
    ) -> None:
        """An object that should be of the struct `cls`."""
        if depth > MAX_DEPTH:
            self.add(ProblemCode.TOO_DEEP, where, too_deep(where).detail)
            return
        for name in self._twice.get(id(whole or read), ({}, []))[1]:
            self.add(
                ProblemCode.DUPLICATE_KEY,
                f"{where}.{safe_name(name)}",
                "The name stands twice in one object",
            )
        # Beside a value an id alone may stand in a `_name`; _companions looks at those without.
        bare = not any(name != "id" for name in read)
        if bare and whole is None and not (cls.__name__ == "Element" and read):
            self.add(ProblemCode.INVARIANT, where, _EMPTY)
        elements = elements_of(cls)
        rule = self._rules.get(cls.__name__)
        for name, value in read.items():
            element = elements.get(name)
            if element is None:
                self.add(
                    ProblemCode.UNKNOWN_ELEMENT,
                    f"{where}.{safe_name(name)}",
                    "There is no such element here",
                )
            elif not (self._shell and name == "resource"):
                self._member(element, value, f"{where}.{name.removeprefix('_')}", depth + 1, rule)
        self._required(read, rule, elements, where)
        self._choices(read, cls.__name__, where)
        self._pairs(read, elements, where)
        self._companions(read, elements, where)
        if cls.__name__ != "Extension":
            self._absolute(read, where)
        self._invariants(whole or read, cls, rule, where)

    def _member(
        self, element: Element, value: Any, where: str, depth: int, rule: Rule | None
    ) -> None:
        if not element.many:
            self._value(element, value, where, depth, rule)
        elif not isinstance(value, list):
            self.add(ProblemCode.WRONG_TYPE, where, "This element repeats: an array is expected")
        elif not value:
            self.add(
                ProblemCode.BAD_VALUE,
                where,
                "An array must not be empty; leave the element out instead",
            )
        elif depth > MAX_DEPTH:
            self.problems.append(too_deep(where))
        else:
            for place, item in enumerate(cast("list[Any]", value)):
                # A null may stand in for a primitive whose extensions are in the other array.
                if item is not None or not element.nullable:
                    self._value(element, item, f"{where}[{place}]", depth + 1, rule)

    def _value(
        self, element: Element, value: Any, where: str, depth: int, rule: Rule | None
    ) -> None:
        if value is None:
            self.add(
                ProblemCode.WRONG_TYPE,
                where,
                "null is not allowed here; leave the element out instead",
            )
        elif element.struct is None and element.kind != "Resource":
            self._primitive(element, value, where)
        elif not isinstance(value, dict):
            what = "an object" if not isinstance(value, list) else "one object, not an array,"
            self.add(ProblemCode.WRONG_TYPE, where, f"{what} is expected ({element.kind})")
        elif element.struct is None:
            self.resource(
                cast("Json", value),
                where,
                depth,
                inside=where.rpartition(".")[2].startswith("contained"),
            )
        else:
            before = len(self.problems)
            self.struct(cast("Json", value), element.struct, where, depth)
            if len(self.problems) == before:
                self._placed(element, cast("Json", value), where, rule)

    def _primitive(self, element: Element, value: Any, where: str) -> None:
        fault = value_fault(element, value)
        if fault is not None:
            self.add(fault[0], where, fault[1])

    def _required(
        self, read: Json, rule: Rule | None, elements: dict[str, Element], where: str
    ) -> None:
        names = {e.attribute: name for name, e in elements.items()}
        for attribute in rule.required if rule else ():
            name = names[attribute]
            if name not in read and f"_{name}" not in read:
                self.add(
                    ProblemCode.REQUIRED_MISSING, f"{where}.{name}", "This element is required"
                )

    def _choices(self, read: Json, name: str, where: str) -> None:
        rule = self._rules.get(name)
        if rule is None:
            return
        for choice, variants in rule.choices.items():
            at = f"{where}.{choice}"
            there = {v for v in variants if v in read or f"_{v}" in read}
            if len(there) > 1:
                self.add(ProblemCode.INVARIANT, at, f"Only one {choice}[x] may stand")
            elif name == "Extension" and bool(there) == bool(read.get("extension")):
                detail = "ext-1: an extension SHALL have either a value or extensions"
                self.add(ProblemCode.INVARIANT, where, detail)
            elif not there and choice in rule.required_choices:
                self.add(ProblemCode.REQUIRED_MISSING, at, f"One {choice}[x] is required")

    def _pairs(self, read: Json, elements: dict[str, Element], where: str) -> None:
        for name, element in elements.items():
            if not (element.many and element.nullable) or name.startswith("_"):
                continue
            values, companions = as_list(read.get(name)), as_list(read.get(f"_{name}"))
            left = values or [None] * len(companions)
            right = companions or [None] * len(values)
            at = f"{where}.{name}"
            if len(left) != len(right):
                self.add(ProblemCode.BAD_VALUE, at, f"{name} and _{name} must be equally long")
            for place, pair in enumerate(zip(left, right, strict=False)):
                if pair == (None, None):
                    detail = "null is only allowed beside an extension"
                    self.add(ProblemCode.WRONG_TYPE, f"{at}[{place}]", detail)

    def _companions(self, read: Json, elements: dict[str, Element], where: str) -> None:
        for name in read:
            each = read[name]
            plain = name.removeprefix("_")
            if name == plain or name not in elements:
                continue
            for place, one in enumerate(as_list(each)):
                values = as_list(read.get(plain))
                value = values[place] if place < len(values) else None
                if value is None and isinstance(one, dict) and set(cast("Json", one)) == {"id"}:
                    self.add(ProblemCode.INVARIANT, f"{where}.{plain}[{place}]", _EMPTY)
            if isinstance(each, dict) and plain not in read and set(cast("Json", each)) == {"id"}:
                self.add(ProblemCode.INVARIANT, f"{where}.{plain}", _EMPTY)

    def _absolute(self, read: Json, where: str) -> None:
        for name in ("extension", "modifierExtension"):
            for place, each in enumerate(as_list(read.get(name))):
                url: Any = cast("Json", each).get("url") if isinstance(each, dict) else None
                if isinstance(url, str) and url and not ok_absolute(url):
                    detail = "The url of an extension that is in no other must be absolute"
                    self.add(ProblemCode.BAD_VALUE, f"{where}.{name}[{place}].url", detail)

    def _placed(self, element: Element, read: Json, where: str, rule: Rule | None) -> None:
        """What the place asks of a well-formed object: reference targets and required bindings."""
        bound = rule.bound.get(element.attribute) if rule else None
        simple = rule is not None and element.attribute in rule.simple
        if element.struct is None or not (element.kind == "Reference" or bound or simple):
            return
        decoder_for(element.struct)  # builds what convert() needs, one thread at a time
        made = msgspec.convert(read, element.struct)
        if element.kind == "Reference":
            self._reference(made, rule.targets.get(element.attribute) if rule else None, where)
        elif simple and not ok_simple(made):
            detail = "no comparator may stand here (sqty-1)"
            self.add(ProblemCode.BAD_VALUE, f"{where}.comparator", detail)
        elif bound is not None and not ok_binding(made, bound):
            allowed = ", ".join(sorted({code for _, code in bound}))
            detail = f"no coding of the required value set; allowed are {allowed}"
            self.add(ProblemCode.BAD_CODE, where, detail)

    def _invariants(self, read: Json, cls: type[Any], rule: Rule | None, where: str) -> None:
        if rule is None or not rule.invariants:
            return
        made = loosely(read, cls, self._made)
        for invariant in rule.invariants:
            try:
                holds = invariant.test(made)
            except (AttributeError, TypeError, ValueError, ArithmeticError):
                continue  # what it looks at is itself wrong, and told
            if not holds:
                self.add(ProblemCode.INVARIANT, where, f"{invariant.key}: {invariant.text}")

    def _reference(self, value: Any, targets: frozenset[str] | None, where: str) -> None:
        allowed = f"; allowed are {', '.join(sorted(targets))}" if targets else ""
        written: str | None = value.reference
        kind = reference_type(written) if written else ""
        if written is not None and not well_formed_reference(written):
            shape = "[type]/[id], #[id], a urn:uuid, a urn:oid or an absolute URL"
            self.add(ProblemCode.BAD_VALUE, f"{where}.reference", f"a reference must be {shape}")
        elif kind and targets and kind not in targets:
            detail = f"{kind} may not be referred to here{allowed}"
            self.add(ProblemCode.BAD_VALUE, f"{where}.reference", detail)
        elif value.type in RESOURCE_TYPES and (
            (kind and value.type != kind) or (targets and value.type not in targets)
        ):
            detail = f"this type does not fit the reference{allowed}"
            self.add(ProblemCode.BAD_VALUE, f"{where}.type", detail)
