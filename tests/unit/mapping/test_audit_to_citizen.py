"""What a patient is told of a look at their record: names, never numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from hub.fhir.codec import parse
from hub.fhir.requests import AuditEntry
from hub.mapping.audit_to_citizen import audit_to_citizen
from hub.policy import Actor, Attest, Organisation, Person
from hub.store.audit_shape import render_audit

AT = datetime(2026, 11, 22, 7, 5, 9, tzinfo=UTC)
SYSTEM = Actor(
    "gp_system", "gp-1", "Testdal legesenter", 1, "gp-1", organisation=Organisation("974760673")
)
KARI = Person("https://issuer.example", "sub-1", 'Kari "Kåre" Prøve', 4, "9144900", "SP")
NURSE = replace(
    SYSTEM,
    kind="clinician",
    id="sub-1",
    person=KARI,
    token_id="jti-7",
    organisation=Organisation("974760673", "974760681"),
    attest=Attest("TREAT"),
)
ENTRY = AuditEntry(
    NURSE, "R", "read", AT, "Observation", "o1", 2, "p1", "because", "", "r-1", address="10.1.2.3"
)


def told(entry: AuditEntry) -> str:
    body = render_audit(entry, "a1")
    parse(body, "AuditEvent")
    return audit_to_citizen(body).text


def test_a_line_says_who_when_for_whom_what_and_why() -> None:
    assert told(ENTRY) == (
        '22.11.2026 kl. 08:05:09: Kari "Kåre" Prøve (sykepleier), organisasjon 974760673 / 974760681 leste måling.'
        " Grunn: behandling"
    )


def test_a_line_holds_no_number_of_the_practitioner_and_no_address() -> None:
    body = render_audit(ENTRY, "a1")
    assert b"9144900" in body
    for number in ("9144900", "sub-1", "10.1.2.3", "r-1", "jti-7"):
        assert number not in told(ENTRY)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"action": "U"}, "endret måling"),
        ({"action": "C", "resource_type": "CarePlan"}, "registrerte egenbehandlingsplan"),
        ({"action": "D", "resource_type": "Media"}, "slettet Media"),
        ({"action": "E", "resource_id": ""}, "søkte i journalopplysninger"),
        ({"outcome": "4"}, "leste måling – ble avvist"),
        (
            {"actor": SYSTEM},
            "Systemet Testdal legesenter, organisasjon 974760673 leste måling",
        ),
    ],
)
def test_each_kind_of_access_has_its_words(change: dict[str, object], expected: str) -> None:
    assert expected in told(msgspec.structs.replace(ENTRY, **change))  # type: ignore[arg-type]
