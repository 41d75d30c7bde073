"""Value sets and code systems the hub knows → codes, for `:in`, `:not-in`, `:below` and `:above`.

It knows the official ones of FHIR R4 that are finite, and the ValueSets stored in it that list codes, take whole known
systems or branches of them, or other such ValueSets. Source: http://hl7.org/fhir/R4/valueset.html#compositions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

from hub.problems import HubError, ProblemCode, fail

Codes = frozenset[tuple[str, str]]
Json = Mapping[str, Any]

_DEEPEST: Final = 8
_DATA: Final = "hub.fhir.models.r4.terminology"  # 400 kB that most processes never need


def is_official(url: str) -> bool:
    """Whether a value set is one of FHIR R4's own that is finite."""
    return url.partition("|")[0] in _data().VALUE_SETS


def expand(url: str, stored: Mapping[str, Json], param: str) -> Codes:
    """A value set's URL, the ValueSets of the hub by the URL they are asked for with and the parameter that asks → its (system, code) pairs.

    Shape: a version behind the URL says which of those stored here is meant; there is one of each of FHIR's own.
    Problems: BAD_PARAMETER when the value set is not known here or cannot be listed.
    """
    return _expand(url, stored, param, 0)


def branch(system: str, code: str, *, above: bool) -> Codes | None:
    """A code of an official code system → it and all codes below it, or above it; None when the hub does not know it."""
    rows = _rows(system)
    place = next((i for i, (_, each) in enumerate(rows) if each == code), None)
    if place is None:
        return None
    found = _above(rows, place) if above else _below(rows, place)
    return frozenset((system, each) for each in (code, *found))


def references(value_set: Json) -> Iterator[str]:
    """A ValueSet → the URLs of those it takes its codes from, with the version where it names one."""
    compose = value_set.get("compose", {})
    for part in (*compose.get("include", ()), *compose.get("exclude", ())):
        yield from part.get("valueSet", ())


def _expand(url: str, stored: Mapping[str, Json], param: str, depth: int) -> Codes:
    if depth > _DEEPEST:
        raise fail(
            ProblemCode.BAD_PARAMETER, f"{param}: the value set goes round in circles", param
        )
    if url in stored:
        return _compose(stored[url], stored, param, depth)
    lines = _data().VALUE_SETS.get(url.partition("|")[0])
    if lines is None:
        raise fail(
            ProblemCode.BAD_PARAMETER,
            f"{param} names a value set that this hub does not know, or that has no end",
            param,
        )
    found: set[tuple[str, str]] = set()
    for line in lines.strip("\n").split("\n"):
        codes = _official(line[2:], depth)
        found = found | codes if line[0] == "+" else found - codes
    return frozenset(found)


def _official(part: str, depth: int) -> Codes:
    """A part of an official value set as the table has it → its codes."""
    head, mark, rest = (*part.split(" ", 2), "", "")[:3]
    if head == "^":
        return _expand(mark, {}, "", depth + 1)
    match mark:
        case "=":
            return frozenset((head, code) for code in rest.split("\t"))
        case "<":
            return branch(head, rest, above=False) or frozenset()
        case "<<":
            return (branch(head, rest, above=False) or frozenset()) - {(head, rest)}
        case _:
            return _whole(head) or frozenset()


def _compose(value_set: Json, stored: Mapping[str, Json], param: str, depth: int) -> Codes:
    """A stored ValueSet → its codes: those of any include, without those of any exclude."""
    compose = value_set.get("compose")
    if compose is None:
        raise fail(
            ProblemCode.BAD_PARAMETER, f"{param}: the value set does not say what is in it", param
        )
    found: Codes = frozenset()
    for part in compose.get("include", ()):
        found |= _part(part, stored, param, depth)
    for part in compose.get("exclude", ()):
        found -= _part(part, stored, param, depth)
    return found


def _part(part: Json, stored: Mapping[str, Json], param: str, depth: int) -> Codes:
    """An include or exclude → the codes that all it says hold for."""
    sets = [_expand(url, stored, param, depth + 1) for url in part.get("valueSet", ())]
    if "system" in part:
        sets.append(_of_system(part, param))
    return frozenset[tuple[str, str]]().union(*sets[:1]).intersection(*sets[1:])


def _of_system(part: Json, param: str) -> Codes:
    system = part["system"]
    if "concept" in part:
        return frozenset((system, concept["code"]) for concept in part["concept"])
    found = _whole(system)
    if found is None:
        raise _unknown_system(param)
    for each in part.get("filter", ()):
        below = branch(system, each["value"], above=False)
        if each["op"] not in {"is-a", "descendent-of"} or below is None:
            detail = f"{param}: the value set filters by what this hub cannot follow"
            raise fail(ProblemCode.BAD_PARAMETER, detail, param)
        found &= below - ({(system, each["value"])} if each["op"] == "descendent-of" else set())
    return found


def _unknown_system(param: str) -> HubError:
    detail = f"{param}: the value set takes a code system whose codes this hub does not know"
    return fail(ProblemCode.BAD_PARAMETER, detail, param)


@cache
def _data() -> Any:
    return import_module(_DATA)


@cache
def _rows(system: str) -> tuple[tuple[int, str], ...]:
    """A code system → (depth, code) in its order; () when it is not known."""
    text: str = _data().CODE_SYSTEMS.get(system, "")
    lines = text.strip("\n").split("\n") if text else []
    return tuple((len(line) - len(line.lstrip(" ")), line.lstrip(" ")) for line in lines)


def _whole(system: str) -> Codes | None:
    rows = _rows(system)
    return frozenset((system, code) for _, code in rows) if rows else None


def _below(rows: tuple[tuple[int, str], ...], place: int) -> Iterator[str]:
    for depth, code in rows[place + 1 :]:
        if depth <= rows[place][0]:
            return
        yield code


def _above(rows: tuple[tuple[int, str], ...], place: int) -> Iterator[str]:
    depth = rows[place][0]
    for each, code in reversed(rows[:place]):
        if each < depth:
            depth = each
            yield code
