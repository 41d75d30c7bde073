"""DIALOG_AVVIK → the Communication that says why a message of ours cannot be handled.

What becomes of that message of ours, and the Task for it, is decided where receipts are tracked.
Drops: see `drops.py`.
Source: HIS 1151; dialogmelding.md ("DIALOG_AVVIK"), list 8117.
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.mapping.dialog_to_fhir.assemble import Payload, lay_nothing, to_draft
from hub.mapping.draft import Context, Draft
from hub.problems import Translation


def to_fhir(message: MsgHead, payload: Payload, context: Context) -> Translation[Draft]:
    """A notice that a message of ours cannot be handled → Draft. Problems: those of `assemble.to_draft`."""
    return to_draft(message, payload, context, lay_nothing)
