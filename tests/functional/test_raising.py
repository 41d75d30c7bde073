"""An alert that a value raises is written by a short way; when that way fails, the ordinary way writes the same."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from hub.flows import store_alert
from hub.flows.raise_alert import raised
from tests.builders import SPO2, Json, observation
from tests.functional.followed import SPO2_RULE, Followed

SEARCHES = (
    "DetectedIssue?patient={who}&code=absolute.low&implicated={value}",
    "DetectedIssue?patient={who}&identifier=spo2/{id}/1&identified=2026",
    "Flag?patient={who}&date=ge2026",
    "Task?patient={who}&status=requested&intent=order&code=clinical-alert&focus={issue}&authored-on=2026&modified=2026",
    "Provenance?target={issue}&recorded=2026",
)


def person(followed: Followed) -> str:
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    followed.send(who, "97")
    return who


def stored(followed: Followed, who: str, value: str) -> list[Json]:
    """A patient and the value that raised an alert → what each search finds of it, without what differs from patient to patient."""
    (issue,) = followed.alerts(who)
    words = {"who": who, "value": value, "id": value.partition("/")[2]}
    found: list[Json] = []
    for query in SEARCHES:
        resources = followed.client.search(
            query.format(issue=f"DetectedIssue/{issue['id']}", **words)
        )
        text = msgspec.json.encode(resources).decode()
        names = dict.fromkeys(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text))
        for number, name in enumerate(names):
            text = text.replace(name, f"id-{number}")
        found.append(msgspec.json.decode(text))
    return found


def test_both_ways_store_the_same_and_are_found_alike(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person(followed) for _ in range(3)]
    short = followed.send(people[0], "86")

    def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(store_alert, "raised", broken)
    values = [followed.client.create(observation(who, SPO2, "86", "%")) for who in people[1:]]
    followed.work()

    expected = stored(followed, people[0], short)
    assert [1] * len(SEARCHES) == [len(each) for each in expected]
    for who, value in zip(people[1:], values, strict=True):
        assert expected == stored(followed, who, value)


def test_what_the_engine_raises_goes_the_short_way(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[bool] = []

    def seen(*given: Any) -> Any:
        drawn = raised(*given)
        ways.append(drawn is not None)
        return drawn

    monkeypatch.setattr(store_alert, "raised", seen)
    for value in ("90", "86"):
        followed.send(person(followed), value)

    assert [True, True] == ways
