"""`_include` and `_revinclude` → what comes along with the matches.

Source: http://hl7.org/fhir/R4/search.html#include.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from hub.fhir.models.resource_types import RESOURCE_TYPES
from hub.fhir.search.clauses import find_definition
from hub.fhir.search.definitions import definitions_for
from hub.fhir.search.query import Include
from hub.problems import HubError, ProblemCode, fail

MAX_INCLUDES: Final = 20
"""How many includes one search may have."""

_NAMES: Final = ("_include", "_revinclude")
_ITERATE: Final = frozenset({"iterate", "recurse"})


def is_include(name: str) -> bool:
    """Whether a parameter asks for an include."""
    return name.partition(":")[0] in _NAMES


def read_include(resource_type: str, name: str, text: str) -> Include:
    """`_include=Observation:subject:Patient`, `_revinclude:iterate=…`, `_include=*` (or `*:*`) → Include.

    Shape: `resource_type` "" searches several types: an include may start from any.
    Problems: UNKNOWN_PARAMETER, BAD_PARAMETER, also for what could never include anything.
    """
    bare, _, modifier = name.partition(":")
    if modifier and modifier not in _ITERATE:
        detail = f"{bare} takes the modifier :iterate alone"
        raise fail(ProblemCode.UNKNOWN_PARAMETER, detail, bare)
    reverse, iterate = bare == "_revinclude", bool(modifier)
    parts = text.split(":")
    source, param, target = (*parts, "", "")[:3]
    if text in {"*", "*:*"}:
        return Include("*", "*", reverse=reverse, iterate=iterate)
    if len(parts) not in {2, 3} or source not in RESOURCE_TYPES:
        raise fail(ProblemCode.BAD_PARAMETER, f"{bare} is written Type:parameter or Type:parameter:Type", bare)  # fmt: skip
    if param == "*":
        aims = tuple(RESOURCE_TYPES)
    else:
        definition = find_definition(source, param, param)
        if definition.kind != "reference":
            raise fail(ProblemCode.BAD_PARAMETER, f"{source}.{param} is no reference", bare)
        if not _leads(source, param):
            raise _never(bare, f"{source}:{param} is found by, and not followed")
        aims = definition.targets
    if target and target not in aims:
        raise _never(bare, f"{source}:{param} does not lead to that type")
    if not iterate and resource_type:
        if not reverse and source != resource_type:
            raise _never(bare, f"{source} is not searched; write {bare}:iterate")
        if reverse and resource_type not in ((target,) if target else aims):
            raise _never(bare, f"{source}:{param} does not lead to {resource_type}")
    return Include(source, param, target, reverse, iterate)


def _never(bare: str, why: str) -> HubError:
    return fail(ProblemCode.BAD_PARAMETER, f"{bare} could include nothing: {why}", bare)


def _leads(source: str, param: str) -> bool:
    """Whether a reference parameter is followed: an entry of the access log leads to its patient alone."""
    return source != "AuditEvent" or param == "patient"


@cache
def includes_of(resource_type: str) -> tuple[str, ...]:
    """A resource type → what `_include` takes when it is searched, but for `*`."""
    known = definitions_for(resource_type)
    return tuple(
        f"{resource_type}:{name}"
        for name, each in known.items()
        if each.kind == "reference" and _leads(resource_type, name)
    )


@cache
def revincludes_of(resource_type: str) -> tuple[str, ...]:
    """A resource type → what `_revinclude` takes when it is searched."""
    return tuple(
        f"{kind}:{name}"
        for kind in sorted(RESOURCE_TYPES)
        for name, each in definitions_for(kind).items()
        if each.kind == "reference" and resource_type in each.targets and _leads(kind, name)
    )
