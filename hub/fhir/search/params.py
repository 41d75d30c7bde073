"""Query string → a search, or the problems with it; an unknown parameter is never passed over unless that is asked for.

Source: http://hl7.org/fhir/R4/search.html, #errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from hub.fhir.models.resource_types import RESOURCE_TYPES
from hub.fhir.search.clauses import read_clause, show, unknown
from hub.fhir.search.compartments import COMPARTMENTS, compartment_parameters
from hub.fhir.search.controls import (
    CONTROLS,
    check_contained,
    parse_cursor,
    parse_place,
    read_count,
    read_sort,
    read_total,
    render_cursor,
    said_once,
)
from hub.fhir.search.includes import MAX_INCLUDES, is_include, read_include
from hub.fhir.search.persons import names_person
from hub.fhir.search.query import Chain, Clause, Filter, Include, Reverse, SearchQuery, SortKey
from hub.fhir.search.values import Reading
from hub.fhir.subset import Subset, parse_subset
from hub.limits import Limits
from hub.problems import HubError, Problem, ProblemCode, fail
from hub.values import looks_like_national_id

__all__ = [
    "MAX_CLAUSES",
    "Asked",
    "Scope",
    "compartment_scope",
    "parse_cursor",
    "parse_search",
    "read_search",
    "refuse_national_ids",
    "render_cursor",
    "system_scope",
]

MAX_CLAUSES: Final = 50
"""How many conditions one search may have."""
_SHORT: Final = 100
"""How long a text may be whose meaning is remembered. Units: characters."""
_SHORT_SEARCH: Final = 500
"""How long all parameters of a search may be together that is remembered as a whole. Units: characters."""
_WHENEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Scope(Struct, frozen=True):
    """What is searched.

    Shape: `types` one for a type, several or () (all) for the system; `compartment` is `Type/id` or ""; `named` when the
    types stand in `_type`.
    """

    types: tuple[str, ...]
    compartment: str = ""
    named: bool = False

    @property
    def single(self) -> str:
        """The one type that is searched, or ""."""
        return self.types[0] if len(self.types) == 1 and not self.compartment else ""


class Asked(Struct, frozen=True):
    """A search as it was asked and read.

    Shape: `used` are the pairs that count, for the self link, `_count` as it is in force; `ignored` those left out on
    `Prefer: handling=lenient`; `subset` the part of each resource that is wanted.
    """

    query: SearchQuery
    used: tuple[tuple[str, str], ...]
    ignored: tuple[Problem, ...] = ()
    subset: Subset | None = None


def refuse_national_ids(pairs: Sequence[tuple[str, str]], path: Sequence[str] = ()) -> None:
    """The pairs and path of a URL → nothing when no person number stands in them.

    URLs end up in logs and histories; person look-ups go by `POST [type]/_search` (HL7 Norway best practice). What a
    parameter says is something else, as a telephone number or a code, is looked at more closely.
    Problems: NATIONAL_ID_IN_URL.
    """
    # One look at all of them: a line break is none of the characters that may stand within a number
    told = "\n".join([*path, *map("\n".join, pairs)])
    if looks_like_national_id(told) and (
        any(map(looks_like_national_id, path))
        or any(looks_like_national_id(n) or names_person(n, v) for n, v in pairs)
    ):
        raise fail(
            ProblemCode.NATIONAL_ID_IN_URL,
            "A national identifier must not stand in a URL; send the search as POST [type]/_search with a form body",
        )


def parse_search(
    resource_type: str,
    pairs: Sequence[tuple[str, str]],
    now: datetime,
    base_url: str,
    limits: Limits | None = None,
    stored: Mapping[str, Mapping[str, Any]] | None = None,
) -> SearchQuery:
    """Type and query pairs → SearchQuery. Problems: those of `read_search`."""
    reading = Reading(now, base_url, limits or Limits(), stored or {})
    return read_search(Scope((resource_type,)), pairs, reading).query


def read_search(
    scope: Scope, pairs: Sequence[tuple[str, str]], reading: Reading, *, lenient: bool = False
) -> Asked:
    """What is searched and the query pairs → Asked.

    Shape: `lenient` leaves out parameters that are unknown or not supported; a wrong value is refused all the same.
    Problems: UNKNOWN_PARAMETER (naming the valid ones), BAD_PARAMETER; all of them at once.
    """
    pairs = said_once(pairs)
    places = [pair for pair in pairs if pair[0] == "_cursor"]
    rest = tuple([pair for pair in pairs if pair[0] != "_cursor"]) if places else tuple(pairs)
    told = "\n".join([part for pair in rest for part in pair])
    if reading.stored or len(told) > _SHORT_SEARCH or "ap" in told:
        asked = _read_search(scope, rest, reading, lenient=lenient)
    else:
        asked = _read_search_again(scope, rest, reading.base_url, reading.limits, lenient)
    return _placed(asked, places, reading) if places else asked


def _placed(asked: Asked, places: Sequence[tuple[str, str]], reading: Reading) -> Asked:
    """A search and its `_cursor` → the same where that page begins. Problems: BAD_PARAMETER."""
    if len(places) > 1:
        raise fail(ProblemCode.BAD_PARAMETER, "_cursor may stand once", "_cursor")
    token = places[0][1]
    if reading.seal is not None:
        token = reading.seal.of(asked.used).open(token)
    cursor, back = parse_place(token)
    *used, count = asked.used
    query = replace(asked.query, cursor=cursor, back=back)
    return replace(asked, query=query, used=(*used, *places, count))


@lru_cache(maxsize=512)
def _read_search_again(
    scope: Scope, pairs: tuple[tuple[str, str], ...], base_url: str, limits: Limits, lenient: bool
) -> Asked:
    """A search that means the same whenever it is asked, as a reader that looks again asks it → Asked, read once."""
    reading = Reading(_WHENEVER, base_url, limits)
    return _read_search(scope, pairs, reading, lenient=lenient)


def _read_search(
    scope: Scope, pairs: Sequence[tuple[str, str]], reading: Reading, *, lenient: bool
) -> Asked:
    """As `read_search`, each time anew."""
    found = _Found([], [], {}, [], [], [])
    for pair in pairs:
        try:
            _read_pair(scope, pair, reading, found)
        except HubError as error:
            codes = {problem.code for problem in error.problems}
            if lenient and codes == {ProblemCode.UNKNOWN_PARAMETER}:
                found.ignored += error.problems
            else:
                found.problems += error.problems
        else:
            found.used.append(pair)
    try:
        asked = _asked(scope, found, reading)
    except HubError as error:
        raise HubError(*found.problems, *error.problems) from None
    if found.problems:
        raise HubError(*found.problems)
    return asked


class _Found(Struct):
    """What has been read so far."""

    clauses: list[Clause]
    includes: list[Include]
    control: dict[str, str]
    used: list[tuple[str, str]]
    ignored: list[Problem]
    problems: list[Problem]


def _read_pair(scope: Scope, pair: tuple[str, str], reading: Reading, found: _Found) -> None:
    """One parameter → into what is found. Problems: UNKNOWN_PARAMETER, BAD_PARAMETER."""
    name, text = pair
    if name in CONTROLS:
        if name == "_sort" and name in found.control:
            text = f"{found.control[name]},{text}"  # "can repeat for inner sort orders"
        elif name in found.control:
            raise fail(ProblemCode.BAD_PARAMETER, f"{name} may stand once", name)
        if name == "_type" and not scope.named:
            raise unknown(name, (), scope.single)
        found.control[name] = text
    elif is_include(name):
        if len(found.includes) >= MAX_INCLUDES:
            detail = f"A search has at most {MAX_INCLUDES} includes"
            raise fail(ProblemCode.BAD_PARAMETER, detail, name)
        found.includes.append(read_include(scope.single, name, text))
    else:
        if len(found.clauses) >= MAX_CLAUSES:
            detail = f"A search has at most {MAX_CLAUSES} conditions"
            raise fail(ProblemCode.BAD_PARAMETER, detail, show(name))
        found.clauses.append(_clause(scope, name, text, reading))


def _clause(scope: Scope, name: str, text: str, reading: Reading) -> Clause:
    """A parameter that must mean the same for each type that is searched; for all types: one that all have."""
    if reading.stored or "ap" in text or len(text) > _SHORT:
        each = [read_clause(kind, name, text, reading) for kind in scope.types or ("",)]
    else:  # neither a stored ValueSet nor the time of day has a say: the same text means the same
        kinds, base_url, limits = scope.types or ("",), reading.base_url, reading.limits
        each = [_read_again(kind, name, text, base_url, limits) for kind in kinds]
    if any(clause != each[0] for clause in each):
        detail = f"{show(name)} means different things for the types that are searched"
        raise fail(ProblemCode.BAD_PARAMETER, detail, show(name))
    return each[0]


@lru_cache(maxsize=2048)
def _read_again(resource_type: str, name: str, text: str, base_url: str, limits: Limits) -> Clause:
    """A parameter that means the same whenever it is asked → what must hold, read once."""
    return read_clause(resource_type, name, text, Reading(_WHENEVER, base_url, limits))


def _asked(scope: Scope, found: _Found, reading: Reading) -> Asked:
    control, limits = found.control, reading.limits
    counted = control.get("_summary") == "count"
    count = 0 if counted else read_count(control.get("_count"), limits)
    check_contained(control)
    cut = () if counted else ("_summary", "_elements")
    subset = parse_subset([(n, v) for n, v in control.items() if n in cut], scope.types)
    if found.includes and control.get("_summary") == "text":
        detail = "_include and _revinclude do not go together with _summary=text"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_summary")
    query = SearchQuery(
        scope.single,
        tuple(each for each in found.clauses if isinstance(each, Filter)),
        count,
        _order(scope, control.get("_sort")),
        total=read_total(control) or count == 0,
        estimated=control.get("_total") == "estimate",
        clauses=tuple(each for each in found.clauses if isinstance(each, Chain | Reverse)),
        includes=tuple(found.includes),
        types=() if scope.single else scope.types,
        compartment=scope.compartment,
        included_most=limits.included,
    )
    used = [pair for pair in found.used if pair[0] != "_count"]
    return Asked(query, (*used, ("_count", str(count))), tuple(found.ignored), subset)


def _order(scope: Scope, text: str | None) -> tuple[SortKey, ...]:
    """`_sort`, or its default: by id; of several types, one after the other; the access log as it was written."""
    if text is None:
        return (SortKey("_id", "id"),) if scope.single not in ("", "AuditEvent") else ()
    return read_sort(scope.types or ("",), text)


def system_scope(pairs: Sequence[tuple[str, str]]) -> Scope:
    """The pairs of a search over the whole system → the types that `_type` names. Problems: BAD_PARAMETER."""
    named = [value for name, value in pairs if name == "_type"]
    kinds = tuple(dict.fromkeys(named[0].split(","))) if named else ()
    if not all(kind in RESOURCE_TYPES for kind in kinds):
        raise fail(ProblemCode.BAD_PARAMETER, "_type names resource types of FHIR R4", "_type")
    return Scope(kinds, named=True)


def compartment_scope(
    compartment: str, resource_id: str, wanted: str, pairs: Sequence[tuple[str, str]]
) -> Scope:
    """`Patient`, an id, the type behind it or `*`, and the pairs → what is searched. Problems: NOT_FOUND, BAD_PARAMETER."""
    if compartment not in COMPARTMENTS:
        detail = f"There are compartments of {', '.join(COMPARTMENTS)}"
        raise fail(ProblemCode.NOT_FOUND, detail)
    inside = compartment_parameters(compartment)
    named = system_scope(pairs).types or tuple(sorted(inside))
    kinds = named if wanted == "*" else (wanted,)
    outside = [kind for kind in kinds if kind not in inside]
    if outside:
        detail = f"{outside[0]} is never in the compartment of a {compartment}"
        raise fail(ProblemCode.BAD_PARAMETER, detail)
    return Scope(kinds, f"{compartment}/{resource_id}", named=wanted == "*")
