from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.emessage.apprec import HCP, AppRec, Inst, OriginalMsgId, Receiver, Sender
from hub.emessage.codes.apprec_error_8221 import APPREC_ERROR
from hub.emessage.codes.receipt_status_8258 import RECEIPT_STATUS
from hub.emessage.datatypes import CS, CV
from hub.emessage.dialogue import State
from hub.fhir.codec import encode, parse
from hub.mapping import urls
from hub.mapping.alert_communication import alert_to_communication, with_state
from hub.mapping.apprec_to_fhir import error_text, rejection_to_task
from tests.unit.mapping.alert_builders import MSG_ID, NOW, alert_message


@dataclass(frozen=True)
class Row:
    msg_id: str = MSG_ID
    patient_id: str | None = "p1"
    communication_id: str | None = "c1"


def receipt(status: str, *errors: CV) -> AppRec:
    hcp = HCP(inst=Inst(name="Testvik legesenter"))
    return AppRec(
        msg_type=CS(v="APPREC", dn="Applikasjonskvittering"),
        mig_version="v1.1 2012-02-15",
        gen_date="2026-03-02T10:00:00",
        id="x",
        sender=Sender(hcp=hcp),
        receiver=Receiver(hcp=hcp),
        status=RECEIPT_STATUS.cs(status),
        error=errors,
        original_msg_id=OriginalMsgId(
            msg_type=CS(v="D"), issue_date="2026-03-02T09:05:00", id=MSG_ID
        ),
    )


def communication() -> Any:
    return alert_to_communication(
        alert_message(),
        issue_id="issue-1",
        patient_id="p1",
        msg_id=MSG_ID,
        now=NOW,
        communication_id="c1",
    )


def test_an_ok_completes_the_communication_at_the_receipts_time() -> None:
    after = with_state(communication(), State.APP_REC_OK, receipt("1"))

    assert after.status == "completed"
    assert after.received == "2026-03-02T10:00:00+01:00"  # a receipt without zone is local
    assert after.statusReason is None


def test_a_rejection_shows_code_name_and_text_on_communication_and_task() -> None:
    refused = receipt(
        "2", CV(v="E21", s=APPREC_ERROR.oid, dn="Mottaker finnes ikke", ot="Sluttet 1.1.")
    )

    after = with_state(communication(), State.APP_REC_REJECTED, refused)
    task = rejection_to_task(Row(), refused, NOW)

    assert after.status == "stopped"
    assert after.statusReason is not None
    assert after.statusReason.text == "E21 Mottaker finnes ikke (Sluttet 1.1.)"
    assert after.statusReason.coding[0].code == "E21"
    assert [e.url for e in after.extension] == [urls.DELIVERY_STATE, urls.RECEIPT_ERROR]
    assert "E21 Mottaker finnes ikke (Sluttet 1.1.)" in (task.description or "")
    assert task.focus is not None
    assert task.focus.reference == "Communication/c1"
    for resource in (after, task):
        assert parse(encode(resource), type(resource).__name__).resource == resource


def test_an_error_without_code_or_without_anything_is_still_told() -> None:
    assert error_text(receipt("2", CV(ot="Noe gikk galt"))) == "Noe gikk galt"
    assert error_text(receipt("2")) == "Avvist"
    empty = with_state(communication(), State.APP_REC_REJECTED, receipt("2", CV()))
    assert parse(encode(empty), "Communication").resource == empty
    assert (
        rejection_to_task(
            Row(communication_id=None, patient_id=None), receipt("2", CV()), NOW
        ).focus
        is None
    )


def test_a_later_state_replaces_what_an_earlier_receipt_left() -> None:
    overdue = with_state(communication(), State.NO_APP_REC)
    late = with_state(overdue, State.APP_REC_OK, receipt("1"))

    assert overdue.status == "on-hold"
    assert late.status == "completed"
    assert [e.valueCode for e in late.extension] == ["AppRecOk"]
