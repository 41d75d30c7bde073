"""What a dialogue message must tell and a person need not write: its theme, its subject, the question it asks or answers.

Source: HIS 1077 (Tema and TemaKodet once each), HIS 1152 (an answer carries the question), HIS 1206; dialogmelding.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from hub.emessage.codes.code_list import CodeList
from hub.emessage.codes.foresporsel_fra_plo_9152 import FORESPORSEL_FRA_PLO
from hub.emessage.codes.svarkategori_9069 import SVARKATEGORI
from hub.emessage.codes.tema_helsefaglig_dialog_7322 import TEMA_HELSEFAGLIG_DIALOG
from hub.emessage.codes.tema_notat_7321 import TEMA_NOTAT
from hub.emessage.codes.tema_utskrivningsklar_9155 import TEMA_UTSKRIVNINGSKLAR
from hub.emessage.codes.vurdering_av_henvisning_9148 import VURDERING_AV_HENVISNING
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.communication_request import (
    CommunicationRequest,
    CommunicationRequestPayload,
)
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Extension, Reference
from hub.mapping.codes import to_coding, to_concept
from hub.mapping.fhir_parts import extension, target
from hub.mapping.message_urls import NOTE_PARTICIPANT
from hub.mapping.urls import MESSAGE_TYPES
from hub.problems import ProblemCode, fail

HELSEFAGLIG: Final = "DIALOG_HELSEFAGLIG"
STATUS: Final = "DIALOG_STATUS_HENVISNING"
QUESTION: Final = "DIALOG_FORESPORSEL"
ANSWER: Final = "DIALOG_SVAR"
NOTE: Final = "DIALOG_NOTAT"
_READY: Final = "LOG_UTSKRIVNINGSKLAR"
_LISTS: Final = (
    TEMA_HELSEFAGLIG_DIALOG,
    VURDERING_AV_HENVISNING,
    SVARKATEGORI,
    TEMA_NOTAT,
    TEMA_UTSKRIVNINGSKLAR,
)
# The theme that is meant when nobody says so: the code to a message about readiness for discharge, and to any other.
_USUAL: Final[Mapping[str, tuple[tuple[CodeList, str], tuple[CodeList, str]]]] = {
    HELSEFAGLIG: ((TEMA_HELSEFAGLIG_DIALOG, "7"), (TEMA_HELSEFAGLIG_DIALOG, "6")),
    NOTE: ((TEMA_UTSKRIVNINGSKLAR, "1"), (TEMA_NOTAT, "1")),
    ANSWER: ((SVARKATEGORI, "5"), (SVARKATEGORI, "5")),
}
_SUBJECTS: Final = {
    "CarePlan": "Egenbehandlingsplan",
    "Observation": "Målinger fra digital hjemmeoppfølging",
}
_ENCLOSED: Final = "Se vedlegg."
_ASKED: Final = "own/question"


def to_theme(
    told: Communication, kind: str, earlier: Communication | None
) -> CodeableConcept | None:
    """What a person wrote, its type and the message that is answered → the theme as code and the subject as words.

    Problems: OUTPUT_INVALID when the outcome of a referral says no outcome.
    """
    if kind == QUESTION:
        return None  # its words stand in the question: a message asks or tells, never both
    given = told.topic or CodeableConcept()
    coding = tuple(_named(c) for c in given.coding)
    if not coding and kind == STATUS:
        detail = "Statusen sier ikke hvordan henvisningen er vurdert (kode i kodeverk 9148)"
        raise fail(ProblemCode.OUTPUT_INVALID, detail, "Communication.topic")
    if not coding and kind in _USUAL:
        about_ready = earlier is not None and _is_type(earlier, _READY)
        codes, code = _USUAL[kind][0 if about_ready else 1]
        usual = to_coding(codes.cv(code))
        coding = (usual,) if usual else ()
    words = given.text or (_subject(told, earlier) if kind == HELSEFAGLIG else None)
    return replace(given, coding=coding, text=words)


def _named(coding: Coding) -> Coding:
    """A code without a name → with the name that its list gives it."""
    if coding.display or coding.code is None:
        return coding
    names = (c.name_of(coding.code) for c in _LISTS if coding.system == f"urn:oid:{c.oid}")
    return replace(coding, display=next(names, None))


def _is_type(message: Communication, kind: str) -> bool:
    codings = (c for concept in message.category for c in concept.coding)
    return any(c.system == MESSAGE_TYPES and c.code == kind for c in codings)


def _subject(told: Communication, earlier: Communication | None) -> str:
    """The subject of the thread, kept through it; of a new one, what it carries."""
    if earlier is not None:
        kept = earlier.topic.text if earlier.topic is not None else None
        return kept or "Svar på henvendelse"
    found = (target(part.contentReference) for part in told.payload)
    subjects = (_SUBJECTS.get(kind) for kind, _ in filter(None, found))
    return next((s for s in subjects if s), "Digital hjemmeoppfølging")


def to_words(told: Communication, kind: str, words: str | None) -> str | None:
    """The text of a dialogue message → the same; of one that only encloses something, that it does.

    Problems: OUTPUT_INVALID when it says and encloses nothing.
    """
    if kind == QUESTION:
        return None
    if words:
        return words
    if any(part.contentReference is not None for part in told.payload):
        return _ENCLOSED
    raise fail(ProblemCode.OUTPUT_INVALID, "Meldingen har ingen tekst", "Communication.payload")


def questions_of(message: Communication) -> tuple[Reference, ...]:
    """A Communication → the questions it carries."""
    parts = (part.contentReference for part in message.payload)
    return tuple(r for r in parts if r and (target(r) or ("", ""))[0] == "CommunicationRequest")


def ask(
    told: Communication, resources: dict[str, Any], words: str, contact: Extension
) -> tuple[Reference, ...]:
    """A Communication that asks, what it points to, its own words and whom to call → the questions; they lie among the resources then.

    Shape: words without a question of their own are one, of the kind "Annen henvendelse"; beside one they stand before it.
    Problems: OUTPUT_INVALID when nothing is asked, or words stand beside several questions.
    """
    subject = told.topic.text if told.topic is not None else None
    before = "\n".join(part for part in (subject, words) if part)
    own = questions_of(told)
    if not own and before:
        kind = to_concept(FORESPORSEL_FRA_PLO.cv("99"))
        made = CommunicationRequest(
            status="active",
            category=(kind,) if kind else (),
            payload=(CommunicationRequestPayload(contentString=before),),
        )
        resources[_ASKED] = _with_contact(made, contact)
        return (Reference(reference=_ASKED),)
    if not own or (before and own[1:]):
        detail = "Meldingen spør ikke om noe" if not own else "Ord ved siden av flere spørsmål"
        raise fail(ProblemCode.OUTPUT_INVALID, detail, "Communication.payload")
    for each in own:
        asked = resources[each.reference or ""]
        if before:
            asked = replace(asked, text=None, payload=_led_by(before, asked))
        resources[each.reference or ""] = _with_contact(asked, contact)
    return own


def _led_by(words: str, asked: CommunicationRequest) -> tuple[CommunicationRequestPayload, ...]:
    texts = (words, *(part.contentString for part in asked.payload if part.contentString))
    return (CommunicationRequestPayload(contentString="\n".join(texts)),)


def _with_contact(asked: CommunicationRequest, contact: Extension) -> CommunicationRequest:
    if extension(asked.extension, NOTE_PARTICIPANT) is not None:
        return asked
    return replace(asked, extension=(*asked.extension, contact))


def copy_question(
    earlier: Communication | None, resources: dict[str, Any]
) -> tuple[Reference, ...]:
    """The message that is answered and what is at hand → the question that the answer repeats, without the persons it names.

    Problems: OUTPUT_INVALID when it asks nothing.
    """
    found = next(
        (r for r in (questions_of(earlier) if earlier else ()) if r.reference in resources), None
    )
    if found is None:
        detail = "Et svar må peke på et spørsmål som er mottatt"
        raise fail(ProblemCode.OUTPUT_INVALID, detail, "Communication.inResponseTo")
    asked = resources[found.reference or ""]
    kept = tuple(e for e in asked.extension if e.url != NOTE_PARTICIPANT)
    resources[_ASKED] = replace(asked, extension=kept, contained=())
    return (Reference(reference=_ASKED),)
