"""The invariants of the official definitions → which struct tests which, and the Python of those that are translated.

A rule that is neither written by hand, nor translated, nor named in invariant_texts.py ends the generator.
Source: the `constraint` elements of the official StructureDefinitions.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from fhirpath_subset import NotInSubsetError, parse_path
from invariant_python import Translator
from invariant_texts import ELSEWHERE, NOT_TESTED, TEXTS
from r4_definitions import ROOT, Definitions, Json
from r4_model import class_name

# The hand-written rules come first; the path makes them importable.
sys.path.insert(0, str(ROOT))
from hub.fhir.models.invariants import INVARIANTS


@dataclass(frozen=True, slots=True)
class Tested:
    """One rule of one struct. Shape: `lines` define the test where it is generated; `home` is its module where it is not."""

    key: str
    text: str
    test: str
    lines: tuple[str, ...] = ()
    home: str = ""


@dataclass(frozen=True, slots=True)
class _Official:
    """One constraint. Shape: `inner` is the element it is about, where that is none with children."""

    struct: str
    key: str
    expression: str
    inner: str


def tested_invariants(definitions: Definitions) -> dict[str, tuple[Tested, ...]]:
    """The definitions → struct name → its rules, those written by hand first."""
    found: dict[str, list[Tested]] = {
        name: [Tested(r.key, r.text, r.test.__name__, home=r.test.__module__) for r in rules]
        for name, rules in INVARIANTS.items()
    }
    by_hand = {(name, rule.key) for name, rules in INVARIANTS.items() for rule in rules}
    keys = {key for _, key in by_hand} | ELSEWHERE.keys() | NOT_TESTED.keys()
    for structure in definitions.structures.values():
        for each in _official(structure):
            if (each.struct, each.key) in by_hand or (each.struct, each.key) not in TEXTS:
                if each.key not in keys:
                    sys.exit(f"{each.key} of {each.struct} is not accounted for: {each.expression}")
                continue
            found.setdefault(each.struct, []).append(_translated(structure["name"], each))
    return {name: tuple(sorted(rules, key=_order)) for name, rules in sorted(found.items())}


def _order(rule: Tested) -> tuple[bool, str, int, str]:
    head, _, number = rule.key.partition("-")
    return not rule.home, head, int(re.sub(r"\D", "", number) or 0), rule.key


def _official(structure: Json) -> Iterator[_Official]:
    if structure.get("derivation") == "constraint" or structure["kind"] not in {
        "resource",
        "complex-type",
    }:
        return
    elements: list[Json] = structure["snapshot"]["element"]
    parents = {e["path"].rpartition(".")[0] for e in elements}
    for element in elements:
        path: str = element["path"]
        outer, _, last = path.rpartition(".")
        for each in element.get("constraint", ()):
            if each["severity"] != "error":
                continue
            expression: str = each["expression"]
            if "%resource" in expression and path in parents and "." in path:
                # About more than its own element: tested on the resource.
                yield _Official(class_name(outer), each["key"], expression, last)
            elif path in parents:
                yield _Official(class_name(path), each["key"], expression, "")
            else:
                yield _Official(
                    class_name(outer), each["key"], expression, last.removesuffix("[x]")
                )


def _translated(type_name: str, each: _Official) -> Tested:
    name = f"rule_{each.struct}_{each.key.replace('-', '_')}"
    try:
        tree = parse_path(each.expression)
    except NotInSubsetError as error:
        sys.exit(f"{each.key} of {each.struct} needs a test by hand: {error}")
    translator = Translator(type_name)
    about = "t0" if each.inner else "o"
    try:
        test = translator.truth(tree, about)
    except NotInSubsetError as error:
        sys.exit(f"{each.key} of {each.struct} needs a test by hand: {error}")
    if each.inner:
        test = f'all({test} for t0 in at(o, "{each.inner}"))'
    lines = (
        f"def {name}(o: Any) -> bool:",
        *(f"    {variable} = {value}" for value, variable in translator.once.items()),
        f"    return {_bare(test)}",
        "",
        "",
    )
    return Tested(each.key, TEXTS[each.struct, each.key], name, lines)


def _bare(expression: str) -> str:
    """An expression → without the brackets around the whole of it."""
    if not expression.startswith("("):
        return expression
    depth = 0
    for place, sign in enumerate(expression):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return expression[1:-1] if place == len(expression) - 1 else expression
    return expression
