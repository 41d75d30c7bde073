"""A patient's real values under a plan in force and under a draft → what fires in each, value by value.

Nothing here is an alert: no life cycle, no quiet time, no human steps. The same values are judged by the same rules as
online, so that two plans can be held beside each other.
Source: dho/thresholds.md §3.3, §5.7, §8.3; requirements on tuning limits (requirements.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hub.thresholds.book import Book, Limits, compile_book
from hub.thresholds.engine import due_between
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.measurement import Measurement
from hub.thresholds.plan import PlanVersion
from hub.thresholds.reach import reaching_of
from hub.thresholds.record import Record
from hub.thresholds.spans import EARLIEST
from hub.thresholds.timers import Downtime
from hub.thresholds.zones import Standing

HIDDEN: Final = frozenset({"duplicate", "superseded", "retracted"})
"""Zones of inputs that are no values of their own."""


class Value(Struct, frozen=True):
    """One value of the time looked at, and its zone."""

    observation: str
    measure: str
    effective: datetime
    zone: Standing


class Outcome(Struct, frozen=True):
    """What one plan says of a time.

    Shape: `values` in order of time; `firings` those that would raise an alert or join one, clinical and missing, by time;
    `technical` how many firings of system rules there are, which no plan changes.
    """

    values: tuple[Value, ...]
    firings: tuple[Firing, ...]
    technical: int

    @property
    def zones(self) -> Counter[str]:
        """Nothing → how many values stand in each zone."""
        return Counter(value.zone for value in self.values)

    @property
    def fired(self) -> Counter[str]:
        """Nothing → how often a rule fired yellow and red."""
        return Counter(firing.zone for firing in self.firings)


class Simulation(Struct, frozen=True):
    """The same values under two books."""

    start: datetime
    end: datetime
    current: Outcome
    draft: Outcome


def draft_book(
    book: Book, draft: PlanVersion, replaced: Iterable[str], limits: Limits, since: datetime
) -> Book:
    """A patient's book and a draft → the book as if the draft had been in force where the plans it stands for were.

    Shape: `replaced` are ids of plans that the draft stands for, beside other versions of its own; where there are none it
    holds from `since` on. Other plans and the general limits stay as they are.
    """
    gone = {draft.id, *replaced}
    starts = [plan.valid_from for plan in book.plans if plan.id in gone]
    whole = replace(draft, valid_from=min(starts, default=since), valid_to=None)
    others = [plan for plan in book.plans if plan.id not in gone]
    return compile_book(book.patient, [*others, whole], limits)


def needed_since(books: Iterable[Book], measures: Iterable[str], start: datetime) -> datetime:
    """Books, measures and the first instant looked at → from when values are needed for the windows that reach back."""
    since = start
    names = tuple(measures)
    for book in books:
        for measure in names:
            back = reaching_of(book, measure).back
            if back is None:
                return EARLIEST
            since = min(since, _before(start, back))
    return since


def simulate(
    current: Book,
    draft: Book,
    log: Sequence[Measurement],
    downtime: Sequence[Downtime],
    start: datetime,
    end: datetime,
) -> Simulation:
    """Two books and all observation versions known → what each says of the values with start ≤ effective < end."""
    return Simulation(
        start,
        end,
        outcome(current, log, downtime, start, end),
        outcome(draft, log, downtime, start, end),
    )


def outcome(
    book: Book,
    log: Sequence[Measurement],
    downtime: Sequence[Downtime],
    start: datetime,
    end: datetime,
) -> Outcome:
    """A book and all observation versions known → what it says of the values with start ≤ effective < end."""
    record = Record(book, downtime)
    record.load(log)
    judged = [
        judgement
        for name in dict.fromkeys(m.id for m in log)
        if start <= _at(judgement := record.judgement(name), end) < end
        and judgement.zone not in HIDDEN
    ]
    judged.sort(key=lambda judgement: (_at(judgement, end), judgement.observation))
    fired = [firing for judgement in judged for firing in judgement.firings]
    clinical = [firing for firing in fired if not firing.technical and not firing.suppressed]
    record.expected.remember(start, end)
    for _, due in due_between(record, book, start, end):
        for each in due:
            firing = each if isinstance(each, Firing) else record.slot_firing(*each)
            if firing is not None:
                clinical.append(firing)
    clinical.sort(key=lambda firing: (firing.effective, firing.rule))
    return Outcome(
        tuple(_value(judgement) for judgement in judged if judgement.effective is not None),
        tuple(clinical),
        sum(1 for firing in fired if firing.technical),
    )


def _at(judgement: Judgement, otherwise: datetime) -> datetime:
    return judgement.effective or otherwise


def _value(judgement: Judgement) -> Value:
    assert judgement.effective is not None
    return Value(judgement.observation, judgement.measure, judgement.effective, judgement.zone)


def _before(at: datetime, by: timedelta) -> datetime:
    try:
        return at - by
    except OverflowError:
        return EARLIEST
