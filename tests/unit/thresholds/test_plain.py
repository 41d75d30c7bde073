"""The short way of a plain green value gives what the whole way gives, or leaves it to the whole way (§8.3, S1)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.thresholds.book import Book, compile_book, compile_limits
from hub.thresholds.examine import examine
from hub.thresholds.history import History
from hub.thresholds.judge import judge, judge_examined
from hub.thresholds.measurement import Component, Measurement, Patient, StatusPeriod
from hub.thresholds.plain import examine_plain, judge_plain, judge_quiet
from hub.thresholds.plan import AutoResolve, Band, PlanVersion, Rule
from hub.thresholds.zones import ALERTING
from tests.unit.thresholds.nasty import LOW, RULES, START, series

D = Decimal
HELD = StatusPeriod("on-hold", START + timedelta(hours=30), START + timedelta(hours=60))
MORE: tuple[Rule, ...] = (
    Rule("kilo", "absolute", "weight", "g", (Band("green", le=D(82000)), Band("yellow", gt=D(82000)))),
    Rule("same", "absolute", "spo2", "1", (Band("black", lt=D("0.5")), Band("green", ge=D("0.5")))),
    Rule("gap", "absolute", "spo2", "%", (Band("green", ge=D(92), lt=D(95)), Band("red", lt=D(85)))),
    Rule("calm", "absolute", "spo2", "%", LOW, auto_resolve=AutoResolve(2, D(1))),
    Rule("warm", "absolute", "spo2", "%", LOW, when={"on_oxygen": True}),
    Rule("off", "absolute", "spo2", "%"),
    Rule("odd", "absolute", "spo2", "kg", LOW),
    Rule("sys", "absolute", "systolic", "mm[Hg]", (Band("green", lt=D(140)), Band("red", ge=D(140)))),
    Rule("what", "unheard-of", "spo2", "%", LOW),
)  # fmt: skip
SOME = st.lists(st.sampled_from((*MORE, *RULES)), max_size=4, unique_by=lambda rule: rule.id)


def a_book(rules: tuple[Rule, ...], general: tuple[Rule, ...] = (), mode: Any = "active") -> Book:
    plan = PlanVersion("ebp", 3, START + timedelta(hours=2), rules, mode=mode, approved_by="gp")
    return compile_book(Patient("p", "Europe/Oslo", (HELD,)), [plan], compile_limits(general))


def green(**changes: Any) -> Measurement:
    at = START + timedelta(hours=4)
    first = Measurement("o", "spo2", at, at + timedelta(minutes=1), value="95", unit="%")
    return replace(first, **changes)


@given(SOME, SOME, series(12), st.sampled_from(["active", "active", "observe"]))
@settings(max_examples=200, deadline=None)
def test_the_short_way_agrees_with_the_whole(own: Any, general: Any, log: Any, mode: Any) -> None:
    taken = {rule.id for rule in own}
    rest = tuple(replace(r, overridable=n % 2 == 0) for n, r in enumerate(general) if r.id not in taken)  # fmt: skip
    book = a_book(tuple(own), rest, mode)
    for m in log:
        found = judge_plain(book, m)

        assert found is None or found == judge(book, m)


@given(
    st.sampled_from(["92", "91.99", "95.0", "101", "29", "9.5e1", "x", ""]),
    st.sampled_from(["%", "1", "kg", None]),
    st.sampled_from([None, "<", ">="]),
    st.integers(-400, 400),
    st.sampled_from(["final", "registered", "entered-in-error", "preliminary"]),
    st.lists(st.sampled_from(MORE), min_size=1, max_size=3, unique_by=lambda rule: rule.id),
)
@settings(max_examples=300, deadline=None)
def test_it_agrees_at_every_edge_of_what_is_plain(
    value: str, unit: str, comparator: str, minutes: int, status: str, rules: Any
) -> None:
    book = a_book(tuple(rules))
    at = START + timedelta(hours=4)
    received = at + timedelta(minutes=minutes)
    m = Measurement(
        "o", "spo2", at, received, status, value=value, unit=unit, comparator=comparator
    )
    found = judge_plain(book, m)

    assert found is None or found == judge(book, m)


def test_a_green_value_of_a_plan_goes_the_short_way() -> None:
    book = a_book((RULES[0],))
    for m in (green(), green(value="0.95", unit="1"), green(status="amended")):
        found = judge_plain(book, m)

        assert found is not None
        assert found == judge(book, m)
        assert found.zone == "green"


def test_whatever_fires_or_is_odd_goes_the_whole_way() -> None:
    book = a_book((RULES[0],))
    odd = (
        green(value="91"),
        green(value="20"),
        green(comparator=">"),
        green(unit="kg"),
        green(unit=None),
        green(effective=None),
        green(date_only=True),
        green(clock_offset_s=60),
        green(code_conflict=True),
        green(data_absent_reason="unknown"),
        green(device_error="E1"),
        green(status="cancelled"),
        green(measure="pulse", unit="/min"),
        green(received=START + timedelta(hours=11)),
        green(received=START),
        green(effective=START + timedelta(hours=40), received=START + timedelta(hours=40)),
        green(measure="bp", value=None, components=(Component("systolic", "120", "mm[Hg]"),)),
    )

    assert [judge_plain(book, m) for m in odd] == [None] * len(odd)
    assert any(f.zone in ALERTING for f in judge(book, odd[0]).firings)


def test_units_that_nobody_knows_are_not_remembered() -> None:
    book = a_book((RULES[0],))
    for number in range(20):
        judge_plain(book, green(unit=f"u{number}"))

    assert book.memo == {}


@given(series(12))
@settings(max_examples=200, deadline=None)
def test_a_number_is_examined_the_short_way_as_the_whole_way(log: Any) -> None:
    for m in (*log, *(replace(m, received=m.effective or m.received) for m in log)):
        found = examine_plain(m)

        assert found is None or found == examine(m)


@given(
    st.sampled_from(["92", "29", "30", "100", "101", "9.5e1", "x", ""]),
    st.sampled_from(["%", "1", "kg", None]),
    st.sampled_from([None, "<", "~"]),
    st.one_of(st.integers(-400, 400), st.sampled_from([360, 361, 20160, 20161])),
    st.sampled_from(["final", "registered", "entered-in-error", "preliminary"]),
    st.sampled_from(["spo2", "systolic", "form:x", "weight", "unheard-of"]),
)
@settings(max_examples=300, deadline=None)
def test_it_is_examined_alike_at_every_edge_of_what_is_plain(
    value: str, unit: str, comparator: str, minutes: int, status: str, measure: str
) -> None:
    received = START + timedelta(minutes=minutes)
    m = Measurement(
        "o", measure, START, received, status, value=value, unit=unit, comparator=comparator
    )
    found = examine_plain(m)

    assert found is None or found == examine(m)


def test_a_plain_number_is_examined_the_short_way() -> None:
    assert examine_plain(green()) == examine(green())
    assert examine_plain(green(received=START + timedelta(days=20))) == examine(
        green(received=START + timedelta(days=20))
    )
    assert examine_plain(green(value="0.95", unit="1")) == examine(green(value="0.95", unit="1"))


@given(SOME, SOME, series(12), st.sampled_from(["active", "active", "observe"]))
@settings(max_examples=200, deadline=None)
def test_what_no_rule_fires_for_among_others_is_judged_as_the_whole_way(
    own: Any, general: Any, log: Any, mode: Any
) -> None:
    taken = {rule.id for rule in own}
    book = a_book(tuple(own), tuple(r for r in general if r.id not in taken), mode)
    history = History(book.zone)
    for m in {m.id: m for m in log}.values():  # one version of each stands
        examined = examine(m)
        if examined.sample is not None:
            history.add(examined.sample)
        found = judge_quiet(book, examined, history)

        assert found is None or found == judge_examined(book, examined, history)


def test_rules_that_look_back_are_asked_the_short_way_and_what_fires_is_not() -> None:
    book = a_book(tuple(rule for rule in RULES if rule.measure == "weight"))
    history = History(book.zone)
    found: list[bool] = []
    for day, value in enumerate(("80", "80.1", "80.2", "83.2")):
        at = START + timedelta(days=3 + day)
        m = Measurement(str(day), "weight", at, at, value=value, unit="kg")
        examined = examine(m)
        assert examined.sample is not None
        history.add(examined.sample)
        quiet = judge_quiet(book, examined, history)
        found.append(quiet is not None)

        assert quiet is None or quiet == judge_examined(book, examined, history)
    assert found == [True, True, True, False]


def test_a_rule_that_raises_is_left_to_the_whole_way() -> None:
    book = a_book((RULES[0],))
    rules = book.rules_for("spo2", START + timedelta(hours=4))
    broken = dataclasses.replace(rules.entries[0], judge=_raise)
    sets = {"": rules, "spo2": dataclasses.replace(rules, entries=(broken,))}
    book = dataclasses.replace(book, sets=tuple(sets for _ in book.sets))

    assert judge_plain(book, green()) is None
    assert judge_quiet(book, examine(green()), book.empty) is None
    assert [f.rule for f in judge(book, green()).firings] == ["sys.rule"]


def _raise(_: Any, __: Any) -> None:
    raise ValueError
