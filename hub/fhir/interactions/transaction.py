"""POST [base] with a transaction Bundle → all entries or none, in the specification's order.

Source: http://hl7.org/fhir/R4/http.html#transaction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from hub.fhir.codec import check_bundle_shell
from hub.fhir.etag import check_if_match, check_if_none_match
from hub.fhir.interactions.context import OFFLOAD_BYTES, Context, access, permit_for
from hub.fhir.interactions.links import resolve_links
from hub.fhir.interactions.prepare import Prepared, Setting, prepare, store
from hub.fhir.interactions.update import check_id
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.repository import Session
from hub.fhir.requests import FhirRequest, FhirResponse, Stored, fhir_instant
from hub.problems import HubError, Problem, ProblemCode, fail

LONG_FROM: Final = 10
"""More entries than this take longer than the event loop may be held."""
_WRITES: Final = ("POST", "PUT")
_ORDER: Final = {"DELETE": 0, "POST": 1, "PUT": 2, "GET": 3}
_URL: Final = re.compile(r"([A-Z][A-Za-z]+)(?:/([A-Za-z0-9.\-]{1,64}))?")
_RESPONSE: Final = msgspec.json.Encoder()


class _Request(msgspec.Struct):
    method: str
    url: str
    ifMatch: str | None = None
    ifNoneExist: str | None = None
    ifNoneMatch: str | None = None
    ifModifiedSince: str | None = None


class _Entry(msgspec.Struct):
    request: _Request
    fullUrl: str | None = None
    resource: msgspec.Raw = msgspec.Raw()


class _Bundle(msgspec.Struct):
    type: str
    entry: list[_Entry] = []


_BUNDLE: Final = msgspec.json.Decoder(_Bundle)


@dataclass(frozen=True, slots=True)
class _Step:
    """One entry, resolved. Shape: `place` counts from 0 in the Bundle; `prepared` for POST and PUT."""

    place: int
    method: str
    type: str
    id: str
    request: _Request
    prepared: Prepared | None


async def transaction(request: FhirRequest, context: Context) -> FhirResponse:
    """A transaction Bundle → transaction-response Bundle; one refused entry refuses all.

    Shape: entries run as DELETE, POST, PUT, GET; `urn:uuid:` and other fullUrls of POST and PUT entries are replaced by
    the new references wherever an element links to them. Problems: those of every entry, with `Bundle.entry[n]` in front.
    """
    permit_for(request, "transaction")
    if len(request.body) > OFFLOAD_BYTES:
        steps = await context.offload(lambda: _plan(request, context))
    else:
        steps = _plan(request, context)
    at = context.now()
    run = _Run(request, Setting(at, request.base_url, context.tags))
    answers = await context.repository.write(
        lambda session: run.all(session, steps), long=len(steps) > LONG_FROM
    )
    entries = b',"entry":[' + b",".join(answers) + b"]" if answers else b""
    body = b'{"resourceType":"Bundle","type":"transaction-response"' + entries + b"}"
    return FhirResponse(200, body)


def _plan(request: FhirRequest, context: Context) -> list[_Step]:
    most, new_id, base_url = context.limits.entries, context.new_id, request.base_url
    check_bundle_shell(request.body)
    bundle = _BUNDLE.decode(request.body)
    if bundle.type != "transaction":
        raise fail(
            ProblemCode.NOT_SUPPORTED,
            "Only Bundles of type transaction are taken here",
            "Bundle.type",
        )
    if len(bundle.entry) > most:
        raise fail(
            ProblemCode.TOO_LARGE,
            f"A transaction takes at most {most} entries",
            "Bundle.entry",
        )
    problems: list[Problem] = []
    places: list[tuple[int, _Entry, str, str]] = []
    for place, entry in enumerate(bundle.entry):
        try:
            kind, resource_id = _target(entry.request, new_id)
            places.append((place, entry, kind, resource_id))
        except HubError as error:
            problems.extend(_at(place, error.problems))
    problems.extend(_same_full_url(places))
    links = _links(places)
    steps: list[_Step] = []
    for place, entry, kind, resource_id in places:
        try:
            prepared = _prepared(entry, kind, resource_id, links, base_url)
            steps.append(
                _Step(place, entry.request.method, kind, resource_id, entry.request, prepared)
            )
        except HubError as error:
            problems.extend(_at(place, error.problems))
    problems.extend(_twice(steps))
    if problems:
        raise HubError(*problems)
    return sorted(steps, key=lambda s: _ORDER[s.method])


def _target(request: _Request, new_id: Callable[[], str]) -> tuple[str, str]:
    match = _URL.fullmatch(request.url.lstrip("/"))
    if request.method not in _ORDER:
        raise fail(
            ProblemCode.NOT_SUPPORTED,
            "request.method must be POST, PUT, DELETE or GET",
            "request.method",
        )
    if request.ifNoneExist or "?" in request.url:
        raise fail(
            ProblemCode.NOT_SUPPORTED, "Conditional interactions are not supported", "request"
        )
    if match is None or (match.group(2) is None) != (request.method == "POST"):
        raise fail(
            ProblemCode.BAD_VALUE,
            "request.url must be [type] for POST and [type]/[id] for the others",
            "request.url",
        )
    if match.group(1) not in RESOURCE_TYPES:
        raise fail(
            ProblemCode.UNKNOWN_RESOURCE_TYPE,
            f"{match.group(1)} is no resource type of R4",
            "request.url",
        )
    return match.group(1), match.group(2) or new_id()


def _same_full_url(places: Iterable[tuple[int, _Entry, str, str]]) -> Iterable[Problem]:
    seen: set[str] = set()
    for place, entry, _, _ in places:
        if entry.fullUrl is not None and entry.fullUrl in seen:
            yield Problem(
                ProblemCode.INVARIANT,
                "bdl-7: fullUrl must be unique in a Bundle",
                f"Bundle.entry[{place}].fullUrl",
            )
        seen.add(entry.fullUrl or "")


def _links(places: Iterable[tuple[int, _Entry, str, str]]) -> dict[bytes, bytes]:
    """Entries → what each fullUrl of a written resource becomes."""
    return {
        entry.fullUrl.encode(): f"{kind}/{resource_id}".encode()
        for _, entry, kind, resource_id in places
        if entry.request.method in _WRITES and entry.fullUrl
    }


def _prepared(
    entry: _Entry, kind: str, resource_id: str, links: dict[bytes, bytes], base_url: str
) -> Prepared | None:
    method, raw = entry.request.method, bytes(entry.resource)
    if method not in _WRITES:
        return None
    if not raw:
        raise fail(ProblemCode.REQUIRED_MISSING, f"{method} needs a resource", "resource")
    if links:
        raw = resolve_links(raw, links, entry.fullUrl or "")
    prepared = prepare(raw, kind, resource_id, base_url)
    if method == "PUT":
        check_id(prepared, resource_id)
    return prepared


def _twice(steps: Iterable[_Step]) -> Iterable[Problem]:
    seen: set[tuple[str, str]] = set()
    for step in steps:
        if step.method == "GET":
            continue
        if (step.type, step.id) in seen:
            yield Problem(
                ProblemCode.BUSINESS_RULE,
                "A transaction may change a resource only once",
                f"Bundle.entry[{step.place}].request.url",
            )
        seen.add((step.type, step.id))


def _at(place: int, problems: Iterable[Problem]) -> Iterable[Problem]:
    for p in problems:
        inside = (
            p.where
            if p.where.startswith(("request", "resource")) or not p.where
            else f"resource.{_tail(p.where)}"
        )
        where = f"Bundle.entry[{place}].{inside}" if inside else f"Bundle.entry[{place}]"
        yield Problem(p.code, p.detail, where, p.part)


def _tail(where: str) -> str:
    """`Observation.code` → `code`: below Bundle.entry the path goes through `resource`."""
    head, dot, rest = where.partition(".")
    return rest if dot and head[:1].isupper() else where


@dataclass(frozen=True, slots=True)
class _Run:
    request: FhirRequest
    setting: Setting

    def all(self, session: Session, steps: list[_Step]) -> list[bytes]:
        """Sorted steps → the answers in the Bundle's own order."""
        answers: dict[int, bytes] = {}
        pending = _patients_first(steps)
        for step in pending:
            try:
                answers[step.place] = getattr(self, f"_{step.method.lower()}")(session, step)
            except HubError as error:
                raise HubError(*_at(step.place, error.problems)) from error
        return [answers[i] for i in sorted(answers)]

    def _post(self, session: Session, step: _Step) -> bytes:
        assert step.prepared is not None
        permit = permit_for(self.request, "create", step.type)
        stored = store(session, permit, step.prepared, None, self.setting)
        session.audit(access(self.request, permit, "create", self.setting.at, stored))
        return _answer("201 Created", stored)

    def _put(self, session: Session, step: _Step) -> bytes:
        assert step.prepared is not None
        permit = permit_for(self.request, "update", step.type)
        current = session.head(permit, step.type, step.id)
        alive = None if current is None or current.deleted else current
        check_if_match(step.request.ifMatch, alive)
        check_if_none_match(step.request.ifNoneMatch, alive)
        stored = store(session, permit, step.prepared, current, self.setting)
        session.audit(access(self.request, permit, "update", self.setting.at, stored))
        return _answer("201 Created" if alive is None else "200 OK", stored)

    def _delete(self, session: Session, step: _Step) -> bytes:
        permit = permit_for(self.request, "delete", step.type)
        current = session.load(permit, step.type, step.id)
        if current is None:
            raise fail(ProblemCode.NOT_FOUND, "There is no such resource", "request.url")
        check_if_match(step.request.ifMatch, None if current.deleted else current)
        stored = current if current.deleted else session.delete(permit, current, self.setting.at)
        session.audit(access(self.request, permit, "delete", self.setting.at, stored))
        return b'{"response":{"status":"204 No Content","etag":%s}}' % _RESPONSE.encode(stored.etag)

    def _get(self, session: Session, step: _Step) -> bytes:
        permit = permit_for(self.request, "read", step.type)
        found = session.load(permit, step.type, step.id)
        if found is None or found.deleted:
            raise fail(ProblemCode.NOT_FOUND, "There is no such resource", "request.url")
        session.audit(access(self.request, permit, "read", self.setting.at, found))
        return b'{"resource":' + found.body + b"," + _answer("200 OK", found)[1:]


def _patients_first(steps: list[_Step]) -> list[_Step]:
    """POST and PUT entries of patients, then of what belongs to nobody, go before what refers to them."""
    rank = {"Patient": 0, "Group": 1, "Device": 1, "Location": 1}
    return sorted(
        steps,
        key=lambda s: (
            _ORDER["POST"] if s.method in ("POST", "PUT") else _ORDER[s.method] * 2,
            rank.get(s.type, 2),
        ),
    )


def _answer(status: str, stored: Stored) -> bytes:
    return _RESPONSE.encode(
        {
            "response": {
                "status": status,
                "location": f"{stored.type}/{stored.id}/_history/{stored.version}",
                "etag": stored.etag,
                "lastModified": fhir_instant(stored.updated),
            }
        }
    )
