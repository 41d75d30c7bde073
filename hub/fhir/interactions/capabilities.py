"""GET metadata → CapabilityStatement, made from the tables the code itself walks.

Source: http://hl7.org/fhir/R4/capabilitystatement.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.negotiate import FHIR_XML
from hub.fhir.requests import FHIR_JSON, fhir_instant
from hub.fhir.search.definitions import search_definition_url, search_parameters
from hub.fhir.search.includes import includes_of, revincludes_of

READS = ("read", "vread", "history-instance", "history-type", "search-type")
CODES = (*READS, "create", "update", "patch", "delete")
SYSTEM = ("transaction", "batch", "history-system", "search-system")


def build_capabilities(
    base_url: str,
    version: str,
    started: datetime,
    operations: Iterable[tuple[str, str, str]],
    conditional_delete: str = "single",
) -> bytes:
    """Base URL, software version, start time and (type, name, definition) of operations → CapabilityStatement bytes.

    Shape: `conditional_delete` is single or multiple, as the hub is set.
    """
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
        "patchFormat": ["application/json-patch+json", "application/fhir+json"],
        "format": ["json", "xml", FHIR_JSON, FHIR_XML],
        "rest": [
            {
                "mode": "server",
                "documentation": "A national identifier is refused in URLs: look persons up with POST [type]/_search.",
                "resource": [
                    _resource(kind, by_type.get(kind, []), conditional_delete)
                    for kind in sorted(RESOURCE_TYPES)
                ],
                "interaction": [{"code": code} for code in SYSTEM],
            }
        ],
    }
    return msgspec.json.encode(statement)


_VALIDATE = {
    "name": "validate",
    "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
}


def _resource(
    kind: str, operations: list[Mapping[str, str]], conditional_delete: str
) -> dict[str, Any]:
    codes = CODES if kind != "AuditEvent" else READS
    row: dict[str, Any] = {
        "type": kind,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{kind}",
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalRead": "full-support",
        **_conditional(kind, conditional_delete),
        "searchParam": [
            {
                "name": name,
                "definition": search_definition_url(kind, name),
                "type": _search_type(kind_of),
            }
            for name, kind_of in search_parameters(kind).items()
        ],
    }
    includes, revincludes = includes_of(kind), revincludes_of(kind)
    if includes:
        row["searchInclude"] = includes
    if revincludes:
        row["searchRevInclude"] = revincludes
    row["operation"] = [_VALIDATE, *operations]
    return row


def _conditional(kind: str, conditional_delete: str) -> dict[str, Any]:
    may = kind != "AuditEvent"
    return {
        "conditionalCreate": may,
        "conditionalUpdate": may,
        "conditionalDelete": conditional_delete if may else "not-supported",
    }


def _search_type(kind: str) -> str:
    return "token" if kind == "id" else kind
