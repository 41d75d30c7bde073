"""FHIR → Dialogmelding 1.0: question, answer, note, and the notice that a message cannot be handled.

Drops: what only 1.1 can say (a unit to contact, the subject of a question, coded information) when the FHIR holds it; a
formatted question, whose text is written plain.
Source: HIS 80603:2006, HIS 1152, HIS 1151.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage import dialogmelding_1_0
from hub.emessage.msghead import MsgHead
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.communication_request import CommunicationRequest
from hub.mapping.fhir_to_code import to_cv
from hub.mapping.fhir_to_dialog.note import to_note_fields
from hub.mapping.fhir_to_dialog.participant import Blocks
from hub.mapping.fhir_to_dialog.question import question_text, to_question_fields
from hub.mapping.fhir_to_dialog.thread import to_payload_fields
from hub.mapping.fhir_to_message import to_message
from hub.mapping.record import Record

_BLOCKS: Final = Blocks(
    dialogmelding_1_0.RollerRelatertNotat,
    dialogmelding_1_0.HealthcareProfessional,
    dialogmelding_1_0.Person,
    units=False,
)


def from_fhir(record: Record) -> MsgHead:
    """The record of a message → the message. Problems: OUTPUT_INVALID."""
    payload = dialogmelding_1_0.Dialogmelding(**to_payload_fields(record, _question, _note))
    return to_message(record, payload)


def _question(
    asked: CommunicationRequest, record: Record, within: Any
) -> dialogmelding_1_0.Foresporsel:
    text = question_text(asked)
    plain = None if text is None else "".join(p for p in text.content if isinstance(p, str))
    return dialogmelding_1_0.Foresporsel(
        **to_question_fields(asked, record, within, _BLOCKS),
        sporsmal=plain or (text.plain if text else None),
        type_journalinfo=to_cv(asked.category[1]) if len(asked.category) > 1 else None,
    )


def _note(communication: Communication, record: Record) -> dialogmelding_1_0.Notat:
    return dialogmelding_1_0.Notat(**to_note_fields(communication, record, _BLOCKS, _question))
