"""Readable values for the tests of alerts and their messages; every person is synthetic."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hub.fhir.models.r4.datatypes import ContactPoint, HumanName, Identifier, Reference
from hub.fhir.models.r4.organization import Organization
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.practitioner import Practitioner
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.mapping import urls
from hub.mapping.alert_facts import alert_facts
from hub.mapping.alert_to_dialogmelding import AlertMessage
from hub.mapping.alert_to_fhir import AlertPlace, AlertResources, alert_to_fhir
from hub.mapping.gp import GpReceiver, PersonName
from hub.mapping.message_words import to_rows
from hub.mapping.own_party import OwnParty
from hub.thresholds.alarm import Alert
from hub.thresholds.book import compile_book, compile_limits
from hub.thresholds.engine import State, step
from hub.thresholds.ledger import AlertChange
from hub.thresholds.measurement import Measurement
from hub.thresholds.measurement import Patient as Judged
from hub.thresholds.plan import Band, PlanVersion, Rule

NOW = datetime(2026, 3, 2, 8, 5, tzinfo=UTC)
MSG_ID = "0b6f6c7e-6a67-4f0c-9f6e-0c2a3b1d9e10"
SPO2 = Rule(
    id="r-spo2",
    kind="absolute",
    measure="spo2",
    unit="%",
    bands=(
        Band("red", lt=Decimal(88)),
        Band("yellow", ge=Decimal(88), lt=Decimal(92)),
        Band("green", ge=Decimal(92)),
    ),
)
PLAN = PlanVersion(
    id="ebp",
    version=2,
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    rules=(SPO2,),
    approved_by="Rolig Testlege",
)
PLACE = AlertPlace(
    patient_id="p1",
    issue_id="issue-1",
    flag_id="flag-1",
    task_id="task-1",
    owner=Reference(reference="Organization/service"),
)


def spo2(value: str, name: str = "o1", version: int = 1, **fields: Any) -> Measurement:
    at = datetime(2026, 3, 2, 8, version, tzinfo=UTC)
    given = {"measure": "spo2", "effective": datetime(2026, 3, 2, 8, tzinfo=UTC), "unit": "%"}
    return Measurement(id=name, version=version, received=at, value=value, **(given | fields))


def told(*measurements: Measurement) -> tuple[list[AlertChange], Any]:
    """Measurements in the order they arrive → every change of an alert, and the last changes."""
    book = compile_book(Judged(id="p1"), [PLAN], compile_limits([]))
    state = State(book)
    seen: list[AlertChange] = []
    changes: Any = None
    for each in measurements:
        state, changes = step(state, each, NOW)
        seen += changes.alerts
    return seen, changes


def resources_of(*measurements: Measurement) -> tuple[AlertResources, Alert]:
    """Measurements in the order they arrive → the resources of their alert after the last one, each change applied."""
    book = compile_book(Judged(id="p1"), [PLAN], compile_limits([]))
    state = State(book)
    existing: AlertResources | None = None
    alert: Alert | None = None
    for each in measurements:
        state, changes = step(state, each, NOW)
        firings = [f for j in (changes.judgement, *changes.rejudged) for f in j.firings]
        for change in changes.alerts:
            alert = change.alert
            existing = alert_to_fhir(
                change.kind,
                alert,
                PLACE,
                now=NOW,
                engine_version="1",
                firings=firings,
                existing=existing,
            )
    assert existing is not None
    assert alert is not None
    return existing, alert


def patient(**fields: Any) -> Patient:
    given: dict[str, Any] = {
        "id": "p1",
        "identifier": (Identifier(system=urls.FNR, value="09896512345"),),
        "name": (HumanName(use="official", family="Prøvefjell", given=("Stødig",)),),
        "gender": "male",
        "birthDate": "1965-09-09",
        "generalPractitioner": (Reference(reference="PractitionerRole/role-1"),),
    }
    return Patient(**(given | fields))


def her(value: str) -> tuple[Identifier, ...]:
    return (Identifier(system=urls.HER, value=value),)


OFFICE = Organization(id="office", name="Testvik legesenter", identifier=her("8091001"))
ROLE = PractitionerRole(
    id="role-1",
    identifier=her("8091011"),
    practitioner=Reference(reference="Practitioner/doctor"),
    organization=Reference(reference="Organization/office"),
)
DOCTOR = Practitioner(
    id="doctor",
    identifier=(Identifier(system=urls.HPR, value="565900011"),),
    name=(HumanName(family="Testlege", given=("Rolig",)),),
)
MUNICIPALITY = Organization(id="kommune", name="Testvik kommune", identifier=her("8090001"))
SERVICE = Organization(
    id="service",
    name="Digital hjemmeoppfølging, Testvik",
    identifier=her("8090011"),
    telecom=(ContactPoint(system="phone", value="00 00 00 11"),),
)
SENDER = OwnParty(
    organisation_name="Testvik kommune",
    organisation_her_id="8090001",
    service_name="Digital hjemmeoppfølging, Testvik",
    service_her_id="8090011",
    phone="00 00 00 11",
    organization_id="service",
)
RECEIVER = GpReceiver(
    organisation_name="Testvik legesenter",
    organisation_her_id="8091001",
    party_name="Rolig Testlege",
    party_her_id="8091011",
    person=PersonName(family="Testlege", given="Rolig"),
    hpr="565900011",
    role_id="role-1",
)


def alert_message(**fields: Any) -> AlertMessage:
    made, _ = resources_of(spo2("86"))
    rows = to_rows([(spo2("86"), "red"), (spo2("93", "o0"), "green")], now=NOW)
    given: dict[str, Any] = {
        "facts": alert_facts(made.issue),
        "patient": patient(),
        "sender": SENDER,
        "receiver": RECEIVER,
        "rows": rows,
        "processing": "T",
    }
    return AlertMessage(**(given | fields))
