"""GET metadata → CapabilityStatement, made from the tables the code itself walks.

Source: http://hl7.org/fhir/R4/capabilitystatement.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.requests import fhir_instant
from hub.fhir.search.definitions import search_definition_url, search_parameters

READS = ("read", "vread", "search-type")
CODES = ("read", "vread", "create", "update", "delete", "search-type")


def build_capabilities(
    base_url: str, version: str, started: datetime, operations: Iterable[tuple[str, str, str]]
) -> bytes:
    """Base URL, software version, start time and (type, name, definition) of operations → CapabilityStatement bytes."""
    by_type: dict[str, list[Mapping[str, str]]] = {}
    for kind, name, definition in operations:
        by_type.setdefault(kind, []).append({"name": name, "definition": definition})
    statement: dict[str, Any] = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": fhir_instant(started),
        "publisher": "DHO hub",
        "kind": "instance",
        "software": {"name": "DHO hub", "version": version},
        "implementation": {"description": "Hub for digital home follow-up", "url": base_url},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "A national identifier is refused in URLs: look persons up with POST [type]/_search.",
                "resource": [
                    _resource(kind, by_type.get(kind, [])) for kind in sorted(RESOURCE_TYPES)
                ],
                "interaction": [{"code": "transaction"}],
            }
        ],
    }
    return msgspec.json.encode(statement)


def _resource(kind: str, operations: list[Mapping[str, str]]) -> dict[str, Any]:
    codes = CODES if kind != "AuditEvent" else READS
    row: dict[str, Any] = {
        "type": kind,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{kind}",
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": False,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "searchParam": [
            {
                "name": name,
                "definition": search_definition_url(kind, name),
                "type": _search_type(kind_of),
            }
            for name, kind_of in search_parameters(kind).items()
        ],
    }
    if operations:
        row["operation"] = operations
    return row


def _search_type(kind: str) -> str:
    return "token" if kind == "id" else kind
