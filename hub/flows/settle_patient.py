"""A person has said who a held message is about → the patient is that one, or a new one; numbers learned are kept, none is lost.

Source: identifiers-and-codes.md ("match on any, keep history"), security/README.md (manual patient matching).
"""

from __future__ import annotations

from msgspec.structs import replace

from hub.emessage.envelope import Envelope
from hub.emessage.read import Reading
from hub.fhir.models.r4.datatypes import Identifier, Reference
from hub.fhir.models.r4.patient import Patient
from hub.fhir.reading import read_stored
from hub.flows.find_patient import find_patient
from hub.flows.held_decision import Decision
from hub.flows.store_draft import Desk
from hub.mapping.patient import Doubtful, Match, Matched, envelope_patient, to_patient
from hub.mapping.patient_facts import H_NUMBER, STRONG, envelope_facts
from hub.mapping.urls import HER, identifier_system
from hub.ports import Unit


def settle_patient(unit: Unit, desk: Desk, reading: Reading, decision: Decision) -> Match | None:
    """A reading and a decision `match` or `create` → the patient, or None when it cannot be carried out any more."""
    assert reading.envelope is not None
    if decision.kind == "match":
        patient = load_patient(unit, desk, decision.patient_id)
        if patient is None or patient.active is False:
            return None
        learn_numbers(unit, desk, reading.envelope, patient)
        return Matched(decision.patient_id)
    found = find_patient(unit, desk, envelope_facts(reading.envelope), emergency=True)
    if isinstance(found, Matched):
        return found  # somebody made the record meanwhile: there must not be two
    if isinstance(found, Doubtful) and not _only_alike(found):
        return None
    made = desk.create(unit.fhir, new_patient(reading))
    return Matched(made.id)


def _only_alike(found: Doubtful) -> bool:
    return set(found.reasons) <= {"same-person-other-number", "no-number-here"}


def new_patient(reading: Reading) -> Patient:
    """A reading → the Patient as its message describes it; an H-number names the organisation that issued it."""
    envelope = reading.envelope
    assert envelope is not None
    sent = reading.message.msg_info.patient if reading.message is not None else None
    made = to_patient(sent) if sent is not None else envelope_patient(envelope)
    numbers = tuple(i for i in made.identifier if i.system != H_NUMBER)
    return replace(made, active=True, identifier=(*numbers, *_h_numbers(envelope)))


def load_patient(unit: Unit, desk: Desk, patient_id: str) -> Patient | None:
    """A patient's id → the Patient, None when there is none."""
    stored = unit.fhir.load(desk.permit("read", "Patient"), "Patient", patient_id)
    if stored is None or stored.deleted:
        return None
    return read_stored(stored.body, "Patient")


def numbers_to_learn(envelope: Envelope, patient: Patient) -> tuple[Identifier, ...]:
    """A message and a patient → national numbers and H-numbers in it that the patient does not have.

    Shape: a number of a series that the patient has another number of is not learned: one of the two is wrong.
    """
    facts = envelope_facts(envelope)
    held = {"".join(i.value.split()) for i in patient.identifier if i.value}
    series = {identifier_system(i.system) for i in patient.identifier}
    national = [
        Identifier(system=system, value=value)
        for system, value in facts.identifiers
        if system in STRONG and value not in held and system not in series
    ]
    # A D-number sent as FNR stands under both systems; what its digits tell is named last
    by_value = {i.value: i for i in national}
    return (*by_value.values(), *(i for i in _h_numbers(envelope) if i.value not in held))


def learn_numbers(unit: Unit, desk: Desk, envelope: Envelope, patient: Patient) -> int:
    """A message that a person has tied to a patient → its numbers stand on the Patient beside those that stood there."""
    more = numbers_to_learn(envelope, patient)
    if more:
        desk.update(unit.fhir, replace(patient, identifier=(*patient.identifier, *more)))
    return len(more)


def _h_numbers(envelope: Envelope) -> tuple[Identifier, ...]:
    sender = envelope.sender
    her = (sender.her_id or sender.unit_her_id) if sender is not None else None
    issuer = Reference(
        identifier=Identifier(system=HER, value=her.value) if her is not None else None,
        display=(sender.name if sender is not None else "") or None,
    )
    known = issuer.identifier is not None or issuer.display is not None
    return tuple(
        Identifier(system=H_NUMBER, value=value, assigner=issuer if known else None)
        for value in envelope_facts(envelope).h_numbers
    )
