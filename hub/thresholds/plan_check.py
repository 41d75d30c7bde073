"""Whether a plan version is fit to be approved.

Source: dho/thresholds.md §2.3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.problems import Problem, ProblemCode
from hub.thresholds.plan import Part, PlanVersion, Rule
from hub.thresholds.rule_fields import FIELDS, KIND_FIELDS, KindFields, is_given
from hub.thresholds.rules.missing import slots_around
from hub.thresholds.rules.registry import KINDS
from hub.thresholds.spans import Span, parse_span
from hub.thresholds.zones import RANK


def validate_plan(plan: PlanVersion) -> tuple[Problem, ...]:
    """A plan version → what must be mended before it is approved (§2.3), in words for a nurse."""
    faults: list[str] = []
    if plan.valid_to is not None and plan.valid_to <= plan.valid_from:
        faults.append("Planen slutter før den begynner.")
    if plan.review_interval is not None and parse_span(plan.review_interval) in (None, Span()):
        faults.append("Tiden mellom gjennomgangene må skrives som P3M.")
    if any(rule.kind == "stale_plan" for rule in plan.rules) and plan.last_review is None:
        faults.append(
            "Planen mangler dato for siste gjennomgang, så det kan ikke varsles om neste."
        )
    problems = [Problem(ProblemCode.BUSINESS_RULE, text, "plan") for text in faults]
    return (*problems, *_check_schedules(plan), *validate_rules(plan.rules))


def _check_schedules(plan: PlanVersion) -> tuple[Problem, ...]:
    """A plan of less than some weeks → its schedules that have no time as long as it is in force."""
    if plan.valid_to is None or not plan.valid_from < plan.valid_to < plan.valid_from + _SOME_WEEKS:
        return ()
    last = plan.valid_to - timedelta(microseconds=1)
    return tuple(
        Problem(
            ProblemCode.BUSINESS_RULE,
            f"Regelen {rule.id} har ingen tidspunkter så lenge planen gjelder, og kan aldri slå ut.",
            rule.id,
        )
        for rule in plan.rules
        if rule.kind == "missing" and rule.times
        if not any(slots_around(rule, plan.valid_from, last, _OSLO))
    )


_OSLO: Final = ZoneInfo("Europe/Oslo")
_SOME_WEEKS: Final = timedelta(days=15)
_BY_THE_CLOCK: Final = frozenset({"missing", "stale_plan"})


def validate_rules(rules: Sequence[Rule]) -> tuple[Problem, ...]:
    """Rules → what is wrong with them, in words for a nurse.

    Shape: unknown kind or unit, overlaps with different zones, gaps, red not outermost, fields that a kind needs or does
    not have, the same id twice.
    Problems: BUSINESS_RULE, NOT_SUPPORTED; `where` is the rule's id.
    """
    problems: list[Problem] = []
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            text = f"Regelen {rule.id} står to ganger."
            problems.append(Problem(ProblemCode.BUSINESS_RULE, text, rule.id))
        seen.add(rule.id)
        kind, fields = KINDS.get(rule.kind), KIND_FIELDS.get(rule.kind)
        if kind is None or fields is None:
            text = f"Regeltypen {rule.kind} støttes ikke."
            problems.append(Problem(ProblemCode.NOT_SUPPORTED, text, rule.id))
        else:
            faults = dict.fromkeys((*_field_faults(rule, fields), *kind.faults(rule)))
            problems += [Problem(ProblemCode.BUSINESS_RULE, text, rule.id) for text in faults]
    return tuple(problems)


def _field_faults(rule: Rule, fields: KindFields) -> list[str]:
    """A rule and the fields of its kind → fields that do not belong to it, and life-cycle fields that make no sense."""
    own = {FIELDS[name].attribute for name in (*fields.required, *fields.optional)}
    found = [
        f"Feltet {field.name} ({field.words}) brukes ikke i denne regeltypen."
        for field in FIELDS.values()
        if field.attribute not in own and is_given(getattr(rule, field.attribute))
    ]
    if (rule.bands and fields.bands != "one") or (rule.components and fields.bands != "panel"):
        found.append("Regeltypen har ikke områder slik de er skrevet her.")
    if not KINDS[rule.kind].is_off(rule):
        found += [
            f"Feltet {name} ({FIELDS[name].words}) mangler."
            for name in fields.required
            if not is_given(getattr(rule, FIELDS[name].attribute))
        ]
    if rule.quiet is not None and rule.quiet < timedelta(0):
        found.append("Stilletiden (quiet) kan ikke være negativ.")
    if rule.auto_resolve is not None and (
        rule.auto_resolve.count < 1 or rule.auto_resolve.margin < 0
    ):
        found.append("Automatisk lukking krever minst én verdi og en margin som ikke er negativ.")
    return found


def _worst(rule: Rule) -> str:
    """A rule → the worst zone it can ever give."""
    zones: list[str] = [band.zone for band in rule.bands]
    zones += [band.zone for bands in rule.components.values() for band in bands]
    zones += [*rule.answers.values(), *([rule.zone] if rule.zone else [])]
    return max(zones, key=RANK.__getitem__, default="red")


def check_parts(rules: Sequence[Rule], known: Iterable[str]) -> tuple[Problem, ...]:
    """A plan's rules and the ids of the general limits → combinations that can never be met (§5.12).

    Shape: of rules that are nowhere, that fire without a value, or that are never as severe as is asked for.
    """
    found = {rule.id: rule for rule in rules}
    names = found.keys() | set(known)
    return tuple(
        Problem(
            ProblemCode.BUSINESS_RULE, f"Regelen {rule.id} viser til {part.rule}, {fault}", rule.id
        )
        for rule in rules
        for part in rule.parts
        if (fault := _part_fault(part, found.get(part.rule), names))
    )


def _part_fault(part: Part, meant: Rule | None, names: Collection[str]) -> str:
    if part.rule not in names and not part.rule.startswith("sys."):
        return "som ikke finnes i planen eller de generelle grensene."
    if meant is not None and meant.kind in _BY_THE_CLOCK:
        return "som slår ut uten at noen måler; bare regler om verdier kan inngå."
    if meant is not None and part.min_zone == "red" and _worst(meant) != "red":
        return "som aldri blir rød, og kan derfor aldri slå ut."
    return ""
