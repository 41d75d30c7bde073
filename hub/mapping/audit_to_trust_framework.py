"""An entry of the access log, as it is stored (BALP) → the Norwegian shape, no-domain-Trustframework-Auditevent.

Shape: one AuditEvent with its practitioner, role, organisations and place contained; what the token did not carry is left out, so a
system that acts alone has a role without a practitioner.
Drops: the agents that are systems, networks, token ids, what was searched for, ids of requests; the stored entry keeps them.
Source: security/audit.md §3.3; fhir-no/audit-consent.md; hl7.fhir.no.domain.auditevent 0.9.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.mapping.urls import ENH

BASE: Final = "http://hl7.no/fhir/StructureDefinition"
_PROFILE: Final = f"{BASE}/no-domain-Trustframework-Auditevent"
_HPR: Final = "urn:oid:2.16.578.1.12.4.1.4.4"
_RECORD: Final = {
    "system": "http://dicom.nema.org/resources/ontology/DCM",
    "code": "110110",
    "display": "Patient Record",
}
_KEPT: Final = ("action", "recorded", "outcome", "outcomeDesc", "purposeOfEvent", "source")


def audit_to_trust_framework(body: bytes) -> dict[str, Any] | None:
    """The stored bytes of an AuditEvent → the same in the Norwegian shape; None for one that is about no patient."""
    event: Mapping[str, Any] = msgspec.json.decode(body)
    patient = _entity(event, "1")
    if patient is None:
        return None
    agents: list[Mapping[str, Any]] = event["agent"]
    person = next((agent for agent in agents if "name" in agent), None)
    numbers = [a["who"]["identifier"]["value"] for a in agents if _system(a) == ENH]
    contained = _contained(person, numbers)
    meta: dict[str, Any] = {"profile": [_PROFILE]}
    if "security" in event["meta"]:
        meta["security"] = event["meta"]["security"]
    whose = str(patient["what"]["reference"])
    identifier = {"value": whose.partition("/")[2]}
    made: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": event["id"],
        "meta": meta,
        "contained": contained,
        "extension": [
            {
                "url": f"{BASE}/auditevent-patient-extension",
                "valueReference": {"reference": whose, "identifier": identifier},
            }
        ],
        "type": _RECORD,
        "subtype": event["subtype"],
        **{name: event[name] for name in _KEPT if name in event},
        "agent": [{"who": {"reference": "#role"}, "requestor": True}],
    }
    seen = _entity(event, "2")
    entities = [{k: each[k] for k in ("what", "type", "role") if k in each} for each in (seen, patient) if each]  # fmt: skip
    return {**made, "entity": entities}


def _contained(person: Mapping[str, Any] | None, numbers: list[str]) -> list[dict[str, Any]]:
    """Who and the organisations' numbers (the legal entity first) → the resources that the agent points at."""
    role: dict[str, Any] = {"resourceType": "PractitionerRole", "id": "role"}
    found = [role]
    if person is not None:
        role["practitioner"] = {"reference": "#practitioner"}
        found.append(_practitioner(person))
    if numbers:
        found.append(_organisation("legal", numbers[0]))
        role["organization"] = {"reference": "#legal"}
        if len(numbers) > 1:
            found.append({**_organisation("unit", numbers[1]), "partOf": {"reference": "#legal"}})
            role["organization"] = {"reference": "#unit"}
        role["location"] = [{"reference": "#place"}]
        managing = dict(role["organization"])
        found.append({"resourceType": "Location", "id": "place", "managingOrganization": managing})
    return found


def _practitioner(person: Mapping[str, Any]) -> dict[str, Any]:
    """Who was logged in, by the issuer's name and, where there is one, the HPR number."""
    identifiers: list[dict[str, Any]] = []
    if "altId" in person:
        identifiers.append({"system": _HPR, "value": person["altId"]})
    identifiers.append(dict(person["who"]["identifier"]))
    made: dict[str, Any] = {
        "resourceType": "Practitioner",
        "id": "practitioner",
        "identifier": identifiers,
        "name": [{"text": person["name"]}],
    }
    if "role" in person:
        made["qualification"] = [{"code": role} for role in person["role"]]
    return made


def _organisation(name: str, number: str) -> dict[str, Any]:
    return {
        "resourceType": "Organization",
        "id": name,
        "identifier": [{"system": ENH, "value": number}],
    }


def _entity(event: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    for each in event.get("entity", ()):
        if each.get("type", {}).get("code") == kind and "reference" in each.get("what", {}):
            return each
    return None


def _system(agent: Mapping[str, Any]) -> str:
    who: Mapping[str, Any] = agent.get("who", {})
    identifier: Mapping[str, Any] = who.get("identifier", {})
    return str(identifier.get("system", ""))
