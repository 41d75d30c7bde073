"""Communication → what a Notat says: the way back of `dialog_to_fhir/note.py`.

Source: HIS 80603:2017 (Notat).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.communication_request import CommunicationRequest
from hub.fhir.models.r4.datatypes import Annotation
from hub.mapping.fhir_parts import extension
from hub.mapping.fhir_to_code import written_date
from hub.mapping.fhir_to_dialog.participant import Blocks, to_roles
from hub.mapping.formatted_text import to_field
from hub.mapping.labelled import from_labelled
from hub.mapping.message_urls import NOTE_DATE
from hub.mapping.record import Record
from hub.mapping.urls import URI_SYSTEM


def has_note(communication: Communication) -> bool:
    """A Communication → whether it carries a note: it has a theme."""
    return communication.topic is not None


def to_note_fields(
    communication: Communication,
    record: Record,
    blocks: Blocks,
    to_question: Callable[[CommunicationRequest, Record, Any], Any],
) -> dict[str, Any]:
    """A Communication that carries a note → the fields of the Notat."""
    theme, subject = from_labelled(communication.topic)
    texts = (part.contentString for part in communication.payload)
    day = extension(communication.extension, NOTE_DATE)
    copy = next(
        (
            asked
            for reference in communication.basedOn
            if (asked := record.find(reference, communication, CommunicationRequest)) is not None
        ),
        None,
    )
    return {
        "tema_kodet": theme,
        "tema": subject,
        "tekst_notat_innhold": to_field(next((t for t in texts if t), None), communication.text),
        "merknad": _remark(communication.note),
        "dok_id_notat": next(
            (i.value for i in communication.identifier if i.system != URI_SYSTEM), None
        ),
        "dato_notat": written_date(day.valueDate, day.valueDate_ext) if day else None,
        "foresporsel": to_question(copy, record, communication) if copy is not None else None,
        "roller_relatert_notat": to_roles(communication.extension, record, communication, blocks),
    }


def _remark(notes: tuple[Annotation, ...]) -> str | None:
    return "\n".join(note.text for note in notes if note.text) or None
