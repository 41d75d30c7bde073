"""How long each kind of record is kept: defaults, an operator's own periods, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.policy.retention import RULES, parse_periods

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def days(text: str, tenant: int = 1) -> dict[str, int | None]:
    periods, faults = parse_periods(text)
    assert faults == []
    found = {rule.id: periods.before(rule, tenant, NOW) for rule in RULES}
    return {name: None if at is None else (NOW - at).days for name, at in found.items()}


def test_the_defaults_keep_the_log_five_years_and_the_bytes_of_messages_for_ever() -> None:
    assert days("") == {
        "access-log": 1826,
        "security-log": 548,
        "done-jobs": 30,
        "dead-jobs": 90,
        "message-bodies": None,
        "dead-letters": None,
    }


def test_an_operator_sets_periods_for_all_or_for_one_tenant() -> None:
    text = "message-bodies=30; access-log=3653;2/access-log=never"
    assert days(text)["message-bodies"] == 30
    assert (days(text)["access-log"], days(text, 2)["access-log"]) == (3653, None)


def test_off_takes_nothing_away() -> None:
    assert set(days("off").values()) == {None}


@pytest.mark.parametrize(
    "text",
    ["access-log=364", "access-log=36501", "security-log=732", "done-jobs=0", "history=30", "nonsense", "access-log=-1", "access-log"],
)  # fmt: skip
def test_what_is_out_of_bounds_or_no_rule_is_refused(text: str) -> None:
    _, faults = parse_periods(text)
    assert len(faults) == 1


def test_every_default_stands_within_its_own_bounds() -> None:
    for rule in RULES:
        assert rule.default == 0 or rule.floor <= rule.default <= rule.ceiling
        assert NOW - timedelta(days=rule.ceiling) < NOW
