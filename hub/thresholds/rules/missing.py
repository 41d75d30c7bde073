"""Rule kind `missing`: times at which a value is expected, and what is said when none has come.

A slot is its nominal local time; which slots there are follows from plans, status periods and downtime alone.
Source: dho/thresholds.md §5.7, §4.2 (a day alone), §4.3 (asked-declined), §10.1–10.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from hub.thresholds.measures import is_measure
from hub.thresholds.plan import Rule
from hub.thresholds.rules.checks import measure_of
from hub.thresholds.rules.kind import Judge, Kind, RuleFaultError
from hub.thresholds.spans import Span, after, at_local, before, local_time
from hub.thresholds.zones import ALERTING, RANK

PSEUDO: Final = "#missing"
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DAY: Final = timedelta(days=1)
_NONE: Final = Span()


class Slot(Struct, frozen=True):
    """One expected value: `at` the nominal instant; filled by a value in [start, deadline]; all UTC."""

    at: datetime
    start: datetime
    deadline: datetime

    @property
    def takes_days(self) -> bool:
        """Whether a value that only names its day may fill it: not when it is shorter than a day (§4.2)."""
        return self.deadline - self.start >= _DAY


def _triggers(_: Rule) -> tuple[str, ...]:
    return (PSEUDO,)


def _faults(rule: Rule) -> tuple[str, ...]:
    if _is_off(rule):
        return ()
    faults: list[str] = []
    measure = measure_of(rule)
    if not is_measure(measure) or measure.startswith("device:"):
        faults.append(f"Målingen {measure or '(mangler)'} er ukjent.")
    faults += [
        f"Klokkeslettet {t} må skrives som 08:00." for t in rule.times if not _TIME.fullmatch(t)
    ]
    if len(set(rule.times)) < len(rule.times):
        faults.append("Et klokkeslett står to ganger.")
    faults += [f"Ukedagen {day} er ukjent." for day in rule.days if day not in WEEKDAYS]
    if rule.grace is None:
        faults.append("Det er ikke sagt hvor lenge det skal ventes (grace).")
    if rule.zone not in (None, "yellow", "red"):
        faults.append("Sonen må være gul (yellow) eller rød (red).")
    escalate = rule.escalate
    if escalate is not None:
        if escalate.count < 1:
            faults.append("Antallet i opptrappingen (escalate.count) må være minst 1.")
        if RANK[escalate.zone] < RANK[rule.zone or "yellow"] or escalate.zone not in ALERTING:
            faults.append("Opptrappingen må gå til en mer alvorlig sone.")
    return tuple(faults)


def _is_off(rule: Rule) -> bool:
    return not rule.times


def _compile(rule: Rule) -> Judge | None:
    if rule.grace is None or not all(_TIME.fullmatch(text) for text in rule.times):
        raise RuleFaultError("times or grace")
    return lambda _reading, _moment: None


def slots_of(rule: Rule, first: date, last: date, zone: ZoneInfo) -> Iterator[Slot]:
    """A rule and local days → the slots of those days in order of time, in force or not."""
    clocks = sorted(
        time(int(match[1]), int(match[2])) for t in rule.times if (match := _TIME.fullmatch(t))
    )
    days = frozenset(rule.days or WEEKDAYS)
    day = first
    while day <= last:
        if WEEKDAYS[day.weekday()] in days:
            found = {at_local(day, clock, zone): None for clock in clocks}
            for at in sorted(found):
                yield Slot(
                    at,
                    before(at, rule.early or _NONE, zone),
                    after(at, rule.grace or _NONE, zone),
                )
        if day >= date.max - _DAY:
            return
        day += _DAY


def slots_around(rule: Rule, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Slot]:
    """A rule and an interval → the slots whose nominal time lies in it, ends included."""
    first, last = local_time(start, zone).date(), local_time(end, zone).date()
    for slot in slots_of(rule, first, last, zone):
        if start <= slot.at <= end:
            yield slot


MISSING: Final = Kind(measure_of, _triggers, _faults, _is_off, _compile)
