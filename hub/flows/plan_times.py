"""The times of one patient at which something falls due, planned two days ahead (docs/adr/0022-the-clock-plans-ahead.md).

Source: dho/thresholds.md §5.7, §5.8.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from hub.ports import DueSlot, DueTime, Unit
from hub.thresholds.book import Book
from hub.thresholds.due import has_clock_rules, reviews_due, slots_due

AHEAD: Final = timedelta(hours=48)
AGAIN: Final = timedelta(hours=18)
_SPREAD_S: Final = 12 * 3600
"""Patients are planned for again after 18 to 30 hours, each at a time of its own."""
INSTANT: Final = timedelta(microseconds=1)
_SEVERAL: Final = "*"
"""The measure of a rule whose versions expect different ones: no value is of it, so that none fills a time unseen by the engine."""
Patient = tuple[int, str]


def plan_times(unit: Unit, patient: Patient, book: Book, since: datetime, now: datetime) -> None:
    """A patient, and the instant up to which it was planned → the times after it, and those before that were not judged yet."""
    if not has_clock_rules(book):
        unit.dues.forget(*patient)
        return
    first = unit.dues.first_due(*patient)
    if first is not None:
        since = min(since, first - INSTANT)
    until = now + AHEAD
    spread = timedelta(seconds=crc32(patient[1].encode()) % _SPREAD_S)
    slots = [*_expected(patient, book, since, until), *_reviews(patient, book, until)]
    unit.dues.plan(*patient, until, now + AGAIN + spread, slots)


def _expected(patient: Patient, book: Book, since: datetime, until: datetime) -> list[DueSlot]:
    """The slots of a patient whose deadlines lie in (since, until]; announced downtime is asked for at the deadline."""
    found: list[DueSlot] = []
    for rule, slots in slots_due(book, (), since, until).items():
        times = tuple(DueTime(s.deadline, s.start, s.at) for s in slots)
        measures = {entry.rule.measure or "" for entry in book.versions[rule]} - {""}
        if measures:
            measure = measures.pop() if len(measures) == 1 else _SEVERAL
            found.append(DueSlot(*patient, rule, measure, times))
    return found


def _reviews(patient: Patient, book: Book, until: datetime) -> list[DueSlot]:
    """The reviews that are or become overdue; one that was told stays told, so asking again does no harm."""
    found: dict[str, list[DueTime]] = {}
    for at, firing in reviews_due(book, until):
        found.setdefault(firing.rule, []).append(DueTime(at, at, at))
    return [DueSlot(*patient, rule, "", tuple(times)) for rule, times in found.items()]
