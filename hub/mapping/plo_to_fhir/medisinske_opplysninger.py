"""Medisinske opplysninger (OverforingMedisinskeOpplysninger) → FHIR: what the GP tells the municipality.

Drops: see `drops.py`.
Source: plo.md §2, §4, list 9138.
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.emessage.plo.medisinske_opplysninger import OverforingMedisinskeOpplysninger
from hub.mapping.codes import to_concept
from hub.mapping.draft import Context, Draft
from hub.mapping.plo_to_fhir.assemble import nothing_follows, to_draft
from hub.problems import Translation


def to_fhir(
    message: MsgHead, payload: OverforingMedisinskeOpplysninger, context: Context
) -> Translation[Draft]:
    """The message, the patient it is about and what is here of the stay and the series → Draft.

    Problems: those of `assemble.to_draft`.
    """
    told = payload.type_innhold_i_melding
    return to_draft(
        message,
        payload,
        context,
        (),
        nothing_follows,
        topic=to_concept(told.type_innhold if told else None, "9138"),
    )
