"""A patient's plans and the general limits, compiled once and looked up by measure and instant.

A book may be kept for as long as its inputs do not change; it is never changed itself.
Source: dho/thresholds.md §2.4, §2.5, §4.7–4.10, §5.1 (`when`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hub.problems import Problem, ProblemCode
from hub.thresholds.context import covers, fit
from hub.thresholds.history import History
from hub.thresholds.measurement import ContextValue, Patient, PatientStatus, StatusPeriod
from hub.thresholds.plan import PlanVersion, Rule
from hub.thresholds.rules.kind import HERE, Judge, Kind, Reach, RuleFaultError
from hub.thresholds.rules.registry import KINDS

Origin = Literal["plan", "general", "floor"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule, ready to judge.

    Shape: `judge` None = the rule is at `fault`: its unit (§4.4) or another field of it (S10); `off` = "no limit wanted" (§4.9); `watching` = its
    zone is only noted, the plan is in observe mode (§4.10); `plan` None for general limits and floors; `key` is
    (kind, measure), which patient and general rules are compared by; `triggers` are the measures it judges.
    """

    rule: Rule
    origin: Origin
    plan: PlanVersion | None
    judge: Judge | None
    off: bool
    watching: bool
    key: tuple[str, str]
    triggers: tuple[str, ...]
    reach: Reach
    fault: Literal["", "unit", "rule"] = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules for one measure while the same plans are in force.

    Shape: `plan` the version that names the result, None when none is in force; `observing` = every plan in force
    only observes; `plain` = no rule asks for a context and none is replaced, so all apply as they stand.
    """

    entries: tuple[Entry, ...]
    plan: PlanVersion | None
    observing: bool
    plain: bool
    plans: tuple[PlanVersion, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that does not change from one observation to the next.

    Shape: `starts` are the instants at which the plans in force change; `sets[i]` holds measure → rules from
    `starts[i-1]` on, "" for measures without a rule; `versions` every version of a rule by its id, those of plans last;
    `problems` are the rules that cannot be judged at all (unknown kind); `zone` the patient's calendar; `plans` and `entries` all there are;
    `empty` a past without values; `memo` what others have worked out from the rest and keep here.
    """

    patient: Patient
    starts: tuple[datetime, ...]
    sets: tuple[dict[str, RuleSet], ...]
    versions: dict[str, tuple[Entry, ...]]
    periods: tuple[StatusPeriod, ...]
    max_quiet: timedelta
    problems: tuple[Problem, ...]
    zone: ZoneInfo
    plans: tuple[PlanVersion, ...]
    entries: tuple[Entry, ...]
    empty: History
    memo: dict[Hashable, Any] = field(
        default_factory=dict[Hashable, Any], compare=False, repr=False
    )

    def rules_for(self, measure: str, at: datetime) -> RuleSet:
        """A measure and an effective instant → the rules in force then (§4.8)."""
        sets = self.sets[bisect_right(self.starts, at)]
        return sets.get(measure) or sets[""]

    def status_at(self, at: datetime) -> PatientStatus:
        """An instant → the patient's status; of overlapping periods the one that began last, none = active (S8)."""
        for period in self.periods:
            if period.start <= at and (period.end is None or at < period.end):
                return period.status
        return "active"


@dataclass(frozen=True, slots=True)
class Limits:
    """General limits, compiled; the same for many patients: keep it."""

    entries: tuple[Entry, ...] = ()


def compile_limits(general_limits: Iterable[Rule]) -> Limits:
    """General limits → compiled ones; `overridable` False makes a floor (§2.5)."""
    return Limits(
        tuple(
            _entry(rule, "floor" if rule.overridable is False else "general", None)
            for rule in general_limits
        )
    )


def compile_book(patient: Patient, plans: Sequence[PlanVersion], limits: Limits) -> Book:
    """A patient with plans and general limits → the book to judge by; costs far more than a judgement: keep it.

    Problems: NOT_SUPPORTED for a rule of an unknown kind, kept in `problems`; the other rules still judge (S10).
    """
    zone = ZoneInfo(patient.timezone)
    ends = {p.valid_from for p in plans} | {p.valid_to for p in plans if p.valid_to is not None}
    starts = tuple(sorted(ends))
    compiled = [(plan, tuple(_entry(rule, "plan", plan) for rule in plan.rules)) for plan in plans]
    sets = (
        _segment([], limits.entries),
        *(
            _segment([pair for pair in compiled if pair[0] in now], limits.entries)
            for now in (plans_in_force(plans, at) for at in starts)
        ),
    )
    entries = [*limits.entries, *(entry for _, found in compiled for entry in found)]
    return Book(
        patient,
        starts,
        sets,
        _by_id(entries),
        tuple(sorted(patient.periods, key=lambda period: period.start, reverse=True)),
        max((e.rule.quiet for e in entries if e.rule.quiet is not None), default=timedelta(0)),
        tuple(
            Problem(ProblemCode.NOT_SUPPORTED, f"Regeltypen {e.rule.kind} støttes ikke.", e.rule.id)
            for e in entries
            if e.rule.kind not in KINDS
        ),
        zone,
        tuple(plans),
        tuple(entries),
        History(zone),
    )


def _by_id(entries: Iterable[Entry]) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.rule.id, []).append(entry)
    return {name: tuple(versions) for name, versions in found.items()}


def plans_in_force(plans: Iterable[PlanVersion], at: datetime) -> list[PlanVersion]:
    """Plan versions and an instant → those in force: per plan the newest version valid then (§2.4).

    A version that is there twice, with different rules, counts twice: which of them was meant nobody knows, and the worse zone tells.
    """
    newest: dict[str, list[PlanVersion]] = {}
    for plan in plans:
        if plan.valid_from <= at and (plan.valid_to is None or at < plan.valid_to):
            others = newest.get(plan.id)
            if others is None or plan.version > others[0].version:
                newest[plan.id] = [plan]
            elif plan.version == others[0].version:
                others.append(plan)
    return [plan for found in newest.values() for plan in found]


def _entry(rule: Rule, origin: Origin, plan: PlanVersion | None) -> Entry:
    watching = plan is not None and plan.mode == "observe"
    kind = KINDS.get(rule.kind)
    if kind is None:
        return Entry(
            *(rule, origin, plan, None, False, watching, (rule.kind, rule.measure or "")),
            (rule.measure,) if rule.measure else (),
            HERE,
            "rule",
        )
    off = kind.is_off(rule)
    judge, fault = (None, "") if off else _compile(rule, kind)
    return Entry(
        *(rule, origin, plan, judge, off, watching, _compared_by(rule.kind, kind.subject_of(rule))),
        kind.triggers(rule),
        kind.reach(rule),
        fault,
    )


@lru_cache(maxsize=4096)
def _compared_by(kind: str, subject: str) -> tuple[str, str]:
    """The key of an entry, one for the rules of all patients."""
    return kind, subject


def _compile(rule: Rule, kind: Kind) -> tuple[Judge | None, Literal["", "unit", "rule"]]:
    try:
        judge = kind.compile(rule)
    except RuleFaultError:
        return None, "rule"
    return judge, "" if judge is not None else "unit"


def _segment(
    in_force: Sequence[tuple[PlanVersion, tuple[Entry, ...]]], limits: Sequence[Entry]
) -> dict[str, RuleSet]:
    """The plans in force together, with the general limits → the rules of every measure (§4.9, §4.10)."""
    observing = bool(in_force) and all(plan.mode == "observe" for plan, _ in in_force)
    safety_net = any(plan.safety_net for plan, _ in in_force)
    from_plans = [entry for _, entries in in_force for entry in entries]
    from_limits = [
        replace(entry, watching=True)
        if observing and (entry.origin == "general" or not safety_net)
        else entry
        for entry in limits
        if not entry.off
    ]
    everything = [*from_plans, *from_limits]
    plan = in_force[0][0] if in_force else None
    plans = tuple(plan for plan, _ in in_force)
    sets = {"": RuleSet((), plan, observing, True, plans)}
    for measure in dict.fromkeys(trigger for entry in everything for trigger in entry.triggers):
        entries = [entry for entry in everything if measure in entry.triggers]
        plain = not any(entry.rule.when for entry in entries)
        if plain:
            entries = [entry for entry in _without_replaced(entries) if not entry.off]
        sets[measure] = RuleSet(tuple(entries), plan, observing, plain, plans)
    return sets


def _without_replaced(entries: Sequence[Entry]) -> list[Entry]:
    """§4.9: a patient rule replaces the overridable general rules of its kind and measure.

    A rule that is only watched (another plan judges, §4.10) replaces none that raises: no red is lost to a trial.
    """
    own = {(entry.key, entry.watching) for entry in entries if entry.origin == "plan"}
    return [
        entry
        for entry in entries
        if entry.origin != "general"
        or not ((entry.key, False) in own or (entry.watching and (entry.key, True) in own))
    ]


def choose_entries(
    rules: RuleSet, context: dict[str, ContextValue]
) -> tuple[tuple[Entry, ...], tuple[tuple[Entry, ...], ...]]:
    """The rules of a measure and the context of a value → (those that apply, groups of candidates).

    A group holds rules alike in kind, measure and origin whose context is not known: the most severe of each group
    counts (§5.1). A patient rule that does not apply to this context does not replace the general one; where it is not known
    whether one applies, the general one is a candidate beside it.
    """
    if rules.plain:
        return rules.entries, ()
    fits = {id(entry): fit(entry.rule.when, context) for entry in rules.entries}
    possible = [entry for entry in rules.entries if fits[id(entry)] != "no"]
    own = [
        entry
        for entry in possible
        if entry.origin == "plan" and (rules.observing or not entry.watching)
    ]
    sure = {entry.key for entry in own if fits[id(entry)] == "yes"}
    sure |= {key for key in {e.key for e in own} - sure if _one_applies(own, key, context)}
    doubtful = {entry.key for entry in own} - sure
    possible = [e for e in possible if not (e.off or (e.origin == "general" and e.key in sure))]
    groups: dict[tuple[tuple[str, str], str, bool], list[Entry]] = {}
    applying: list[Entry] = []
    for entry in possible:
        beside = entry.origin == "general" and entry.key in doubtful
        if beside or fits[id(entry)] == "unknown":
            origin = "plan" if beside else entry.origin
            groups.setdefault((entry.key, origin, entry.watching), []).append(entry)
        else:
            applying.append(entry)
    return tuple(applying), tuple(tuple(group) for group in groups.values())


def _one_applies(
    own: Sequence[Entry], key: tuple[str, str], context: dict[str, ContextValue]
) -> bool:
    """Whether one of the patient's rules of a kind and measure applies, whatever the context that is not known is."""
    return covers([entry.rule.when for entry in own if entry.key == key], context)
