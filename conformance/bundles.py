"""Bundles of every type, right and wrong by one rule each.

Source: http://hl7.org/fhir/R4/bundle.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

Json = dict[str, Any]

_UUID: Final = "urn:uuid:0193a1b2-7c3d-7e8f-9a0b-1c2d3e4f5a6b"
_OTHER: Final = "urn:uuid:0193a1b2-7c3d-7e8f-9a0b-1c2d3e4f5a6c"
_BASIC: Final = {"resourceType": "Basic", "code": {"text": "a"}}
_POST: Final = {"method": "POST", "url": "Basic"}
_CREATED: Final = {"status": "201 Created"}
_COMPOSITION: Final = {
    "resourceType": "Composition",
    "status": "final",
    "type": {"text": "a"},
    "date": "2026",
    "author": [{"display": "a"}],
    "title": "a",
}
_HEADER: Final = {
    "resourceType": "MessageHeader",
    "eventUri": "http://a.example/event",
    "source": {"endpoint": "http://a.example/e"},
}


def _bundle(kind: str, *entries: Json, **more: Any) -> Json:
    made: Json = {"resourceType": "Bundle", "type": kind, **more}
    return {**made, "entry": list(entries)} if entries else made


def bundles() -> Iterator[Json]:
    """Nothing → Bundles, one at a time."""
    types = (
        "document", "message", "transaction", "transaction-response", "batch", "batch-response", "history", "searchset", "collection",
    )  # fmt: skip
    entries: tuple[Json, ...] = (
        {"fullUrl": _UUID, "resource": _BASIC},
        {"fullUrl": _UUID, "resource": _BASIC, "request": _POST},
        {"response": _CREATED},
        {"fullUrl": _UUID, "resource": _BASIC, "request": _POST, "response": _CREATED},
        {"fullUrl": _UUID, "resource": _BASIC, "search": {"mode": "match"}},
        {"fullUrl": _UUID},
        {"resource": _BASIC},
        {"fullUrl": "http://a.example/fhir/Basic/1/_history/1", "resource": _BASIC},
        {"fullUrl": "Basic/1", "resource": {**_BASIC, "id": "1"}},
        {"fullUrl": "http://a.example/fhir/Basic/2", "resource": {**_BASIC, "id": "1"}},
        {"fullUrl": "http://a.example/fhir/Basic/1", "resource": {**_BASIC, "id": "1"}},
    )
    for kind in types:
        yield _bundle(kind)
        yield _bundle(kind, total=1)
        for entry in entries:
            yield _bundle(kind, entry)
    yield from _documents()
    yield from _urls()


def _documents() -> Iterator[Json]:
    whole: Json = {
        "identifier": {"system": "urn:ietf:rfc:3986", "value": _OTHER},
        "timestamp": "2026-03-01T08:00:00Z",
    }
    first: Json = {"fullUrl": _UUID, "resource": _COMPOSITION}
    yield _bundle("document", first, **whole)
    yield _bundle("document", {"fullUrl": _UUID, "resource": _BASIC}, **whole)
    yield _bundle("document", first, timestamp=whole["timestamp"])
    yield _bundle("document", first, identifier=whole["identifier"])
    yield _bundle("document", first, **{**whole, "identifier": {"value": "a"}})
    yield _bundle("message", {"fullUrl": _UUID, "resource": _HEADER})
    yield _bundle("message", first)


def _urls() -> Iterator[Json]:
    entry: Json = {"fullUrl": _UUID, "resource": _BASIC}
    yield _bundle("collection", entry, entry)
    yield _bundle("collection", entry, {**entry, "fullUrl": _OTHER})
    old: Json = {**_BASIC, "meta": {"versionId": "1"}}
    new: Json = {**_BASIC, "meta": {"versionId": "2"}}
    yield _bundle("collection", {**entry, "resource": old}, {**entry, "resource": new})
    yield _bundle("collection", {**entry, "resource": old}, {**entry, "resource": old})
    yield _bundle("transaction", {**entry, "request": _POST}, {**entry, "request": _POST})
    for request in (
        {"method": "POST"},
        {"url": "Basic"},
        {"method": "FETCH", "url": "Basic"},
        {"method": "GET", "url": "Basic?code=a"},
        {"method": "PUT", "url": "Basic/1", "ifMatch": 'W/"1"'},
        {"method": "POST", "url": "Basic", "ifNoneExist": "identifier=a|b"},
        {"method": "PUT", "url": ""},
    ):
        yield _bundle("batch", {**entry, "request": request})
    for link in (
        {"relation": "self", "url": "http://a.example"},
        {"relation": "self"},
        {"url": "http://a.example"},
    ):
        yield _bundle("searchset", link=[link])
    reference: Json = {
        "resourceType": "Basic",
        "code": {"text": "a"},
        "subject": {"reference": "Patient/1"},
    }
    yield _bundle("collection", {**entry, "resource": reference})
    yield _bundle("transaction", {**entry, "resource": reference, "request": _POST})
    named: Json = {**reference, "subject": {"reference": _OTHER}}
    yield _bundle("collection", {**entry, "resource": named})
    yield _bundle("transaction", {**entry, "resource": named, "request": _POST})
