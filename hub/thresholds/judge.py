"""One observation, taken as it stands → its judgement: the order of §4 from status to rules.

Duplicates, versions and repeats need other observations and are added in series.py.
Source: dho/thresholds.md §4.2–4.10, §8.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.thresholds.book import Book, Entry, RuleSet, choose_entries
from hub.thresholds.judgement import Firing, Judgement, Suppression, Trace
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement
from hub.thresholds.measures import is_coded
from hub.thresholds.plan import PlanVersion
from hub.thresholds.reading import (
    as_written,
    find_absences,
    is_plausible,
    read_numbers,
    received_part,
    unit_written,
)
from hub.thresholds.reason import explain_firing, explain_technical
from hub.thresholds.rules.kind import Finding, Reading
from hub.thresholds.zones import ALERTING, RANK, Standing, Zone

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
LATE_AFTER: Final = timedelta(hours=6)
HISTORICAL_AFTER: Final = timedelta(days=14)


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
        text = explain_technical(key, m.measure, as_written(m), unit_written(m), detail, bad_rule)
        received = (as_written(m), unit_written(m) or "")
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
    absences = find_absences(m)
    for rule, reason, detail in absences:
        case.fire(rule, reason, detail=detail)
    if absences:
        return case.end("invalid")
    if is_coded(m.measure):
        if m.measure.startswith("device:"):
            if m.measure == "device:battery" and m.code == "low":
                case.fire("sys.battery", "technical.battery")
            return case.end("invalid")
        return _judge_rules(case, None)
    reading, unit_fault = read_numbers(m)
    if unit_fault:
        case.fire("sys.unit", "technical.unit")
    if reading is None:
        return case.end("invalid")
    if not is_plausible(reading):
        case.fire("sys.implausible", "technical.implausible")
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
    incomplete = False
    for entry, finding in found:
        incomplete = incomplete or finding.incomplete
        fires = finding.zone in ALERTING and not entry.watching
        # A floor that does not fire leaves the zone black (§4.10)
        quiet = entry.watching or (rules.observing and not fires)
        noted: Zone = "black" if quiet else finding.zone
        if RANK[noted] > RANK[zone]:
            zone = noted
        if fires:
            case.firings.append(_clinical(case, entry, finding, on_hold=status == "on-hold"))
    if incomplete:
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
    received = received_part(m, finding.name)
    source = source_of(entry.origin, plan)
    assert finding.value is not None
    text = explain_firing(
        *(finding.name, finding.zone, finding.reason, finding.value, finding.unit, finding.bound),
        *(m.comparator, received, source),
    )
    by_plan = None if plan is None else plan.approved_by
    return Firing(
        *(rule.id, m.id, m.version, case.effective, finding.zone, finding.reason, text, suppressed),
        *(flags, finding.name, received, finding.value, finding.unit, finding.bound),
        plan=None if plan is None else plan.id,
        plan_version=None if plan is None else plan.version,
        rule_version=rule.version,
        approved_by=rule.approved_by or by_plan,
        source=source,
    )


def source_of(origin: str, plan: PlanVersion | None) -> str:
    """Where a limit comes from → in words: EBP version, general limit or floor."""
    if plan is not None:
        return f"EBP v{plan.version}"
    return "sikkerhetsgrense (gulv)" if origin == "floor" else "generell grense"
