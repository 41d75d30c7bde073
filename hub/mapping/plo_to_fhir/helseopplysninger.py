"""Helseopplysninger 1.6 → FHIR: the stay, when the patient may come home, and what will be needed there.

Drops: see `drops.py`.
Source: plo.md §2 rows 3 and 4, §4, list 9140.
"""

from __future__ import annotations

from hub.emessage.msghead import MsgHead
from hub.emessage.plo.helseopplysninger import HelseopplysningerVedSoknad
from hub.mapping.codes import to_concept
from hub.mapping.draft import Context, Draft
from hub.mapping.plo_to_fhir.assemble import stay_events, to_draft
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
        stay_events(message, payload, context),
        lambda desk: lay_needs(payload, desk),
        topic=to_concept(payload.type_innhold_i_melding.type_innhold, "9140"),
    )
