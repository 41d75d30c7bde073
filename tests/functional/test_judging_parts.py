"""Values that come as components, through the whole hub: no red among them is lost, and none is taken back in silence.

Source: dho/thresholds.md §3.3, §4.1, §5.5, §5.7, §9, §13 S1, S8, §16; docs/adr/0056.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hub.thresholds.plan import Rule, Where
from tests.builders import Json, coding, observation, quantity
from tests.functional.followed import (
    PRESSURE_RULE,
    PULSE_RULE,
    SPO2_RULE,
    Followed,
    pressure,
    reason_of,
    standing,
    zone_of,
)

PULSE = "8867-4"
HIGH = ("absolute.high", "red")


@pytest.fixture
def who(followed: Followed) -> str:
    name = followed.person()
    followed.plan(name, SPO2_RULE, PULSE_RULE, PRESSURE_RULE)
    return name


def pulse(value: str) -> Json:
    return {"code": {"coding": [coding(PULSE)]}, "valueQuantity": quantity(value, "/min")}


def with_pulse(who: str, value: str, **more: Any) -> Json:
    made = pressure(who, "120", "80", **more)
    made["component"].append(pulse(value))
    return made


def post(followed: Followed, made: Json) -> str:
    name = followed.client.create(made)
    followed.work()
    return name


def zones(followed: Followed, who: str) -> dict[str, str]:
    marks, _ = followed.judged(who)
    return {m.measure: m.zone for m in sorted(marks, key=lambda m: m.version)}


def test_a_red_pulse_in_a_blood_pressure_is_judged(followed: Followed, who: str) -> None:
    name = post(followed, with_pulse(who, "140"))

    (issue,) = followed.alerts(who)
    assert {"bp": "green", "pulse": "red"} == zones(followed, who)
    assert (HIGH, "Puls 140 /min er over rød grense (≥ 120 /min), EBP v2") == (
        (reason_of(issue), zone_of(issue)),
        issue["detail"],
    )
    assert [name] == [each["reference"] for each in issue["implicated"]]


def test_a_red_pulse_beside_the_saturation_is_judged(followed: Followed, who: str) -> None:
    post(followed, observation(who, component=[pulse("140")]))

    assert {"spo2": "green", "pulse": "red"} == zones(followed, who)
    assert [HIGH] == followed.reasons(who)


def test_a_part_without_a_unit_is_told(followed: Followed, who: str) -> None:
    bare = {"code": {"coding": [coding(PULSE)]}, "valueQuantity": quantity("140", None)}
    post(followed, observation(who, component=[bare]))

    assert [("technical.unit", "yellow")] == followed.reasons(who)


def test_parts_stand_in_the_windows_of_their_measure(followed: Followed) -> None:
    who = followed.person()
    followed.plan(
        who,
        Rule("n", "n_of_m", "pulse", "/min", n=2, m=3, where=Where(ge=Decimal(120)), zone="red"),
    )
    post(followed, with_pulse(who, "130"))
    followed.send(who, "125", PULSE, "/min", at="2026-11-21T08:10:00+01:00")

    assert [("n_of_m", "red")] == followed.reasons(who)


def test_the_same_panel_sent_again_is_a_copy_in_all_its_parts(followed: Followed, who: str) -> None:
    named = {"identifier": [{"system": "urn:x", "value": "1"}]}
    first = post(followed, with_pulse(who, "140", **named))
    post(followed, with_pulse(who, "140", **named))

    marks, alerts = followed.judged(who)
    assert ["duplicate", "duplicate", "green", "red"] == sorted(m.zone for m in marks)
    assert [("puls", "red", "open", (f"{first.partition('/')[2]}#pulse",))] == standing(alerts)


def test_a_panel_with_the_identifier_of_another_is_a_new_version_of_it_in_all_its_parts(
    followed: Followed, who: str
) -> None:
    named = {"identifier": [{"system": "urn:x", "value": "1"}]}
    post(followed, with_pulse(who, "140", **named))
    post(followed, with_pulse(who, "80", **named))

    assert [] == followed.reasons(who)
    marks, _ = followed.judged(who)
    assert ["duplicate", "green", "green", "superseded"] == sorted(m.zone for m in marks)


def test_a_part_that_is_amended_or_left_out_or_deleted_is_taken_back(
    followed: Followed, who: str
) -> None:
    for change in ("amended", "left out", "deleted"):
        name = post(followed, with_pulse(who, "140"))
        assert [HIGH] == followed.reasons(who)
        if change == "deleted":
            assert followed.client.request("DELETE", name).status_code == 204
            followed.work()
        else:
            parts = with_pulse(who, "80")["component"]
            left = parts if change == "amended" else parts[:2]
            followed.change(name, status="amended", component=left)

        assert [] == followed.reasons(who), change
        if change != "deleted":
            assert followed.client.request("DELETE", name).status_code == 204
            followed.work()


def test_a_part_whose_code_becomes_unknown_is_told(followed: Followed, who: str) -> None:
    name = post(followed, with_pulse(who, "140"))
    parts = with_pulse(who, "140")["component"]
    parts[2]["code"]["coding"][0]["code"] = "99999-9"
    followed.change(name, status="amended", component=parts)

    assert [HIGH, ("technical.code-conflict", "yellow")] == followed.reasons(who)


def test_a_value_whose_code_becomes_unknown_is_told_and_its_red_stands(
    followed: Followed, who: str
) -> None:
    name = followed.send(who, "80")
    assert [("absolute.low", "red")] == followed.reasons(who)

    followed.change(name, status="amended", code={"coding": [coding("99999-9")]})

    assert "invalid" == followed.zone(name)
    told = [("absolute.low", "red"), ("technical.code-conflict", "yellow")]
    assert told == followed.reasons(who)

    followed.change(name, status="amended", code={"coding": [coding("59408-5")]})
    assert told[:1] == followed.reasons(who)


def test_a_value_beside_a_part_whose_own_code_becomes_unknown_is_told_and_its_red_stands(
    followed: Followed, who: str
) -> None:
    name = post(followed, observation(who, value="80", component=[pulse("80")]))
    assert [("absolute.low", "red")] == followed.reasons(who)

    followed.change(
        name,
        status="amended",
        code={"coding": [coding("99999-9")]},
        component=[
            pulse("80"),
            {"code": {"coding": [coding("8310-5")]}, "valueQuantity": quantity("37.0", "Cel")},
        ],
    )
    told = [("absolute.low", "red"), ("technical.code-conflict", "yellow")]
    assert told == followed.reasons(who)
    assert ("invalid", "green") == (followed.zone(name), zones(followed, who)["pulse"])

    followed.change(name, status="amended", component=[pulse("140")])
    assert [*told, HIGH] == sorted(followed.reasons(who), key=lambda reason: reason == HIGH)

    followed.change(
        name, status="amended", code={"coding": [coding("59408-5")]}, component=[pulse("80")]
    )
    assert told[:1] == followed.reasons(who)


def test_what_stands_beside_an_unknown_code_is_no_value_of_the_first_part(
    followed: Followed, who: str
) -> None:
    name = post(followed, observation(who, "99999-9", "60", "/min", component=[pulse("140")]))

    assert ("red", [HIGH]) == (followed.zone(name), followed.reasons(who))


def test_a_value_of_an_unknown_code_that_is_entered_in_error_tells_nothing(
    followed: Followed, who: str
) -> None:
    name = followed.send(who, "80")
    followed.change(name, status="entered-in-error", code={"coding": [coding("99999-9")]})

    assert "retracted" == followed.zone(name)
    assert [] == followed.reasons(who)


def test_an_alert_that_rests_on_a_part_is_explained_without_a_difference(
    followed: Followed, who: str
) -> None:
    post(followed, with_pulse(who, "140"))
    (issue,) = followed.alerts(who)

    found = followed.client.get(f"DetectedIssue/{issue['id']}/$explain")

    assert found.status_code == 200, found.text
    assert "140" in found.text
    assert "input-changed" not in found.text
