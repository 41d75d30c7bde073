from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.emessage.dialogmelding import Dialogmelding
from hub.emessage.dialogue import State
from hub.emessage.msghead import MsgHead
from hub.emessage.read import read_message
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse as parse_message
from hub.fhir.codec import encode, parse
from hub.fhir.models.r4.datatypes import HumanName
from hub.mapping.alert_communication import STATUS, alert_to_communication, with_state
from hub.mapping.alert_to_dialogmelding import AlertMessage, alert_to_dialogmelding
from hub.mapping.gp import GpReceiver, PersonName
from hub.mapping.message_words import MAX_ROWS, to_rows
from hub.mapping.own_party import OwnParty, Responsible
from hub.thresholds.measurement import Component, Measurement
from tests.unit.mapping.alert_builders import (
    MSG_ID,
    NOW,
    RECEIVER,
    SENDER,
    alert_message,
    patient,
    spo2,
)


def built(**fields: Any) -> MsgHead:
    found = alert_to_dialogmelding(alert_message(**fields), msg_id=MSG_ID, now=NOW).value
    assert found is not None
    return found


def note_of(message: MsgHead) -> Any:
    content = message.document[0].ref_doc.content
    assert content is not None
    payload = content.elements[0]
    assert isinstance(payload, Dialogmelding)
    return payload.notat[0]


def test_the_message_reads_back_as_it_was_and_has_no_problems() -> None:
    message = built()

    data = render(message)

    assert parse_message(data, MsgHead) == message
    reading = read_message(data)
    assert reading.envelope is not None
    assert reading.envelope.type == "DIALOG_HELSEFAGLIG"
    assert reading.envelope.msg_id == MSG_ID


def test_it_starts_a_dialogue_about_the_patient_in_two_levels_on_both_sides() -> None:
    info = built().msg_info

    assert info.conversation_ref is None
    assert info.gen_date == "2026-03-02T09:05:00+01:00"
    sender, receiver = info.sender.organisation, info.receiver.organisation
    assert sender.organisation is not None
    assert [sender.ident[0].id, sender.organisation.ident[0].id] == ["8090001", "8090011"]
    assert receiver.healthcare_professional is not None
    assert receiver.healthcare_professional.ident[0].id == "8091011"
    assert receiver.healthcare_professional.family_name == "Testlege"
    assert info.patient is not None
    assert info.patient.ident[0].type_id.v == "FNR"
    note = note_of(built())
    assert (note.tema_kodet.v, note.tema_kodet.s) == ("6", "2.16.578.1.12.4.1.1.7322")


def test_the_contact_is_the_service_with_its_phone_and_the_wanted_one_is_a_doctor_at_the_receiver() -> (
    None
):
    contact, wanted = note_of(built()).roller_relatert_notat

    assert contact.role_to_patient.v == "21"
    assert contact.tilknyttet_enhet.kontaktenhet.tele_com[0].tele_address.v == "tel:00000011"
    assert wanted.role_to_patient.v == "24"
    assert wanted.healthcare_professional.type_healthcare_professional.v == "LE"
    assert wanted.healthcare_professional.family_name == "Testlege"


def test_a_responsible_professional_is_named_with_phone_and_profession() -> None:
    nurse = Responsible(
        name=PersonName(family="Prøve", given="Nora"),
        hpr="565900099",
        phone="+47 99",
        profession="SP",
    )

    contact = note_of(built(responsible=nurse)).roller_relatert_notat[0].healthcare_professional

    assert (contact.given_name, contact.family_name) == ("Nora", "Prøve")
    assert contact.type_healthcare_professional.v == "SP"
    assert contact.tele_com[0].tele_address.v == "tel:+4799"


def test_the_text_reads_line_by_line_without_its_tags() -> None:
    text = note_of(built()).tekst_notat_innhold.plain

    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    assert lines[0] == "SpO2 86 % er under rød grense (< 88 %), EBP v2"
    assert "Målt verdi:" in lines
    assert "< 88 %" in lines
    assert "Målinger siste 14 dager" in lines
    assert lines[-1] == "Kontakt: Digital hjemmeoppfølging, Testvik, telefon 00 00 00 11"
    assert "02.03.2026 kl. 09:00 SpO2 86 % rød" in lines
    assert "02.03.2026 kl. 09:00 SpO2 93 % grønn" in lines


def test_the_table_holds_the_last_14_days_newest_first_and_nothing_retracted() -> None:
    series = [
        (spo2("91", "old", effective=NOW - timedelta(days=15)), "yellow"),
        (spo2("92", "edge", effective=NOW - timedelta(days=14)), "green"),
        (spo2("90", "gone", effective=NOW), "retracted"),
        (spo2("89.50", "new", effective=NOW), "yellow"),
    ]

    rows = to_rows(series, now=NOW)

    assert [(row.value, row.zone) for row in rows] == [("89,50 %", "gul"), ("92 %", "grønn")]


def test_values_of_every_kind_are_shown_as_received() -> None:
    bp = Measurement(
        id="b",
        measure="bp",
        effective=NOW,
        received=NOW,
        components=(Component("systolic", "132", "mm[Hg]"), Component("diastolic", "85", "mm[Hg]")),
    )
    half = replace(bp, id="h", components=(Component("systolic", "17.6", "kPa"),))
    high = Measurement(
        id="g",
        measure="glucose",
        effective=NOW,
        received=NOW,
        value="33",
        unit="mmol/L",
        comparator=">",
    )
    answer = Measurement(id="a", measure="sym:pust", effective=NOW, received=NOW, code="verre")
    none = Measurement(
        id="n", measure="pulse", effective=NOW, received=NOW, data_absent_reason="unknown"
    )

    rows = to_rows([(m, "green") for m in (bp, half, high, answer, none)], now=NOW)

    assert [row.value for row in rows] == [
        "132/85 mmHg",
        "overtrykk 17,6 kPa",
        "> 33 mmol/L",
        "verre",
        "mangler",
    ]


def test_a_table_that_would_be_endless_says_what_it_leaves_out() -> None:
    rows = to_rows([(spo2("90", f"o{n}"), "yellow") for n in range(MAX_ROWS + 5)], now=NOW)

    text = note_of(built(rows=rows)).tekst_notat_innhold.plain

    assert text.count("90 %") == MAX_ROWS
    assert "5 eldre målinger er utelatt" in " ".join(text.split())


def test_a_service_at_the_office_is_addressed_as_an_organisation() -> None:
    service = GpReceiver(
        organisation_name="Testvik legesenter",
        organisation_her_id="8091001",
        party_name="Fastlege, fellesliste",
        party_her_id="8091011",
    )

    receiver = built(receiver=service).msg_info.receiver.organisation

    assert receiver.healthcare_professional is None
    assert receiver.organisation is not None
    assert receiver.organisation.organisation_name == "Fastlege, fellesliste"


def test_a_patient_without_identity_cannot_be_written_about() -> None:
    nameless = alert_to_dialogmelding(
        alert_message(patient=patient(name=())), msg_id=MSG_ID, now=NOW
    )
    bare = alert_message(patient=patient(identifier=(), birthDate="1965"))

    assert nameless.value is None
    assert [p.where for p in nameless.problems] == ["Patient.name"]
    assert alert_to_dialogmelding(bare, msg_id=MSG_ID, now=NOW).value is None
    born = built(patient=patient(identifier=())).msg_info.patient
    assert born is not None
    assert (born.date_of_birth, born.sex and born.sex.v) == ("1965-09-09", "1")


def test_no_phone_at_all_is_a_warning_and_the_message_goes_all_the_same() -> None:
    silent = OwnParty(
        organisation_name="K", organisation_her_id="1", service_name="T", service_her_id="2"
    )

    found = alert_to_dialogmelding(alert_message(sender=silent), msg_id=MSG_ID, now=NOW)

    assert found.value is not None
    assert [p.fatal for p in found.problems] == [False]


anything = st.text(max_size=60) | st.sampled_from(
    ["\x00", "\ud800", "\ufffe", "<b>&amp;]]>", " \n ", "x" * 3000]
)


@st.composite
def odd_messages(draw: Any) -> AlertMessage:
    name = PersonName(family=draw(anything), given=draw(anything), middle=draw(anything))
    receiver = GpReceiver(
        organisation_name=draw(anything),
        organisation_her_id="1",
        party_name=draw(anything),
        party_her_id="2",
        person=draw(st.none() | st.just(name)),
        hpr=draw(st.none() | anything),
    )
    sender = OwnParty(
        organisation_name=draw(anything),
        organisation_her_id="3",
        service_name=draw(anything),
        service_her_id="4",
        phone=draw(st.none() | anything),
    )
    who = HumanName(family="F" + draw(anything), given=tuple(filter(None, [draw(anything)])))
    contact = Responsible(
        name=name, hpr=draw(anything), phone=draw(anything), profession=draw(anything)
    )
    value = draw(anything)
    rows = to_rows([(spo2(value, unit=draw(anything)), "red")], now=NOW)
    base = alert_message(receiver=receiver, sender=sender, rows=rows, responsible=contact)
    import dataclasses

    facts = dataclasses.replace(
        base.facts, text=draw(anything), measure=draw(anything), value=value
    )
    return dataclasses.replace(base, patient=patient(name=(who,)), facts=facts)


@given(odd_messages())
@settings(max_examples=40, deadline=None)
def test_odd_characters_and_lengths_never_make_a_message_the_codec_refuses(
    message: AlertMessage,
) -> None:
    found = alert_to_dialogmelding(message, msg_id=MSG_ID, now=NOW).value

    assert found is not None
    parse_message(render(found), MsgHead)


def test_the_communication_says_to_whom_about_what_and_in_which_state() -> None:
    made = alert_to_communication(
        alert_message(),
        issue_id="issue-1",
        patient_id="p1",
        msg_id=MSG_ID,
        now=NOW,
        communication_id="c1",
    )

    assert parse(encode(made), "Communication").resource == made
    assert made.status == "preparation"
    assert made.identifier[0].value == f"urn:uuid:{MSG_ID}"
    assert made.about[0].reference == "DetectedIssue/issue-1"
    assert made.recipient[0].reference == "PractitionerRole/role-1"
    assert made.recipient[0].identifier is not None
    assert made.recipient[0].identifier.value == RECEIVER.party_her_id
    assert made.sender is not None
    assert made.sender.display == SENDER.service_name
    assert (made.payload[0].contentString or "").startswith("SpO2 86 %")
    assert set(STATUS) == set(State)
    moved = with_state(made, State.WRITTEN)
    assert moved.status == "in-progress"
    assert [e.valueCode for e in moved.extension] == ["Written"]
