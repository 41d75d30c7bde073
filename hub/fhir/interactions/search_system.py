"""GET ?… and POST _search → a searchset over several types, or all.

Source: http://hl7.org/fhir/R4/http.html#search, #2.21.1.1 (`_type`).
"""

from __future__ import annotations

from hub.fhir.interactions.context import Context
from hub.fhir.interactions.search_type import answer_search
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.search.params import system_scope


async def search_system(request: FhirRequest, context: Context) -> FhirResponse:
    """Query pairs → one page of all types, or of those `_type` names; parameters must be common to them.

    Problems: those of `answer_search`.
    """
    return await answer_search(request, context, system_scope(request.query))
