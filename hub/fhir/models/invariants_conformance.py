"""Invariants of Bundles and of the resources that describe systems, where a translation would be slow or is not possible.

Each function takes a struct and answers whether the rule of its name holds.
Source: the `constraint` elements of the official StructureDefinitions, named by their keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Raw

from hub.fhir.models.checks import ok_absolute
from hub.fhir.models.paths import at, on
from hub.fhir.models.resource_types import RESOURCE_TYPES

_MOST: Final = Decimal(100)


class _Version(msgspec.Struct, rename={"id": "versionId"}):
    id: Any = None


class _Head(msgspec.Struct, rename={"type": "resourceType"}):
    type: str = ""
    id: Any = None
    meta: _Version | None = None


_HEAD: Final = msgspec.json.Decoder(_Head)


def _head(resource: Any) -> tuple[str, Any, Any]:
    """A resource, decoded or not → its type, id and meta.versionId."""
    if isinstance(resource, Raw):
        try:
            head = _HEAD.decode(bytes(resource))
        except msgspec.DecodeError:
            return "", None, None
        return head.type, head.id, head.meta.id if head.meta else None
    version = resource.meta.versionId if resource.meta else None
    return type(resource).__name__, resource.id, version


def bdl_7(o: Any) -> bool:
    """Bundle."""
    urls = [e.fullUrl for e in o.entry if e.fullUrl is not None]
    if o.type == "history" or len(urls) == len(set(urls)):
        return True
    keys = [
        (e.fullUrl, _head(e.resource)[2] if e.resource is not None else None)
        for e in o.entry
        if e.fullUrl is not None
    ]
    return len(keys) == len(set(keys))


def full_urls(o: Any) -> bool:
    """Bundle: the resources of a document or message are referred to by their fullUrl.

    FHIR asks it of every Bundle but batch and transaction; the national PMD's upload is a collection without, and is taken.
    """
    if o.type not in {"document", "message"}:
        return True
    return all(
        e.fullUrl is not None or e.fullUrl_ext is not None
        for e in o.entry
        if e.resource is not None
    )


def full_url(o: Any) -> bool:
    """Bundle.entry: fullUrl is absolute, and does not disagree with the id of the resource."""
    url: str | None = o.fullUrl
    if url is None or url.startswith("urn:"):
        return True
    if not ok_absolute(url):
        return False
    parts = url.rsplit("/", 2)
    if o.resource is None or len(parts) < 3 or parts[1] not in RESOURCE_TYPES:
        return True
    kind, resource_id, _ = _head(o.resource)
    return resource_id is None or (kind, resource_id) == (parts[1], parts[2])


def bdl_11(o: Any) -> bool:
    """Bundle."""
    return o.type != "document" or _first(o) == "Composition"


def bdl_12(o: Any) -> bool:
    """Bundle."""
    return o.type != "message" or _first(o) == "MessageHeader"


def _first(o: Any) -> str:
    return _head(o.entry[0].resource)[0] if o.entry and o.entry[0].resource is not None else ""


def csd_1(o: Any) -> bool:
    """CodeSystem."""
    codes = [c.code for c in _concepts(o.concept) if c.code is not None]
    return len(codes) == len(set(codes))


def _concepts(concepts: Any) -> Iterator[Any]:
    for each in concepts:
        yield each
        yield from _concepts(each.concept)


def ig_1(o: Any) -> bool:
    """ImplementationGuide.definition."""
    known = {each.id for each in o.grouping}
    return all(each.groupingId in known for each in o.resource if each.groupingId is not None)


def ig_2(o: Any) -> bool:
    """ImplementationGuide."""
    named = on(on(at(o, "definition"), "resource"), "fhirVersion")
    return set(named) <= set(o.fhirVersion)


def ras_2(o: Any) -> bool:
    """RiskAssessment.prediction."""
    return o.probabilityDecimal is None or o.probabilityDecimal <= _MOST


def sdf_9(o: Any) -> bool:
    """StructureDefinition."""
    views = [view for view in (o.snapshot, o.differential) if view is not None]
    roots = [e for view in views for e in view.element if e.path is not None and "." not in e.path]
    return not any(e.label or e.code or e.requirements for e in roots)
