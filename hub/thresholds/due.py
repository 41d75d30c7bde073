"""What the clock will bring, and what must be known to decide it: for drivers that keep the values elsewhere.

Source: dho/thresholds.md §5.7, §5.8, §10.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime

from hub.thresholds.alarm import Alert
from hub.thresholds.book import Book
from hub.thresholds.clockwork import Expectations, overdue_reviews
from hub.thresholds.judgement import Firing
from hub.thresholds.ledger import AlertChange
from hub.thresholds.measurement import Measurement
from hub.thresholds.merge import merge_due
from hub.thresholds.reach import observed_measures
from hub.thresholds.record import Record
from hub.thresholds.rules import missing, stale_plan
from hub.thresholds.rules.missing import Slot
from hub.thresholds.timers import Downtime

Span = tuple[str, datetime, datetime]
"""(measure, from, to), both ends included."""


def has_clock_rules(book: Book) -> bool:
    """A book → whether anything in it can fire without a value."""
    return any(
        pseudo in entry.triggers
        for entry in book.entries
        for pseudo in (missing.PSEUDO, stale_plan.PSEUDO)
        if not entry.off
    )


def has_times(book: Book) -> bool:
    """A book → whether anything in it expects values at certain times (§5.7)."""
    if "times" not in book.memo:
        book.memo["times"] = any(missing.PSEUDO in e.triggers for e in book.entries if not e.off)
    return book.memo["times"]


def slots_due(
    book: Book, downtime: Sequence[Downtime], since: datetime, until: datetime
) -> dict[str, list[Slot]]:
    """A patient → rule → its expected slots whose deadline lies in (since, until], by deadline."""
    expected = Expectations(book, downtime)
    found: dict[str, list[Slot]] = {}
    if expected.rules:
        for slot, entry in expected.deadlines(since, until):
            found.setdefault(entry.rule.id, []).append(slot)
    return found


def reviews_due(book: Book, until: datetime) -> list[tuple[datetime, Firing]]:
    """A patient → (instant, firing) of every review that is or becomes overdue until then."""
    return overdue_reviews(book, until)


class Known:
    """A patient's values where the times lie that fall due, and what of them had come at an instant.

    A time counts by what had come at its deadline; what comes after it fills it late (§5.7), however late the driver itself looks.
    """

    def __init__(
        self, book: Book, downtime: Sequence[Downtime], values: Iterable[Measurement]
    ) -> None:
        """A book, the announced outages and the values, in any order."""
        self._book = book
        self._downtime = downtime
        self._values = sorted(values, key=lambda m: m.order)
        self._received = [m.received for m in self._values]
        self._records: dict[int, Record] = {}

    def at(self, then: datetime) -> Record:
        """An instant → the record of what had come by then."""
        count = bisect_right(self._received, then)
        found = self._records.get(count)
        if found is None:
            found = self._records[count] = Record(self._book, self._downtime)
            found.load(self._values[:count])
        return found


def fall_due(
    book: Book,
    alerts: tuple[Alert, ...],
    fallen: Iterable[tuple[datetime, Firing | None]],
) -> tuple[tuple[Alert, ...], tuple[AlertChange, ...], tuple[Firing, ...]]:
    """(instant, firing) of what fell due, None where a value came after all → (alerts, changes, firings), told in order of time."""
    changes: list[AlertChange] = []
    by_instant: dict[datetime, list[Firing]] = {}
    for at, firing in fallen:
        if firing is not None:
            by_instant.setdefault(at, []).append(firing)
    for at in sorted(by_instant):
        alerts, moved = merge_due(book, alerts, by_instant[at], at)
        changes += moved
    return alerts, tuple(changes), tuple(f for found in by_instant.values() for f in found)


def measures_of(book: Book, rule: str) -> tuple[str, ...]:
    """A rule of kind missing → the measures of the observations that may fill its slots."""
    named = {e.rule.measure or "" for e in book.entries if e.rule.id == rule}
    return tuple(sorted(observed_measures(named)))


def spans_of(
    book: Book, downtime: Sequence[Downtime], slots: Iterable[tuple[str, Slot]]
) -> tuple[Span, ...]:
    """(rule, slot) pairs → where the values lie that decide them: also earlier slots, where a row of misses counts."""
    expected = Expectations(book, downtime)
    found: dict[str, tuple[datetime, datetime]] = {}
    for rule, slot in slots:
        counts = [e.rule.escalate.count for e in expected.rules.get(rule, ()) if e.rule.escalate]
        earlier = expected.run(rule, slot, max(counts, default=1) - 1, back=True)
        start = min([slot.start, *(each.start for each, _ in earlier)])
        for measure in measures_of(book, rule):
            low, high = found.get(measure, (start, slot.deadline))
            found[measure] = (min(low, start), max(high, slot.deadline))
    return tuple((measure, low, high) for measure, (low, high) in sorted(found.items()))


def slot_named(record: Record, rule: str, at: datetime) -> Slot | None:
    """A record, a rule and the nominal instant of a slot → the slot, None when no value is expected then."""
    for slot, _ in record.expected.between(rule, at, at):
        return slot
    return None
