"""Orientering om tjenestetilbud → FHIR: the services that a patient gets.

Drops: see `drops.py`.
Source: plo.md §2, §4.
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.emessage.plo.orientering_om_tjenestetilbud import OrienteringOmTjenestetilbud
from hub.mapping.draft import Context, Draft
from hub.mapping.plo_to_fhir.assemble import nothing_follows, to_draft
from hub.problems import Translation


def to_fhir(
    message: MsgHead, payload: OrienteringOmTjenestetilbud, context: Context
) -> Translation[Draft]:
    """The message, the patient it is about and what is here of the stay and the series → Draft.

    Problems: those of `assemble.to_draft`.
    """
    return to_draft(
        message,
        payload,
        context,
        (),
        nothing_follows,
    )
