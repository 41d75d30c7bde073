"""A received message that cannot be handled after all → the DIALOG_AVVIK to its sender; and what such a notice says.

The only way to take back a positive receipt. Always Dialogmelding 1.0; the message it is about is the start of the
conversation (HITS 1218); the patient is copied from it, also when nobody here knows that person.
Source: HIS 1151, dialogmelding.md ("DIALOG_AVVIK"), code list 8117.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.emessage import dialogmelding_1_0 as dialog
from hub.emessage import msghead
from hub.emessage.codes.avvik_8117 import AVVIK
from hub.emessage.codes.document_reference_8114 import DOCUMENT_REFERENCE
from hub.emessage.codes.message_function_8279 import MESSAGE_FUNCTION
from hub.emessage.codes.processing_status_8113 import PROCESSING_STATUS
from hub.emessage.codes.role_to_patient_9034 import ROLE_TO_PATIENT
from hub.emessage.datatypes import TS, URL, text
from hub.emessage.felles import TeleCom
from hub.emessage.msghead import MsgHead
from hub.emessage.payloads import Content

TYPE: Final = "DIALOG_AVVIK"
_CONTACT: Final = "21"
_OSLO: Final = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True, slots=True)
class Notice:
    """Why a message cannot be handled. Shape: `code` of list 8117; `contact` is the professional to ask, given name first."""

    code: str
    text: str
    contact: str
    phone: str = ""


def to_avvik(
    faulty: MsgHead,
    receiver: msghead.Organisation,
    notice: Notice,
    msg_id: str,
    now: datetime,
    processing: str,
) -> MsgHead:
    """A received message, which of its receivers is ours, and why it cannot be handled → the notice to its sender."""
    info = faulty.msg_info
    local = now.astimezone(_OSLO).isoformat(timespec="seconds")
    about = info.msg_id.strip()
    return MsgHead(
        msg_info=msghead.MsgInfo(
            type=MESSAGE_FUNCTION.cs(TYPE),
            mig_version="v1.2 2006-05-24",
            gen_date=local,
            msg_id=msg_id,
            processing_status=PROCESSING_STATUS.cs(processing),
            conversation_ref=msghead.ConversationRef(
                ref_to_parent=about, ref_to_conversation=about
            ),
            sender=msghead.Sender(organisation=receiver),
            receiver=msghead.Receiver(organisation=info.sender.organisation),
            patient=info.patient,
        ),
        document=(
            msghead.Document(
                ref_doc=msghead.RefDoc(
                    issue_date=TS(v=local),
                    msg_type=DOCUMENT_REFERENCE.cs("XML"),
                    content=Content((dialog.Dialogmelding(notat=(_note(notice, local),)),)),
                )
            ),
        ),
    )


def _note(notice: Notice, local: str) -> dialog.Notat:
    """Why a message cannot be handled, and the local time → the note that says so and whom to ask."""
    given, _, family = notice.contact.strip().rpartition(" ")
    person = dialog.HealthcareProfessional(
        role_to_patient=ROLE_TO_PATIENT.cv(_CONTACT),
        family_name=family or None,
        given_name=given or None,
        tele_com=(TeleCom(tele_address=URL(v=f"tel:{notice.phone}")),) if notice.phone else (),
    )
    role = dialog.RollerRelatertNotat(
        role_to_patient=ROLE_TO_PATIENT.cv(_CONTACT), healthcare_professional=person
    )
    return dialog.Notat(
        tema_kodet=AVVIK.cv(notice.code),
        tekst_notat_innhold=text(notice.text),
        dato_notat=local[:10],
        roller_relatert_notat=(role,),
    )


def avvik_reason(message: MsgHead) -> str:
    """A DIALOG_AVVIK that came → its coded reason in words, as the sender and the list call it; free text stays in the message."""
    content = message.document[0].ref_doc.content if message.document else None
    payload = content.elements[0] if content is not None and content.elements else None
    if not isinstance(payload, dialog.Dialogmelding) or not payload.notat:
        return ""
    code = payload.notat[0].tema_kodet
    return code.dn or AVVIK.name_of(code.v) or code.v or ""
