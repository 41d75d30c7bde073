"""CommunicationRequest → what a Foresporsel asks: the way back of `dialog_to_fhir/question.py`.

Source: HIS 80603:2017 (Foresporsel); code lists 9067, 9068, 9066.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.datatypes import CS, FormattedText
from hub.fhir.models.r4.communication_request import CommunicationRequest
from hub.mapping.dialog_to_fhir.question import to_urgency
from hub.mapping.fhir_parts import extension
from hub.mapping.fhir_to_code import concept_in, period_ends, sent_code, to_cv, written_date
from hub.mapping.fhir_to_dialog.participant import Blocks, to_roles
from hub.mapping.formatted_text import to_field
from hub.mapping.labelled import from_labelled
from hub.mapping.message_urls import CODED_INFORMATION, SUBJECT_LINE
from hub.mapping.record import Record

_URGENCY: Final = {
    "stat": CS(v="1", dn="Øyeblikkelig hjelp"),
    "asap": CS(v="2", dn="Gjelder pågående helsehjelp"),
    "urgent": CS(v="3", dn="Innen 24 timer"),
    "routine": CS(v="9", dn="Ubestemt"),
}


def question_text(asked: CommunicationRequest) -> FormattedText | None:
    """A question → its text, formatted where it was."""
    texts = (part.contentString for part in asked.payload)
    return to_field(next((t for t in texts if t), None), asked.text)


def subject_line(asked: CommunicationRequest) -> str | None:
    """A question → its subject in the asker's words (1.1)."""
    found = extension(asked.extension, SUBJECT_LINE)
    return found.valueString if found is not None else None


def coded_information(asked: CommunicationRequest) -> Any:
    """A question → the coded information it is about (1.1)."""
    return to_cv(concept_in(asked.extension, CODED_INFORMATION))


def to_question_fields(
    asked: CommunicationRequest, record: Record, within: Any, blocks: Blocks
) -> dict[str, Any]:
    """A question → the fields that both versions share; `within` holds the persons it names."""
    purpose, reason = from_labelled(asked.reasonCode[0] if asked.reasonCode else None)
    start, start_ext, end, end_ext = period_ends(asked.occurrencePeriod)
    return {
        "type_foresp": to_cv(asked.category[0]) if asked.category else None,
        "formal": purpose,
        "begrunnelse": reason,
        "hastegrad": sent_code(asked.extension, "9067", asked.priority, to_urgency, _URGENCY),
        "fra_dato": written_date(start, start_ext),
        "til_dato": written_date(end, end_ext),
        "dok_id_foresp": asked.identifier[0].value if asked.identifier else None,
        "roller_relatert_notat": to_roles(asked.extension, record, within, blocks),
    }
