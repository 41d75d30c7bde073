"""Foresporsel → CommunicationRequest: what is asked, why, how urgently, and about which time.

Source: HIS 80603:2017 (Foresporsel), dialogmelding.md; code lists 9067, 9068, 9066; list 9152-9154 for the type.
"""

from __future__ import annotations

from typing import Final

from hub.emessage import dialogmelding, dialogmelding_1_0
from hub.emessage.datatypes import CS, CV
from hub.fhir.models.r4.communication_request import (
    CommunicationRequest,
    CommunicationRequestPayload,
    RequestPriorityCode,
)
from hub.fhir.models.r4.datatypes import Extension, Identifier, Reference
from hub.mapping.codes import as_sent, content, to_concept
from hub.mapping.dialog_to_fhir.participant import to_participants
from hub.mapping.formatted_text import to_text
from hub.mapping.labelled import to_labelled
from hub.mapping.message_urls import CODED_INFORMATION, SUBJECT_LINE
from hub.mapping.narrative import Contained
from hub.mapping.sent_times import sent_date, sent_period

AnyQuestion = dialogmelding.Foresporsel | dialogmelding_1_0.Foresporsel

URGENCY: Final[dict[str, RequestPriorityCode]] = {
    "1": "stat",
    "2": "asap",
    "3": "urgent",
    "9": "routine",
}
"""List 9067 → priority."""


def to_urgency(code: CS | None) -> RequestPriorityCode | None:
    """An urgency of list 9067 → priority, or None."""
    return URGENCY.get(code.v or "") if code is not None else None


def to_question(
    asked: AnyQuestion, contained: Contained, patient: Reference
) -> CommunicationRequest:
    """A question → CommunicationRequest, still without who asked whom and when; persons it names go into `contained`.

    Shape: the first category is the type of the question, further ones are the kinds of journal information it is about.
    """
    text, narrative = to_text(asked.sporsmal)
    own = content(asked.dok_id_foresp)
    reason = to_labelled(asked.formal, asked.begrunnelse)
    category = (to_concept(c) for c in (asked.type_foresp, *journal_kinds(asked)))
    return CommunicationRequest(
        text=narrative,
        extension=(
            *as_sent(asked.hastegrad, "9067"),
            *_of_1_1(asked),
            *to_participants(asked.roller_relatert_notat, contained, patient),
        ),
        identifier=(Identifier(value=own),) if own else (),
        status="active",
        category=tuple(c for c in category if c is not None),
        priority=to_urgency(asked.hastegrad),
        subject=patient,
        payload=(CommunicationRequestPayload(contentString=text),) if text else (),
        occurrencePeriod=sent_period(sent_date(asked.fra_dato), sent_date(asked.til_dato)),
        reasonCode=(reason,) if reason else (),
    )


def journal_kinds(asked: AnyQuestion) -> tuple[CV, ...]:
    """A question → the kinds of journal information it names: one at most in 1.0."""
    kinds = asked.type_journalinfo
    if isinstance(kinds, tuple):
        return kinds
    return () if kinds is None else (kinds,)


def _of_1_1(asked: AnyQuestion) -> tuple[Extension, ...]:
    if not isinstance(asked, dialogmelding.Foresporsel):
        return ()
    subject, code = content(asked.emne_sporsmal), to_concept(asked.kodet_opplysning)
    return (
        *((Extension(url=SUBJECT_LINE, valueString=subject),) if subject else ()),
        *((Extension(url=CODED_INFORMATION, valueCodeableConcept=code),) if code else ()),
    )
