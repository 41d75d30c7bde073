"""DELETE [type]/[id] → 204, also when it is gone already or never was; DELETE [type]?… → what matches.

Source: http://hl7.org/fhir/R4/http.html#delete, #cdelete.
"""

from __future__ import annotations

from hub.fhir.etag import Conditions, check_if_match, conditions_of
from hub.fhir.interactions.conditional import Criteria, criteria_of, find_all
from hub.fhir.interactions.context import Context, permit_for
from hub.fhir.interactions.done import Done
from hub.fhir.interactions.writing import Writing, write_in
from hub.fhir.requests import FhirRequest, FhirResponse, Stored
from hub.problems import ProblemCode, fail


async def delete(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str
) -> FhirResponse:
    """Type and id → a tombstone; history stays. Problems: VERSION_CONFLICT (If-Match)."""
    permit_for(request, "delete", resource_type)
    conditions = conditions_of(request.headers)

    def work(writing: Writing) -> Done:
        return writing.finish(delete_in(writing, resource_type, resource_id, conditions))

    return (await write_in(request, context, work)).answer(request)


async def conditional_delete(
    request: FhirRequest, context: Context, resource_type: str
) -> FhirResponse:
    """Type and criteria → what matches them deleted; several only where the hub is set to allow it.

    Problems: MULTIPLE_MATCHES, VERSION_CONFLICT.
    """
    permit_for(request, "delete", resource_type)
    criteria = criteria_of(resource_type, request.query)
    conditions = conditions_of(request.headers)

    def work(writing: Writing) -> Done:
        found = settle_delete(writing, criteria)
        done = [
            delete_in(writing, one.type, one.id, conditions, query=criteria.text) for one in found
        ]
        if not done:
            return nothing_to_delete(writing, criteria, conditions)
        several = Done(204, None, f"Deleted {len(done)} resources")
        return writing.finish(done[0] if len(done) == 1 else several)

    done = await write_in(request, context, work, long=context.delete_many > 1)
    return done.answer(request)


def delete_in(
    writing: Writing,
    resource_type: str,
    resource_id: str,
    conditions: Conditions,
    *,
    query: str = "",
) -> Done:
    """Type and id → what was done, inside the transaction; deleting again makes no new version."""
    permit = writing.permit("delete", resource_type)
    here = f"{resource_type}/{resource_id}"
    current = writing.session.load(permit, resource_type, resource_id)
    check_if_match(conditions.if_match, None if current is None or current.deleted else current)
    if current is None:
        writing.log(permit, "delete", None, query=query)
        return Done(204, None, f"There never was a {here}")
    if current.deleted:
        writing.log(permit, "delete", current, query=query)
        return Done(204, current, f"{here} was deleted already")
    writing.weigh(current)
    stored = writing.delete(permit, current, max(writing.setting.at, current.updated))
    writing.log(permit, "delete", stored, query=query)
    return Done(204, stored, f"Deleted {here}")


def settle_delete(writing: Writing, criteria: Criteria) -> tuple[Stored, ...]:
    """Criteria → what is to be deleted. Problems: MULTIPLE_MATCHES when it is more than the hub is set to delete."""
    most = writing.context.delete_many
    found = find_all(writing, criteria, most)
    if len(found) > most:
        raise fail(
            ProblemCode.MULTIPLE_MATCHES,
            f"More than {most} of type {criteria.type} match the condition; nothing was deleted",
            criteria.where,
        )
    return found


def nothing_to_delete(writing: Writing, criteria: Criteria, conditions: Conditions) -> Done:
    """Criteria that nothing matches → done. Problems: VERSION_CONFLICT when If-Match wants something to be there."""
    check_if_match(conditions.if_match, None)
    permit = writing.permit("delete", criteria.type)
    writing.log(permit, "delete", None, query=criteria.text)
    return Done(204, None, "Nothing matches the condition")
