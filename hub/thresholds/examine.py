"""One observation version, taken as it stands → whether it can be judged, and what is technically wrong with it.

Steps 2–6 of the order of judgement; they need no plan, so what is found holds whatever the plan says.
Source: dho/thresholds.md §4.2–4.6, §8.1, §9.3, §5.13.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from hub.thresholds.history import Sample
from hub.thresholds.judgement import Firing
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement
from hub.thresholds.measures import COMPONENTS, is_coded
from hub.thresholds.reading import (
    as_written,
    find_absences,
    is_answered,
    is_plausible,
    part_at_fault,
    read_answers,
    read_numbers,
    unit_written,
)
from hub.thresholds.reason import explain_technical
from hub.thresholds.rules.kind import Reading
from hub.thresholds.spans import in_utc, shifted
from hub.thresholds.zones import Zone

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
LATE_AFTER: Final = timedelta(hours=6)
HISTORICAL_AFTER: Final = timedelta(days=14)
DECLINED: Final = "asked-declined"
HISTORICAL: Final = "historical"


class Examined(Struct, frozen=True):
    """What is known of an observation version before any rule is asked.

    Shape: `outcome` valid = it has a `reading` and a `sample`, which of what is invalid only a form without answers has; `at` is the instant it is judged for, in UTC (§4.2);
    `technical` what is wrong with it, fired whatever the plan; `fills` whether it answers a time at which a value was
    expected (§4.3, §5.7).
    """

    m: Measurement
    outcome: Literal["valid", "invalid", "retracted", "unreported"]
    at: datetime
    flags: tuple[str, ...] = ()
    technical: tuple[Firing, ...] = ()
    reading: Reading | None = None
    sample: Sample | None = None
    fills: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The measures it is about: its own, and the components that came with it."""
        if self.sample is not None:
            return self.sample.names
        return (self.m.measure, *COMPONENTS) if self.m.measure == "bp" else (self.m.measure,)


def examine(m: Measurement) -> Examined:
    """An observation version → what can be said of it alone (§4 steps 2–6)."""
    if m.status in RETRACTED_STATUSES:
        return Examined(m, "retracted", in_utc(m.received))
    if is_unreported(m):
        return Examined(m, "unreported", in_utc(m.received))
    effective, clock_fault = judged_instant(m)
    at = in_utc(effective)
    age = m.received - at
    flags: tuple[str, ...] = ()
    if age > LATE_AFTER:
        flags = ("late", HISTORICAL) if age > HISTORICAL_AFTER else ("late",)
    found: list[Firing] = []
    if clock_fault:
        found.append(technical_firing(m, at, flags, "sys.clock", clock_fault))
    absences = find_absences(m)
    if absences:
        found += [technical_firing(m, at, flags, *absence) for absence in absences]
        declined = m.data_absent_reason == DECLINED and len(absences) == 1
        absent = Examined(m, "invalid", at, flags, tuple(found), fills=declined)
        return _blank_form(absent) if is_blank_form(m) else absent
    if m.measure.startswith("device:"):
        if m.measure == "device:battery" and m.code == "low":
            found.append(technical_firing(m, at, flags, "sys.battery", "technical.battery"))
        return Examined(m, "invalid", at, flags, tuple(found))
    if is_coded(m.measure):
        reading: Reading | None = read_answers(m)
    else:
        reading, unit_fault = read_numbers(m)
        if unit_fault:
            found.append(technical_firing(m, at, flags, "sys.unit", "technical.unit"))
        if reading is not None and not is_plausible(reading):
            found.append(technical_firing(m, at, flags, "sys.implausible", "technical.implausible"))
            reading = None
    if reading is None:
        return Examined(m, "invalid", at, flags, tuple(found))
    sample = Sample(at, m.id, m.measure, reading.values, reading.comparators, reading.code)
    return Examined(m, "valid", at, flags, tuple(found), reading, sample, fills=True)


def is_blank_form(m: Measurement) -> bool:
    """Whether a form came in which nothing is answered: no value, but a safety question may have been left blank (§5.9)."""
    reported = m.data_absent_reason is not None or m.device_error is not None or m.code_conflict
    blank = m.items is not None and not is_answered(m) and m.value is None and m.code is None
    return m.measure.startswith("form:") and blank and not reported


def _blank_form(absent: Examined) -> Examined:
    """A form without answers → the same, so that rules may say which answer is missing."""
    reading = read_answers(absent.m)
    sample = Sample(absent.at, absent.m.id, absent.m.measure, reading.values)
    return replace(absent, reading=reading, sample=sample)


def technical_firing(
    m: Measurement,
    at: datetime,
    flags: tuple[str, ...],
    rule: str,
    reason: str,
    detail: str = "",
    *,
    zone: Zone = "yellow",
    bad_rule: str = "",
) -> Firing:
    """What is wrong → its firing; the stream is its own, so no suppression touches it (§3.4)."""
    key = "technical.unit-rule" if bad_rule and reason == "technical.unit" else reason
    name, value, unit = m.measure, as_written(m), unit_written(m) or ""
    if key == "technical.unit" and (part := part_at_fault(m)) is not None:
        name, value, unit = part
    text = explain_technical(key, name, value, unit, detail, bad_rule)
    return Firing(
        *(rule, m.id, m.version, at, zone, reason, text),
        flags=flags,
        name=m.measure,
        received=(value, unit),
    )


def is_unreported(m: Measurement) -> bool:
    """Whether a version is only announced: `registered` without a value is not judged (§9.3)."""
    if m.status != "registered":
        return False
    bare = bool(m.components) and all(part.value is None for part in m.components)
    return not m.has_content or (bare and m.data_absent_reason is None and m.device_error is None)


def judged_instant(m: Measurement) -> tuple[datetime, str]:
    """A measurement → (the instant it is judged for, the reason of the clock alert or "") (§4.2).

    A day alone counts as its noon here as well: received before that it is a day that has not come so far.
    """
    if m.effective is None:
        return m.received, "technical.no-time"
    effective = m.effective
    if m.clock_offset_s:
        effective = shifted(effective, timedelta(seconds=m.clock_offset_s))
    if effective - m.received > CLOCK_TOLERANCE:
        return m.received, "technical.clock-skew"
    return effective, ""
