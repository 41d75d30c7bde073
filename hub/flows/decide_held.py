"""A person decides about a held message: checked by the two-identifier rule, then put into the outbox for the running hub.

Source: security/README.md ("Manual patient matching needs two identifiers and a second person"), emessage/apprec.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hub.emessage.codes.apprec_error_8221 import APPREC_ERROR
from hub.emessage.read import Reading, read_message
from hub.fhir.models.r4.patient import Patient
from hub.flows.find_patient import find_patient
from hub.flows.held_decision import HELD, REFUSALS, Decision, encode_decision
from hub.flows.hold_message import end_tasks
from hub.flows.list_messages import patient_of_import
from hub.flows.receive_message import QUEUE as IMPORT
from hub.flows.replay_message import find_arrival
from hub.flows.settle_patient import learn_numbers, load_patient
from hub.flows.store_draft import Desk
from hub.mapping.patient import Doubtful, Matched
from hub.mapping.patient_facts import PatientFacts, envelope_facts
from hub.mapping.person_evidence import Evidence, of_facts, of_patient, read_evidence
from hub.ports import Job, RawMessage, Unit
from hub.values import looks_like_national_id

NEEDED: Final = 2
_TEXT_AT_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a decision. Shape: `done` = it was put into the outbox; `text` says so, or why not."""

    done: bool
    text: str
    patient_id: str = ""


def decide(
    unit: Unit,
    desk: Desk,
    name: str,
    decision: Decision,
    identifiers: Sequence[str] = (),
) -> Verdict:
    """A claim id or MsgId, a decision and the identifiers that a person compared → carried out soon, or refused.

    Shape: `match` and `create` want two identifiers of different kinds (a number, the birth date, the name) and a second
    person; `reject` a code of REFUSALS.
    """
    tenant = desk.actor.tenant_id
    raw = find_arrival(unit, tenant, name)
    if raw is None:
        return Verdict(False, "There is no such message.")
    if raw.state == "imported" and decision.kind == "match":
        return _confirm(unit, desk, raw, decision, identifiers)
    if raw.state != "held":
        return Verdict(False, f"Nothing to decide: the message is {raw.state}.")
    jobs = unit.outbox.of_subject(tenant, IMPORT, raw.claim_id)
    if any(q.state == "todo" and q.job.payload.startswith(HELD) for q in jobs):
        return Verdict(False, "A decision on it waits in the outbox already.")
    reading = read_message(raw.raw)
    fault = _fault(unit, desk, reading, decision, identifiers)
    if fault:
        return Verdict(False, fault)
    unit.outbox.add(
        Job(tenant, IMPORT, raw.claim_id, encode_decision(decision)), desk.setting.at, raw.received
    )
    return Verdict(True, _DONE[decision.kind], decision.patient_id)


def _confirm(
    unit: Unit, desk: Desk, raw: RawMessage, decision: Decision, identifiers: Sequence[str]
) -> Verdict:
    """A message that was taken in, with a number its patient lacks → the number is the patient's too, now that two persons say so."""
    patient_id = patient_of_import(
        unit, raw.tenant_id, unit.inbox.import_of(raw.tenant_id, raw.claim_id)
    )
    reading = read_message(raw.raw)
    if patient_id != decision.patient_id:
        return Verdict(False, f"The message was taken in for Patient/{patient_id}.")
    fault = _fault(unit, desk, reading, decision, identifiers)
    patient = load_patient(unit, desk, patient_id)
    if fault or reading.envelope is None or patient is None:
        return Verdict(False, fault or "Its bytes cannot be read any more.")
    if not learn_numbers(unit, desk, reading.envelope, patient):
        return Verdict(False, "The patient has every number in the message.")
    end_tasks(unit, desk, patient_id, "new-number")
    return Verdict(
        True, "The number stands with the patient, beside those that stood there.", patient_id
    )


_DONE: Final = {
    "again": "It is matched once more.",
    "match": "It is taken in for the patient, and answered.",
    "create": "A patient is made from it; it is taken in and answered.",
    "take": "It is taken in for the addressed organisation, and answered.",
    "reject": "It is refused, and answered as long as its receipt is not too late.",
}


def _fault(
    unit: Unit, desk: Desk, reading: Reading, decision: Decision, identifiers: Sequence[str]
) -> str:
    if reading.envelope is None:
        return "Its bytes cannot be read any more."
    if decision.kind == "reject":
        return _fault_of_refusal(reading, decision)
    if decision.kind not in ("match", "create"):
        return ""
    if not decision.second or decision.second.casefold() == decision.by.casefold():
        return "A second person must have looked at it: name somebody else with --second."
    facts = envelope_facts(reading.envelope)
    given = [read_evidence(text) for text in identifiers]
    if decision.kind == "create":
        return _fault_of_creation(unit, desk, facts, given)
    patient = load_patient(unit, desk, decision.patient_id)
    if patient is None or patient.active is False:
        return "There is no such patient, or the record is not active."
    return _fault_of_match(facts, patient, given)


def _fault_of_match(facts: PatientFacts, patient: Patient, given: Sequence[Evidence]) -> str:
    if len({e.kind for e in given}) < NEEDED:
        return "Two identifiers of different kinds are needed: a number, the birth date, the name."
    held = of_patient(patient)
    if not all(each.agrees(held) for each in given):
        return "An identifier given is not the patient's."
    if not any(each.agrees(of_facts(facts)) for each in given):
        return "No identifier given stands in the message: nothing ties the two together."
    return ""


def _fault_of_creation(
    unit: Unit, desk: Desk, facts: PatientFacts, given: Sequence[Evidence]
) -> str:
    if len({e.kind for e in given}) < NEEDED:
        return "Two identifiers of different kinds are needed: a number, the birth date, the name."
    if not all(each.agrees(of_facts(facts)) for each in given):
        return "An identifier given does not stand in the message."
    if not facts.sufficient:
        return "The message says too little of the patient to make a record."
    found = find_patient(unit, desk, facts, emergency=True)
    if isinstance(found, Matched):
        return f"Patient/{found.patient_id} has the number: use match."
    if isinstance(found, Doubtful) and not set(found.reasons) <= {
        "same-person-other-number",
        "no-number-here",
    }:
        return f"The number is here already ({', '.join(f'Patient/{c}' for c in found.candidates)}): use match."
    return ""


def _fault_of_refusal(reading: Reading, decision: Decision) -> str:
    if decision.code not in REFUSALS:
        names = ", ".join(f"{c} ({APPREC_ERROR.names[c]})" for c in REFUSALS)
        return f"A person may refuse with {names}; every other code of list 8221 is for the hub to find."
    if reading.handling.emergency:
        return "An emergency referral is never refused."
    if decision.code == "X99" and not decision.text:
        return "X99 tells the sender nothing without --text."
    if len(decision.text) > _TEXT_AT_MOST or looks_like_national_id(decision.text):
        return f"The text is for the sender: at most {_TEXT_AT_MOST} characters, and no person's number."
    return ""
