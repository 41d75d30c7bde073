"""DIALOG_AVVIK → the Communication that says why a message of ours cannot be handled, and a Task for it.

Drops: see `drops.py`.
Source: HIS 1151; dialogmelding.md ("DIALOG_AVVIK"), list 8117.
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.fhir.models.r4.datatypes import Reference
from hub.mapping.dialog_to_fhir.assemble import Payload, to_draft
from hub.mapping.dialog_to_fhir.tasks import SENT_MESSAGE_FAULTY
from hub.mapping.draft import Context, Desk, Draft
from hub.mapping.plo_to_fhir.tasks import to_task
from hub.problems import Translation


def to_fhir(message: MsgHead, payload: Payload, context: Context) -> Translation[Draft]:
    """A notice that a message of ours cannot be handled → Draft. Problems: those of `assemble.to_draft`."""
    return to_draft(message, payload, context, _lay)


def _lay(desk: Desk, message: Reference, _questions: tuple[Reference, ...]) -> None:
    desk.add(to_task(SENT_MESSAGE_FAULTY, desk, focus=message))
