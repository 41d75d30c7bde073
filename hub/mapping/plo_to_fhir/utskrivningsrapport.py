"""Utskrivningsrapport 1.6 (TverrfagligEpikrise) → FHIR: the stay, and everything the hospital tells the municipality.

Drops: see `drops.py`.
Source: plo.md §2 row 8, §4 (Utskrivningsrapport), list 9139; LOINC 18842-5.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.msghead import MsgHead
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.fhir.models.r4.datatypes import Coding
from hub.mapping.codes import to_concept
from hub.mapping.draft import Context, Draft
from hub.mapping.plo_to_fhir.assemble import stay_events, to_draft
from hub.mapping.plo_to_fhir.needs import lay_needs
from hub.mapping.urls import LOINC
from hub.problems import Translation

_DISCHARGE_SUMMARY: Final = Coding(system=LOINC, code="18842-5", display="Discharge summary")


def to_fhir(message: MsgHead, payload: TverrfagligEpikrise, context: Context) -> Translation[Draft]:
    """A discharge report, the patient it is about and what is here of the stay and the series → Draft.

    Problems: those of `assemble.to_draft`.
    """
    return to_draft(
        message,
        payload,
        context,
        stay_events(message, payload, context),
        lambda desk: lay_needs(payload, desk),
        topic=to_concept(payload.type_innhold_i_melding.type_innhold, "9139"),
        kind=_DISCHARGE_SUMMARY,
    )
