"""A stored entry in the Norwegian shape: who, for whom, whose record, why; one that is about no patient has none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hub.fhir.codec import parse
from hub.fhir.requests import AuditEntry
from hub.mapping.audit_to_trust_framework import audit_to_trust_framework
from hub.policy import Actor, Organisation
from hub.policy.actor import Attest
from hub.store.audit_shape import render_audit
from tests.acting import CLINICIAN
from tests.builders import to_json

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
NURSE = replace(
    CLINICIAN,
    organisation=Organisation("974760673", "974760681"),
    token_id="jti-77",
    attest=Attest(purpose="TREAT"),
)
ENTRY = AuditEntry(
    NURSE, "R", "read", AT, "Observation", "v1", 2, "p1", "episode", request_id="r1", address="10.0.0.9"
)  # fmt: skip


def shape(entry: AuditEntry) -> Any:
    made = audit_to_trust_framework(render_audit(entry, "a1", synthetic=True))
    if made is not None:
        parse(to_json(made), "AuditEvent")
    return made


def test_it_names_the_practitioner_the_unit_the_legal_entity_and_the_place() -> None:
    made = shape(ENTRY)
    contained = {each["id"]: each for each in made["contained"]}
    assert list(contained) == ["role", "practitioner", "legal", "unit", "place"]
    practitioner = contained["practitioner"]
    assert practitioner["identifier"][0] == {"system": "urn:oid:2.16.578.1.12.4.1.4.4", "value": "9144900"}  # fmt: skip
    assert practitioner["name"] == [{"text": "Kari Prøve"}]
    assert practitioner["qualification"][0]["code"]["coding"][0]["code"] == "SP"
    assert contained["unit"]["partOf"] == {"reference": "#legal"}
    assert contained["role"]["organization"] == {"reference": "#unit"}
    assert made["agent"] == [{"who": {"reference": "#role"}, "requestor": True}]


def test_it_says_whose_record_what_was_seen_and_why() -> None:
    made = shape(ENTRY)
    (whose,) = made["extension"]
    assert whose["url"].endswith("/auditevent-patient-extension")
    assert whose["valueReference"]["reference"] == "Patient/p1"
    assert [e["what"]["reference"] for e in made["entity"]] == ["Observation/v1/_history/2", "Patient/p1"]  # fmt: skip
    assert made["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    assert (made["type"]["code"], made["recorded"]) == ("110110", "2026-11-22T08:00:00.000Z")
    assert made["meta"]["security"][0]["code"] == "HTEST"


def test_it_holds_no_address_no_token_and_no_request() -> None:
    told = to_json(shape(ENTRY)).decode()
    for each in ("10.0.0.9", "jti-77", "r1"):
        assert f'"{each}' not in told


def test_a_system_that_acts_alone_has_a_role_without_a_practitioner() -> None:
    alone = Actor("gp_system", "gp", "Kontoret", 1, "gp", (), Organisation("974760673"))
    contained = {each["id"]: each for each in shape(replace_actor(alone))["contained"]}
    assert set(contained) == {"role", "legal", "place"}
    own = Actor("internal_job", "judge", "Judge", 1)
    assert [each["id"] for each in shape(replace_actor(own))["contained"]] == ["role"]


def test_an_entry_about_no_patient_has_no_norwegian_shape() -> None:
    assert shape(AuditEntry(NURSE, "E", "search", AT)) is None


def replace_actor(actor: Actor) -> AuditEntry:
    return AuditEntry(actor, "R", "read", AT, "Observation", "v1", 2, "p1")
