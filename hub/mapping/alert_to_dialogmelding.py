"""A red alert → Dialogmelding 1.1 Helsefaglig dialog to the patient's GP.

Source: dialogmelding.md (HIS 80603:2017, HIS 1077: TemaKodet 6 of 7322, role 24 at the receiver with profession),
hodemelding.md (two levels, patient, XHTML of HISD 1155).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from hub.emessage import dialogmelding as dia
from hub.emessage import felles, msghead
from hub.emessage.codes.document_reference_8114 import DOCUMENT_REFERENCE
from hub.emessage.codes.message_function_8279 import MESSAGE_FUNCTION
from hub.emessage.codes.org_id_9051 import ORG_ID
from hub.emessage.codes.person_id_8116 import PERSON_ID
from hub.emessage.codes.priority_8115 import PRIORITY
from hub.emessage.codes.processing_status_8113 import PROCESSING_STATUS
from hub.emessage.codes.profession_9060 import PROFESSION
from hub.emessage.codes.role_to_patient_9034 import ROLE_TO_PATIENT
from hub.emessage.codes.tema_helsefaglig_dialog_7322 import TEMA_HELSEFAGLIG_DIALOG
from hub.emessage.datatypes import CS, TS, URL, FormattedText, html, xhtml
from hub.emessage.payloads import Content
from hub.emessage.xml import Node
from hub.fhir.models.r4.patient import Patient
from hub.mapping.alert_facts import AlertFacts
from hub.mapping.gp import GpReceiver
from hub.mapping.message_parties import (
    DOCTOR,
    WORK_PHONE,
    named,
    telecom_of,
    to_patient_block,
    to_receiver,
    to_sender,
)
from hub.mapping.message_words import TableRow, clean, left_out, local_clock, table_of
from hub.mapping.own_party import OwnParty, Responsible
from hub.problems import Problem, ProblemCode, Translation

_OSLO: Final = ZoneInfo("Europe/Oslo")
MESSAGE_TYPE: Final = "DIALOG_HELSEFAGLIG"
_ABOUT_PATIENT: Final = "6"
_CONTACT: Final = "21"  # Helsefaglig kontakt
_AT_RECEIVER: Final = "24"  # Kontakt hos mottaker
# List 7304 Meldingsbekreftelse
_ACKNOWLEDGE: Final = CS(v="J", dn="Ja")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """Everything the message is made of.

    Shape: `rows` from `message_words.to_rows`; `processing` of list 8113 (P production, D test, T training);
    `responsible` None = the service itself is the contact.
    """

    facts: AlertFacts
    patient: Patient
    sender: OwnParty
    receiver: GpReceiver
    rows: Sequence[TableRow] = ()
    responsible: Responsible | None = None
    processing: str = "P"


def alert_to_dialogmelding(
    message: AlertMessage,
    *,
    msg_id: str,
    now: datetime,
    zone: tzinfo = _OSLO,
    text: FormattedText | None = None,
) -> Translation[msghead.MsgHead | None]:
    """A red alert with its parties → the message; None when the patient cannot be told in it.

    Shape: `hub.emessage.table_build.render` makes the bytes. It starts a dialogue: no ConversationRef. `text` is its
    `message_text`, where that was made already.
    Problems: OUTPUT_INVALID when the patient has neither name nor identity; CONTENT_ODD, a warning, when there is no
    phone number to call back on.
    """
    patient, problem = to_patient_block(message.patient)
    if patient is None:
        return Translation(None, (problem,) if problem else ())
    local = now.astimezone(zone).isoformat(timespec="seconds")
    info = msghead.MsgInfo(
        type=MESSAGE_FUNCTION.cs(MESSAGE_TYPE),
        mig_version="v1.2 2006-05-24",
        gen_date=local,
        msg_id=msg_id,
        processing_status=PROCESSING_STATUS.cs(message.processing),
        requested_priority=PRIORITY.cs("H"),
        ack=_ACKNOWLEDGE,
        sender=msghead.Sender(organisation=to_sender(message.sender)),
        receiver=msghead.Receiver(organisation=to_receiver(message.receiver)),
        patient=patient,
    )
    document = msghead.Document(
        ref_doc=msghead.RefDoc(
            issue_date=TS(v=local),
            msg_type=DOCUMENT_REFERENCE.cs("XML"),
            content=Content(
                (_dialogue(message, text or message_text(message, now, zone), now, zone),)
            ),
        )
    )
    return Translation(msghead.MsgHead(msg_info=info, document=(document,)), _warnings(message))


def _warnings(message: AlertMessage) -> tuple[Problem, ...]:
    own = message.responsible.phone if message.responsible else None
    if telecom_of(own) or telecom_of(message.sender.phone):
        return ()
    detail = "Tjenesten har ikke noe telefonnummer fastlegen kan ringe"
    return (Problem(ProblemCode.CONTENT_ODD, detail, "Organization.telecom"),)


def _dialogue(
    message: AlertMessage, text: FormattedText, now: datetime, zone: tzinfo
) -> dia.Dialogmelding:
    note = dia.Notat(
        tema_kodet=TEMA_HELSEFAGLIG_DIALOG.cv(_ABOUT_PATIENT),
        tema=subject_of(message.facts),
        tekst_notat_innhold=text,
        dato_notat=now.astimezone(zone).date().isoformat(),
        roller_relatert_notat=(_contact(message), _wanted(message.receiver)),
    )
    return dia.Dialogmelding(notat=(note,))


def subject_of(facts: AlertFacts) -> str:
    """An alert → the subject that is kept through the thread."""
    measure = clean(facts.measure)
    return f"Rødt varsel fra digital hjemmeoppfølging{f': {measure}' if measure else ''}"


def message_text(message: AlertMessage, now: datetime, zone: tzinfo) -> FormattedText:
    """An alert message → its text: what happened in one sentence; value, limit and plan; the last 14 days."""
    facts = message.facts
    lines: list[Node | str] = [
        html("p", html("strong", clean(facts.text) or "Rødt varsel")),
        "\n",
        html("dl", *_pairs(facts, zone)),
        "\n",
    ]
    if message.rows:
        lines += [html("h3", "Målinger siste 14 dager"), "\n", table_of(message.rows, zone), "\n"]
        more = left_out(message.rows)
        lines += [html("p", more), "\n"] if more else []
    else:
        lines += [html("p", "Ingen andre målinger er mottatt siste 14 dager."), "\n"]
    sent = f"Sendt automatisk {local_clock(now, zone)} av {clean(message.sender.service_name)}"
    lines += [html("p", f"{sent}. Tjenesten følger opp varselet."), "\n"]
    lines.append(html("p", _reach(message)))
    return xhtml(*lines)


def _reach(message: AlertMessage) -> str:
    """Whom to call, as it is also said in the coded contact."""
    person, unit = message.responsible, message.sender
    who = named(unit.service_name) if person is None else named(person.name.full)
    phone = clean((person.phone if person else None) or unit.phone)
    return f"Kontakt: {who}, telefon {phone}" if phone else f"Kontakt: {who}"


def _pairs(facts: AlertFacts, zone: tzinfo) -> list[Node | str]:
    pairs = [
        ("Målt verdi", facts.value),
        ("Grense", facts.limit),
        ("Målt", local_clock(facts.effective, zone) if facts.effective else ""),
        ("Varslet", local_clock(facts.raised, zone) if facts.raised else ""),
        ("Plan", facts.source),
        ("Grensen er godkjent av", facts.approved_by),
        ("Merk", facts.remarks),
    ]
    content: list[Node | str] = []
    for label, text in pairs:
        if clean(text):
            content += [html("dt", f"{label}:"), " ", html("dd", clean(text)), "\n"]
    return content or [html("dt", "Varsel:"), " ", html("dd", "rødt")]


def _contact(message: AlertMessage) -> dia.RollerRelatertNotat:
    """Whom the GP may call: the responsible professional, and always the unit with its phone."""
    person = message.responsible
    unit = message.sender
    phone = telecom_of(unit.phone)
    enhet = felles.Organisation(
        organisation_name=named(unit.service_name),
        ident=(felles.Ident(id=unit.service_her_id, type_id=ORG_ID.cv("HER")),),
        tele_com=(felles.TeleCom(type_telecom=WORK_PHONE, tele_address=phone),) if phone else (),
    )
    return dia.RollerRelatertNotat(
        role_to_patient=ROLE_TO_PATIENT.cv(_CONTACT),
        tilknyttet_enhet=dia.TilknyttetEnhet(kontaktenhet=enhet),
        healthcare_professional=None if person is None else _professional(person, phone),
    )


def _professional(person: Responsible, unit_phone: URL | None) -> dia.HealthcareProfessional:
    phone = telecom_of(person.phone) or unit_phone
    known = person.profession in PROFESSION.names
    return dia.HealthcareProfessional(
        type_healthcare_professional=PROFESSION.cs(person.profession or "") if known else None,
        role_to_patient=ROLE_TO_PATIENT.cv(_CONTACT),
        family_name=clean(person.name.family) or None,
        middle_name=clean(person.name.middle) or None,
        given_name=clean(person.name.given) or None,
        ident=()
        if not person.hpr
        else (felles.Ident(id=clean(person.hpr), type_id=PERSON_ID.cv("HPR")),),
        tele_com=(felles.TeleCom(type_telecom=WORK_PHONE, tele_address=phone),) if phone else (),
    )


def _wanted(receiver: GpReceiver) -> dia.RollerRelatertNotat:
    """HIS 1077: a dialogue that starts with code 6 names the wanted contact at the receiver, with profession."""
    person = receiver.person
    return dia.RollerRelatertNotat(
        role_to_patient=ROLE_TO_PATIENT.cv(_AT_RECEIVER),
        healthcare_professional=dia.HealthcareProfessional(
            type_healthcare_professional=PROFESSION.cs(DOCTOR),
            role_to_patient=ROLE_TO_PATIENT.cv(_AT_RECEIVER),
            family_name=(clean(person.family) or None) if person else None,
            middle_name=(clean(person.middle) or None) if person else None,
            given_name=(clean(person.given) or None) if person else None,
        ),
    )
