"""Shapes → the Python source of their checks and rules: what the decoder cannot state (hub/fhir/models/checks.py).

Source: http://hl7.org/fhir/R4/json.html, http://hl7.org/fhir/R4/elementdefinition.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from r4_invariants import Tested
from r4_model import Field, Shape


def quote(text: str) -> str:
    """Text → a Python string literal in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# Types whose values are always looked at; a decoder cannot say all of what they ask.
ALWAYS = {"base64Binary", "decimal", "Reference", "xhtml"}


class Weights:
    """Which structs need a check even where no extension stands in the body ("light" checks)."""

    def __init__(
        self, shapes: dict[str, Shape], invariants: Mapping[str, tuple[Tested, ...]]
    ) -> None:
        self.shapes = shapes
        self.invariants = invariants
        self.light = {name for name, shape in shapes.items() if self._own(shape)}
        grew = True
        while grew:
            more = {n for n, s in shapes.items() if any(f.kind in self.light for f in s.fields)}
            # What stands inside extensions alone does not make a struct need a check.
            more = {n for n in more if self._reaches(shapes[n])}
            grew = not more <= self.light
            self.light |= more

    def _reaches(self, shape: Shape) -> bool:
        return any(f.kind in self.light and f.kind != "Extension" for f in shape.fields)

    def _own(self, shape: Shape) -> bool:
        own = shape.required_choices or shape.choices or self.invariants.get(shape.name)
        special = any(f.kind in ALWAYS or f.bound or f.simple for f in shape.fields)
        primitive = any(f.required and f.primitive and f.companion for f in shape.fields)
        if (
            not shape.resource
            and _check_filled(shape)
            and shape.name not in {"Element", "Extension"}
        ):
            return True
        matched = any(_matched(f) or (f.companion and f.many) for f in shape.fields)
        return bool(own or special or primitive or matched)


class Constants:
    """Constants of one module: target sets and bindings, each written once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: dict[str, str] = {}

    def name(self, prefix: str, value: str) -> str:
        """A constant's value → the name it has in this module."""
        if value not in self._known:
            self._known[value] = f"_{prefix}{len(self._known) + 1}"
            self.lines.append(f"{self._known[value]} = {value}")
        return self._known[value]

    def targets(self, each: Field) -> str:
        """A Reference field → the constant with its allowed types."""
        return self.name("TARGETS_", "frozenset((" + _tuple(sorted(each.targets)) + "))")

    def bound(self, each: Field) -> str:
        """A bound field → the constant with its (system, code) pairs."""
        pairs = "".join(f"({quote(s)}, {quote(c)}), " for s, c in sorted(each.bound))
        return self.name("BOUND_", f"frozenset(({pairs}))")


def _tuple(names: Iterable[str]) -> str:
    return "".join(f"{quote(n)}, " for n in names)


def check_lines(shape: Shape, weights: Weights, constants: Constants) -> list[str]:
    """A struct → the lines of its `ok_` function: (struct, whether extensions may be there) → whether it is well."""
    lines = [f"def ok_{shape.name}(o: {shape.name}, x: bool) -> bool:"]
    if shape.name == "Extension":
        lines += ["    if not x:", "        return True"]
    lines += [*_check_filled(shape), *_check_own(shape, constants)]
    light = [f for f in shape.fields if _is_light(f, weights)]
    for each in shape.fields:
        lines += _check_matched(each)
    deep = [f for f in shape.fields if not f.primitive and f not in light and f.kind != "Resource"]
    for each in light:
        lines += _check_field(each, constants, "    ")
    single = [f"{f.name}_ext" for f in shape.fields if f.companion and not f.many]
    for each in (f for f in shape.fields if f.companion and f.many):
        there = f"o.{each.attribute} or o.{each.name}_ext"
        call = f"ok_pairs(o.{each.attribute}, o.{each.name}_ext, ok_Element)"
        lines += [f"    if ({there}) and not {call}:", "        return False"]
    if single or deep:
        lines.append("    if x:")
        for each in deep:
            lines += _check_field(each, constants, "        ")
        if single:
            getter = constants.name("EXT_", f"attrgetter({_tuple(single)[:-2]})")
            value = f"{getter}(o)" if len(single) > 1 else f"({getter}(o),)"
            lines += [
                f"        if not ok_companions(o, {value}, ok_Element):",
                "            return False",
            ]
    tests = [f"{each.test}(o)" for each in weights.invariants.get(shape.name, ())]
    return [*lines, f"    return {' and '.join(tests) or 'True'}", "", ""]


# Types whose pattern the check matches, by the set of values known to be good.
MATCHED = {
    "uri": ("URIS", "ok_uri"),
    "url": ("URIS", "ok_uri"),
    "canonical": ("URIS", "ok_uri"),
    "code": ("CODES", "ok_code"),
}


def _matched(each: Field) -> bool:
    return each.kind in MATCHED and not each.codes


def _check_matched(each: Field) -> list[str]:
    """A field of type uri or code → the lines that match it."""
    if not _matched(each):
        return []
    known, test = MATCHED[each.kind]
    if each.many:
        head = [f"    for v in o.{each.attribute}:"]
        return [
            *head,
            f"        if v is not None and v not in {known} and not {test}(v):",
            "            return False",
        ]
    there = "" if each.required and not each.companion else "v is not None and "
    value = f"(v := o.{each.attribute})"
    condition = (
        f"{value} is not None and v not in {known} and not {test}(v)"
        if there
        else f"{value} not in {known} and not {test}(v)"
    )
    return [f"    if {condition}:", "        return False"]


def _is_light(each: Field, weights: Weights) -> bool:
    if each.kind in ALWAYS or each.bound or each.simple:
        return True
    return each.kind in weights.light and each.kind != "Extension"


def _check_own(shape: Shape, constants: Constants) -> list[str]:
    lines: list[str] = []
    for each in shape.fields:
        if each.required and each.primitive and each.companion:
            empty = (
                f"not o.{each.attribute} and not"
                if each.many
                else f"o.{each.attribute} is None and"
            )
            ext = f"o.{each.name}_ext" if each.many else f"o.{each.name}_ext is None"
            lines += [f"    if {empty} {ext}:", "        return False"]
    for choice, variants in shape.choices.items():
        lines += _check_choice(shape, choice, variants, constants)
    return lines


def _check_choice(
    shape: Shape, choice: str, variants: list[Field], constants: Constants
) -> list[str]:
    """One x[y] → the lines that count its variants, those that stand as a companion alone included."""
    required = choice in shape.required_choices
    count = _count([f.attribute for f in variants], constants)
    most = len(variants) - 1
    pairs = "".join(f'("{f.attribute}", "{f.name if f.companion else ""}"), ' for f in variants)
    precise = f"one_choice(o, {constants.name('VARIANTS_', f'({pairs})')}, {required})"
    companions = [f"{f.name}_ext" for f in variants if f.companion]
    any_companion = f"{_count(companions, constants)} < {len(companions)}" if companions else ""
    lines: list[str] = []
    if required:
        lines += [f"    if {count} != {most} and not (x and {precise}):", "        return False"]
    elif most:
        lines += [f"    if {count} < {most}:", "        return False"]
    if companions:
        lines += [f"    if x and {any_companion} and not {precise}:", "        return False"]
    if shape.name == "Extension":
        there = f"({count} <= {most} or {any_companion})"
        lines += [f"    if {there} is bool(o.extension):  # ext-1", "        return False"]
    return lines


def _count(names: list[str], constants: Constants) -> str:
    if len(names) == 1:
        return f"(o.{names[0]} is None)"
    return constants.name("CHOICE_", f"attrgetter({_tuple(names)[:-2]})") + "(o).count(None)"


# Where an object of the type nearly always has a value; without one there, all elements are looked at.
WITNESSES = {
    "CodeableConcept": ("coding", "text"),
    "Coding": ("code", "system"),
    "Element": ("extension", "id"),
    "HumanName": ("family", "text"),
    "Identifier": ("value",),
    "Meta": ("profile", "versionId", "security"),
    "Period": ("start",),
    "Quantity": ("value",),
    "Reference": ("reference", "identifier"),
}


def _check_filled(shape: Shape) -> list[str]:
    """A struct that could be empty → the lines that see that it is not (ele-1)."""
    firm = any(f.required and (not f.primitive or not f.companion) for f in shape.fields)
    if shape.resource or firm:
        return []
    own = [f for f in shape.fields if f.name not in {"id", "extension", "modifierExtension"}]
    names = WITNESSES.get(shape.name) or tuple(f.attribute for f in own[:2])
    many = {f.attribute for f in shape.fields if f.many}
    tests = [f"not o.{n}" if n in many else f"o.{n} is None" for n in names]
    return [f"    if {' and '.join(tests)} and not filled(o):", "        return False"]


def _check_field(each: Field, constants: Constants, indent: str) -> list[str]:
    test = {
        "base64Binary": "ok_base64(v)",
        "decimal": "ok_decimal(v)",
        "xhtml": "ok_narrative(v)",
    }.get(each.kind, f"ok_{each.kind}(v, x)")
    if each.simple:
        test = "(ok_simple(v) and ok_Quantity(v, x))"
    if each.kind == "Reference":
        targets = constants.targets(each) if each.targets else "None"
        test = f"ok_reference(v, {targets}) and ok_Reference(v, x)"
        test = f"({test})"
    if each.bound:
        test = f"(ok_binding(v, {constants.bound(each)}) and ok_CodeableConcept(v, x))"
    if each.many:
        head = f"{indent}for v in o.{each.attribute}:"
        if each.outermost:
            test = f"(ok_absolute(v.url) and {test})"
        none = "v is not None and " if each.primitive else ""
        return [head, f"{indent}    if {none}not {test}:", f"{indent}        return False"]
    head = f"{indent}if (v := o.{each.attribute}) is not None and not {test}:"
    return [head, f"{indent}    return False"]


def rule_lines(shape: Shape, weights: Weights, constants: Constants) -> list[str]:
    """A struct → its line in the rules() of its module, none when its annotations say all."""
    required = [f.attribute for f in shape.fields if f.required]
    choices = {c: [f.attribute for f in v] for c, v in shape.choices.items()}
    parts: list[str] = []
    if required:
        parts.append(f"required=({_tuple(required)})")
    if choices:
        inner = "".join(f'"{c}": ({_tuple(v)}), ' for c, v in choices.items())
        parts.append("choices={" + inner + "}")
    if shape.required_choices:
        parts.append(f"required_choices=({_tuple(shape.required_choices)})")
    targets = "".join(
        f'"{f.attribute}": {constants.targets(f)}, ' for f in shape.fields if f.targets
    )
    if targets:
        parts.append("targets={" + targets + "}")
    bound = "".join(f'"{f.attribute}": {constants.bound(f)}, ' for f in shape.fields if f.bound)
    if bound:
        parts.append("bound={" + bound + "}")
    simple = [f.attribute for f in shape.fields if f.simple]
    if simple:
        parts.append(f"simple=({_tuple(simple)})")
    tests = "".join(
        f"Invariant({quote(each.key)}, {quote(each.text)}, {each.test}), "
        for each in weights.invariants.get(shape.name, ())
    )
    if tests:
        parts.append(f"invariants=({tests})")
    return [f'        "{shape.name}": Rule({", ".join(parts)}),'] if parts else []
