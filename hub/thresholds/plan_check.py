"""Whether a plan version is fit to be approved.

Source: dho/thresholds.md §2.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.problems import Problem, ProblemCode
from hub.thresholds.plan import PlanVersion, Rule
from hub.thresholds.rules.registry import KINDS


def validate_plan(plan: PlanVersion) -> tuple[Problem, ...]:
    """A plan version → what must be mended before it is approved (§2.3), in words for a nurse."""
    problems: list[Problem] = []
    if plan.valid_to is not None and plan.valid_to <= plan.valid_from:
        problems.append(
            Problem(ProblemCode.BUSINESS_RULE, "Planen slutter før den begynner.", "plan")
        )
    return (*problems, *validate_rules(plan.rules))


def validate_rules(rules: Sequence[Rule]) -> tuple[Problem, ...]:
    """Rules → problems: unknown kind or unit, overlaps with different zones, gaps, red not outermost, same id twice.

    Problems: BUSINESS_RULE, NOT_SUPPORTED; `where` is the rule's id.
    """
    problems: list[Problem] = []
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            text = f"Regelen {rule.id} står to ganger."
            problems.append(Problem(ProblemCode.BUSINESS_RULE, text, rule.id))
        seen.add(rule.id)
        kind = KINDS.get(rule.kind)
        if kind is None:
            text = f"Regeltypen {rule.kind} støttes ikke."
            problems.append(Problem(ProblemCode.NOT_SUPPORTED, text, rule.id))
        else:
            problems += [
                Problem(ProblemCode.BUSINESS_RULE, text, rule.id) for text in kind.faults(rule)
            ]
    return tuple(problems)
