"""FHIR → Dialogmelding 1.1: free dialogue, and the status of a referral.

Source: HIS 80603:2017, HIS 1077, HIS 1206.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage import dialogmelding
from hub.emessage.msghead import MsgHead
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.communication_request import CommunicationRequest
from hub.mapping.fhir_to_code import to_cv
from hub.mapping.fhir_to_dialog.note import to_note_fields
from hub.mapping.fhir_to_dialog.participant import Blocks
from hub.mapping.fhir_to_dialog.question import (
    coded_information,
    question_text,
    subject_line,
    to_question_fields,
)
from hub.mapping.fhir_to_dialog.thread import to_payload_fields
from hub.mapping.fhir_to_message import to_message
from hub.mapping.record import Record

_BLOCKS: Final = Blocks(
    dialogmelding.RollerRelatertNotat,
    dialogmelding.HealthcareProfessional,
    dialogmelding.Person,
    units=True,
)


def from_fhir(record: Record) -> MsgHead:
    """The record of a message → the message. Problems: OUTPUT_INVALID."""
    payload = dialogmelding.Dialogmelding(**to_payload_fields(record, _question, _note))
    return to_message(record, payload)


def _question(
    asked: CommunicationRequest, record: Record, within: Any
) -> dialogmelding.Foresporsel:
    return dialogmelding.Foresporsel(
        **to_question_fields(asked, record, within, _BLOCKS),
        emne_sporsmal=subject_line(asked),
        sporsmal=question_text(asked),
        type_journalinfo=tuple(code for c in asked.category[1:] if (code := to_cv(c)) is not None),
        kodet_opplysning=coded_information(asked),
    )


def _note(communication: Communication, record: Record) -> dialogmelding.Notat:
    return dialogmelding.Notat(**to_note_fields(communication, record, _BLOCKS, _question))
