"""The two drivers: `decide` for a whole series, `step` for one arrival. They agree for any order of arrival.

Source: dho/thresholds.md §4 (order of judgement), §8.3, §10.5, §13; architecture D5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from hub.problems import Problem
from hub.thresholds.alarm import Alert, apply_event
from hub.thresholds.book import Book, compile_book, compile_limits
from hub.thresholds.judge import judge
from hub.thresholds.judgement import Judgement
from hub.thresholds.measurement import Event, Measurement, Patient
from hub.thresholds.memory import Memory
from hub.thresholds.merge import AlertChange, merge_firings
from hub.thresholds.plan import PlanVersion, Rule
from hub.thresholds.series import judge_series, newest_version, related
from hub.thresholds.timers import Downtime, Notification, Routing, notifications


class State(Struct, frozen=True):
    """What `step` needs to know of a patient.

    Shape: `neighbours` are the earlier inputs that may touch the newcomer, as `Memory.neighbours` finds them; more does
    no harm. `alerts` are the patient's alerts that are not closed, those closed within `book.max_quiet`, and any whose
    evidence names the newcomer or a neighbour.
    """

    book: Book
    neighbours: tuple[Measurement, ...] = ()
    alerts: tuple[Alert, ...] = ()


class Changes(Struct, frozen=True):
    """What one arrival changed.

    Shape: `judgement` is the newcomer's (zone superseded when a newer version is already there); `rejudged` are
    neighbours whose judgement changed; `alerts` what happened to alerts; all empty for the same input again (S2).
    """

    judgement: Judgement
    rejudged: tuple[Judgement, ...] = ()
    alerts: tuple[AlertChange, ...] = ()


def step(state: State, m: Measurement, now: datetime) -> tuple[State, Changes]:
    """What is known, and one arriving observation version → (what is known after it, what changed).

    `now` is when it is judged; alerts are dated by it, zones never depend on it. The state returned keeps all
    neighbours and alerts it was given.
    """
    book = state.book
    alone = not any(related(m, other) for other in state.neighbours)
    if alone:
        own_judgement = judge(book, m)
        if not state.neighbours or not _touches_others(book, own_judgement):
            after = {m.id: own_judgement}
            return _settled(state, m, {}, after, now)
    if any(other.id == m.id and other == m for other in state.neighbours):
        after = judge_series(book, state.neighbours)
        return state, Changes(after[m.id])
    before = judge_series(book, state.neighbours)
    after = judge_series(book, (*state.neighbours, m))
    return _settled(state, m, before, after, now)


def _touches_others(book: Book, judgement: Judgement) -> bool:
    """Whether a value that is no version or duplicate of another may still concern its neighbours."""
    for firing in judgement.firings:
        if firing.rule == "sys.implausible":
            return True
        rule = book.rules.get(firing.rule)
        if rule is not None and rule.auto_resolve is not None:
            return True
    return False


def _settled(
    state: State,
    m: Measurement,
    before: Mapping[str, Judgement],
    after: Mapping[str, Judgement],
    now: datetime,
) -> tuple[State, Changes]:
    alerts, changes = state.alerts, ()
    if state.alerts or any(judgement.firings for judgement in after.values()):
        kin = after[m.id].kin
        own = frozenset((m.id, *kin))
        alerts, changes = merge_firings(state.book, state.alerts, before, after, own, now)
    rejudged = tuple(
        judgement
        for name, judgement in after.items()
        if name != m.id and before.get(name) != judgement
    )
    return (
        State(state.book, (*state.neighbours, m), alerts),
        Changes(_judgement_of(m, state.neighbours, after[m.id]), rejudged, changes),
    )


def _judgement_of(m: Measurement, neighbours: Sequence[Measurement], now: Judgement) -> Judgement:
    """What is said of the newcomer: the judgement of its observation, or that a newer version is already there."""
    if now.version == m.version:
        return now
    if newest_version([*(v for v in neighbours if v.id == m.id), m]) == m:
        return now
    return Judgement(m.id, m.version, m.measure, "superseded", kin=now.kin)


class Refusal(Struct, frozen=True):
    """A human step that was refused, and why (§7.1)."""

    event: Event
    problem: Problem


class Verdict(Struct, frozen=True):
    """The answer for a whole series.

    Shape: `judgements` by observation id, of its newest version; `alerts` every episode there was, also withdrawn
    ones (§9.4); `notifications` in order of time.
    """

    judgements: dict[str, Judgement]
    alerts: tuple[Alert, ...]
    notifications: tuple[Notification, ...]
    refused: tuple[Refusal, ...]
    problems: tuple[Problem, ...]


def decide(
    patient: Patient,
    plans: Sequence[PlanVersion],
    general_limits: Sequence[Rule],
    routing: Routing | None,
    downtime: Sequence[Downtime],
    series: Iterable[Measurement],
    events: Iterable[Event],
    now: datetime,
) -> Verdict:
    """A patient's whole story → every zone, alert and notification, as of `now`.

    Observations become known when received, human steps are taken at their time; what is later than `now` has not
    happened. Zones are those of the set as a whole (§8.3); alerts are the story told in order. `downtime` concerns missing
    slots only.
    """
    del downtime  # only rule kind `missing` asks for it
    book = compile_book(patient, plans, compile_limits(general_limits))
    known = [m for m in series if m.received <= now]
    alerts, history, refused = _tell(book, known, [e for e in events if e.at <= now])
    return Verdict(
        judge_series(book, known),
        alerts,
        notifications(history, routing, now),
        refused,
        book.problems,
    )


History = list[tuple[datetime, Alert]]


def _tell(
    book: Book, known: Sequence[Measurement], events: Sequence[Event]
) -> tuple[tuple[Alert, ...], History, tuple[Refusal, ...]]:
    """The story in order: of things at the same instant observations first, a step answers what could be seen."""
    memory = Memory(any(rule.auto_resolve is not None for rule in book.rules.values()))
    alerts: tuple[Alert, ...] = ()
    history: History = []
    refused: list[Refusal] = []
    story: list[tuple[datetime, int, Measurement | Event]] = [
        *((m.received, 0, m) for m in sorted(known, key=lambda m: m.order)),
        *((e.at, 1, e) for e in events),
    ]
    for at, _, item in sorted(story, key=lambda entry: entry[:2]):
        if isinstance(item, Measurement):
            state = State(book, memory.neighbours(item), alerts)
            after, changes = step(state, item, at)
            alerts = after.alerts
            history += [(at, change.alert) for change in changes.alerts]
            memory.add(item)
        else:
            alerts, moved, problem = apply_event(alerts, item)
            if moved is not None:
                history.append((at, moved))
            if problem is not None:
                refused.append(Refusal(item, problem))
    return alerts, history, tuple(refused)
