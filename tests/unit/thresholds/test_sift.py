"""Sifting a log gives what the whole machinery gives, on nasty series with every kind of rule (§8.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.thresholds.book import Book, compile_book, compile_limits
from hub.thresholds.measurement import Measurement, Patient, StatusPeriod
from hub.thresholds.plan import PlanVersion
from hub.thresholds.record import judge_all
from hub.thresholds.sift import sift
from tests.unit.thresholds.nasty import RULES, START, series, some_rules

HELD = StatusPeriod("on-hold", START + timedelta(hours=30), START + timedelta(hours=60))


def same(book: Book, log: list[Measurement]) -> bool:
    """Whether sifting agrees with judging all together."""
    whole, found = judge_all(book, log), sift(book, log)
    calm = found.quiet
    rest = {name: judgement for name, judgement in whole.items() if name not in calm}
    return rest == found.judged and all(
        (zone, ()) == (whole[name].zone, whole[name].firings) for name, zone in calm.items()
    )


@given(some_rules, series(24))
@settings(max_examples=150, deadline=None)
def test_sifting_agrees_with_judging_all_together(rules: Any, log: list[Measurement]) -> None:
    plan = PlanVersion("ebp", 1, START + timedelta(hours=6), tuple(rules), approved_by="gp")
    book = compile_book(Patient("p", "Europe/Oslo", (HELD,)), [plan], compile_limits([]))

    assert same(book, log)


@given(series(24), st.sampled_from(["active", "observe"]))
@settings(max_examples=100, deadline=None)
def test_sifting_agrees_where_rules_look_at_nothing_else(log: Any, mode: Any) -> None:
    alone = [rule for rule in RULES if rule.kind in ("absolute", "symptom")]
    plan = PlanVersion("ebp", 1, START + timedelta(hours=6), tuple(alone), mode=mode)
    limits = compile_limits(RULES[:1])
    book = compile_book(Patient("p", "Europe/Oslo", (HELD,)), [plan], limits)

    assert same(book, log)
