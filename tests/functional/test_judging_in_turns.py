"""Judging that takes long gives others their turn between two values, and leaves none of them out."""

from __future__ import annotations

import pytest

from hub.flows import judge_observations
from tests.builders import observation
from tests.functional.followed import Followed


def test_values_that_take_long_are_judged_a_few_at_a_time(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = followed.person()
    monkeypatch.setattr(judge_observations, "HELD_S", -1.0)
    values = [observation(who, value="5", at=f"2026-11-21T08:{n:02}:00+01:00") for n in range(7)]
    entries = [{"resource": v, "request": {"method": "POST", "url": "Observation"}} for v in values]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert followed.client.post("", bundle).status_code == 200
    rounds: list[int] = []

    async def judge() -> int:
        return await followed.hub.work.runner.judge()

    while not rounds or rounds[-1]:
        rounds.append(followed.client.runner.run(judge()))

    assert max(rounds) == 1
    marks, _ = followed.judged(who)
    assert [mark.zone for mark in marks] == ["invalid"] * 7
    assert ("technical.implausible-repeat", "red") in followed.reasons(who)
