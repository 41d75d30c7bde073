"""A value that changes nothing but its own zone is judged in the commit that stores it; everything else waits for its turn.

Source: dho/thresholds.md §4.1, §8.3, §9; architecture D4.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hub.fhir.interactions.prepare import Setting
from hub.flows.patient_book import Books
from hub.flows.recompute import recompute
from hub.flows.store_draft import Desk, job_actor
from hub.ports import Job
from hub.store.migrate import DEMO_TENANT
from hub.thresholds.judgement import Judgement
from hub.thresholds.plan import AutoResolve, Rule
from tests.builders import SPO2, Json, observation
from tests.functional.followed import SPO2_RULE, Followed

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SAME = {"identifier": [{"system": "urn:x", "value": "1"}]}


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a plan whose first value was judged."""
    name = followed.person()
    followed.plan(name, SPO2_RULE)
    followed.send(name, "97", at=at(7))
    return name


def at(hour: int, minute: int = 0) -> str:
    """A time of the morning of the test's day."""
    return f"2026-11-21T{hour:02}:{minute:02}:00+01:00"


def put(followed: Followed, who: str, value: str, **more: Any) -> str:
    """A value → accepted, while the worker rests → its name."""
    return followed.client.create(observation(who, SPO2, value, "%", **more))


def verdict(followed: Followed, name: str) -> Judgement:
    """An Observation → the verdict that is stored of it."""

    def find(unit: Any) -> bytes:
        return unit.judgements.versions(DEMO_TENANT, name.partition("/")[2])[-1].verdict

    found = followed.client.runner.run(followed.hub.store.read(find))
    return msgspec.msgpack.decode(found, type=Judgement)


def test_a_green_value_is_judged_as_it_is_stored(followed: Followed, who: str) -> None:
    first = put(followed, who, "95", at=at(8))
    second = put(followed, who, "95", at=at(9))

    assert ("green", "green") == (followed.zone(first), followed.zone(second))
    followed.work()
    assert [] == followed.alerts(who)


def test_the_verdict_is_the_one_the_worker_would_have_given(followed: Followed, who: str) -> None:
    known = [verdict(followed, put(followed, who, "95", at=at(hour))) for hour in (8, 9)]
    stranger = followed.person()
    followed.plan(stranger, SPO2_RULE)
    waited = verdict(followed, followed.send(stranger, "95", at=at(9)))

    assert waited.trace == known[0].trace == known[1].trace
    assert [datetime(2026, 11, 21, hour, tzinfo=UTC) for hour in (7, 8)] == [
        each.effective for each in known
    ]
    assert replace_ids(waited) == replace_ids(known[1])


def replace_ids(judgement: Judgement) -> Judgement:
    """A verdict without what names the value."""
    return msgspec.structs.replace(judgement, observation="")


@pytest.mark.parametrize("value", ["90", "86", "12"])
def test_what_raises_something_waits_for_the_worker(
    followed: Followed, who: str, value: str
) -> None:
    name = put(followed, who, value, at=at(8))

    assert "" == followed.zone(name)
    followed.work()
    assert 1 == len(followed.alerts(who))


@pytest.mark.parametrize("value", ["90", "86"])
def test_what_was_found_as_it_came_is_told_as_if_the_worker_had_found_it(
    followed: Followed, who: str, value: str
) -> None:
    known = verdict(followed, followed.send(who, value, at=at(8)))
    stranger = followed.person()
    followed.plan(stranger, SPO2_RULE)
    waited = verdict(followed, followed.send(stranger, value, at=at(8)))

    def nameless(judgement: Judgement) -> Judgement:
        firings = [msgspec.structs.replace(f, observation="") for f in judgement.firings]
        return msgspec.structs.replace(replace_ids(judgement), firings=tuple(firings))

    assert 1 == len(waited.firings)
    assert nameless(waited) == nameless(known)


def test_what_fired_by_a_plan_that_changes_before_its_turn_is_judged_by_the_new_one(
    followed: Followed, who: str
) -> None:
    name = put(followed, who, "90", at=at(8))
    followed.plan(who, replace_bands(SPO2_RULE), version=3)

    followed.work()

    assert "red" == followed.zone(name)
    assert ["high"] == [alert["severity"] for alert in followed.alerts(who)]


def test_the_first_value_after_a_change_of_the_plan_waits_and_is_judged_by_the_new_one(
    followed: Followed, who: str
) -> None:
    put(followed, who, "93", at=at(8))
    strict = replace_bands(SPO2_RULE)
    followed.plan(who, strict, version=3)
    name = put(followed, who, "93", at=at(9))

    assert "" == followed.zone(name)
    followed.work()
    assert "yellow" == followed.zone(name)


def replace_bands(rule: Rule) -> Rule:
    """A rule with every bound three higher."""
    return msgspec.structs.replace(
        rule,
        bands=tuple(
            msgspec.structs.replace(
                band,
                ge=None if band.ge is None else band.ge + 3,
                lt=None if band.lt is None else band.lt + 3,
            )
            for band in rule.bands
        ),
    )


def test_a_plan_that_was_not_stored_in_the_end_judges_nothing(followed: Followed, who: str) -> None:
    plan = followed.client.search(f"CarePlan?patient={who}")[0]
    entries: list[Json] = [
        {"resource": plan, "request": {"method": "PUT", "url": f"CarePlan/{plan['id']}"}},
        {"resource": observation(who, SPO2, "93", "%", at=at(8)), "request": {"method": "POST", "url": "Observation"}},
        {"resource": {"resourceType": "Flag"}, "request": {"method": "POST", "url": "Flag", "ifNoneExist": "x=y"}},
    ]  # fmt: skip
    answer = followed.client.post(
        "", {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    )
    assert answer.status_code >= 400
    followed.work()

    assert "green" == followed.zone(followed.send(who, "93", at=at(9)))


def test_a_copy_waits_for_the_worker(followed: Followed, who: str) -> None:
    put(followed, who, "95", at=at(8), **SAME)
    copy = put(followed, who, "95", at=at(8))

    assert "" == followed.zone(copy)
    followed.work()
    assert "duplicate" == followed.zone(copy)


def test_what_is_sent_again_with_another_value_waits_and_lets_a_copy_of_the_first_stand_alone(
    followed: Followed, who: str
) -> None:
    put(followed, who, "95", at=at(8), **SAME)
    copy = put(followed, who, "95", at=at(8))
    again = put(followed, who, "96", at=at(9), **SAME)

    assert ("", "") == (followed.zone(copy), followed.zone(again))
    followed.work()
    assert ("green", "green") == (followed.zone(copy), followed.zone(again))


@pytest.mark.parametrize("gone", ["changed", "deleted"])
def test_an_identifier_that_another_has_carried_is_company(
    followed: Followed, who: str, gone: str
) -> None:
    name = put(followed, who, "95", at=at(8), **SAME)
    if gone == "deleted":
        assert followed.client.request("DELETE", name).status_code in (200, 204)
    else:
        stands = msgspec.json.decode(followed.client.get(name).content)
        assert (
            followed.client.put(name, {**stands, "identifier": [{"value": "2"}]}).status_code == 200
        )
    again = put(followed, who, "96", at=at(9), **SAME)
    other = put(followed, who, "96", at=at(10), identifier=[{"system": "urn:x", "value": "3"}])

    assert ("", "green") == (followed.zone(again), followed.zone(other))
    followed.work()
    assert name.partition("/")[2] in verdict(followed, again).kin


def test_an_identifier_with_bars_in_it_is_recognised(followed: Followed, who: str) -> None:
    barred = {"identifier": [{"system": "urn:x|y", "value": "1|2"}, {"value": "3"}]}
    first = put(followed, who, "95", at=at(8), **barred)
    again = put(followed, who, "96", at=at(9), **barred)

    assert ("green", "") == (followed.zone(first), followed.zone(again))


def test_a_value_that_waits_at_the_same_instant_is_company_too(followed: Followed, who: str) -> None:  # fmt: skip
    waiting = put(followed, who, "90", at=at(8))
    other = put(followed, who, "95", at=at(8))

    assert ("", "") == (followed.zone(waiting), followed.zone(other))
    followed.work()
    assert ("yellow", "green") == (followed.zone(waiting), followed.zone(other))


def test_a_new_version_of_what_was_judged_at_once_is_judged_by_the_worker(
    followed: Followed, who: str
) -> None:
    name = put(followed, who, "95", at=at(8))
    stands = msgspec.json.decode(followed.client.get(name).content)
    changed = {**stands, "status": "amended", "valueQuantity": {**stands["valueQuantity"], "value": 86}}  # fmt: skip
    assert followed.client.put(name, changed).status_code == 200

    assert "" == followed.zone(name)
    followed.work()
    assert "red" == followed.zone(name)
    assert 1 == len(followed.alerts(who))


def test_rules_that_count_calm_values_wait(followed: Followed) -> None:
    calm = msgspec.structs.replace(SPO2_RULE, auto_resolve=AutoResolve(2, Decimal(1)))
    who = followed.person()
    followed.plan(who, calm)
    followed.send(who, "97", at=at(7))

    assert "" == followed.zone(put(followed, who, "97", at=at(8)))


def test_a_late_value_carries_its_flag(followed: Followed, who: str) -> None:
    put(followed, who, "95", at=at(8))
    late = put(followed, who, "95", at="2026-11-20T08:00:00+01:00")

    assert ("late",) == verdict(followed, late).flags
    assert "green" == followed.zone(late)


def test_recomputing_finds_nothing_to_say_of_what_was_judged_at_once(
    followed: Followed, who: str
) -> None:
    for minute in range(5):
        put(followed, who, f"9{minute + 3}", at=at(8, minute))
    patient = who.partition("/")[2]

    def again(unit: Any) -> Any:
        desk = Desk(
            job_actor("recompute", DEMO_TENANT), Setting(followed.clock.now(), "http://x"), str
        )
        permit = desk.permit("read", "CarePlan")
        book = Books().book(unit.fhir, permit, patient, followed.clock.now())
        return recompute(unit, DEMO_TENANT, patient, book.book)

    found = followed.client.runner.run(followed.hub.store.read(again))
    assert (6, 0, ()) == (found.values, found.waiting, found.differences)


def test_a_commit_with_nothing_left_to_do_wakes_no_worker(followed: Followed, who: str) -> None:
    engine, woken = followed.hub.store.engine, list[str]()
    engine.on_commit(lambda: woken.append("woken"))

    def settle() -> None:
        """What was committed before has told of itself: who waits for a commit is answered first."""
        for _ in range(2):
            followed.client.runner.run(engine.write(lambda _: None, long=True, quiet=True))

    def wakes(write: Callable[[], object]) -> int:
        """What commits once → how often workers were woken: the writer's thread does one thing after the other."""
        settle()
        before = len(woken)
        write()
        settle()
        return len(woken) - before

    def ask() -> None:
        job = Job(DEMO_TENANT, "nobody", "nothing")
        followed.client.runner.run(followed.hub.store.write(lambda unit: unit.outbox.add(job, NOW)))

    alone = wakes(lambda: put(followed, who, "95", at=at(8)))
    red = wakes(lambda: put(followed, who, "70", at=at(9)))
    company = wakes(
        lambda: put(followed, who, "95", at=at(8))
    )  # judged, and then found to be a copy

    assert (0, 1, 1, 1) == (alone, red, company, wakes(ask))
