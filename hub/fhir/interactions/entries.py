"""The entries of a batch or transaction, each as what it asks: method, target, conditions and body.

Source: http://hl7.org/fhir/R4/http.html#transaction; http://hl7.org/fhir/R4/bundle.html.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote

import msgspec

from hub.fhir.codec import check_bundle_shell
from hub.fhir.etag import Conditions
from hub.fhir.interactions.conditional import Criteria, criteria_of, parse_criteria
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.requests import FHIR_JSON, FhirRequest, http_date
from hub.fhir.search.pairs import read_pairs
from hub.problems import HubError, Problem, ProblemCode, fail
from hub.values import looks_like_national_id

WRITES: Final = ("POST", "PUT", "PATCH", "DELETE")
METHODS: Final = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
_ID: Final = re.compile(r"[A-Za-z0-9.\-]{1,64}")
# An absolute fullUrl that names a resource: what it says must not disagree with the resource (bundle.html#fullUrl)
_NAMED: Final = re.compile(r"https?://.+/([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})")


class EntryRequest(msgspec.Struct):
    """Bundle.entry.request."""

    method: str
    url: str
    ifMatch: str | None = None
    ifNoneExist: str | None = None
    ifNoneMatch: str | None = None
    ifModifiedSince: str | None = None

    @property
    def conditions(self) -> Conditions:
        """If-Match and If-None-Match."""
        return Conditions(self.ifMatch, self.ifNoneMatch)


class Entry(msgspec.Struct):
    """One entry. Shape: `resource` empty where there is none."""

    request: EntryRequest
    fullUrl: str | None = None
    resource: msgspec.Raw = msgspec.Raw()

    @property
    def body(self) -> bytes:
        """The resource's bytes."""
        return bytes(self.resource)


class _Bundle(msgspec.Struct):
    type: str
    entry: list[Entry] = []


class _Head(msgspec.Struct, rename={"type": "resourceType"}):
    type: str = ""
    id: str | None = None


class _Binary(msgspec.Struct):
    resourceType: str
    contentType: str = ""
    data: str = ""


_BUNDLE: Final = msgspec.json.Decoder(_Bundle)
_HEAD: Final = msgspec.json.Decoder(_Head)
_BINARY: Final = msgspec.json.Decoder(_Binary)


@dataclass(frozen=True, slots=True)
class Target:
    """What an entry's URL names. Shape: `id` "" for a type; `criteria` of a conditional change; `path` and `query` as sent."""

    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    type: str = ""
    id: str = ""
    criteria: Criteria | None = None


def parse_bundle(body: bytes, most: int, *, hasty: bool = False) -> tuple[str, Sequence[Entry]]:
    """The bytes of a Bundle → its type and entries.

    Problems: those of the Bundle itself; TOO_LARGE when it has more than `most` entries; NOT_SUPPORTED for another type.
    """
    check_bundle_shell(body, hasty=hasty)
    bundle = _BUNDLE.decode(body)
    if bundle.type not in ("batch", "transaction"):
        raise fail(
            ProblemCode.NOT_SUPPORTED,
            "Only Bundles of type batch and transaction are taken here",
            "Bundle.type",
        )
    if len(bundle.entry) > most:
        raise fail(
            ProblemCode.TOO_LARGE, f"A {bundle.type} takes at most {most} entries", "Bundle.entry"
        )
    if problems := tuple(_full_urls(bundle.entry)):
        raise HubError(*problems)
    return bundle.type, bundle.entry


def _full_urls(entries: Iterable[Entry]) -> Iterable[Problem]:
    seen: set[str] = set()
    for place, entry in enumerate(entries):
        url, where = entry.fullUrl, f"Bundle.entry[{place}].fullUrl"
        if url is None:
            continue
        if url in seen:
            text = "bdl-7: fullUrl must be unique in a Bundle"
            yield Problem(ProblemCode.INVARIANT, text, where)
        seen.add(url)
        named = _NAMED.fullmatch(url)
        if named is None or not entry.body or entry.request.method not in ("POST", "PUT"):
            continue
        head = read_head(entry.body)
        if head.type != named.group(1) or head.id not in (None, named.group(2)):
            text = "fullUrl names another type or id than the resource in the entry has"
            yield Problem(ProblemCode.INVARIANT, text, where)


def read_head(body: bytes) -> _Head:
    """A resource's bytes → its type and id, as far as they can be read; its parse tells what is wrong."""
    try:
        return _HEAD.decode(body)
    except msgspec.DecodeError:
        return _Head()


def target_of(request: EntryRequest, base_url: str) -> Target:
    """Bundle.entry.request → what it names. Problems: BAD_VALUE, NOT_SUPPORTED, UNKNOWN_RESOURCE_TYPE, with FHIRPaths."""
    if request.method not in METHODS:
        text = f"request.method must be one of {', '.join(METHODS)}"
        raise fail(ProblemCode.NOT_SUPPORTED, text, "request.method")
    path_text, _, query_text = request.url.removeprefix(base_url).lstrip("/").partition("?")
    path = tuple(unquote(part) for part in path_text.rstrip("/").split("/")) if path_text else ()
    unread = "request.url has a query that cannot be read"
    query = read_pairs(query_text, 200, "request.url", unread, ProblemCode.BAD_VALUE)
    if request.method in ("GET", "HEAD") or is_operation(request.method, path):
        if not path and not query:
            raise fail(ProblemCode.BAD_VALUE, "request.url names nothing", "request.url")
        return Target(path, query)
    kind = path[0] if path else ""
    if kind not in RESOURCE_TYPES:
        raise fail(
            ProblemCode.UNKNOWN_RESOURCE_TYPE
            if re.fullmatch("[A-Z][A-Za-z]+", kind)
            else ProblemCode.BAD_VALUE,
            "request.url names no resource type of FHIR R4",
            "request.url",
        )
    if len(path) == 2 and request.method != "POST" and _ID.fullmatch(path[1]) and not query:
        return Target(path, query, kind, path[1])
    if len(path) == 1 and request.method == "POST" and not query:
        condition = request.ifNoneExist
        criteria = (
            None if condition is None else parse_criteria(kind, condition, "request.ifNoneExist")
        )
        return Target(path, query, kind, "", criteria)
    if len(path) == 1 and request.method != "POST" and query:
        return Target(path, query, kind, "", criteria_of(kind, query, "request.url"))
    raise fail(
        ProblemCode.BAD_VALUE,
        "request.url must be [type] for POST, [type]/[id] or [type]?… for PUT, PATCH and DELETE",
        "request.url",
    )


def is_operation(method: str, path: Sequence[str]) -> bool:
    """Method and path → whether a POST asks something instead of creating: a search or an operation."""
    return method == "POST" and bool(path) and (path[-1] == "_search" or path[-1].startswith("$"))


def as_request(entry: Entry, target: Target, outer: FhirRequest, prefer: str) -> FhirRequest:
    """An entry → the request that it would be on its own; a search for a person number is posted, as it must be."""
    told = {
        "if-match": entry.request.ifMatch,
        "if-none-match": entry.request.ifNoneMatch,
        "if-none-exist": entry.request.ifNoneExist,
        "if-modified-since": _as_http_date(entry.request.ifModifiedSince),
        "prefer": prefer,
    }
    headers = {name: value for name, value in told.items() if value is not None}
    method, path, body = entry.request.method, target.path, entry.body
    headers["content-type"] = FHIR_JSON
    if method == "PATCH":
        body, headers["content-type"] = patch_of(body)
    elif method == "GET" and len(path) <= 1 and any(map(looks_like_national_id, _texts(target))):
        method, path = "POST", (*path, "_search")
    return FhirRequest(
        method,
        path,
        target.query,
        headers,
        body,
        outer.actor,
        outer.base_url,
        outer.request_id,
        outer.at,
        outer.address,
    )


def _as_http_date(instant: str | None) -> str | None:
    """Bundle.entry.request.ifModifiedSince, an instant → the header it stands for; what is none of ours stays as it is."""
    try:
        at = datetime.fromisoformat(instant or "")
    except ValueError:
        return instant
    return instant if at.tzinfo is None else http_date(at)


def _texts(target: Target) -> Iterable[str]:
    return (text for pair in target.query for text in pair)


def patch_of(body: bytes) -> tuple[bytes, str]:
    """The resource of a PATCH entry → patch document and media type: a Binary holds one, Parameters are one.

    Source: http://hl7.org/fhir/R4/http.html#patch ("PATCH as part of a batch/transaction").
    Problems: PATCH_INVALID when the Binary's data is no base64.
    """
    if read_head(body).type != "Binary":
        return body, FHIR_JSON
    try:
        binary = _BINARY.decode(body)
        return b64decode(binary.data, validate=True), binary.contentType.partition(";")[0].strip()
    except (msgspec.DecodeError, ValueError):
        raise fail(
            ProblemCode.PATCH_INVALID, "The Binary holds no base64 data", "resource.data"
        ) from None


def at_entry(place: int, problems: Iterable[Problem]) -> Iterable[Problem]:
    """An entry's place and its problems → the same with `Bundle.entry[n]` in front."""
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
