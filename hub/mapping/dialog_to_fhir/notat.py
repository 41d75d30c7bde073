"""DIALOG_NOTAT → a Communication, and a Task to read it.

Drops: see `drops.py`.
Source: dialogmelding.md ("DIALOG_NOTAT"), list 9155.
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.fhir.models.r4.datatypes import Reference
from hub.mapping.dialog_to_fhir.assemble import Payload, to_draft
from hub.mapping.dialog_to_fhir.tasks import READ_MESSAGE
from hub.mapping.draft import Context, Desk, Draft
from hub.mapping.plo_to_fhir.tasks import to_task
from hub.problems import Translation


def to_fhir(message: MsgHead, payload: Payload, context: Context) -> Translation[Draft]:
    """A note → Draft. Problems: those of `assemble.to_draft`."""
    return to_draft(message, payload, context, _lay)


def _lay(desk: Desk, message: Reference, _questions: tuple[Reference, ...]) -> None:
    desk.add(to_task(READ_MESSAGE, desk, focus=message))
