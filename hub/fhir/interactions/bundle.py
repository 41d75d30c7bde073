"""POST [base] → what the Bundle is: a batch or a transaction.

Source: http://hl7.org/fhir/R4/http.html#transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.fhir.interactions.batch import batch
from hub.fhir.interactions.context import Context, permit_for
from hub.fhir.interactions.entries import Entry, parse_bundle
from hub.fhir.interactions.prepare import at_once
from hub.fhir.interactions.transaction import transaction
from hub.fhir.prefer import parse_prefer
from hub.fhir.requests import FhirRequest, FhirResponse


async def bundle(request: FhirRequest, context: Context) -> FhirResponse:
    """A batch or transaction Bundle → its batch-response or transaction-response.

    Problems: those of the Bundle itself, NOT_SUPPORTED, TOO_LARGE; those of a transaction.
    """
    permit_for(request, "transaction")
    most = context.limits.entries

    def read(hasty: bool) -> tuple[str, Sequence[Entry]]:
        return parse_bundle(request.body, most, hasty=hasty)

    kind, entries = await at_once(context, request.body, read)
    run = batch if kind == "batch" else transaction
    answers = await run(request, context, entries)
    told = b',"entry":[' + b",".join(answers) + b"]" if answers else b""
    body = b'{"resourceType":"Bundle","type":"%s-response"%s}' % (kind.encode(), told)
    returns = parse_prefer(request.headers.get("prefer")).returns
    applied = (("Preference-Applied", f"return={returns}"),) if returns else ()
    return FhirResponse(200, body, applied)
