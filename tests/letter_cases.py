"""FHIR that never was a message, for the letters made from it: a published test person, invented parties and texts."""

from __future__ import annotations

from typing import Final

from hub.emessage import epikrise as e
from hub.emessage import msghead
from hub.emessage.codes.org_id_9051 import ORG_ID
from hub.emessage.datatypes import CS
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.datatypes import (
    Annotation,
    CodeableConcept,
    Coding,
    HumanName,
    Identifier,
    Period,
    Reference,
)
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.letter.discharge_letter import DischargeLetter
from hub.mapping.letter.referral_into_follow_up import FollowUpReferral
from hub.mapping.message_urls import ACT_CODE, ICD_10, ICPC_2
from hub.mapping.urls import FNR

PATIENT: Final = Patient(
    id="p1",
    identifier=(Identifier(system=FNR, value="13116900216"),),
    name=(HumanName(family="Danser", given=("Line",)),),
    gender="female",
    birthDate="1969-11-13",
)
_SUBJECT: Final = Reference(reference="Patient/p1")
QUESTIONS: Final = (
    ("Er pasienten vurdert for digital hjemmeoppfølging?", "Ja, i samråd med pasienten."),
    ("Hva ønskes fulgt opp hjemme?", "SpO2, puls og pustebesvær, tre ganger i uken."),
    ("Hvem kan kontaktes ved spørsmål?", "Fastlegen på telefon i kontortiden."),
)


def _condition(system: str, code: str, display: str) -> Condition:
    coding = Coding(system=system, code=code, display=display)
    return Condition(code=CodeableConcept(coding=(coding,)), subject=_SUBJECT)


def _organisation(name: str, number: str, service: str, own: str) -> msghead.Organisation:
    return msghead.Organisation(
        organisation_name=name,
        ident=(msghead.Ident(id=number, type_id=ORG_ID.cv("HER")),),
        organisation=msghead.Organisation(
            organisation_name=service,
            ident=(msghead.Ident(id=own, type_id=ORG_ID.cv("HER")),),
        ),
    )


def _party(name: str, number: str, service: str, own: str) -> e.HCP:
    her = CS(v="HER", dn="HER-id")
    dept = e.Dept(name=service, id=own, type_id=her)
    return e.HCP(inst=e.Inst(name=name, id=number, type_id=her, dept=(dept,)))


REFERRAL: Final = FollowUpReferral(
    request=ServiceRequest(
        status="active",
        intent="order",
        subject=_SUBJECT,
        priority="routine",
        authoredOn="2026-03-02T10:15:00+01:00",
        note=(Annotation(text="KOLS med to forverringer siste år. Ønsker oppfølging hjemme."),),
    ),
    patient=PATIENT,
    sender=_organisation("Fjellheim legesenter", "56704", "Fastlegetjeneste", "258521"),
    receiver=_organisation("Alvdal kommune", "99387", "Responssentertjeneste", "90213"),
    answers=QUESTIONS,
    conditions=(_condition(ICPC_2, "R95", "KOLS"),),
    msg_id="6f9f7a52-9a3c-4f0e-8a52-5f3f3a1f2c01",
    document_id="6f9f7a52-9a3c-4f0e-8a52-5f3f3a1f2c02",
    sent="2026-03-02T10:20:00+01:00",
)

LETTER: Final = DischargeLetter(
    encounter=Encounter(
        status="finished",
        class_=Coding(system=ACT_CODE, code="IMP", display="inpatient encounter"),
        subject=_SUBJECT,
        period=Period(start="2026-02-20T14:00:00+01:00", end="2026-02-27T11:30:00+01:00"),
    ),
    patient=PATIENT,
    sender=_party("Fjordby sykehus", "59", "Lungesykdommer", "90998"),
    receiver=_party("Alvdal kommune", "99387", "Responssentertjeneste", "90213"),
    responsible=e.HCP(
        hc_prof=e.HCProf(name="Rita Lin", id="9144900", type_id=CS(v="HPR", dn="HPR-nummer"))
    ),
    conditions=(
        _condition(ICD_10, "J441", "Kronisk obstruktiv lungesykdom med akutt forverring"),
        _condition(ICD_10, "I10", "Essensiell hypertensjon"),
    ),
    texts=(
        ("FO", "Forløp og behandling", "Behandlet med prednisolon og inhalasjoner, bedring."),
        ("OP", "Planer for videre oppfølging", "Anbefaler digital hjemmeoppfølging i tre måneder."),
    ),
    title="Sykehusepikrise",
    msg_id="6f9f7a52-9a3c-4f0e-8a52-5f3f3a1f2c03",
    series="6f9f7a52-9a3c-4f0e-8a52-5f3f3a1f2c04",
    sent="2026-02-27T13:00:00+01:00",
)
