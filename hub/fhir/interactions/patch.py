"""PATCH [type]/[id] and PATCH [type]?… → 200 with the next version; JSON Patch and FHIRPath Patch.

Source: http://hl7.org/fhir/R4/http.html#patch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol, cast

from hub.fhir.etag import Conditions, conditions_of
from hub.fhir.interactions.conditional import Criteria, criteria_of, find_one
from hub.fhir.interactions.context import OFFLOAD_BYTES, Context, permit_for
from hub.fhir.interactions.done import Done
from hub.fhir.interactions.prepare import Prepared, prepare
from hub.fhir.interactions.update import replace_in
from hub.fhir.interactions.writing import Writing, write_in
from hub.fhir.models.told import SlowRefusalError
from hub.fhir.negotiate import JSON_PATCH, PATCH_TYPES
from hub.fhir.patch.json_patch import parse_json_patch
from hub.fhir.patch.tree import failed, parse_tree, render_tree
from hub.fhir.requests import FhirRequest, FhirResponse, Stored
from hub.problems import HubError, Problem, ProblemCode, fail

_KEPT: Final = ("resourceType", "id")
_META_KEPT: Final = ("versionId", "lastUpdated")


class Patch(Protocol):
    """A patch document that was understood."""

    def apply(self, tree: dict[str, Any], /) -> Any:
        """A resource's JSON tree → the tree after the patch. Problems: PATCH_FAILED."""
        ...


class SlowPatchError(Exception):
    """A patch leaves what takes long to refuse. Shape: `place` of its entry, in a transaction."""

    def __init__(self, body: bytes, current: Stored) -> None:
        """What the patch leaves, and of what."""
        super().__init__()
        self.body, self.current, self.place = body, current, 0


async def patch(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str
) -> FhirResponse:
    """A patch document for this id → its next version.

    Problems: NOT_FOUND, GONE, VERSION_CONFLICT; PATCH_INVALID (400) when the document is wrong; PATCH_FAILED (422) when it
    cannot be applied, or its result is not valid.
    """
    permit_for(request, "patch", resource_type)
    document = await _document(request, context)
    conditions = conditions_of(request.headers)

    def work(writing: Writing, hasty: bool) -> Done:
        done = patch_in(writing, resource_type, resource_id, document, conditions, hasty=hasty)
        return writing.finish(done)

    return await _carry_out(request, context, work)


async def conditional_patch(
    request: FhirRequest, context: Context, resource_type: str
) -> FhirResponse:
    """A patch document and criteria → the one match patched. Problems: NOT_FOUND, MULTIPLE_MATCHES; those of `patch`."""
    permit_for(request, "patch", resource_type)
    criteria = criteria_of(resource_type, request.query)
    document = await _document(request, context)
    conditions = conditions_of(request.headers)

    def work(writing: Writing, hasty: bool) -> Done:
        found = settle_patch(writing, criteria)
        here, query = (found.type, found.id), criteria.text
        done = patch_in(writing, *here, document, conditions, query=query, hasty=hasty)
        return writing.finish(done)

    return await _carry_out(request, context, work)


async def _carry_out(
    request: FhirRequest, context: Context, work: Callable[[Writing, bool], Done]
) -> FhirResponse:
    """What is done inside the transaction → its answer; what takes long to refuse is looked at when nobody waits for the writer."""
    long = len(request.body) > OFFLOAD_BYTES
    try:
        done = await write_in(request, context, lambda writing: work(writing, True), long=long)
    except SlowPatchError as slow:
        await context.offload(partial(check_patched, slow.body, slow.current, request.base_url))
        done = await write_in(request, context, lambda writing: work(writing, False), long=True)
    return done.answer(request)


def parse_patch(body: bytes, media_type: str) -> Patch:
    """A patch document and its media type → Patch. Problems: PATCH_INVALID, UNSUPPORTED_MEDIA; those of JSON and FHIR."""
    if media_type == JSON_PATCH:
        return parse_json_patch(body)
    if media_type in ("application/fhir+json", "application/json", "application/json+fhir", ""):
        from hub.fhir.patch.fhirpath_patch import parse_fhirpath_patch  # noqa: PLC0415 - it knows every datatype: a start need not wait for it (F8)

        return parse_fhirpath_patch(body)
    raise fail(ProblemCode.UNSUPPORTED_MEDIA, f"A patch is {' or '.join(PATCH_TYPES)}")


def settle_patch(writing: Writing, criteria: Criteria) -> Stored:
    """Criteria → what is to be patched. Problems: NOT_FOUND, MULTIPLE_MATCHES."""
    found = find_one(writing, criteria)
    if found is None:
        raise fail(ProblemCode.NOT_FOUND, "Nothing matches the condition", criteria.where)
    return found


def patch_in(
    writing: Writing,
    resource_type: str,
    resource_id: str,
    document: Patch,
    conditions: Conditions,
    *,
    query: str = "",
    hasty: bool = False,
) -> Done:
    """Type, id and a patch → what was done, inside the transaction.

    Shape: `hasty` raises SlowPatchError where the result is refused, or odd, and long.
    Problems: as `patch`.
    """
    permit = writing.permit("patch", resource_type)
    current = writing.session.load(permit, resource_type, resource_id)
    conditions.check(None if current is None or current.deleted else current)
    if current is None:
        raise fail(ProblemCode.NOT_FOUND, "There is no such resource")
    if current.deleted:
        raise fail(ProblemCode.GONE, "The resource was deleted")
    writing.weigh(current)
    body = render_tree(_patched(current, document))
    prepared = check_patched(body, current, writing.setting.base_url, hasty=hasty)
    return replace_in(writing, prepared, current, "patch", query=query)


def _patched(current: Stored, document: Patch) -> dict[str, Any]:
    before = parse_tree(current.body)
    after = document.apply(parse_tree(current.body))
    if not isinstance(after, dict):
        raise failed("The patch leaves no resource")
    tree = cast("dict[str, Any]", after)
    meta = tree.get("meta")
    metas = cast("dict[str, Any]", meta) if isinstance(meta, dict) else {}
    for name in _KEPT:
        if tree.get(name) != before[name]:
            raise failed(f"A patch cannot change {name}")
    for name in _META_KEPT:
        if metas.get(name) != before["meta"][name]:
            raise failed(f"A patch cannot change meta.{name}")
    return tree


def check_patched(body: bytes, current: Stored, base_url: str, *, hasty: bool = False) -> Prepared:
    """The patched body, checked like that of an update. Problems: PATCH_FAILED, with what is wrong behind it."""
    try:
        return prepare(body, current.type, current.id, base_url, hasty=hasty)
    except SlowRefusalError:
        raise SlowPatchError(body, current) from None
    except HubError as error:
        told = Problem(ProblemCode.PATCH_FAILED, "The patched resource would not be valid")
        raise HubError(told, *error.problems) from None


async def _document(request: FhirRequest, context: Context) -> Patch:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if len(request.body) > OFFLOAD_BYTES:
        return await context.offload(lambda: parse_patch(request.body, media_type))
    return parse_patch(request.body, media_type)
