"""Buckets and counts: who asks too often is stopped and told of once, who guesses is stopped from guessing."""

from __future__ import annotations

from hub.api.rates import CALLERS, LOOKUPS, REFUSALS, WINDOW_S, Rates
from hub.log import COUNTS


def test_a_caller_has_ten_seconds_worth_and_then_its_rate() -> None:
    rates = Rates(60)
    assert [rates.may_ask("a", 0.0) for _ in range(12)] == [True] * 10 + [False] * 2
    assert [rates.may_ask("a", 1.0), rates.may_ask("a", 1.0)] == [True, False]
    assert [rates.may_ask("a", 1000.0) for _ in range(11)] == [True] * 10 + [False]


def test_callers_do_not_take_from_each_other() -> None:
    rates = Rates(6)
    assert [rates.may_ask(who, 0.0) for who in ("a", "a", "b")] == [True, False, True]


def test_without_a_rate_everyone_may_ask() -> None:
    assert all(Rates(0).may_ask("a", 0.0) for _ in range(100))


def test_too_much_is_told_once_in_ten_minutes() -> None:
    rates, before = Rates(6), COUNTS["caller_too_busy"]
    for _ in range(50):
        rates.may_ask("a", 0.0)
    assert COUNTS["caller_too_busy"] == before + 1


def test_many_callers_are_remembered_and_no_more() -> None:
    rates = Rates(6)
    for number in range(CALLERS + 5):
        assert rates.may_ask(f"c{number}", 0.0)
    assert rates.may_ask("c0", 0.0)
    assert not rates.may_ask(f"c{CALLERS + 4}", 0.0)


def test_look_ups_that_find_nobody_are_closed_after_twenty_until_they_are_long_ago() -> None:
    rates, before = Rates(0), COUNTS["lookups_many"]
    for number in range(LOOKUPS + 1):
        assert rates.may_look_up("a", float(number))
        rates.missed("a", float(number))
    assert not rates.may_look_up("a", 30.0)
    assert rates.may_look_up("b", 30.0)
    assert COUNTS["lookups_many"] == before + 1
    assert rates.may_look_up("a", WINDOW_S + 1.0)


def test_refused_tokens_from_one_address_are_told_of_once() -> None:
    rates, before = Rates(0), COUNTS["refusals_many"]
    for _ in range(REFUSALS + 10):
        rates.refused("192.0.2.1", 0.0)
    rates.refused("192.0.2.2", 0.0)
    assert COUNTS["refusals_many"] == before + 1
