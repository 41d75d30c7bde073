"""Letters with an envelope of their own are read like any message; an emergency referral is taken whoever the patient is."""

from __future__ import annotations

from typing import Any

import pytest

from hub.emessage.datatypes import CS
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import Sender
from hub.emessage.payloads import Content
from hub.emessage.read import Reading, read_message
from hub.emessage.table_build import render
from hub.problems import ProblemCode
from tests.letter_generator import LETTERS, letter
from tests.message_builders import HOSPITAL
from tests.message_generator import changed, generated

_SENDER = Sender(organisation=HOSPITAL)
REFERRALS = [row for row in LETTERS if row.type in ("H", "HENVISNING")]


def reading(row: MessageType, priority: str) -> Reading:
    """A referral that says nothing of who the patient is, with this priority."""
    made = letter(row, 3, share=1.0)
    body = made.serv_req
    patient = changed(
        body.patient, name=None, off_id=None, type_off_id=None, date_of_birth=None, additional_id=()
    )
    asked = changed(body.req_serv, priority=changed(body.req_serv.priority, v=priority))
    documents = tuple(changed(d, content=None) for d in body.ref_doc)
    body = changed(body, patient=patient, req_serv=asked, ref_doc=documents)
    whole = changed(made, serv_req=body)
    return read_message(render(whole, row.edition))


@pytest.mark.parametrize("row", REFERRALS, ids=lambda row: row.standard)
def test_an_emergency_referral_is_not_refused_for_identity(row: MessageType) -> None:
    found = reading(row, "0")

    assert [p for p in found.problems if p.fatal] == []
    assert found.handling.emergency


@pytest.mark.parametrize("row", REFERRALS, ids=lambda row: row.standard)
def test_any_other_referral_without_a_patient_is(row: MessageType) -> None:
    codes = {p.code for p in reading(row, "N").problems}

    assert codes == {ProblemCode.PATIENT_INSUFFICIENT}


@pytest.mark.parametrize("row", LETTERS, ids=lambda row: row.standard)
def test_a_letter_tells_who_sent_it_to_whom_and_its_series(row: MessageType) -> None:
    made = letter(row, 5, share=1.0)
    found = read_message(render(made, row.edition))
    body = made.serv_rprt if hasattr(made, "serv_rprt") else made.serv_req

    assert found.envelope is not None
    assert found.message is not None
    assert found.message_type is row
    assert found.envelope.answerable
    assert [a.role for a in found.envelope.receivers][:1] == ["PRIM"]
    assert len(body.copy_dest) == len([a for a in found.envelope.receivers if a.role == "COP"])
    assert found.handling.status == body.serv_type.v


def test_an_odd_attachment_does_not_stop_an_emergency() -> None:
    row = next(row for row in REFERRALS if row.type == "HENVISNING")
    made = letter(row, 3, share=1.0)
    codes = {
        priority: {p.code for p in read_message(_with_priority(row, made, priority)).problems}
        for priority in ("0", "N")
    }

    assert codes == {"0": set(), "N": {ProblemCode.FORMAT_FAULT}}


def _with_priority(row: MessageType, made: Any, priority: str) -> bytes:
    body = made.serv_req
    patient = changed(
        body.patient, off_id="13116900216", type_off_id=changed(body.patient.sex, v="FNR")
    )
    asked = changed(body.req_serv, priority=changed(body.req_serv.priority, v=priority))
    whole = changed(made, serv_req=changed(body, patient=patient, req_serv=asked))
    return render(whole, row.edition)


@pytest.mark.parametrize("row", LETTERS, ids=lambda row: row.standard)
@pytest.mark.parametrize(
    "named", [None, CS(), CS(v="X"), CS(v="E"), CS(v="HENVISNING", dn="Henvisning")]
)
def test_a_letter_is_what_its_namespace_says_whatever_it_calls_itself(
    row: MessageType, named: CS | None
) -> None:
    found = read_message(render(changed(letter(row, 5), type=named), row.edition))
    plain = read_message(render(letter(row, 5), row.edition))

    assert found.message_type is row
    assert found.envelope is not None
    assert row.type == found.envelope.type
    assert row.app_rec == found.app_rec_version
    odd = {ProblemCode.CONTENT_ODD} if named is None or named.v != row.type else set()
    assert {p.code for p in found.problems} - odd == {p.code for p in plain.problems}


@pytest.mark.parametrize("named", ["HENVISNING", "", "EPIKRISE"])
def test_only_an_emergency_referral_in_an_envelope_may_call_itself_what_it_likes(
    named: str,
) -> None:
    row = next(r for r in MESSAGE_TYPES if r.type == "HENVISNING_NYTILSTAND")
    made = generated(row, 3)
    info = changed(made.msg_info, type=CS(v=named or None), sender=_SENDER)
    content = made.document[0].ref_doc.content
    assert content is not None
    payload: Any = content.elements[0]
    told: dict[str, bool] = {}
    for priority in ("0", "N"):
        asked = changed(payload.req_serv, priority=CS(v=priority))
        inside = Content((changed(payload, req_serv=asked),), row.edition)
        first = made.document[0]
        document = changed(first, ref_doc=changed(first.ref_doc, content=inside))
        found = read_message(render(changed(made, msg_info=info, document=(document,))))
        told[priority] = found.payload is not None

    assert {"0": True, "N": False} == told
