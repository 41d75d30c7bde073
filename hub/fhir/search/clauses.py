"""A parameter's name and text → a filter, a chain (`subject:Patient.name`) or a reverse chain (`_has`).

Source: http://hl7.org/fhir/R4/search.html#chaining, #has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from hub.fhir.models.resource_types import RESOURCE_TYPES
from hub.fhir.search.definitions import Definition, definitions_for, refused_parameters
from hub.fhir.search.modifiers import is_canonical
from hub.fhir.search.query import Chain, Clause, Filter, Reverse, TokenValue
from hub.fhir.search.values import Reading, read_filter
from hub.problems import HubError, ProblemCode, fail

_NAME: Final = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")
_HAS: Final = "_has:"
_ID: Final = re.compile(r"[A-Za-z0-9.\-]{1,64}")


def read_clause(
    resource_type: str, name: str, text: str, reading: Reading, links: int = 0
) -> Clause:
    """A type, the name as written and the text behind the `=` → what must hold.

    Problems: UNKNOWN_PARAMETER (naming the valid ones), BAD_PARAMETER.
    """
    if links > reading.limits.chain:
        detail = f"A chain has at most {reading.limits.chain} links"
        raise fail(ProblemCode.BAD_PARAMETER, detail, show(name))
    if name.startswith(_HAS):
        return _reverse(resource_type, name, text, reading, links)
    if name == "_list":
        return _in_list(text)
    head, dot, rest = name.partition(".")
    bare, _, modifier = head.partition(":")
    definition = find_definition(resource_type, bare, name)
    if dot:
        return _chain(definition, modifier, rest, text, reading, links)
    return read_filter(resource_type, definition, modifier, text, reading)


def find_definition(resource_type: str, bare: str, name: str) -> Definition:
    """A type and a parameter → its definition. Problems: UNKNOWN_PARAMETER, with the reason or the valid ones."""
    known = definitions_for(resource_type)
    if bare in known:
        return known[bare]
    reason = refused_parameters(resource_type).get(bare)
    if reason is not None:
        detail = f"The search parameter {bare} is not supported here: {reason}"
        raise fail(ProblemCode.UNKNOWN_PARAMETER, detail, bare)
    raise unknown(name, known, resource_type)


def unknown(name: str, known: Iterable[str], resource_type: str = "") -> HubError:
    """A parameter nobody knows, and those there are → the refusal, with what may have been meant."""
    shown = show(name)
    near = get_close_matches(shown.partition(":")[0], list(known), 1, 0.7) if shown != "?" else []
    meant = f" Did you mean {near[0]}?" if near else ""
    of = f" of {resource_type}" if resource_type else ""
    valid = ", ".join(sorted([*known, "_sort", "_count", "_include", "_revinclude", "_has"]))
    return fail(
        ProblemCode.UNKNOWN_PARAMETER,
        f"The search parameter {shown} is not supported here.{meant} Those{of} are {valid}",
        shown,
    )


def show(name: str) -> str:
    """A name as a stranger wrote it → the same, or ? when it could be anything."""
    return name if _NAME.fullmatch(name) else "?"


def _chain(
    definition: Definition, modifier: str, rest: str, text: str, reading: Reading, links: int
) -> Chain:
    name = definition.name
    if definition.kind != "reference":
        detail = f"{name} is no reference that can be followed"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    if modifier and modifier not in definition.targets:
        detail = f"{name} leads to {', '.join(definition.targets[:20])}"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    found: dict[Clause, list[str]] = {}
    refusal: HubError | None = None
    kinds = (modifier,) if modifier else definition.targets
    for kind in kinds:
        if is_canonical(definition) and "url" not in definitions_for(kind):
            continue  # nothing can refer to it by a canonical URL
        try:
            inner = read_clause(kind, rest, text, reading, links + 1)
        except HubError as error:
            code = error.problems[0].code
            if refusal is None or code is not ProblemCode.UNKNOWN_PARAMETER:
                refusal = error
        else:
            found.setdefault(inner, []).append(kind)
    if not found:
        raise refusal or unknown(rest, (), name)
    if len(found) > 1:
        named = ", ".join(sorted(kind for each in found.values() for kind in each))
        detail = f"{name}.{show(rest)} means different things for {named}: write {name}:Type"
        raise fail(ProblemCode.BAD_PARAMETER, detail, name)
    inner, types = next(iter(found.items()))
    return Chain(name, tuple(types), inner)


def _reverse(resource_type: str, name: str, text: str, reading: Reading, links: int) -> Reverse:
    parts = name.split(":", 3)
    if len(parts) != 4 or parts[1] not in RESOURCE_TYPES:
        detail = "_has is written _has:Type:reference:parameter"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_has")
    _, kind, param, rest = parts
    definition = find_definition(kind, param, param)
    if definition.kind != "reference" or resource_type not in definition.targets:
        whom = resource_type or "resources of every type: name theirs with _type"
        detail = f"{kind} has no reference to {whom} by {param}"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_has")
    return Reverse(kind, param, read_clause(kind, rest, text, reading, links + 1))


def _in_list(text: str) -> Reverse:
    """`_list=id` → the resources that the List with this id names."""
    bare = text.removeprefix("List/")
    if not _ID.fullmatch(bare):
        detail = "_list takes the id of a List; $current-problems and the like are not supported"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_list")
    return Reverse("List", "item", Filter("_id", "id", (TokenValue(None, bare),)))
