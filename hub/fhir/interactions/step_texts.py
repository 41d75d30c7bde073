"""Why a step on an alert is refused, in the language that the caller reads: Accept-Language, Norwegian where that tells nothing.

The rules of alerts say it in Norwegian and the rooms of FHIR in English; here every sentence stands in both. What is wrong with the
body itself (no JSON, an unknown parameter) is told as by every other interaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from hub.problems import HubError, Problem
from hub.values import Language

TAKEN: Final[Mapping[Language, str]] = {
    "nb": "Noen har gjort noe med varselet siden: If-Match sier versjon {seen}, den gjeldende er {current}.",
    "en": "Somebody has done something with the alert since: If-Match names version {seen}, the current version is {current}.",
}
_TEXTS: Final[tuple[tuple[str, str], ...]] = (
    ("Varselet er allerede kommet lenger, eller det er avsluttet.", "The alert is further on already, or it has ended."),
    ("Det mangler hvem som utførte handlingen.", "It is not said who took the step."),
    ("Et rødt varsel lukkes med et notat.", "A red alert is closed with a note."),
    ("Et rødt varsel lukkes først når et tiltak er beskrevet.", "A red alert is closed only when an action has been described."),
    ("Bare gule varsler kan utsettes; et rødt varsel må noen ta seg av.", "Only yellow alerts can be put off; somebody must attend to a red one."),
    ("Det må sies til når varselet utsettes, og det må være senere enn nå.", "until must say to when the alert is put off, and be later than now."),
    ("Et varsel kan utsettes i høyst 24 timer.", "An alert can be put off for at most 24 hours."),
    ("Varselet finnes ikke.", "There is no such alert"),
    ("Varselet er slettet.", "The alert was deleted"),
    ("Denne DetectedIssue er ikke noe varsel i knutepunktet.", "This DetectedIssue is no alert of the hub"),
    ("Send If-Match med den versjonen av varselet du har sett: noen andre kan ha tatt det.", "Send If-Match with the version of the alert you have seen: somebody else may have taken it"),
    ('If-Match må være et versjonsmerke som W/"3".', 'If-Match must be an entity tag such as W/"3"'),
    ("performer må si hvem: reference, identifier eller display.", "performer must name somebody: reference, identifier or display"),
    ("action må si i ord hva som ble gjort: text eller display, høyst 10000 tegn.", "action must tell in words what was done: text or display, at most 10000 characters"),
    ("Operasjonen trenger action: si hva som ble gjort.", "The operation needs action"),
    ("Operasjonen trenger until.", "The operation needs until"),
    ("until må være et tidspunkt med forskyvning, som 2026-11-21T14:00:00+01:00.", "until must be a time of day with its offset, such as 2026-11-21T14:00:00+01:00"),
)  # fmt: skip
_BOTH: Final[Mapping[str, Mapping[Language, str]]] = {
    text: {"nb": nb, "en": en} for nb, en in _TEXTS for text in (nb, en)
}


def in_language(error: HubError, language: Language) -> HubError:
    """What was refused → the same, told in the language."""
    return HubError(*(_told(problem, language) for problem in error.problems))


def _told(problem: Problem, language: Language) -> Problem:
    both = _BOTH.get(problem.detail)
    return problem if both is None else replace(problem, detail=both[language])
