"""The story held against the hub itself: its engine, its codec and its mappers must tell it the same way."""

import itertools
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from hub.demo.case_file import build_case_file, read_cases
from hub.demo.observations import patient_url, to_observation
from hub.demo.people import DIABETES, HEART, MAIN, PRESSURE, TRIAL, VALVE
from hub.demo.resources import render_json, transaction, with_references
from hub.demo.story import DEMO_DAY, build_story
from hub.fhir.codec import parse
from hub.mapping.fhir_to_patient_status import fhir_to_patient_status
from hub.mapping.gp import GpReceiver, resolve_gp
from hub.mapping.observation_to_measurement import observation_to_measurement
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.thresholds.engine import Verdict, decide
from hub.thresholds.measurement import Measurement
from hub.thresholds.plan_check import validate_plan, validate_rules

STORY = build_story()
CASES = read_cases(STORY)


def judge(person: str, series: tuple[Measurement, ...] | None = None) -> Verdict:
    case = CASES[person]
    return decide(
        case.patient,
        case.plans,
        case.general_limits,
        None,
        (),
        case.observations if series is None else series,
        (),
        case.now,
    )


@pytest.mark.parametrize("person", list(CASES))
def test_every_plan_is_one_the_engine_accepts(person: str) -> None:
    assert [validate_plan(plan) for plan in CASES[person].plans] == [()] * len(CASES[person].plans)
    assert validate_rules(CASES[person].general_limits) == ()


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (
            MAIN,
            {
                ("kols-spo2", "red", "open"),
                ("kols-puls", "yellow", "open"),
                ("kols-vekt", "yellow", "open"),
            },
        ),
        (HEART, set()),
        (DIABETES, {("sys.unit", "yellow", "open"), ("diabetes-glukose", "yellow", "open")}),
        (VALVE, {("marevan-inr", "yellow", "withdrawn")}),
        (PRESSURE, {("bt-hjemme", "yellow", "open")}),
        (TRIAL, set()),
    ],
)
def test_the_day_ends_with_exactly_these_alerts(
    person: str, expected: set[tuple[str, str, str]]
) -> None:
    alerts = judge(person).alerts

    assert {(a.rule, a.zone, a.state) for a in alerts} == expected


@pytest.mark.parametrize("person", list(CASES))
def test_the_engine_gives_each_event_the_zone_the_story_tells(person: str) -> None:
    found = judge(person).judgements
    for event in STORY.events:
        if event.person == person and event.reading and event.kind != "mistake":
            again = "-again" if event.kind == "duplicate" else ""
            assert found[event.reading.key + again].zone == event.zone, event.title


def test_no_alert_is_older_than_the_demo_day() -> None:
    for person in CASES:
        before = tuple(
            m for m in CASES[person].observations if m.received < STORY.opens - timedelta(hours=6)
        )
        assert judge(person, before).alerts == ()


@pytest.mark.parametrize("day", [DEMO_DAY + timedelta(days=n) for n in (1, 200, 222)])
def test_the_story_can_be_told_on_another_day(day: date) -> None:
    case = read_cases(build_story(day))[MAIN]
    verdict = decide(
        case.patient, case.plans, case.general_limits, None, (), case.observations, (), case.now
    )

    assert {(a.rule, a.zone) for a in verdict.alerts} == {
        ("kols-spo2", "red"),
        ("kols-puls", "yellow"),
        ("kols-vekt", "yellow"),
    }


def test_every_resource_of_the_town_is_valid_fhir() -> None:
    known = {
        e.full_url: f"{e.resource['resourceType']}/{number}"
        for number, e in enumerate(STORY.town, 1)
    }
    kinds: Counter[str] = Counter()
    for entry in STORY.town:
        kind = entry.resource["resourceType"]
        parse(render_json(with_references(entry.resource, known)), kind)
        kinds[kind] += 1

    parse(render_json(transaction(STORY.town)), "Bundle")
    assert kinds["Patient"] == kinds["EpisodeOfCare"] == len(STORY.people)


def test_every_observation_is_valid_fhir_and_measures_what_the_story_says() -> None:
    by_id = {m.id: m for case in CASES.values() for m in case.observations}
    for reading in STORY.history:
        body = render_json(
            with_references(to_observation(reading), {patient_url(reading.person): "Patient/1"})
        )
        parsed = parse(body, "Observation")
        made = observation_to_measurement(
            parsed.resource,
            resource_id=reading.key,
            version=1,
            received=reading.at + timedelta(minutes=1),
        )
        expected = by_id[reading.key]
        assert made.problems == ()
        assert made.value is not None
        assert (made.value.measure, made.value.effective) == (
            expected.measure,
            expected.effective,
        )
        assert (made.value.value, made.value.components) == (expected.value, expected.components)
        assert made.value.components or made.value.unit == expected.unit
        assert dict(expected.context).items() <= dict(made.value.context).items()


def test_every_plan_becomes_resources() -> None:
    for person, case in CASES.items():
        for plan in case.plans:
            count = itertools.count(1)
            made = plan_to_fhir(
                plan,
                "1",
                new_id=lambda count=count: f"id-{next(count)}",
                text=STORY.plans[person].text,
            )
            assert made.care_plan.title == STORY.plans[person].text.title
            assert len(made.zone_plans) == len(STORY.plans[person].text.zones)


def test_the_case_file_is_the_same_every_time() -> None:
    assert build_case_file(build_story()) == build_case_file(STORY)


def stored_town() -> dict[str, Any]:
    """The town as a store would give it back: `Type/id` → resource."""
    known = {e.full_url: f"{e.resource['resourceType']}/{n}" for n, e in enumerate(STORY.town)}
    return {
        known[e.full_url]: parse(
            render_json(with_references(e.resource, known)), e.resource["resourceType"]
        ).resource
        for e in STORY.town
    }


def test_every_patient_has_a_gp_who_can_be_written_to() -> None:
    stored = stored_town()
    for place, patient in stored.items():
        if place.startswith("Patient/"):
            role = stored[patient.generalPractitioner[0].reference]
            found = resolve_gp(
                patient,
                role,
                stored[role.organization.reference],
                stored[role.practitioner.reference],
                now=STORY.opens,
            )
            assert isinstance(found, GpReceiver)
            assert found.organisation_her_id == "8091001"
            assert found.party_her_id in {"8091011", "8091012"}
            assert found.person is not None


def test_the_patient_in_hospital_is_on_hold_and_the_others_are_active() -> None:
    stored = stored_town()
    statuses: dict[str, str] = {}
    for place, patient in stored.items():
        if place.startswith("Patient/"):
            episodes = [
                r
                for k, r in stored.items()
                if k.startswith("EpisodeOfCare/") and r.patient.reference == place
            ]
            seen = fhir_to_patient_status(patient, episodes, now=STORY.opens)
            statuses[patient.name[0].family] = next(
                p.status
                for p in seen.periods
                if p.start <= STORY.opens and (p.end is None or STORY.opens < p.end)
            )

    assert statuses.pop(STORY.people[HEART].family) == "on-hold"
    assert set(statuses.values()) == {"active"}
