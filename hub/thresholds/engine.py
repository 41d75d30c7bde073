"""The two drivers: `decide` for a whole series, `step` for one arrival. They agree for any order of arrival.

Source: dho/thresholds.md §4 (order of judgement), §8.3, §10.5, §13; architecture D5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from hub.problems import Problem
from hub.thresholds.alarm import Alert, apply_event
from hub.thresholds.book import Book, compile_book, compile_limits
from hub.thresholds.clockwork import overdue_reviews
from hub.thresholds.due import Known
from hub.thresholds.joining import Joining
from hub.thresholds.judge import judge_alone
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.ledger import AlertChange
from hub.thresholds.measurement import Event, Measurement, Patient
from hub.thresholds.merge import merge_due, merge_firings
from hub.thresholds.plan import PlanVersion, Rule
from hub.thresholds.record import Record
from hub.thresholds.rules.missing import Slot
from hub.thresholds.shift import Shift
from hub.thresholds.spans import EARLIEST
from hub.thresholds.timers import Downtime, Notification, Routing, notifications


class State(Struct, frozen=True):
    """What `step` and `tick` need to know of a patient.

    Shape: `neighbours` are the earlier inputs that may touch the newcomer or the times that fall due, as `needs` says;
    more does no harm. `alerts` are the patient's alerts that are not closed, those closed within `book.max_quiet`, and
    any whose evidence names the newcomer or a neighbour.
    """

    book: Book
    neighbours: tuple[Measurement, ...] = ()
    alerts: tuple[Alert, ...] = ()
    downtime: tuple[Downtime, ...] = ()


class Changes(Struct, frozen=True):
    """What one arrival changed.

    Shape: `judgement` is the newcomer's (zone superseded when a newer version is already there); `rejudged` are
    neighbours whose judgement changed; `alerts` what happened to alerts; all empty for the same input again (S2).
    """

    judgement: Judgement
    rejudged: tuple[Judgement, ...] = ()
    alerts: tuple[AlertChange, ...] = ()


def step(
    state: State, m: Measurement, now: datetime, told: datetime | None = None
) -> tuple[State, Changes]:
    """What is known, and one arriving observation version → (what is known after it, what changed).

    `now` is when it is judged; alerts are dated by it, zones never depend on it. `told` is until when what fell due was told, None =
    until now: at least until the newcomer was received, else it would fill what nobody has said was missed (§5.7). The state returned
    keeps all neighbours and alerts it was given.
    """
    if not state.neighbours and _is_plain(state.book):
        shift = Shift(frozenset((m.id,)), {}, {m.id: judge_alone(state.book, m)})
        alerts, changes = _merge(state.book, state.alerts, shift, m, now)
        return replace(state, neighbours=(m,), alerts=alerts), changes
    record = Record(state.book, state.downtime)
    record.load(state.neighbours)
    alerts, changes = _take(record, state.alerts, m, now, told)
    if changes is None:
        return state, Changes(record.judgement(m.id))
    return replace(state, neighbours=(*state.neighbours, m), alerts=alerts), changes


def arrive(
    record: Record,
    alerts: tuple[Alert, ...],
    m: Measurement,
    now: datetime,
    told: datetime | None = None,
) -> Changes:
    """As `step`, for a record of the neighbours that the caller keeps."""
    changes = _take(record, alerts, m, now, told)[1]
    return Changes(record.judgement(m.id)) if changes is None else changes


def tick(state: State, since: datetime, now: datetime) -> tuple[State, tuple[AlertChange, ...]]:
    """What is known → what fell due after `since` until `now`: values that did not come, plans not reviewed (§5.7, §5.8).

    Each instant counts once, when `since` is the `now` of the tick before, and by what had come then: neighbours may have come later.
    """
    known = Known(state.book, state.downtime, state.neighbours)
    alerts, changes = state.alerts, list[AlertChange]()
    for at, due in due_between(known.at(since), state.book, since, now):
        alerts, moved = merge_due(state.book, alerts, _fired(known.at(at), due), at)
        changes += moved
    return replace(state, alerts=alerts), tuple(changes)


def next_due(state: State, after: datetime, until: datetime) -> datetime | None:
    """A patient → the first instant after `after`, until `until`, at which something may fall due: when to tick again."""
    record = Record(state.book, state.downtime)
    return next((at for at, _ in due_between(record, state.book, after, until)), None)


Due = tuple[str, Slot] | Firing


def due_between(
    record: Record, book: Book, since: datetime, until: datetime
) -> list[tuple[datetime, tuple[Due, ...]]]:
    """A patient → the instants in (since, until] at which something falls due, and what."""
    found: defaultdict[datetime, list[Due]] = defaultdict(list)
    if record.expected.rules:
        for slot, entry in record.expected.deadlines(since, until):
            found[slot.deadline].append((entry.rule.id, slot))
    for at, firing in overdue_reviews(book, until):
        if at > since:
            found[at].append(firing)
    return [(at, tuple(found[at])) for at in sorted(found)]


def _fired(record: Record, due: Iterable[Due]) -> list[Firing]:
    fired = [d if isinstance(d, Firing) else record.slot_firing(*d) for d in due]
    return [firing for firing in fired if firing is not None]


def _take(
    record: Record,
    alerts: tuple[Alert, ...],
    m: Measurement,
    now: datetime,
    told: datetime | None = None,
) -> tuple[tuple[Alert, ...], Changes | None]:
    """One arrival → alerts after it and what changed, None when it was known."""
    shift = record.add(m, told or now)
    if shift is None:
        return alerts, None
    alerts, changes = _merge(record.book, alerts, shift, m, now)
    if changes.judgement.version != m.version and not record.is_newest(m):
        kin = changes.judgement.kin
        own = Judgement(m.id, m.version, m.measure, "superseded", kin=kin)
        changes = replace(changes, judgement=own)
    return alerts, changes


def _merge(
    book: Book, alerts: tuple[Alert, ...], shift: Shift, m: Measurement, now: datetime
) -> tuple[tuple[Alert, ...], Changes]:
    """What an arrival shifts → alerts after it, and what changed."""
    moved: tuple[AlertChange, ...] = ()
    if alerts or shift.slots_after or any(j.firings for j in shift.after.values()):
        alerts, moved = merge_firings(book, alerts, shift, now)
    rejudged = tuple(
        j for name, j in shift.after.items() if name != m.id and shift.before.get(name) != j
    )
    return alerts, Changes(shift.after[m.id], rejudged, moved)


def _is_plain(book: Book) -> bool:
    """Whether a value without neighbours can be judged by itself: no rule waits for it or combines what it fires."""
    if "plain" not in book.memo:
        book.memo["plain"] = not any(entry.rule.parts or entry.rule.times for entry in book.entries)
    return book.memo["plain"]


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
    book = compile_book(patient, plans, compile_limits(general_limits))
    record = Record(book, downtime)
    known = [m for m in series if m.received <= now]
    happened = [e for e in events if e.at <= now]
    alerts, history, refused = _tell(book, record, known, happened, now)
    return Verdict(
        record.judgements(),
        alerts,
        notifications(history, routing, now),
        refused,
        book.problems,
    )


History = list[tuple[datetime, Alert]]
Happening = Measurement | tuple[Due, ...] | Event


def _tell(
    book: Book,
    record: Record,
    known: Sequence[Measurement],
    events: Sequence[Event],
    now: datetime,
) -> tuple[tuple[Alert, ...], History, tuple[Refusal, ...]]:
    """The story in order: at one instant observations come first, then what falls due; a step answers what could be seen."""
    alerts: tuple[Alert, ...] = ()
    history: History = []
    refused: list[Refusal] = []
    joining = Joining()
    record.expected.remember(EARLIEST, now)
    story: list[tuple[datetime, int, Happening]] = [
        *((m.received, 0, m) for m in sorted(known, key=lambda m: m.order)),
        *((at, 1, due) for at, due in due_between(record, book, EARLIEST, now)),
        *((e.at, 2, e) for e in events),
    ]
    for at, _, item in sorted(story, key=lambda entry: entry[:2]):
        fired = _fired(record, item) if isinstance(item, tuple) else None
        if fired is not None and joining.takes(alerts, fired, at):
            continue
        alerts, moved = joining.join(book, alerts)
        history += [(at, change.alert) for change in moved]
        moved = ()
        if isinstance(item, Measurement):
            alerts, changes = _take(record, alerts, item, at)
            moved = () if changes is None else changes.alerts
        elif isinstance(item, Event):
            alerts, after, problem = apply_event(alerts, item)
            if after is not None:
                history.append((at, after))
            if problem is not None:
                refused.append(Refusal(item, problem))
        else:
            alerts, moved = merge_due(book, alerts, fired or (), at)
        history += [(at, change.alert) for change in moved]
    alerts, moved = joining.join(book, alerts)
    history += [(now, change.alert) for change in moved]
    return alerts, history, tuple(refused)
