"""GET [type]/[id]/_history, [type]/_history and _history → a history Bundle, newest first.

Source: http://hl7.org/fhir/R4/http.html#history; http://hl7.org/fhir/R4/bundle.html#history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final, Literal
from urllib.parse import quote, urlencode

import msgspec
from msgspec import structs

from hub.fhir.history import HistoryEntry, HistoryPage, parse_history, render_cursor
from hub.fhir.interactions.context import Context, access, permit_for, seal_for
from hub.fhir.prefer import parse_prefer
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse, fhir_instant
from hub.fhir.search.pairs import render_pairs
from hub.fhir.search.seal import Seal
from hub.fhir.subset import Subset, parse_subset, reduce_body
from hub.policy import Permit
from hub.problems import ProblemCode, fail

_ENCODER: Final = msgspec.json.Encoder()
Level = Literal["history-instance", "history-type", "history-system"]


async def history_instance(
    request: FhirRequest, context: Context, resource_type: str, resource_id: str
) -> FhirResponse:
    """Type and id → all its versions, deletions too. Problems: NOT_FOUND; those of `parse_history`."""
    return await _history(request, context, "history-instance", resource_type, resource_id)


async def history_type(request: FhirRequest, context: Context, resource_type: str) -> FhirResponse:
    """Type → the versions of all its resources. Problems: those of `parse_history`."""
    return await _history(request, context, "history-type", resource_type)


async def history_system(request: FhirRequest, context: Context) -> FhirResponse:
    """The versions of all resources but the access log, which has a history of its own: reading it adds to it."""
    return await _history(request, context, "history-system")


async def _history(
    request: FhirRequest,
    context: Context,
    level: Level,
    resource_type: str = "",
    resource_id: str = "",
) -> FhirResponse:
    permit = permit_for(request, "history-instance" if resource_id else "history", resource_type)
    seal = seal_for(request, context).of(request.query)
    query = parse_history(
        (resource_type, resource_id),
        seal.open_in(request.query),
        context.now(),
        page=context.limits.page,
        most=context.limits.page_most,
        lenient=parse_prefer(request.headers.get("prefer")).lenient,
    )

    subset = parse_subset(request.query, (resource_type,) if resource_type else ())

    def work(session: Session) -> HistoryPage:
        if resource_id and session.head(permit, resource_type, resource_id) is None:
            raise fail(ProblemCode.NOT_FOUND, "There is no such resource")
        return session.history(permit, query)

    page = await context.repository.read(work)
    await _log(request, context, permit, level, page)
    if subset is not None:
        page = await context.offload(lambda: _reduced(page, subset))
    path = "/".join((*filter(None, (resource_type, resource_id)), "_history"))
    # Known without counting where the first page is the last
    whole = query.cursor is None and page.next is None and query.count > 0
    total = len(page.entries) if whole else page.total
    told = to_history_bundle(page, request.base_url, path, request.query, seal, total)
    return FhirResponse(200, told)


async def _log(
    request: FhirRequest, context: Context, permit: Permit, level: Level, page: HistoryPage
) -> None:
    """A page that was read → an entry of the access log for each patient on it."""
    patients = {e.stored.patient_id for e in page.entries} or {None}
    at, asked = context.now(), render_pairs(request.query)
    await context.repository.log(
        [
            access(request, permit, level, at, query=asked, patient_id=patient_id)
            for patient_id in sorted(patients, key=str)
        ]
    )


def _reduced(page: HistoryPage, subset: Subset) -> HistoryPage:
    """A page → the same with the part of each version that is asked for."""

    def part(entry: HistoryEntry) -> HistoryEntry:
        stored = entry.stored
        if stored.deleted:
            return entry
        return replace(entry, stored=structs.replace(stored, body=reduce_body(stored.body, subset)))

    return replace(page, entries=tuple(part(entry) for entry in page.entries))


def to_history_bundle(
    page: HistoryPage,
    base_url: str,
    path: str,
    pairs: Sequence[tuple[str, str]],
    seal: Seal,
    total: int | None,
) -> bytes:
    """A page, the request's pairs and how many versions there are (None: not counted) → Bundle bytes, by joining stored bytes."""
    links = [_link("self", f"{base_url}/{path}", pairs)]
    if page.next is not None:
        kept = [(n, v) for n, v in pairs if n != "_cursor"]
        kept.append(("_cursor", seal.close(render_cursor(page.next))))
        links.append(_link("next", f"{base_url}/{path}", kept))
    counted = b"" if total is None else b'"total":%d,' % total
    head = b'{"resourceType":"Bundle","type":"history",%s"link":[%s]' % (counted, b",".join(links))
    if not page.entries:
        return head + b"}"
    entries = [_entry(entry, base_url) for entry in page.entries]
    return head + b',"entry":[' + b",".join(entries) + b"]}"


def _entry(entry: HistoryEntry, base_url: str) -> bytes:
    """A version → its entry.

    How a first version came about is not kept: it is told as a POST. A patch is told as the PUT it amounts to, whose
    resource the entry holds.
    """
    stored = entry.stored
    here = f"{stored.type}/{stored.id}"
    method, url, status = "PUT", here, 201 if entry.restored else 200
    if stored.deleted:
        method, status = "DELETE", 204
    elif stored.version == 1:
        method, url, status = "POST", stored.type, 201
    told = {
        "request": {"method": method, "url": url},
        "response": {
            "status": f"{status} {HTTPStatus(status).phrase}",
            "location": f"{here}/_history/{stored.version}",
            "etag": stored.etag,
            "lastModified": fhir_instant(stored.updated),
        },
    }
    full_url = b'{"fullUrl":' + _ENCODER.encode(f"{base_url}/{here}")
    body = b"" if stored.deleted else b',"resource":' + stored.body
    return full_url + body + b"," + _ENCODER.encode(told)[1:]


def _link(relation: str, url: str, pairs: Sequence[tuple[str, str]]) -> bytes:
    query = urlencode(list(pairs), quote_via=quote, safe=":,/$")
    return _ENCODER.encode({"relation": relation, "url": f"{url}?{query}" if query else url})
