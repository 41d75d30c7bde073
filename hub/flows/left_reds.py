"""Reds of a plan that counts no more, where no other plan has come in its place → they stand until somebody acts on them.

Whoever ends a plan, or marks it as a mistake, says nothing of the patient whose value was red: an alert that nobody has taken must not go by
that (promise 1). Where another version counts at the time of the value its doctor has decided, and its verdict holds (ADR 0041).
Source: architecture §2, promise 1; dho/thresholds.md §2.4, §13 S1; docs/adr/0057-a-plan-that-goes-leaves-its-reds.md.
"""

from __future__ import annotations

from dataclasses import replace as with_differences
from datetime import datetime

from msgspec.structs import replace

from hub.flows.recompute import Difference, Recomputed
from hub.thresholds.book import Book
from hub.thresholds.judgement import Firing, Judgement


def keep_reds_without_a_plan(found: Recomputed, book: Book, _: datetime) -> Recomputed:
    """What differs, and the book → the same, with the reds kept that vanish because no plan is in force at their time."""
    kept = tuple(Difference(each.stored, _kept(each, book)) for each in found.differences)
    return with_differences(found, differences=kept)


def _kept(each: Difference, book: Book) -> Judgement:
    at = each.stored.effective
    if at is None or book.rules_for(each.stored.measure, at).plan is not None:
        return each.found
    fired = {firing.rule for firing in each.found.firings}
    reds = tuple(f for f in each.stored.firings if _is_plans_red(f) and f.rule not in fired)
    if not reds:
        return each.found
    plan, version = each.stored.plan, each.stored.plan_version
    firings = (*each.found.firings, *reds)
    return replace(each.found, zone="red", plan=plan, plan_version=version, firings=firings)


def _is_plans_red(firing: Firing) -> bool:
    return firing.zone == "red" and firing.plan is not None and not firing.suppressed
