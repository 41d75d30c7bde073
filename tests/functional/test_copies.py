"""One more copy of a value that stands is a duplicate, found without a look at the other copies.

Source: dho/thresholds.md §4.1, §9.1, §9.2; docs/adr/0016.
"""

from __future__ import annotations

from typing import Any

import pytest

from hub.flows import judge_observations
from tests.builders import quantity
from tests.functional.followed import SPO2_RULE, Followed

MORNING = "2026-11-21T08:00:00+01:00"


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a plan: SpO2 red below 88."""
    name = followed.person()
    followed.plan(name, SPO2_RULE)
    return name


def zones(followed: Followed, names: list[str]) -> list[str]:
    return [followed.zone(name) for name in names]


def red(followed: Followed, who: str) -> list[tuple[str, list[str]]]:
    """A patient → status and evidence of the reds."""
    return [
        (issue["status"], [e["detail"][0]["reference"] for e in issue["evidence"]])
        for issue in followed.alerts(who)
        if issue["severity"] == "high"
    ]


def named(*values: str) -> dict[str, Any]:
    """The identifiers of an observation, as more of it."""
    return {"identifier": [{"system": "urn:x", "value": v} for v in values]} if values else {}


@pytest.mark.parametrize("value", ["86", "95"])
@pytest.mark.parametrize(
    "names",
    [[()] * 5, [("a",)] * 5, [("a",), ("b",), ("c",), (), ("a", "d")]],
    ids=["none", "its own", "new ones"],
)
def test_a_copy_asks_for_no_neighbours(
    followed: Followed,
    who: str,
    value: str,
    names: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    find = judge_observations.find_neighbours

    def counted(unit: Any, mark: Any, *more: Any) -> Any:
        asked.append(mark.observation_id)
        return find(unit, mark, *more)

    first = followed.send(who, value, at=MORNING, **named(*names[0]))
    monkeypatch.setattr(judge_observations, "find_neighbours", counted)
    copies = [followed.send(who, value, at=MORNING, **named(*each)) for each in names]
    other = followed.send(who, "97", at=MORNING)
    again = followed.send(who, "97", at=MORNING)

    assert ["duplicate"] * 5 == zones(followed, copies)
    assert ["red" if value == "86" else "green", "green", "duplicate"] == zones(
        followed, [first, other, again]
    )
    assert [other.partition("/")[2]] == asked
    assert [("preliminary", [first])] * (value == "86") == red(followed, who)


@pytest.mark.parametrize(
    "mended",
    [
        {"status": "entered-in-error"},
        {"status": "corrected", "valueQuantity": quantity("95", "%")},
    ],
)
def test_what_it_was_a_copy_of_is_taken_back_or_mended_and_it_stands_itself(
    followed: Followed, who: str, mended: dict[str, Any]
) -> None:
    first, second, third = (followed.send(who, "86", at=MORNING) for _ in range(3))

    followed.change(first, **mended)
    late = followed.send(who, "86", at=MORNING)

    assert ["red", "duplicate", "duplicate"] == zones(followed, [second, third, late])
    assert ["preliminary"] == [status for status, _ in red(followed, who)]
    assert second in red(followed, who)[0][1]


def test_a_copy_that_is_corrected_is_a_value_of_its_own(followed: Followed, who: str) -> None:
    _, second = (followed.send(who, "95", at=MORNING) for _ in range(2))

    followed.change(second, status="corrected", valueQuantity=quantity("86", "%"))

    assert "red" == followed.zone(second)
    assert [("preliminary", [second])] == red(followed, who)


def test_a_copy_of_one_value_with_the_identifier_of_another_leaves_both_standing(
    followed: Followed, who: str
) -> None:
    first = followed.send(who, "95", at=MORNING)
    other = followed.send(who, "86", at="2026-11-21T07:00:00+01:00", **named("a"))

    copy = followed.send(who, "95", at=MORNING, **named("a"))

    assert ["green", "red", "duplicate"] == zones(followed, [first, other, copy])
    assert [("preliminary", [other])] == red(followed, who)
