"""Helseopplysninger ved søknad 1.5 → FHIR: what will be needed at home, without a stay.

Drops: see `drops.py`.
Source: plo.md §6.
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.emessage.plo.v1_5.helseopplysninger_ved_soknad import HelseopplysningerVedSoknad
from hub.mapping.draft import Context, Draft
from hub.mapping.plo_to_fhir.assemble import to_draft
from hub.mapping.plo_to_fhir.needs import lay_needs
from hub.problems import Translation


def to_fhir(
    message: MsgHead, payload: HelseopplysningerVedSoknad, context: Context
) -> Translation[Draft]:
    """The message, the patient it is about and what is here of the stay and the series → Draft.

    Problems: those of `assemble.to_draft`.
    """
    return to_draft(
        message,
        payload,
        context,
        (),
        lambda desk: lay_needs(payload, desk),
    )
