"""Times of one patient that have passed → alerts of what had not come by then, told in the order of the deadlines.

Told by the clock's round; and before a value is judged that came after such a time, else the value would fill what nobody has said
was missed: the hub may have been stopped. Each time leaves the table in the transaction of its verdict, so it is told once.
Source: dho/thresholds.md §5.7, §5.8, §8.3, §13 S4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hub.flows.alert_ledger import AlertLedger
from hub.flows.neighbours import find_values
from hub.flows.plan_times import INSTANT, Patient, plan_times
from hub.ports import DueSlot, Unit
from hub.thresholds.book import Book
from hub.thresholds.due import Known, fall_due, reviews_due, slot_named, spans_of
from hub.thresholds.judgement import Firing
from hub.thresholds.record import Record
from hub.thresholds.rules.missing import Slot
from hub.thresholds.timers import Downtime


def tell_before(
    unit: Unit,
    ledger: AlertLedger,
    book: Book,
    downtime: Sequence[Downtime],
    patient: Patient,
    received: datetime,
    now: datetime,
) -> datetime:
    """A patient, and when a value of it came that is judged now → until when what fell due is told, at least until then.

    What fell due between then and now is the clock's: values that came in that time may still wait to be judged.
    """
    since = unit.dues.to_plan_of(*patient, received)
    if since is not None:
        plan_times(unit, patient, book, since, received)
    slots = unit.dues.values_of(*patient)
    gone = [slot for slot in slots if slot.times[0].due <= received]
    if gone:
        tell_fallen(unit, ledger, book, downtime, gone, received)
        slots = unit.dues.values_of(*patient)
    return min([now, *(slot.times[0].due - INSTANT for slot in slots)])


def tell_fallen(
    unit: Unit,
    ledger: AlertLedger,
    book: Book,
    downtime: Sequence[Downtime],
    slots: Sequence[DueSlot],
    now: datetime,
) -> None:
    """What fell due for one patient → alerts in the ledger, by the plan as it is now and the values that had come at each deadline.

    Shape: `slots` at least one, all of the same patient.
    """
    patient = (slots[0].tenant_id, slots[0].patient_id)
    expected = _passed(Record(book, downtime), slots, now)
    values = find_values(unit, *patient, spans_of(book, downtime, expected))
    known = Known(book, downtime, values)
    fallen = [(s.deadline, known.at(s.deadline).slot_firing(rule, s)) for rule, s in expected]
    fallen += _overdue(book, slots, now)
    if any(firing for _, firing in fallen):
        alerts = ledger.alerts(*patient, everything=True)
        _, changes, firings = fall_due(book, alerts, fallen)
        ledger.apply(*patient, changes, firings)
    unit.dues.advance([_gone_by(slot, now) for slot in slots])


def _passed(record: Record, slots: Sequence[DueSlot], now: datetime) -> list[tuple[str, Slot]]:
    """Planned times → those that are over and that the plan still expects a value at, each with its rule."""
    return [
        (slot.rule_id, found)
        for slot in slots
        for time in slot.times
        if slot.measure and time.due <= now
        if (found := slot_named(record, slot.rule_id, time.at))
    ]


def _overdue(
    book: Book, slots: Sequence[DueSlot], now: datetime
) -> list[tuple[datetime, Firing | None]]:
    wanted = {
        (slot.rule_id, time.at)
        for slot in slots
        for time in slot.times
        if not slot.measure and time.due <= now
    }
    if not wanted:
        return []
    return [(at, f) for at, f in reviews_due(book, now) if (f.rule, at) in wanted]


def _gone_by(slot: DueSlot, now: datetime) -> DueSlot:
    """A rule's next times → the same without those that are over but the last of them, behind which it goes on."""
    over = sum(time.due <= now for time in slot.times)
    return replace(slot, times=slot.times[over - 1 :])
