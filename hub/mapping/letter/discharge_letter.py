"""A stay in FHIR that never was a message → Epikrise 1.2: what was found, what was done, what is to be followed up.

What comes in: an Encounter, its Conditions, and texts under headings → the letter; its envelope is its own.
Problems: OUTPUT_INVALID when the patient or the time of the stay cannot be told.
Source: HIS 80226:2014, epikrise-henvisning.md; lists 7306, 7309, 8233, 8240, 8254, 8311.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.emessage import epikrise as e
from hub.emessage.codes.forsendelsesstatus_7309 import FORSENDELSESSTATUS
from hub.emessage.datatypes import CS, CV, TS, text
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.patient import Patient
from hub.mapping.message_parties import to_patient_block
from hub.mapping.message_words import clean
from hub.mapping.times import lexical_time
from hub.mapping.two_way import Room
from hub.mapping.two_way_codes import CONCEPT
from hub.problems import HubError, Problem, ProblemCode

_NEW: Final = CS(v="N", dn="Ny")
_FINAL: Final = CS(v="F", dn="Endelig rapport")
_MAIN: Final = CS(v="H", dn="Hoveddiagnose")
_OTHER: Final = CS(v="B", dn="Bidiagnose")
_STAY: Final = CS(v="1", dn="Heldøgnsopphold")
_OUTPATIENT: Final = CS(v="3", dn="Poliklinisk omsorg")
_ANYWHERE: Final = Room([], dict, lambda _: None, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeLetter:
    """What the letter says.

    Shape: `conditions` with the main one first; `texts` are (code of list 8311, heading, words); `sent` is a FHIR
    dateTime; `series` stays the same over a change and a cancellation; `change` of list 7309, `processing` of list 8113.
    """

    encounter: Encounter
    patient: Patient
    sender: e.HCP
    receiver: e.HCP
    responsible: e.HCP
    conditions: tuple[Condition, ...] = ()
    texts: tuple[tuple[str, str, str], ...] = ()
    title: str = "Epikrise"
    change: str = "N"
    processing: str = "P"
    msg_id: str
    series: str
    sent: str


def to_epikrise(told: DischargeLetter) -> e.Epikrise:
    """A stay → the letter. Problems: OUTPUT_INVALID."""
    found, problem = to_patient_block(told.patient)
    period = told.encounter.period
    start, sent = lexical_time(period.start if period else None), lexical_time(told.sent)
    if problem is not None or found is None:
        raise HubError(*((problem,) if problem else ()))
    if start is None or sent is None:
        detail = "The time of the stay or of the letter is not known"
        raise HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, "Encounter.period"))
    number = next(iter(found.ident), None)
    names = (found.given_name, found.middle_name)
    return e.Epikrise(
        type=CS(v="EPIKRISE", dn="Epikrise"),
        mig_version="v1.2 2012-02-15",
        gen_date=TS(v=sent),
        msg_id=told.msg_id,
        status=None if told.processing == "P" else CS(v="TEST", dn="Test"),
        serv_rprt=e.ServRprt(
            serv_type=FORSENDELSESSTATUS.cs(told.change),
            ack=CS(v="J", dn="Ja"),
            issue_date=TS(v=sent),
            status=_FINAL,
            msg_descr=clean(told.title) or "Epikrise",
            serv_prov_id=told.series,
            event=(_event(told, start),),
            patient=e.Patient(
                sex=CS(v=found.sex.v, dn=found.sex.dn) if found.sex else None,
                date_of_birth=TS(v=found.date_of_birth) if found.date_of_birth else None,
                name=f"{found.family_name or ''}, {' '.join(n for n in names if n)}".strip(", "),
                off_id=number.id if number else None,
                type_off_id=CS(v=number.type_id.v, dn=number.type_id.dn) if number else None,
            ),
            serv_provider=e.ServProvider(role=CS(v="SPR", dn="Tjenesteyter"), hcp=told.sender),
            requester=e.Requester(role=CS(v="REQ", dn="Rekvirent"), hcp=told.receiver),
            rel_serv_provider=(
                e.RelServProvider(
                    relation=CS(v="AHP", dn="Ansvarlig helsepersonell"), hcp=told.responsible
                ),
            ),
        ),
    )


def _event(told: DischargeLetter, start: str) -> e.Event:
    period = told.encounter.period
    end = lexical_time(period.end if period else None)
    level = _STAY if told.encounter.class_.code == "IMP" else _OUTPATIENT
    coded = [c for c in map(_concept, told.conditions) if c is not None]
    return e.Event(
        reported_event=e.ReportedEvent(
            start_date_time=TS(v=start), end_date_time=TS(v=end) if end else None
        ),
        serv_type=_NEW,
        service=e.Service(adm_cat=level),
        inf_item=tuple(
            e.InfItem(
                observation=e.Observation(coded_descr=e.CodedDescr(concept=concept)),
                type=_OTHER if place else _MAIN,
            )
            for place, concept in enumerate(coded)
        ),
        comment=tuple(
            e.Comment(heading=CS(v=code, dn=heading), text_result_value=text(clean(words)))
            for code, heading, words in told.texts
            if clean(words)
        ),
    )


def _concept(condition: Condition) -> CV | None:
    said = condition.code
    if said is None or not (said.coding or said.text):
        return None
    first = next(iter(said.coding), None)
    if first is None:
        return CV(ot=clean(said.text or ""))
    node = {"system": first.system, "code": first.code, "display": first.display}
    told = {"coding": [{k: v for k, v in node.items() if v}]}
    return CONCEPT.get(told, _ANYWHERE, CV)
