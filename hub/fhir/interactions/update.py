"""PUT [type]/[id] → 200 with the next version, or 201 when there was none; PUT [type]?… → the one that matches.

Source: http://hl7.org/fhir/R4/http.html#update, #upsert, #cond-update, #concurrency.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from hub.fhir.etag import Conditions, conditions_of
from hub.fhir.interactions.conditional import Criteria, criteria_of, find_one
from hub.fhir.interactions.context import Context, is_long, permit_for
from hub.fhir.interactions.done import Done
from hub.fhir.interactions.prepare import Prepared, at_once, prepare
from hub.fhir.interactions.same import is_same
from hub.fhir.interactions.writing import Writing, write_in
from hub.fhir.requests import FhirRequest, FhirResponse, Stored
from hub.problems import ProblemCode, fail


async def update(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str
) -> FhirResponse:
    """A body for this id → stored as its next version, unless it says what the current version says.

    Problems: ID_MISMATCH; VERSION_CONFLICT (If-Match, If-None-Match).
    """
    permit_for(request, "update", resource_type)

    def ready(hasty: bool) -> Prepared:
        body, base_url = request.body, request.base_url
        prepared = prepare(body, resource_type, resource_id, base_url, hasty=hasty)
        check_id(prepared, resource_id)
        return prepared

    prepared = await at_once(context, request.body, ready)
    conditions = conditions_of(request.headers)

    def work(writing: Writing) -> Done:
        return writing.finish(update_in(writing, prepared, conditions))

    done = await write_in(request, context, work, long=is_long(request.body))
    return done.answer(request)


async def conditional_update(
    request: FhirRequest, context: Context, resource_type: str
) -> FhirResponse:
    """A body and criteria → the one match updated, or created when nothing matches.

    Problems: MULTIPLE_MATCHES, ID_MISMATCH, ID_TAKEN, VERSION_CONFLICT.
    """
    permit_for(request, "update", resource_type)
    criteria = criteria_of(resource_type, request.query)
    new_id = context.new_id()

    def ready(hasty: bool) -> Prepared:
        return prepare(request.body, resource_type, new_id, request.base_url, hasty=hasty)

    prepared = await at_once(context, request.body, ready)
    conditions = conditions_of(request.headers)

    def work(writing: Writing) -> Done:
        target = settle_update(writing, criteria, prepared)
        return writing.finish(update_in(writing, target, conditions, query=criteria.text))

    done = await write_in(request, context, work, long=is_long(request.body))
    return done.answer(request)


def update_in(
    writing: Writing, prepared: Prepared, conditions: Conditions, *, query: str = ""
) -> Done:
    """A prepared body for the id it has → what was done, inside the transaction. Problems: as `update`."""
    permit = writing.permit("update", prepared.type)
    current = writing.session.load(permit, prepared.type, prepared.id)
    alive = None if current is None or current.deleted else current
    conditions.check(alive)
    if current is not None:
        writing.weigh(current)
    if current is None and not permit.trusted:
        _refuse_new(writing, prepared, query)
    if current is not None and current.deleted:
        writing.permit("create", prepared.type)  # what comes back is made anew
    return replace_in(writing, prepared, current, "update", query=query)


def _refuse_new(writing: Writing, prepared: Prepared, query: str) -> None:
    """An update of what is not there, or not open: only the hub's own give ids; others create by a condition at most.

    What is closed is answered as what is missing. Source: smart.md §2 (`u`: no update as create).
    Problems: NOT_FOUND; FORBIDDEN without the right to create.
    """
    if not query or prepared.parsed.resource.id is not None:
        raise fail(ProblemCode.NOT_FOUND, "There is no such resource")
    writing.permit("create", prepared.type)


def replace_in(
    writing: Writing,
    prepared: Prepared,
    current: Stored | None,
    interaction: Literal["update", "patch"],
    *,
    query: str = "",
) -> Done:
    """A prepared body and the version it follows → the next version, or the current one when nothing is new in it.

    Source: http://hl7.org/fhir/R4/http.html#update ("the server may choose not to create a new version").
    """
    permit = writing.permit(interaction, prepared.type)
    here = f"{prepared.type}/{prepared.id}"
    if current is None or current.deleted:
        stored = writing.store(permit, prepared, current)
        writing.log(permit, interaction, stored, query=query)
        return Done(201, stored, f"Created {here}")
    if is_same(prepared, current, writing.setting):
        writing.log(permit, interaction, current, query=query)
        return Done(200, current, f"Nothing new: {here} stays at version {current.version}")
    stored = writing.store(permit, prepared, current)
    writing.log(permit, interaction, stored, query=query)
    return Done(200, stored, f"Updated {here} to version {stored.version}")


def settle_update(writing: Writing, criteria: Criteria, prepared: Prepared) -> Prepared:
    """Criteria and a prepared body → the same with the id it is to be stored under.

    Source: http://hl7.org/fhir/R4/http.html#cond-update: no match and no id → a new resource; no match and an id → update
    as create; one match → that one, an id in the body must be its id; several → 412.
    Problems: MULTIPLE_MATCHES; ID_MISMATCH; ID_TAKEN when nothing matches and the id belongs to another resource.
    """
    found = find_one(writing, criteria)
    inside: str | None = prepared.parsed.resource.id
    if found is not None:
        if inside is not None and inside != found.id:
            raise fail(
                ProblemCode.ID_MISMATCH,
                "The id in the body is not the id of the resource that matches",
                f"{prepared.type}.id",
            )
        return replace(prepared, id=found.id)
    if inside is None:
        return prepared
    permit = writing.permit("update", prepared.type)
    if not permit.trusted:
        raise fail(ProblemCode.NOT_FOUND, "There is no such resource")
    held = writing.session.head(permit, prepared.type, inside)
    if held is not None and not held.deleted:
        raise fail(
            ProblemCode.ID_TAKEN,
            "Nothing matches the condition, and the id in the body belongs to another resource",
            f"{prepared.type}.id",
        )
    return replace(prepared, id=inside)


def check_id(prepared: Prepared, resource_id: str) -> None:
    """The body's id must be there and be the URL's. Problems: ID_MISMATCH."""
    inside = prepared.parsed.resource.id
    if inside != resource_id:
        detail = (
            "The body has no id"
            if inside is None
            else "The id in the body is not the id in the URL"
        )
        raise fail(ProblemCode.ID_MISMATCH, detail, f"{prepared.type}.id")
