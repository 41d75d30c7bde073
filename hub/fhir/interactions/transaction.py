"""A transaction Bundle → all entries or none, in the specification's order.

Source: http://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from hub.fhir.interactions.context import OFFLOAD_BYTES, Context
from hub.fhir.interactions.entries import Entry
from hub.fhir.interactions.transaction_plan import Plan, plan
from hub.fhir.interactions.transaction_run import run
from hub.fhir.interactions.writing import Writing
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest

LONG_FROM: Final = 10
"""More entries than this take longer than the event loop may be held."""


async def transaction(
    request: FhirRequest, context: Context, entries: Sequence[Entry]
) -> Sequence[bytes]:
    """The entries of a transaction → their answers, in the order of the Bundle; one refused entry refuses all.

    Shape: entries run as DELETE, POST, PUT and PATCH, GET; `urn:uuid:` and other fullUrls of POST and PUT entries are
    replaced by the new references wherever an element links to them, references by search by what they find.
    Problems: those of every entry, with `Bundle.entry[n]` in front.
    """
    make = partial(plan, entries, context.new_id, request.base_url)
    planned: Plan = await context.offload(make) if len(request.body) > OFFLOAD_BYTES else make()

    def work(session: Session) -> Sequence[bytes]:
        return run(Writing.begin(session, request, context), planned)

    return await context.repository.write(work, long=len(entries) > LONG_FROM)
