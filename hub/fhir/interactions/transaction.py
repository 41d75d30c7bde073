"""A transaction Bundle → all entries or none, in the specification's order.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from hub.fhir.interactions.context import Context, is_long, permit_for
from hub.fhir.interactions.entries import Entry, at_entry
from hub.fhir.interactions.patch import SlowPatchError, check_patched
from hub.fhir.interactions.prepare import at_once
from hub.fhir.interactions.transaction_plan import Plan, Step, plan
from hub.fhir.interactions.transaction_run import run
from hub.fhir.interactions.writing import write_in
from hub.fhir.requests import FhirRequest
from hub.policy.action import Interaction
from hub.problems import HubError

LONG_FROM: Final = 10
"""More entries than this take longer than the event loop may be held."""
_INTERACTIONS: Final[Mapping[str, Interaction]] = {
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}


async def transaction(
    request: FhirRequest, context: Context, entries: Sequence[Entry]
) -> Sequence[bytes]:
    """The entries of a transaction → their answers, in the order of the Bundle; one refused entry refuses all.

    Shape: entries run as DELETE, POST, PUT and PATCH, GET; `urn:uuid:` and other fullUrls of POST and PUT entries are
    replaced by the new references wherever an element links to them, references by search by what they find.
    Problems: those of every entry, with `Bundle.entry[n]` in front.
    """

    def make(hasty: bool) -> Plan:
        return plan(entries, context.new_id, request.base_url, hasty=hasty)

    planned = await at_once(context, request.body, make)

    for step in planned.steps:  # every entry as if it were sent alone, before any is carried out
        _permit(request, step)

    long = len(entries) > LONG_FROM or is_long(request.body)
    try:
        return await write_in(
            request, context, lambda writing: run(writing, planned, hasty=True), long=long
        )
    except SlowPatchError as slow:  # it is looked at when nobody waits for the writer
        await context.offload(partial(_look_at, slow, request.base_url))
    return await write_in(request, context, lambda writing: run(writing, planned), long=True)


def _look_at(slow: SlowPatchError, base_url: str) -> None:
    """What an entry's patch leaves → nothing when it is well. Problems: PATCH_FAILED, at the entry."""
    try:
        check_patched(slow.body, slow.current, base_url)
    except HubError as error:
        raise HubError(*at_entry(slow.place, error.problems)) from error


def _permit(request: FhirRequest, step: Step) -> None:
    """An entry that changes something → nothing, when it may. Problems: FORBIDDEN, at the entry."""
    interaction = _INTERACTIONS.get(step.method)
    if interaction is None:
        return  # what reads runs as a request of its own
    try:
        permit_for(request, interaction, step.target.type)
    except HubError as error:
        raise HubError(*at_entry(step.place, error.problems)) from error
