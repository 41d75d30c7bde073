"""Notat → what a Communication says: topic, text, remark, day, the question it answers, who took part.

Source: HIS 80603:2017 (Notat), dialogmelding.md; code lists 9069, 7321, 7322, 8117, 9148, 9155 for the theme.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hub.emessage import dialogmelding, dialogmelding_1_0
from hub.fhir.models.r4.communication import Communication, CommunicationPayload
from hub.fhir.models.r4.datatypes import Extension, Identifier, Reference
from hub.mapping.codes import content, to_note
from hub.mapping.dialog_to_fhir.participant import to_participants
from hub.mapping.dialog_to_fhir.question import AnyQuestion, to_question
from hub.mapping.formatted_text import to_text
from hub.mapping.labelled import to_labelled
from hub.mapping.message_urls import NOTE_DATE
from hub.mapping.narrative import Contained
from hub.mapping.sent_times import sent_date

AnyNote = dialogmelding.Notat | dialogmelding_1_0.Notat


def with_note(
    communication: Communication, note: AnyNote, contained: Contained, patient: Reference
) -> Communication:
    """A Communication and the note it carries → the same with what the note says.

    Shape: `topic` is the theme as code and the subject as words; the first payload is the text; the copy of the question
    that is answered is contained, and `basedOn` it.
    """
    text, narrative = to_text(note.tekst_notat_innhold)
    own = content(note.dok_id_notat)
    changes: dict[str, Any] = {
        "text": narrative,
        "topic": to_labelled(note.tema_kodet, note.tema),
        "note": to_note(note.merknad),
        "identifier": (*communication.identifier, *((Identifier(value=own),) if own else ())),
        "extension": (
            *communication.extension,
            *_day(note),
            *to_participants(note.roller_relatert_notat, contained, patient),
        ),
        "payload": (
            *((CommunicationPayload(contentString=text),) if text else ()),
            *communication.payload,
        ),
    }
    if note.foresporsel is not None:
        changes["basedOn"] = (_copy(note.foresporsel, contained, patient),)
    return msgspec.structs.replace(communication, **changes)


def _copy(asked: AnyQuestion, contained: Contained, patient: Reference) -> Reference:
    """The question that a note answers → its copy, contained."""
    question = to_question(asked, contained, patient)
    return contained.add(msgspec.structs.replace(question, status="completed"))


def _day(note: AnyNote) -> tuple[Extension, ...]:
    day, beside = sent_date(note.dato_notat)
    if day is None and beside is None:
        return ()
    return (Extension(url=NOTE_DATE, valueDate=day, valueDate_ext=beside),)
