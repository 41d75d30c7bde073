"""A body that was not accepted → every problem in it, with a FHIRPath to each; slow, and only on rejection.

It walks the plain JSON along the annotations and rules of the generated models, so it knows no more and no less than they.
Source: http://hl7.org/fhir/R4/json.html, http://hl7.org/fhir/R4/validation.html.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal, InvalidOperation
from threading import Lock
from typing import Any, Final, cast

from hub.fhir.models.containment import as_list
from hub.fhir.models.told import EnoughError, too_deep
from hub.fhir.models.walk import Json, Walk
from hub.fhir.wire import is_utf8
from hub.problems import Problem, ProblemCode, fail

MAX_PROBLEMS: Final = 100
"""How many are told."""
MOST_COUNTED: Final = 200
"""How many are looked for: a body of five megabytes can have a million, half a minute's work."""
LARGE: Final = 1 << 20
"""Bodies above this are looked at one at a time: ten megabytes can take ten seconds and half a gigabyte. Units: bytes."""
_TURN: Final = Lock()
_HEAD: Final = frozenset({"resourceType", "id", "meta"})
_BEYOND: Final = Decimal("1E+999999")
_LONGEST_INT: Final = 400  # digits that int() reads quickly; longer ones are no FHIR integer anyway


def explain(
    body: bytes, expected_type: str | None, *, only_shell: bool = False
) -> tuple[Problem, ...]:
    """Body bytes and the type it should be (None: any) → all problems in the order of the body, none when it is well.

    Shape: at most MAX_PROBLEMS and, when there are more, one MORE_PROBLEMS with their number, or that there are too many
    to count. `only_shell`: what the entries of a Bundle hold is not looked at.
    Problems: OVERLOADED while another large body is looked at: waiting would take the threads that others need.
    """
    if len(body) <= LARGE:
        return _explain(body, expected_type, only_shell=only_shell)
    if not _TURN.acquire(blocking=False):
        detail = "Another large body is being looked at for what is wrong with it; try again"
        raise fail(ProblemCode.OVERLOADED, detail)
    try:
        return _explain(body, expected_type, only_shell=only_shell)
    finally:
        _TURN.release()


def _explain(
    body: bytes, expected_type: str | None, *, only_shell: bool = False
) -> tuple[Problem, ...]:
    if not is_utf8(body):
        return (Problem(ProblemCode.NOT_UTF8, "The body must be UTF-8"),)
    twice: dict[int, tuple[Json, list[str]]] = {}
    try:
        read = json.loads(
            body.decode(),
            object_pairs_hook=lambda pairs: _object(pairs, twice),
            parse_float=_decimal,
            parse_int=lambda text: int(text) if len(text) <= _LONGEST_INT else Decimal(text),
            parse_constant=_refuse,
        )
    except RecursionError:
        return (too_deep(""),)
    except ValueError:
        return (Problem(ProblemCode.NOT_JSON, "The body must be one JSON object"),)
    if not isinstance(read, dict):
        return (Problem(ProblemCode.NOT_JSON, "The body must be one JSON object"),)
    if only_shell:
        _keep_heads(cast("Json", read))
    walk, at_least = Walk(twice, MOST_COUNTED, only_shell=only_shell), ""
    try:
        walk.root(cast("Json", read), expected_type)
    except RecursionError:
        walk.problems.append(too_deep(""))
    except EnoughError:
        at_least = "At least "
    found = tuple(dict.fromkeys(walk.problems))
    if len(found) <= MAX_PROBLEMS and not at_least:
        return found
    left_out = f"{at_least}{max(len(found) - MAX_PROBLEMS, 1)} further problems are not listed"
    return (*found[:MAX_PROBLEMS], Problem(ProblemCode.MORE_PROBLEMS, left_out))


def _keep_heads(bundle: Json) -> None:
    """A Bundle → the same, with no more of the resources in its entries than its own rules ask for."""
    for entry in as_list(bundle.get("entry")):
        resource: Any = cast("Json", entry).get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            kept = {k: v for k, v in cast("Json", resource).items() if k in _HEAD}
            cast("Json", entry)["resource"] = kept


def _object(pairs: list[tuple[str, Any]], twice: dict[int, tuple[Json, list[str]]]) -> Json:
    made = dict(pairs)
    if len(made) != len(pairs):
        times = Counter(name for name, _ in pairs)
        twice[id(made)] = (made, sorted(name for name, count in times.items() if count > 1))
    return made


def _decimal(text: str) -> Decimal:
    """A number with a fraction or an exponent → the same; one beyond all decimals → one that is as surely refused."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return _BEYOND


def _refuse(text: str) -> None:
    raise ValueError(text)
