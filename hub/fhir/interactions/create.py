"""POST [type] → 201 with Location and ETag; with If-None-Exist 200 when it is here already.

Source: http://hl7.org/fhir/R4/http.html#create, #ccreate.
"""

from __future__ import annotations

from hub.fhir.interactions.conditional import PRESENTATION, Criteria, find_one, parse_criteria
from hub.fhir.interactions.context import Context, is_long, permit_for
from hub.fhir.interactions.done import Done
from hub.fhir.interactions.prepare import Prepared, at_once, prepare
from hub.fhir.interactions.refused import log_refused
from hub.fhir.interactions.writing import Writing
from hub.fhir.models.told import SlowRefusalError
from hub.fhir.prefer import parse_prefer
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse, Stored
from hub.fhir.search.clauses import show
from hub.fhir.search.controls import is_search_word
from hub.policy import Permit
from hub.problems import HubError, ProblemCode, fail


async def create(request: FhirRequest, context: Context, resource_type: str) -> FhirResponse:
    """A body → stored as a new resource under an id of ours; an id in the body is not used (the specification's MUST).

    Problems: BAD_PARAMETER for a condition in the URL; those of `prepare` and `create_in`.
    """
    permit = permit_for(request, "create", resource_type)
    _refuse_query(request, resource_type)
    condition = request.headers.get("if-none-exist")
    criteria = (
        None if condition is None else parse_criteria(resource_type, condition, "If-None-Exist")
    )
    resource_id = context.new_id()

    def make(hasty: bool) -> Prepared:
        body, base_url = request.body, request.base_url
        return prepare(body, resource_type, resource_id, base_url, hasty=hasty)

    prepared = await at_once(context, request.body, make)

    def work(session: Session) -> Done:
        writing = Writing.begin(session, request, context)
        return writing.finish(create_in(writing, prepared, criteria, permit))

    done = await context.repository.write(work, long=is_long(request.body))
    return done.answer(request)


async def create_plain(request: FhirRequest, context: Context, resource_type: str) -> Stored:
    """A short body of a known type, with neither condition nor query → as `create`, and what was stored.

    Problems: as `create`; what was refused is logged here.
    """
    try:
        permit = permit_for(request, "create", resource_type)
        resource_id = context.new_id()
        body, base_url = request.body, request.base_url
        try:
            prepared = prepare(body, resource_type, resource_id, base_url, hasty=True)
        except SlowRefusalError:
            prepared = await context.offload(
                lambda: prepare(body, resource_type, resource_id, base_url)
            )

        def work(session: Session) -> Stored:
            writing = Writing.begin(session, request, context)
            stored = writing.store(permit, prepared, None)
            writing.log(permit, "create", stored)
            return writing.finish(stored)

        return await context.repository.write(work)
    except HubError as error:
        await log_refused(request, context, "create", (resource_type, ""), error.problems)
        raise


def _refuse_query(request: FhirRequest, resource_type: str) -> None:
    """Some clients put a condition into the URL of a create: passing it over would create what is here already.

    A Binary has no parameters that a condition could be made of, and clients tell more of a document there
    (`_filename`, by Medplum's): what begins with `_` and is no search parameter is passed over, unless they ask to be strict.
    """
    strict = parse_prefer(request.headers.get("prefer")).handling == "strict"
    told = resource_type == "Binary" and not strict
    for name, _ in request.query:
        if name in PRESENTATION:
            continue
        if told and name.startswith("_") and not is_search_word(resource_type, name):
            continue
        detail = (
            "A create takes no search parameters in its URL; a condition is sent in If-None-Exist"
        )
        raise fail(ProblemCode.BAD_PARAMETER, detail, show(name))


def create_in(
    writing: Writing,
    prepared: Prepared,
    criteria: Criteria | None = None,
    permit: Permit | None = None,
) -> Done:
    """A prepared body, and criteria that nothing must match yet → what was done, inside the transaction.

    Shape: `permit` where the request has one already: it says the same as when it came.
    Problems: MULTIPLE_MATCHES; those of `prepare.store`.
    """
    if criteria is not None:
        found = find_one(writing, criteria)
        if found is not None:
            return found_instead(writing, found, criteria)
    permit = permit or writing.permit("create", prepared.type)
    stored = writing.store(permit, prepared, None)
    writing.log(permit, "create", stored)
    return Done(201, stored, f"Created {stored.type}/{stored.id}")


def found_instead(writing: Writing, found: Stored, criteria: Criteria) -> Done:
    """What matched the criteria of a conditional create → done: the body sent is not looked at further.

    It is logged as the search it was: nothing has been created, and the caller sees what is here.
    """
    writing.log(writing.permit("search", found.type), "search", found, query=criteria.text)
    return Done(200, found, f"Nothing was created: {found.type}/{found.id} matches the condition")
