"""One observation, taken as it stands → its judgement: the order of §4 from status to rules.

Duplicates, versions and repeats need other observations and are added in series.py.
Source: dho/thresholds.md §4.2–4.10, §8.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from hub.thresholds.book import Book, Entry, RuleSet, choose_entries
from hub.thresholds.judgement import Firing, Judgement, Suppression, Trace
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement, parse_decimal
from hub.thresholds.measures import COMPONENTS, MEASURES, is_coded
from hub.thresholds.plan import PlanVersion
from hub.thresholds.reason import explain_firing, explain_technical
from hub.thresholds.rules.kind import Finding, Reading
from hub.thresholds.units import CONVERSIONS, is_unit
from hub.thresholds.zones import ALERTING, RANK, Standing, Zone, worst

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
LATE_AFTER: Final = timedelta(hours=6)
HISTORICAL_AFTER: Final = timedelta(days=14)
COMPARATORS: Final = frozenset({"<", "<=", ">", ">="})


@dataclass(slots=True)
class _Case:
    """The observation on its way through the order of judgement; lives inside one call."""

    book: Book
    m: Measurement
    effective: datetime
    flags: tuple[str, ...]
    firings: list[Firing]

    def fire(
        self, rule: str, reason: str, zone: Zone = "yellow", detail: str = "", bad_rule: str = ""
    ) -> None:
        """Adds a technical firing; the stream is its own, so no suppression touches it (§3.4)."""
        m = self.m
        key = "technical.unit-rule" if bad_rule else reason
        text = explain_technical(key, m.measure, _as_written(m), _unit_written(m), detail, bad_rule)
        received = (_as_written(m), _unit_written(m) or "")
        self.firings.append(
            Firing(
                rule, m.id, m.version, self.effective, zone, reason, text, flags=self.flags,
                name=m.measure, received=received,
            )
        )  # fmt: skip

    def end(
        self, zone: Standing, rules: RuleSet | None = None, trace: tuple[Trace, ...] = ()
    ) -> Judgement:
        """The judgement reached."""
        m = self.m
        plan = None if rules is None else rules.plan
        return Judgement(
            m.id,
            m.version,
            m.measure,
            zone,
            self.effective,
            None if plan is None else plan.id,
            None if plan is None else plan.version,
            self.flags,
            tuple(self.firings),
            trace,
        )


def judge(book: Book, m: Measurement) -> Judgement:
    """One observation version → its judgement, as if no other observation existed (§4 steps 2–10)."""
    if m.status in RETRACTED_STATUSES:
        return Judgement(m.id, m.version, m.measure, "retracted")
    if is_unreported(m):
        return Judgement(m.id, m.version, m.measure, "none")
    effective, clock_fault = judged_instant(m)
    age = m.received - effective
    flags: tuple[str, ...] = ()
    if age > LATE_AFTER:
        flags = ("late", "historical") if age > HISTORICAL_AFTER else ("late",)
    case = _Case(book, m, effective, flags, [])
    if clock_fault:
        case.fire("sys.clock", clock_fault)
    if not _has_value(case):
        return case.end("invalid")
    if is_coded(m.measure):
        if m.measure.startswith("device:"):
            if m.measure == "device:battery" and m.code == "low":
                case.fire("sys.battery", "technical.battery")
            return case.end("invalid")
        return _judge_rules(case, None)
    reading = _read(case)
    if reading is None or not _is_plausible(case, reading):
        return case.end("invalid")
    return _judge_rules(case, reading)


def is_unreported(m: Measurement) -> bool:
    """Whether a version is only announced: `registered` without a value is not judged (§9.3)."""
    return m.status == "registered" and not m.has_content


def judged_instant(m: Measurement) -> tuple[datetime, str]:
    """A measurement → (the instant it is judged for, the reason of the clock alert or "") (§4.2).

    A day alone makes no claim about the clock: noon later than receipt on the same day is simply receipt.
    """
    if m.effective is None:
        return m.received, "technical.no-time"
    effective = m.effective
    if m.clock_offset_s:
        effective += timedelta(seconds=m.clock_offset_s)
    if effective - m.received > CLOCK_TOLERANCE:
        local = m.received.astimezone(effective.tzinfo)
        if m.date_only and local.date() == effective.date():
            return m.received, ""
        return m.received, "technical.clock-skew"
    return effective, ""


def _as_written(m: Measurement) -> str:
    if m.components:
        return "/".join(part.value or "?" for part in m.components)
    return (m.comparator or "") + m.value if m.value is not None else m.code or ""


def _unit_written(m: Measurement) -> str | None:
    return m.components[0].unit if m.components else m.unit


def _has_value(case: _Case) -> bool:
    """§4.3 and code conflicts (§16): whether there is a value to judge; fires what is missing."""
    m = case.m
    if m.code_conflict:
        case.fire("sys.code-conflict", "technical.code-conflict")
        return False
    if m.device_error is not None:
        case.fire("sys.device-error", "technical.device-error", detail=m.device_error)
    if m.data_absent_reason is not None:
        case.fire("sys.data-absent", "technical.data-absent", detail=m.data_absent_reason)
    if m.device_error is not None or m.data_absent_reason is not None:
        return False
    if is_coded(m.measure):
        present = m.code is not None or bool(m.items)
        # A form may also come as its total alone
        present = present or (m.measure.startswith("form:") and parse_decimal(m.value) is not None)
    elif m.comparator is not None and m.comparator not in COMPARATORS:
        present = False
    elif m.components or m.measure == "bp":
        present = any(parse_decimal(part.value) is not None for part in m.components)
    else:
        present = parse_decimal(m.value) is not None
    if not present:
        case.fire(
            "sys.data-absent", "technical.data-absent", detail="ikke lesbar eller ikke oppgitt"
        )
    return present


def _read(case: _Case) -> Reading | None:
    """§4.4: the numbers with known units; fires sys.unit, None when no number is left."""
    m = case.m
    values: dict[str, tuple[Decimal, str]] = {}
    faulty = False
    if m.components:
        for part in m.components:
            number = parse_decimal(part.value)
            if number is None or part.name not in COMPONENTS:
                continue
            if part.unit is not None and is_unit(part.name, part.unit):
                values[part.name] = (number, part.unit)
            else:
                faulty = True
    else:
        number = parse_decimal(m.value)
        if number is not None and m.unit is not None and is_unit(m.measure, m.unit):
            values[m.measure] = (number, m.unit)
        else:
            faulty = True
    if faulty or not values:
        case.fire("sys.unit", "technical.unit")
    return Reading(values, m.comparator) if values else None


def _is_plausible(case: _Case, reading: Reading) -> bool:
    """§4.6: inside the guard, after conversion and rounding, and systolic above diastolic."""
    numbers: dict[str, Decimal] = {}
    for name, (number, unit) in reading.values.items():
        measure = MEASURES[name]
        value = number if unit == measure.unit else CONVERSIONS[name, unit, measure.unit](number)
        numbers[name] = value
        low, high = measure.plausible_min, measure.plausible_max
        if (low is not None and value < low) or (high is not None and value > high):
            case.fire("sys.implausible", "technical.implausible")
            return False
    upside_down = (
        "systolic" in numbers
        and "diastolic" in numbers
        and numbers["systolic"] <= numbers["diastolic"]
    )
    if upside_down:
        case.fire("sys.implausible", "technical.implausible")
    return not upside_down


def _judge_rules(case: _Case, reading: Reading | None) -> Judgement:
    """§4 steps 7–10: patient status, plan in force, rule set, rules."""
    book, m = case.book, case.m
    status = book.status_at(case.effective)
    rules = book.rules_for(m.measure, case.effective)
    if status in {"ended", "deceased"}:
        case.fire("sys.ended", "admin.after-end")
        return case.end("none")
    if rules.plan is None and status == "active":
        case.fire("sys.no-plan", "plan.none")
    if reading is None or not rules.entries:
        return case.end("black" if rules.observing else "none", rules)
    found, faulty = _ask_rules(rules, reading, m)
    zone: Zone = "black" if rules.observing else "none"
    for entry, finding in found:
        fires = finding.zone in ALERTING and not entry.watching
        # A floor that does not fire leaves the zone black (§4.10)
        quiet = entry.watching or (rules.observing and not fires)
        zone = worst(("black" if quiet else finding.zone,), zone)
        if fires:
            case.firings.append(_clinical(case, entry, finding, on_hold=status == "on-hold"))
    if any(finding.incomplete for _, finding in found):
        case.fire("sys.incomplete", "technical.incomplete")
    for entry in faulty:
        case.fire("sys.unit", "technical.unit", bad_rule=entry.rule.id)
        break
    if faulty and not found and not rules.observing:
        return case.end("invalid", rules)
    return case.end(zone, rules, tuple(_trace(entry, finding) for entry, finding in found))


def _ask_rules(
    rules: RuleSet, reading: Reading, m: Measurement
) -> tuple[list[tuple[Entry, Finding]], list[Entry]]:
    """Rules and a reading → (what each that covers it found, the rules whose unit is at fault)."""
    applying, groups = choose_entries(rules, m.context)
    found: list[tuple[Entry, Finding]] = []
    faulty: list[Entry] = []
    for entry in applying:
        if entry.judge is None:
            faulty.append(entry)
            continue
        finding = entry.judge(reading)
        if finding is not None:
            found.append((entry, finding))
    for group in groups:
        faulty += [entry for entry in group if entry.judge is None]
        asked = [(entry, entry.judge(reading)) for entry in group if entry.judge is not None]
        candidates = [(entry, finding) for entry, finding in asked if finding is not None]
        if candidates:
            found.append(max(candidates, key=lambda pair: RANK[pair[1].zone]))
    return found, faulty


def _trace(entry: Entry, finding: Finding) -> Trace:
    return Trace(
        entry.rule.id,
        entry.origin,
        finding.zone,
        finding.reason,
        finding.value,
        finding.unit,
        entry.watching,
        finding.calm,
    )


def _clinical(case: _Case, entry: Entry, finding: Finding, *, on_hold: bool) -> Firing:
    """What a rule found → its firing; yellow is kept but raises nothing on hold and after 14 days (§4.7, §8.1)."""
    m, rule, plan = case.m, entry.rule, entry.plan
    red = finding.zone == "red"
    suppressed: Suppression = ""
    flags = case.flags
    if on_hold:
        flags = (*flags, "on-hold")
        suppressed = "" if red else "on-hold"
    if "historical" in flags and not red:
        suppressed = "historical"
    received = _received(m, finding.name)
    source = source_of(entry.origin, plan)
    assert finding.value is not None
    text = explain_firing(
        finding.name,
        finding.zone,
        finding.reason,
        finding.value,
        finding.unit,
        finding.bound,
        m.comparator,
        received,
        source,
    )
    return Firing(
        rule.id,
        m.id,
        m.version,
        case.effective,
        finding.zone,
        finding.reason,
        text,
        suppressed,
        flags,
        finding.name,
        received,
        finding.value,
        finding.unit,
        finding.bound,
        None if plan is None else plan.id,
        None if plan is None else plan.version,
        rule.version,
        rule.approved_by or (None if plan is None else plan.approved_by),
        source,
    )


def _received(m: Measurement, name: str) -> tuple[str, str]:
    for part in m.components:
        if part.name == name:
            return (part.value or "", part.unit or "")
    return (_as_written(m), _unit_written(m) or "")


def source_of(origin: str, plan: PlanVersion | None) -> str:
    """Where a limit comes from → in words: EBP version, general limit or floor."""
    if plan is not None:
        return f"EBP v{plan.version}"
    return "sikkerhetsgrense (gulv)" if origin == "floor" else "generell grense"
