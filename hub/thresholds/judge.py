"""One observation with its past → its judgement: the order of §4 from patient status to rules.

Duplicates, versions and repeats need other observations and are added in record.py, combinations in combine.py.
Source: dho/thresholds.md §4.7–4.10, §8.1, §13 S10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from hub.thresholds.book import Book, Entry, RuleSet, choose_entries
from hub.thresholds.examine import HISTORICAL, Examined, examine, technical_firing
from hub.thresholds.history import History
from hub.thresholds.judgement import Firing, Judgement, Suppression, Trace
from hub.thresholds.measurement import Measurement
from hub.thresholds.plan import PlanVersion
from hub.thresholds.reading import received_part
from hub.thresholds.reason import explain_compared, explain_firing
from hub.thresholds.rules.kind import Finding, Moment, Reading
from hub.thresholds.zones import ALERTING, RANK, Standing, Zone

PANEL: Final = "bp"
_PRESSURES: Final = ("systolic", "diastolic")
_ENDED: Final = frozenset({"ended", "deceased"})


def judge(book: Book, m: Measurement, history: History | None = None) -> Judgement:
    """One observation version and the values it stands among → its judgement (§4 steps 2–10)."""
    return judge_examined(book, examine(m), book.empty if history is None else history)


def judge_alone(book: Book, m: Measurement) -> Judgement:
    """As `judge` without a past; who asks again for the very same value gets the same answer."""
    last: tuple[Measurement, Judgement] | None = book.memo.get("judged")
    if last is not None and last[0] is m:
        return last[1]
    found = judge(book, m)
    book.memo["judged"] = (m, found)
    return found


def judge_examined(book: Book, examined: Examined, history: History) -> Judgement:
    """An examined observation and the values it stands among → its judgement (§4 steps 7–10)."""
    judged = _judge_reading(book, examined, history)
    blank = examined.outcome == "invalid" and examined.reading is not None
    return _judge_blank(examined, judged) if blank else judged


def _judge_reading(book: Book, examined: Examined, history: History) -> Judgement:
    m = examined.m
    if examined.outcome == "retracted":
        return Judgement(m.id, m.version, m.measure, "retracted")
    if examined.outcome == "unreported":
        return Judgement(m.id, m.version, m.measure, "none")
    firings = list(examined.technical)
    reading, sample = examined.reading, examined.sample
    if reading is None or sample is None:
        return _judgement(examined, "invalid", firings)
    status = book.status_at(examined.at)
    rules = book.rules_for(m.measure, examined.at)
    if status in _ENDED:
        firings.append(_technical(examined, "sys.ended", "admin.after-end"))
        return _judgement(examined, "none", firings)
    if rules.plan is None and status == "active":
        firings.append(_technical(examined, "sys.no-plan", "plan.none"))
    if not rules.entries:
        return _judgement(examined, "black" if rules.observing else "none", firings, rules)
    found, faulty = _ask_rules(rules, reading, Moment(sample, history), m)
    zone: Zone = "black" if rules.observing else "none"
    incomplete = lacks_part(rules, reading, m)
    for entry, finding in found:
        incomplete = incomplete or finding.incomplete
        fires = finding.zone in ALERTING and not entry.watching
        # A floor that does not fire leaves the zone black (§4.10)
        quiet = entry.watching or (rules.observing and not fires)
        noted: Zone = "black" if quiet else finding.zone
        if RANK[noted] > RANK[zone]:
            zone = noted
        if fires:
            firings.append(_clinical(examined, entry, finding, on_hold=status == "on-hold"))
    if incomplete:
        firings.append(_technical(examined, "sys.incomplete", "technical.incomplete"))
    firings += _faults(examined, faulty)
    if faulty and not found and not rules.observing:
        return _judgement(examined, "invalid", firings, rules)
    trace = tuple(_trace(e, f) for e, f in found)
    return _judgement(examined, zone, _worst_of_each(firings), rules, trace)


def lacks_part(rules: RuleSet, reading: Reading, m: Measurement) -> bool:
    """A pressure and its rules → whether one is on a part that is missing: it would be silent, and the other part is judged (§5.2, §13 S8).

    A mean pressure is missed only where it was sent and cannot be read: few cuffs give one.
    """
    if m.measure != PANEL:
        return False
    looked_for = {*_PRESSURES, *(part.name for part in m.components)} - reading.values.keys()
    return any(entry.rule.measure in looked_for for entry in rules.entries)


def _judge_blank(examined: Examined, judged: Judgement) -> Judgement:
    """A form without answers, judged as a form → told by the rules that miss an answer (§5.9), else as absent (§4.3)."""
    if all(firing.technical for firing in judged.firings):
        return replace(judged, zone="invalid", firings=examined.technical, trace=())
    told = tuple(firing for firing in judged.firings if firing.rule != "sys.data-absent")
    return replace(judged, firings=told)


def _worst_of_each(firings: list[Firing]) -> list[Firing]:
    """Firings → one of each rule: two plans, or a plan and the limits, may call a rule alike, and a yellow must hide no red (S1)."""
    if len({firing.rule for firing in firings}) == len(firings):
        return firings
    worst: dict[str, Firing] = {}
    for firing in firings:
        other = worst.get(firing.rule)
        if other is None or RANK[firing.zone] > RANK[other.zone]:
            worst[firing.rule] = firing
    return list(worst.values())


def _judgement(
    examined: Examined,
    zone: Standing,
    firings: Sequence[Firing],
    rules: RuleSet | None = None,
    trace: tuple[Trace, ...] = (),
) -> Judgement:
    m = examined.m
    plan = None if rules is None else rules.plan
    return Judgement(
        *(m.id, m.version, m.measure, zone, examined.at),
        None if plan is None else plan.id,
        None if plan is None else plan.version,
        examined.flags,
        tuple(firings),
        trace,
    )


def _technical(examined: Examined, rule: str, reason: str, *, bad_rule: str = "") -> Firing:
    return technical_firing(
        examined.m, examined.at, examined.flags, rule, reason, bad_rule=bad_rule
    )


def _faults(examined: Examined, faulty: Sequence[Entry]) -> list[Firing]:
    """Rules at fault → one alert of each sort: a unit that is not known (§4.4), a rule that cannot be used (S10)."""
    by_sort: dict[str, Entry] = {}
    for entry in faulty:
        by_sort.setdefault("sys.unit" if entry.fault == "unit" else "sys.rule", entry)
    reasons = {"sys.unit": "technical.unit", "sys.rule": "technical.rule"}
    return [
        _technical(examined, rule, reasons[rule], bad_rule=entry.rule.id)
        for rule, entry in by_sort.items()
    ]


def _ask_rules(
    rules: RuleSet, reading: Reading, moment: Moment, m: Measurement
) -> tuple[list[tuple[Entry, Finding]], list[Entry]]:
    """Rules and a reading → (what each that covers it found, the rules that are at fault)."""
    applying, groups = choose_entries(rules, m.context)
    found: list[tuple[Entry, Finding]] = []
    faulty: list[Entry] = []
    for entry in applying:
        finding = _ask(entry, reading, moment, faulty)
        if finding is not None:
            found.append((entry, finding))
    for group in groups:
        asked = [(entry, _ask(entry, reading, moment, faulty)) for entry in group]
        candidates = [(entry, finding) for entry, finding in asked if finding is not None]
        if candidates:
            found.append(max(candidates, key=lambda pair: RANK[pair[1].zone]))
    return found, faulty


def _ask(entry: Entry, reading: Reading, moment: Moment, faulty: list[Entry]) -> Finding | None:
    """One rule → what it found; one that is at fault, or raises, is told of and stops no other (§4.4, S10)."""
    if entry.judge is None:
        faulty.append(entry)
        return None
    try:
        return entry.judge(reading, moment)
    except Exception:  # noqa: BLE001 - S10: whatever a rule does, the others still judge
        faulty.append(entry)
        return None


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


def _clinical(examined: Examined, entry: Entry, finding: Finding, *, on_hold: bool) -> Firing:
    """What a rule found → its firing; yellow is kept but raises nothing on hold and after 14 days (§4.7, §8.1)."""
    m, rule, plan = examined.m, entry.rule, entry.plan
    received = received_part(m, finding.name)
    source = source_of(entry.origin, plan)
    if finding.words or finding.value is None:
        text = explain_compared(
            finding.name, finding.words, finding.zone, finding.unit, finding.bound, source
        )
    else:
        text = explain_firing(
            *(finding.name, finding.zone, finding.reason, finding.value, finding.unit),
            *(finding.bound, finding.comparator, received, source),
        )
    flags, suppressed = suppress(examined.flags, finding.zone, on_hold=on_hold)
    by_plan = None if plan is None else plan.approved_by
    return Firing(
        *(rule.id, m.id, m.version, examined.at, finding.zone, finding.reason, text, suppressed),
        *(flags, finding.name, received, finding.value, finding.unit, finding.bound),
        plan=None if plan is None else plan.id,
        plan_version=None if plan is None else plan.version,
        rule_version=rule.version,
        approved_by=rule.approved_by or by_plan,
        source=source,
        operands=finding.operands,
    )


def suppress(
    flags: tuple[str, ...], zone: Zone, *, on_hold: bool
) -> tuple[tuple[str, ...], Suppression]:
    """Flags of lateness and a zone → (flags, why it raises nothing): red beats on-hold and lateness (§6.3)."""
    suppressed: Suppression = "historical" if HISTORICAL in flags and zone != "red" else ""
    if on_hold:
        flags = (*flags, "on-hold")
        suppressed = suppressed if zone == "red" else suppressed or "on-hold"
    return flags, suppressed


def source_of(origin: str, plan: PlanVersion | None) -> str:
    """Where a limit comes from → in words: EBP version, general limit or floor."""
    if plan is not None:
        return f"EBP v{plan.version}"
    return "sikkerhetsgrense (gulv)" if origin == "floor" else "generell grense"
