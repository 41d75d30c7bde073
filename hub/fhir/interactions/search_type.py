"""GET [type]?… and POST [type]/_search → searchset Bundle; what all searches share.

Source: http://hl7.org/fhir/R4/http.html#search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec.structs import replace

from hub.fhir.interactions.allowed import refuse_several, refuse_unseen
from hub.fhir.interactions.context import Context, access, permit_for, seal_for
from hub.fhir.interactions.value_sets import read_value_sets
from hub.fhir.prefer import parse_prefer
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.fhir.search.bundle import patients_in, to_searchset
from hub.fhir.search.pairs import render_pairs
from hub.fhir.search.params import Scope, read_search, refuse_national_ids
from hub.fhir.search.query import Page, is_long
from hub.fhir.search.seal import tells_more
from hub.fhir.search.sealed_form import close_form
from hub.fhir.search.values import Reading
from hub.fhir.subset import Subset
from hub.policy import Permit
from hub.problems import ProblemCode, fail


async def search_type(request: FhirRequest, context: Context, resource_type: str) -> FhirResponse:
    """Query pairs → one page. Problems: those of `answer_search`."""
    return await answer_search(request, context, Scope((resource_type,)))


async def answer_search(request: FhirRequest, context: Context, scope: Scope) -> FhirResponse:
    """A request and what it searches → one page.

    Problems: UNKNOWN_PARAMETER, BAD_PARAMETER, NATIONAL_ID_IN_URL (GET only), TOO_COSTLY when there is too much to include.
    """
    permit = permit_for(request, "search", scope.single)
    posted = request.method == "POST"
    if not posted:
        refuse_national_ids(request.query)
    stored = await read_value_sets(request, context)
    seal = seal_for(request, context)
    reading = Reading(context.now(), request.base_url, context.limits, stored, seal)
    lenient = parse_prefer(request.headers.get("prefer")).lenient
    asked = read_search(scope, request.query, reading, lenient=lenient)
    refuse_unseen(permit, asked.query, posted=posted)
    subset = Subset(elements=frozenset(permit.view)) if permit.view else asked.subset
    query = asked.query if asked.query.includes else replace(asked.query, bodies=True)
    page = await context.repository.read(
        lambda session: session.search(permit, query), long=is_long(query)
    )
    refuse_several(permit, page)
    if page.cut:
        most = context.limits.included
        raise fail(ProblemCode.TOO_COSTLY, f"The includes would add more than {most} resources")
    path = "/".join(request.path)
    alone = page.next is page.previous is None
    form = close_form(seal, asked.used, context.new_id()) if posted and not alone else ""
    once = context.new_id() if not alone and tells_more(query.order) else ""

    def bundle() -> bytes:
        return to_searchset(
            page,
            request.base_url,
            path,
            asked.used,
            posted=posted,
            form=form,
            once=once,
            longest=context.limits.url_bytes,
            subset=subset,
            ignored=asked.ignored,
            seal=None if alone else seal.of(asked.used),
        )

    if subset is None:
        made: list[bytes] = []

        def ahead() -> None:
            with suppress(Exception):  # it shows again below
                made.append(bundle())

        await log_search(request, context, permit, page, request.query, ahead)
        return FhirResponse(200, made[0] if made else bundle())
    await log_search(request, context, permit, page, request.query)
    # Taking bodies apart costs what joining them does not
    return FhirResponse(200, await context.offload(bundle))


async def log_search(
    request: FhirRequest,
    context: Context,
    permit: Permit,
    page: Page,
    pairs: Sequence[tuple[str, str]],
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """A page → one access log entry per patient in it, or one without patient when it is empty (audit.md §3.2).

    Shape: `meanwhile` may be called once, while they go to the disk.
    """
    at, query = context.now(), render_pairs(pairs)
    await context.repository.log(
        [
            access(request, permit, "search", at, query=query, patient_id=patient_id)
            for patient_id in sorted(patients_in(page), key=str)
        ],
        meanwhile=meanwhile,
    )
