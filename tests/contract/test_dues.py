"""What falls due by the clock: who is to be planned for, what of one patient has not been judged, and what fills a time for certain.

Source: dho/thresholds.md §5.7.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from hub.ports import DueSlot, DueTime, JudgeMark, Unit
from tests.contract.bench import START, Bench

HOUR = timedelta(hours=1)


def slot(patient: str, rule: str, measure: str, *hours: int) -> DueSlot:
    """Times that are over so many hours after the start, each two hours long."""
    ends = [START + hour * HOUR for hour in hours]
    return DueSlot(
        1, patient, rule, measure, tuple(DueTime(end, end - 2 * HOUR, end - HOUR) for end in ends)
    )


def planned(bench: Bench, patient: str, *slots: DueSlot) -> None:
    """A patient who is planned for until the second day, and again after ten hours."""

    def plan(unit: Unit) -> None:
        unit.dues.change(1, patient, START, new=True)
        unit.dues.plan(1, patient, START + 48 * HOUR, START + 10 * HOUR, slots)

    bench.write(plan)


def test_one_patient_is_to_be_planned_for_when_it_is_time_and_not_before(bench: Bench) -> None:
    planned(bench, "p1")
    early, late = START + 9 * HOUR, START + 10 * HOUR

    def ask(unit: Unit) -> list[object]:
        return [
            unit.dues.to_plan_of(*who)
            for who in ((1, "p1", early), (1, "p1", late), (1, "p2", late), (2, "p1", late))
        ]

    assert [None, START + 48 * HOUR, None, None] == bench.read(ask)


def test_the_times_of_one_patient_are_those_of_its_values_that_were_not_judged(bench: Bench) -> None:  # fmt: skip
    weight, form = slot("p1", "a", "weight", 1, 25), slot("p1", "b", "form:x", 30)
    planned(bench, "p1", form, weight, slot("p1", "review", "", 2))
    planned(bench, "p2", slot("p2", "a", "weight", 1))

    assert [weight, form] == bench.read(lambda unit: unit.dues.values_of(1, "p1"))
    assert [] == bench.read(lambda unit: unit.dues.values_of(2, "p1"))
    bench.write(lambda unit: unit.dues.advance([weight]))
    left = replace(weight, times=weight.times[1:])
    assert [left, form] == bench.read(lambda unit: unit.dues.values_of(1, "p1"))


@pytest.mark.parametrize(
    ("minutes", "filled"), [(-1, True), (0, True), (1, False)], ids=["before", "at", "after"]
)
def test_only_what_was_judged_by_the_deadline_fills_a_time_for_certain(
    bench: Bench, minutes: int, filled: bool
) -> None:
    planned(bench, "p1", slot("p1", "a", "weight", 1))
    judged = START + HOUR + minutes * timedelta(minutes=1)
    mark = JudgeMark(1, "o1", 1, "p1", "weight", START + timedelta(minutes=7), (), b"input")
    mark = structs.replace(mark, zone="green", verdict=b"verdict", judged_at=judged)
    bench.write(lambda unit: unit.judgements.add(mark))

    (found,) = bench.read(lambda unit: unit.dues.due(START + 2 * HOUR, 9))
    assert filled == found.filled


def test_a_value_that_waits_fills_nothing_for_certain(bench: Bench) -> None:
    planned(bench, "p1", slot("p1", "a", "weight", 1))
    mark = JudgeMark(1, "o1", 1, "p1", "weight", START + timedelta(minutes=7), (), b"input")
    bench.write(lambda unit: unit.judgements.add(mark))

    (found,) = bench.read(lambda unit: unit.dues.due(START + 2 * HOUR, 9))
    assert not found.filled


def test_what_was_put_off_before_the_clock_was_set_back_is_due_when_it_comes(bench: Bench) -> None:
    planned(bench, "p1", slot("p1", "a", "weight", 1, 25), slot("p1", "b", "pulse", 30))
    bench.write(lambda unit: unit.dues.postpone(1, "p1", START + 5 * HOUR))
    plain, back = START + 5 * HOUR - timedelta(seconds=30), START + 2 * HOUR

    assert [False, True] == [bench.read(lambda unit, at=at: unit.dues.ahead(at)) for at in (plain, back)]  # fmt: skip
    assert [] == bench.read(lambda unit: unit.dues.due(back, 9))

    bench.write(lambda unit: unit.dues.bring_back(back))

    assert not bench.read(lambda unit: unit.dues.ahead(back))
    (found,) = bench.read(lambda unit: unit.dues.due(back, 9))
    assert "a" == found.rule_id
    assert [] == bench.read(lambda unit: unit.dues.to_plan(START + 9 * HOUR, 9))
