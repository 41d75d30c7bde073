"""A batch Bundle → each entry on its own: one that is refused tells so in its answer, and no other is touched by it.

Source: http://hl7.org/fhir/R4/http.html#brules.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from hub.fhir.interactions.context import Context
from hub.fhir.interactions.done import answered, entry_of
from hub.fhir.interactions.entries import Entry, as_request, at_entry, target_of
from hub.fhir.outcome import status_of, to_outcome
from hub.fhir.requests import FhirRequest
from hub.problems import HubError, Problem, ProblemCode

MOST_TOLD: Final = 1000
"""How many problems are told of one batch, shared out to its entries; an entry tells ten of its own at any rate."""
_FEWEST: Final = 10
# A batch runs in the order of a transaction; what stands on one step has no order
_ORDER: Final = (("DELETE",), ("POST",), ("PUT", "PATCH"), ("GET", "HEAD"))


async def batch(
    request: FhirRequest, context: Context, entries: Sequence[Entry]
) -> Sequence[bytes]:
    """The entries of a batch → their answers, in the order of the Bundle.

    Shape: each entry is the request it would be on its own, in its own transaction, with its own access log entry; links
    between entries are not resolved ("no inter-dependencies").
    """
    answers: dict[int, bytes] = {}
    most = max(_FEWEST, MOST_TOLD // max(len(entries), 1))

    async def one(place: int, entry: Entry) -> None:
        answers[place] = await _answer(place, entry, request, context, most)

    for methods in _ORDER:
        works: list[Callable[[], Awaitable[None]]] = [
            partial(one, place, entry)
            for place, entry in enumerate(entries)
            if entry.request.method in methods
        ]
        await context.together(works)
    return [answers[place] for place in sorted(answers)]


async def _answer(
    place: int, entry: Entry, request: FhirRequest, context: Context, most: int
) -> bytes:
    prefer = request.headers.get("prefer", "return=minimal")
    try:
        target = target_of(entry.request, request.base_url)
        inner = as_request(entry, target, request, prefer)
        return answered(await context.dispatch(inner, context), inner)
    except HubError as error:
        problems = tuple(at_entry(place, error.problems))
        if len(problems) > most + 1:
            left_out = f"{len(problems) - most} further problems are not listed"
            problems = (*problems[:most], Problem(ProblemCode.MORE_PROBLEMS, left_out))
        return entry_of(status_of(problems), outcome=to_outcome(problems))
