"""General limits that are changed when values are there already: what is worse by the new ones is told, nothing else changes.

Source: dho/thresholds.md §2.5, §8.1, §8.3, §13 S1, S10; docs/adr/0051-limits-that-change-judge-anew.md.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from hub.fhir.codec import encode
from hub.flows import anew
from hub.flows.recompute import recompute
from hub.log import COUNTS
from hub.mapping.general_limits import general_limits_to_fhir
from hub.store.migrate import DEMO_TENANT
from hub.thresholds.plan import Rule
from tests.builders import PULSE, Json, observation, quantity
from tests.functional.followed import Followed, ProcessDied, absolute

MORNING = "2026-11-21T08:00:00+01:00"


def floor(red: str, yellow: str) -> Rule:
    """SpO2: red below the one, yellow below the other, whatever a plan says."""
    ends = (("red", None, red), ("yellow", red, yellow), ("green", yellow, None))
    return absolute("sat", "spo2", "%", *ends, overridable=False)


def set_limits(followed: Followed, *rules: Rule, name: str = "") -> str:
    """Rules of one measure → their ObservationDefinition, stored anew or in the place of the one that is named, and followed."""
    (made,) = general_limits_to_fhir(rules, new_id=lambda: name or followed.clock.new_id())
    answer = followed.put(made)
    assert answer.status_code in (200, 201), answer.text
    follow(followed)
    return made.id or ""


def follow(followed: Followed) -> None:
    """What follows is done, with the rests between its pieces."""
    for _ in range(20):
        followed.work()
        followed.clock.at += timedelta(seconds=2)


def test_a_red_by_limits_that_came_after_the_value_is_raised(followed: Followed) -> None:
    who = followed.person(**followed.gp())
    name = set_limits(followed, floor("80", "82"))
    low = followed.send(who, "86", at=MORNING)
    assert followed.zone(low) == "green"
    told = len(followed.messages())

    set_limits(followed, floor("88", "92"), name=name)

    assert followed.zone(low) == "red"
    assert ("absolute.low", "red") in followed.reasons(who)
    assert len(followed.messages()) == told + 1


def test_limits_of_one_bundle_are_judged_by_together_and_once(followed: Followed) -> None:
    who = followed.person()
    low = followed.send(who, "86", at=MORNING)
    fast = followed.send(who, "130", PULSE, "/min", at=MORNING)
    pulse = absolute("fort", "pulse", "/min", ("green", None, "120"), ("red", "120", None), overridable=True)  # fmt: skip
    made = general_limits_to_fhir([floor("88", "92"), pulse], new_id=followed.clock.new_id)
    entry = [
        {
            "resource": msgspec.json.decode(encode(each)),
            "request": {"method": "PUT", "url": f"ObservationDefinition/{each.id}"},
        }
        for each in made
    ]
    answer = followed.client.post("", {"resourceType": "Bundle", "type": "transaction", "entry": entry})  # fmt: skip
    assert answer.status_code == 200, answer.text
    before = COUNTS["limits_anew"]
    follow(followed)

    assert ("red", "red") == (followed.zone(low), followed.zone(fast))
    assert 1 == COUNTS["limits_anew"] - before


def test_limits_that_are_eased_take_nothing_back(followed: Followed) -> None:
    who = followed.person()
    name = set_limits(followed, floor("88", "92"))
    low = followed.send(who, "86", at=MORNING)
    before = followed.alerts(who)

    set_limits(followed, floor("80", "82"), name=name)
    assert (before, "red") == (followed.alerts(who), followed.zone(low))

    assert followed.client.request("DELETE", f"ObservationDefinition/{name}").status_code in (200, 204)  # fmt: skip
    follow(followed)
    assert (before, "red") == (followed.alerts(who), followed.zone(low))


@pytest.mark.parametrize(
    "mended", [{"status": "entered-in-error"}, {"valueQuantity": quantity("97", "%"), "status": "corrected"}]
)  # fmt: skip
def test_what_eased_limits_left_standing_goes_with_its_value(
    followed: Followed, mended: Json
) -> None:
    who = followed.person()
    name = set_limits(followed, floor("88", "92"))
    low = followed.send(who, "86", at=MORNING)
    set_limits(followed, floor("80", "82"), name=name)
    assert ("absolute.low", "red") in followed.reasons(who)

    followed.change(low, **mended)

    assert ("absolute.low", "red") not in followed.reasons(who)


def test_limits_that_were_eased_by_mistake_and_are_put_back_lose_no_red(followed: Followed) -> None:
    who = followed.person()
    name = set_limits(followed, floor("88", "92"))
    set_limits(followed, floor("80", "82"), name=name)
    low = followed.send(who, "86", at=MORNING)
    assert followed.zone(low) == "green"

    set_limits(followed, floor("88", "92"), name=name)

    assert followed.zone(low) == "red"
    assert ("absolute.low", "red") in followed.reasons(who)


def test_of_two_rules_one_of_which_is_eased_the_worse_verdict_stands(followed: Followed) -> None:
    who = followed.person()
    second = absolute("sat2", "spo2", "%", ("yellow", None, "50"), ("green", "50", None), overridable=False)  # fmt: skip
    name = set_limits(followed, floor("88", "92"), second)
    low = followed.send(who, "86", at=MORNING)

    raised = absolute("sat2", "spo2", "%", ("yellow", None, "90"), ("green", "90", None), overridable=False)  # fmt: skip
    set_limits(followed, floor("80", "82"), raised, name=name)

    assert followed.zone(low) == "red"
    told = [each for each in followed.reasons(who) if each[0] == "absolute.low"]
    assert [("absolute.low", "red"), ("absolute.low", "yellow")] == told


def test_an_old_yellow_is_no_news_and_an_old_red_is(followed: Followed) -> None:
    before, since = (followed.clock.now() - timedelta(days=days) for days in (20, 5))
    old, red, new = followed.person(), followed.person(), followed.person()
    for who, at, value in ((old, before, "90"), (red, before, "86"), (new, since, "90")):
        made, now = {"at": at.isoformat()}, followed.clock.at
        followed.clock.at = at + timedelta(minutes=1)
        followed.send(who, value, **made)
        followed.clock.at = now
    set_limits(followed, floor("88", "92"))

    assert [] == low_ones(followed, old)
    assert ["red"] == low_ones(followed, red)
    assert ["yellow"] == low_ones(followed, new)


def test_limits_with_the_same_rules_judge_nothing_anew(followed: Followed) -> None:
    who = followed.person()
    name = set_limits(followed, floor("88", "92"))
    followed.send(who, "86", at=MORNING)
    before = COUNTS["limits_anew"], followed.alerts(who)

    (made,) = general_limits_to_fhir([floor("88", "92")], new_id=lambda: name)
    stands = msgspec.json.decode(encode(made))
    answer = followed.client.put(f"ObservationDefinition/{name}", {**stands, "permittedDataType": ["Quantity"]})  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert 0 == waiting(followed)
    follow(followed)
    assert before == (COUNTS["limits_anew"], followed.alerts(who))


def test_limits_of_a_measure_that_nobody_sends_judge_nothing_anew(followed: Followed) -> None:
    followed.send(followed.person(), "96", PULSE, "/min", at=MORNING)
    (made,) = general_limits_to_fhir([floor("88", "92")], new_id=followed.clock.new_id)
    assert 201 == followed.put(made).status_code

    assert 0 == waiting(followed)


def many(followed: Followed) -> list[str]:
    """More patients than are judged in one piece, each with a value that is low by the limits to come."""
    names = [followed.person() for _ in range(60)]
    for who in names:
        followed.client.create(observation(who, value="86", at=MORNING))
    followed.work()
    return names


def test_what_is_judged_in_pieces_goes_on_after_a_death(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = many(followed)
    seen: list[str] = []

    def dies(unit: Any, tenant: int, patient: str, book: Any) -> Any:
        seen.append(patient)
        if len(seen) == 55:
            raise ProcessDied
        return recompute(unit, tenant, patient, book)

    monkeypatch.setattr(anew, "recompute", dies)
    (made,) = general_limits_to_fhir([floor("88", "92")], new_id=followed.clock.new_id)
    assert 201 == followed.put(made).status_code
    with pytest.raises(ProcessDied):
        follow(followed)
    assert 1 == waiting(followed)  # one job, however many pieces
    assert 'hub_jobs_waiting{queue="limits_anew"} 1' in metrics(followed)

    follow(followed)
    assert 0 == waiting(followed)
    assert [["red"]] * 60 == [low_ones(followed, who) for who in names]
    assert (
        max(Counter(seen).values()) <= 2
    )  # what was done before the death is not done again but for one piece


def test_a_patient_who_cannot_be_judged_stops_no_other_and_is_not_forgotten(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = many(followed)
    bad = names[30].partition("/")[2]

    def fails(unit: Any, tenant: int, patient: str, book: Any) -> Any:
        if patient == bad:
            raise ValueError
        return recompute(unit, tenant, patient, book)

    monkeypatch.setattr(anew, "recompute", fails)
    set_limits(followed, floor("88", "92"))
    assert [names[30]] == [who for who in names if low_ones(followed, who) != ["red"]]
    assert 1 == waiting(followed)

    monkeypatch.undo()
    followed.clock.at += timedelta(hours=5)
    follow(followed)
    assert ["red"] == low_ones(followed, names[30])
    assert 0 == waiting(followed)


def low_ones(followed: Followed, who: str) -> list[str]:
    """A patient → the zones of the alerts about low values."""
    return [zone for reason, zone in followed.reasons(who) if reason == "absolute.low"]


def waiting(followed: Followed) -> int:
    """How many jobs of limits are still to be done."""

    def look(unit: Any) -> int:
        names = ["", *unit.judgements.patients(DEMO_TENANT, "", 1000)]
        rows = [r for n in names for r in unit.outbox.of_subject(DEMO_TENANT, "limits_anew", n)]
        return sum(row.state == "todo" for row in rows)

    return followed.client.runner.run(followed.hub.store.read(look))


def metrics(followed: Followed) -> str:
    """What Prometheus is told."""
    return followed.client.request("GET", "/metrics").text
