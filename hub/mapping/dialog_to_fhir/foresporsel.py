"""DIALOG_FORESPORSEL → a CommunicationRequest for each question, and a Task to answer it.

Drops: see `drops.py`.
Source: HIS 1152; dialogmelding.md ("DIALOG_FORESPORSEL / DIALOG_SVAR").
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.fhir.models.r4.datatypes import Reference
from hub.mapping.dialog_to_fhir.assemble import Payload, to_draft
from hub.mapping.dialog_to_fhir.tasks import ANSWER_QUESTION
from hub.mapping.draft import Context, Desk, Draft
from hub.mapping.plo_to_fhir.tasks import to_task
from hub.problems import Translation


def to_fhir(message: MsgHead, payload: Payload, context: Context) -> Translation[Draft]:
    """A message with questions → Draft. Problems: those of `assemble.to_draft`."""
    return to_draft(message, payload, context, _lay)


def _lay(desk: Desk, message: Reference, questions: tuple[Reference, ...]) -> None:
    for asked in questions or (message,):
        desk.add(to_task(ANSWER_QUESTION, desk, focus=asked, inputs=(message,)))
