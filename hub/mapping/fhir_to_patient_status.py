"""EpisodeOfCare and Patient → whether the patient was followed up, paused, finished or dead at each time.

Where it lives (decided here): each course of home follow-up is an EpisodeOfCare; its `statusHistory` holds the past
statuses with their periods, `status` the one since, and Patient.deceased[x] the death.
Source: dho/thresholds.md §4.7, §13 S8; FHIR R4 EpisodeOfCare.statusHistory.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from hub.fhir.models.r4 import patient as fhir
from hub.fhir.models.r4.episode_of_care import EpisodeOfCare
from hub.mapping.fhir_time import to_end, to_instant, to_start
from hub.thresholds.measurement import Patient, PatientStatus, StatusPeriod

# What a status of an episode means for a value that arrives: planned and waiting count as active, because a value that
# comes anyway must not be silent; a mistake says nothing.
_MEANING: Final[dict[str, PatientStatus]] = {
    "planned": "active",
    "waitlist": "active",
    "active": "active",
    "onhold": "on-hold",
    "finished": "ended",
    "cancelled": "ended",
}
# With several episodes at once the patient is followed up as long as one of them says so.
_RANK: Final[dict[PatientStatus, int]] = {"active": 3, "on-hold": 2, "ended": 1, "deceased": 0}
_BEGINNING: Final = datetime(1900, 1, 1, tzinfo=UTC)


class _Span(NamedTuple):
    status: PatientStatus
    start: datetime
    end: datetime | None


def fhir_to_patient_status(
    patient: fhir.Patient,
    episodes: Iterable[EpisodeOfCare],
    *,
    now: datetime,
    timezone: str = "Europe/Oslo",
    learnt: datetime | None = None,
) -> Patient:
    """A Patient and all its EpisodesOfCare → the patient as the engine sees it.

    Shape: periods without gap or overlap, oldest first. Active is every time that no episode speaks of: before the first
    one, and always for a patient without any (§4.7, S8: never silent). A death without time is dated by the day after
    it, or, when only the fact is told, by when the hub learnt it (`learnt`, else `now`): no value of the last day is lost.
    It is not meta.lastUpdated that dates it: a later version of the Patient says it again, for reasons of its own.
    """
    zone = ZoneInfo(timezone)
    spans = [span for each in episodes for span in _spans(each, zone)]
    periods = _merge(spans)
    death = _death(patient, zone, learnt or now)
    if death is not None:
        periods = [*_before(periods, death), StatusPeriod("deceased", death)]
    return Patient(patient.id or "", timezone, tuple(periods))


def livelier_from(before: Patient, after: Patient) -> datetime | None:
    """A patient by two versions of the facts → the first moment at which the second has her followed up more; None = never."""
    edges = sorted({period.start for each in (before, after) for period in each.periods})
    for at in edges:
        if _RANK[_status_at(after, at)] > _RANK[_status_at(before, at)]:
            return at
    return None


def _status_at(patient: Patient, at: datetime) -> PatientStatus:
    found: PatientStatus = "active"
    for period in patient.periods:
        if period.start <= at:
            found = period.status
    return found


def _spans(episode: EpisodeOfCare, zone: ZoneInfo) -> list[_Span]:
    """One episode → its statuses with their times; the present status holds from where the history stops."""
    if episode.status not in _MEANING:
        return []
    spans: list[_Span] = []
    for each in episode.statusHistory:
        start, end = to_start(each.period.start, zone), to_end(each.period.end, zone)
        meaning = _MEANING.get(each.status or "")
        if meaning is not None and start is not None and end is not None and start < end:
            spans.append(_Span(meaning, start, end))
    now = _MEANING[episode.status]
    spans += _present(episode, now, spans, zone)
    return spans


def _present(
    episode: EpisodeOfCare, now: PatientStatus, past: list[_Span], zone: ZoneInfo
) -> list[_Span]:
    first = to_start(episode.period.start, zone) if episode.period else None
    last = to_end(episode.period.end, zone) if episode.period else None
    still = [to_start(h.period.start, zone) for h in episode.statusHistory if not h.period.end]
    since = max((span.end for span in past if span.end is not None), default=first)
    since = max((at for at in still if at is not None), default=since)
    if now == "ended":
        # Its end tells when; what lies between history and end was follow-up
        ended = last or since or _BEGINNING
        between = [_Span("active", since, ended)] if since is not None and since < ended else []
        return [*between, _Span("ended", ended, None)]
    since = since or _BEGINNING
    if last is not None and since < last:
        return [_Span(now, since, last), _Span("ended", last, None)]
    return [_Span(now, since, None)]


def _merge(spans: list[_Span]) -> list[StatusPeriod]:
    """Spans of all episodes → one line of time, the liveliest status at each moment."""
    if not spans:
        return [StatusPeriod("active", _BEGINNING)]
    edges = {_BEGINNING, *(s.start for s in spans), *(s.end for s in spans if s.end is not None)}
    ordered: list[datetime | None] = [*sorted(edges), None]
    line: list[StatusPeriod] = []
    for start, end in pairwise(ordered):
        assert start is not None
        status = _liveliest(
            s.status for s in spans if s.start <= start and (s.end is None or start < s.end)
        )
        if line and line[-1].status == status:
            line[-1] = StatusPeriod(status, line[-1].start, end)
        else:
            line.append(StatusPeriod(status, start, end))
    return line


def _liveliest(told: Iterable[PatientStatus]) -> PatientStatus:
    found: PatientStatus | None = None
    for each in told:
        if found is None or _RANK[each] > _RANK[found]:
            found = each
    return found or "active"


def _before(periods: list[StatusPeriod], death: datetime) -> list[StatusPeriod]:
    cut = [p for p in periods if p.start < death]
    return [
        StatusPeriod(p.status, p.start, death if p.end is None or p.end > death else p.end)
        for p in cut
    ]


def _death(patient: fhir.Patient, zone: ZoneInfo, learnt: datetime) -> datetime | None:
    if patient.deceasedDateTime is not None:
        at = to_instant(patient.deceasedDateTime, zone)
        if at is not None:
            return at
        return to_end(patient.deceasedDateTime, zone)
    return learnt if patient.deceasedBoolean else None
