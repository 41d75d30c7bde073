"""Helseopplysninger til lege (Konsultasjon) → FHIR: what the municipality tells or asks the GP.

Drops: see `drops.py`.
Source: plo.md §2, §4, list 9137.
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.emessage.plo.helseopplysninger_til_lege import Konsultasjon
from hub.mapping.codes import to_concept
from hub.mapping.draft import Context, Draft
from hub.mapping.plo_to_fhir.assemble import nothing_follows, to_draft
from hub.problems import Translation


def to_fhir(message: MsgHead, payload: Konsultasjon, context: Context) -> Translation[Draft]:
    """The message, the patient it is about and what is here of the stay and the series → Draft.

    Problems: those of `assemble.to_draft`.
    """
    told = payload.innhold_konsultasjon
    return to_draft(
        message,
        payload,
        context,
        (),
        nothing_follows,
        topic=to_concept(told.type_innhold_konsultasjon if told else None, "9137"),
    )
