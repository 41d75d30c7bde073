"""How much of an alert its row and its DetectedIssue hold, when thousands of firings join it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hub.fhir.models.decoders import decoder_for
from hub.fhir.models.r4.datatypes import Extension, Reference
from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.mapping.evidence import evidence_reference, resource_name
from hub.mapping.urls import EVIDENCE_COUNT
from hub.thresholds.alarm import Alert, Evidence, lead_of

MOST_EVIDENCE: Final = 5
"""How many firings a DetectedIssue explains: the first, the worst and the newest; the row of the alert holds all."""
MOST_TECHNICAL: Final = 200
"""How many firings the row of a technical alert holds."""
MOST_IMPLICATED: Final = 10
"""How many observations a DetectedIssue points at: those of the firings it explains, and the newest before them."""


class _Followed(Struct):
    """What is read of a patient."""

    managingOrganization: Reference | None = None  # noqa: N815 - FHIR's own name


_FOLLOWED: Final = decoder_for(_Followed)


def follows_up(patient: bytes) -> Reference | None:
    """The body of a stored Patient → the organisation that follows the patient up, when it is known."""
    return _FOLLOWED.decode(patient).managingOrganization


def sources(alert: Alert) -> list[tuple[str, int]]:
    """The newest observation versions that an alert rests on; slots and plans are no resources."""
    named = {(e.observation, e.version): None for e in alert.evidence[-20:]}
    return [key for key in named if resource_name(key[0]) is not None]


def kept(made: DetectedIssue, stands: DetectedIssue) -> tuple[Extension, ...]:
    """The extensions of an issue after a step; the number of firings, which no step changes, stays."""
    here = {e.url for e in made.extension}
    return (
        *made.extension,
        *(e for e in stands.extension if e.url not in here and e.url == EVIDENCE_COUNT),
    )


def pointed(issue: DetectedIssue, alert: Alert, forgotten: int) -> DetectedIssue:
    """An issue that explains some of many firings → with their number, and pointing at the observations of some more."""
    if len(alert.evidence) <= MOST_EVIDENCE:
        return issue
    count = Extension(url=EVIDENCE_COUNT, valueInteger=len(alert.evidence) + forgotten)
    names = pointed_at(alert.evidence, lead_of(alert.evidence))
    implicated = tuple(evidence_reference(name) for name in names)
    return replace(issue, extension=(*issue.extension, count), implicated=implicated)


def pointed_at(evidence: Sequence[Evidence], lead: Evidence) -> tuple[str, ...]:
    """What an alert rests on and what gives it its zone → what its DetectedIssue points at: what it explains, and some before."""
    if len(evidence) <= MOST_EVIDENCE:
        return tuple(dict.fromkeys(each.observation for each in evidence))
    front = dict.fromkeys((evidence[0].observation, lead.observation))
    newest = dict.fromkeys(e.observation for e in evidence[-MOST_IMPLICATED:])
    tail = [name for name in newest if name not in front]
    return (*front, *tail[len(front) - MOST_IMPLICATED :])


def bounded(alert: Alert, forgotten: int) -> tuple[Alert, int]:
    """A technical alert that everything joins (no plan, a broken device) holds its first and its newest firings only.

    A clinical alert holds all: each may still be corrected, and then decides whether the alert stands.
    """
    surplus = len(alert.evidence) - MOST_TECHNICAL
    if not alert.technical or surplus <= 0:
        return alert, forgotten
    held = (alert.evidence[0], *alert.evidence[1 - MOST_TECHNICAL :])
    return replace(alert, evidence=held), forgotten + surplus


def shortened(alert: Alert) -> Alert:
    """An alert → the same with the firings that a DetectedIssue explains."""
    if len(alert.evidence) <= MOST_EVIDENCE:
        return alert
    return replace(alert, evidence=explained(alert.evidence, lead_of(alert.evidence)))


def explained(evidence: Sequence[Evidence], lead: Evidence) -> tuple[Evidence, ...]:
    """What an alert rests on and what gives it its zone → what its DetectedIssue explains: the first, that, and the newest."""
    if len(evidence) <= MOST_EVIDENCE:
        return tuple(evidence)
    newest = evidence[2 - MOST_EVIDENCE :]
    first = evidence[0]
    others = (first,) if lead == first else (first, lead)
    return (*(each for each in others if each not in newest), *newest)
