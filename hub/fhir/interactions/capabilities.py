"""GET metadata → CapabilityStatement, made from the tables the code itself walks.

Source: http://hl7.org/fhir/R4/capabilitystatement.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.negotiate import FHIR_XML, PATCH_TYPES
from hub.fhir.requests import FHIR_JSON, fhir_instant
from hub.fhir.search.compartments import COMPARTMENTS
from hub.fhir.search.definitions import search_definition_url, search_parameters
from hub.fhir.search.includes import includes_of, revincludes_of
from hub.policy import is_written_by_hub_alone

WRITES: Final = frozenset({"create", "update", "patch", "delete"})
_CORE: Final = "http://hl7.org/fhir"
_VALIDATE: Final = {
    "name": "validate",
    "definition": f"{_CORE}/OperationDefinition/Resource-validate",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """What the router has and how the hub is set.

    Shape: `on_types` and `on_system` are codes of interactions; `operations` (type, name, definition); `conditional_delete`
    single or multiple; `enforced` when references are checked on writing and on deletion; `cors` when pages of other
    origins may call.
    """

    on_types: Sequence[str]
    on_system: Sequence[str]
    operations: Iterable[tuple[str, str, str]] = ()
    conditional_delete: str = "single"
    enforced: bool = False
    cors: bool = False


def build_capabilities(base_url: str, version: str, started: datetime, offered: Offered) -> bytes:
    """Base URL, software version, start time and what is offered → CapabilityStatement bytes."""
    by_type: dict[str, list[Mapping[str, str]]] = {}
    for kind, name, definition in offered.operations:
        by_type.setdefault(kind, []).append({"name": name, "definition": definition})
    rest: dict[str, Any] = {
        "mode": "server",
        "documentation": "A national identifier is refused in URLs: look persons up with POST [type]/_search.",
        "security": {"cors": offered.cors},
        "resource": [
            _resource(kind, by_type.get(kind, []), offered) for kind in sorted(RESOURCE_TYPES)
        ],
        "interaction": [{"code": code} for code in offered.on_system],
        "searchParam": _parameters("", _common()),
        "compartment": [compartment_url(kind) for kind in COMPARTMENTS],
    }
    statement: dict[str, Any] = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": fhir_instant(started),
        "publisher": "DHO hub",
        "kind": "instance",
        "software": {"name": "DHO hub", "version": version},
        "implementation": {"description": "Hub for digital home follow-up", "url": base_url},
        "fhirVersion": "4.0.1",
        "format": ["json", "xml", FHIR_JSON, FHIR_XML],
        "patchFormat": PATCH_TYPES,
        "rest": [rest],
    }
    return msgspec.json.encode(statement)


def compartment_url(kind: str) -> str:
    """`RelatedPerson` → the canonical URL of its compartment, whose id begins with a small letter."""
    return f"{_CORE}/CompartmentDefinition/{kind[0].lower()}{kind[1:]}"


def _resource(
    kind: str, operations: Sequence[Mapping[str, str]], offered: Offered
) -> dict[str, Any]:
    may = not is_written_by_hub_alone(kind)
    row: dict[str, Any] = {
        "type": kind,
        "profile": f"{_CORE}/StructureDefinition/{kind}",
        "interaction": [{"code": c} for c in offered.on_types if may or c not in WRITES],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": may,
        "conditionalCreate": may,
        "conditionalRead": "full-support",
        "conditionalUpdate": may,
        "conditionalDelete": offered.conditional_delete if may else "not-supported",
        "referencePolicy": ["literal", "logical", *(["enforced"] if offered.enforced else [])],
    }
    told = {"searchInclude": includes_of(kind), "searchRevInclude": revincludes_of(kind)}
    row |= {name: each for name, each in told.items() if each}
    row["searchParam"] = _parameters(kind, search_parameters(kind))
    row["operation"] = [_VALIDATE, *operations]
    return row


def _common() -> Mapping[str, str]:
    """Nothing → what a search over all types answers: what every one of them has."""
    each = [search_parameters(kind) for kind in RESOURCE_TYPES]
    return {n: told for n, told in search_parameters("").items() if all(n in one for one in each)}


def _parameters(kind: str, told: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"name": name, "definition": search_definition_url(kind, name), "type": each}
        for name, each in told.items()
    ]
