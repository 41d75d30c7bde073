"""GET [compartment]/[id]/[type]?… and …/*?…, or POST …/_search → a searchset of what belongs to one resource.

Source: http://hl7.org/fhir/R4/http.html#search; http://hl7.org/fhir/R4/compartmentdefinition.html.
"""

from __future__ import annotations

from hub.fhir.interactions.context import Context, permit_for
from hub.fhir.interactions.search_type import answer_search
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.search.params import compartment_scope
from hub.problems import ProblemCode, fail


async def search_compartment(
    request: FhirRequest, context: Context, compartment: str, resource_id: str, wanted: str
) -> FhirResponse:
    """`Patient`, an id and a type or `*` → one page.

    Problems: those of `answer_search`; NOT_FOUND when there is no such patient, encounter or the like.
    """
    scope = compartment_scope(compartment, resource_id, wanted, request.query)
    permit = permit_for(request, "read", compartment)
    held = await context.repository.read(
        lambda session: session.head(permit, compartment, resource_id)
    )
    if held is None or held.deleted:
        raise fail(ProblemCode.NOT_FOUND, f"There is no {compartment} with this id")
    return await answer_search(request, context, scope)
