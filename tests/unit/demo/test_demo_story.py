"""The demo's town: invented, the same every time, plausible, and dramatic on the right day."""

import json
from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.demo.limits import Rule, general_limits
from hub.demo.observations import to_observation
from hub.demo.people import (
    DOCTORS,
    HEART,
    MAIN,
    PARTIES,
    TRIAL,
    own_services,
    people,
    synthetic_national_id,
)
from hub.demo.plans import HISTORY_DAYS, plans
from hub.demo.resources import build_town, render_json, transaction, with_references
from hub.demo.series import (
    MMHG_PER_KPA,
    MMOL_PER_MGDL,
    Reading,
    build_history,
    to_supplier_unit,
)
from hub.demo.story import DEMO_DAY, SEED, build_story
from hub.values import parse_her_id, parse_national_id, parse_org_number

OSLO = ZoneInfo("Europe/Oslo")
STORY = build_story()
# Plausible ranges of the measure table, in the canonical unit.
PLAUSIBLE = {
    "spo2": (30, 100),
    "pulse": (20, 300),
    "systolic": (40, 300),
    "diastolic": (20, 200),
    "weight": (20, 400),
    "temperature": (25, 43),
    "glucose": (Decimal("0.6"), 50),
    "inr": (Decimal("0.5"), 15),
    "phq9": (0, 27),
    "oxygen_flow": (0, 15),
}
RANK = ["green", "yellow", "red"]


def canonical(value: Decimal, unit: str) -> Decimal:
    if unit == "kPa":
        return (value * MMHG_PER_KPA).quantize(Decimal(1))
    if unit == "mg/dL":
        return (value * MMOL_PER_MGDL).quantize(Decimal("0.1"))
    return value


def in_band(value: Decimal, band: dict[str, Any]) -> bool:
    return (
        ("ge" not in band or value >= band["ge"])
        and ("gt" not in band or value > band["gt"])
        and ("lt" not in band or value < band["lt"])
        and ("le" not in band or value <= band["le"])
    )


def zone_by(rules: list[Rule], reading: Reading) -> str:
    """The worst zone of the rules for this reading, judged the slow and obvious way."""
    zones = ["none"]
    for rule in rules:
        for name, number, unit in reading.values:
            value = canonical(number, unit)
            if rule["kind"] == "composite_bp":
                bands = rule["bands"].get(name, [])
            else:
                bands = rule["bands"] if rule["measure"] == name else []
            zones += [b["zone"] for b in bands if in_band(value, b)]
    return max(zones, key=lambda z: RANK.index(z) if z in RANK else -1)


def rules_at(person: str, at: datetime) -> tuple[str, list[Rule]]:
    for version in STORY.plans[person].versions:
        end = version["valid_to"]
        if datetime.fromisoformat(version["valid_from"]) <= at and (
            end is None or at < datetime.fromisoformat(end)
        ):
            return version["mode"], version["rules"]
    return "none", []


def test_the_story_is_the_same_every_time() -> None:
    again = build_story()

    assert again == STORY
    assert [render_json(e.resource) for e in again.town] == [
        render_json(e.resource) for e in STORY.town
    ]


def test_another_seed_is_another_history_with_the_same_people() -> None:
    other = build_story(seed=SEED + 1)

    assert other.town == STORY.town
    assert other.history != STORY.history


def test_every_person_number_is_right_synthetic_and_fits_birth_date_and_sex() -> None:
    persons = list(people(DEMO_DAY).values())

    assert len({p.national_id for p in persons}) == len(persons)
    for person in persons:
        digits = person.national_id
        assert parse_national_id(digits) is not None
        assert 81 <= int(digits[2:4]) <= 92, "month + 80: a synthetic series"
        assert f"{person.born:%d}" == digits[:2]
        assert person.born.month == int(digits[2:4]) - 80
        assert int(digits[8]) % 2 == (1 if person.sex == "male" else 0)


@given(st.dates(date(1926, 1, 1), date(2039, 12, 31)), st.sampled_from(["male", "female"]))
@settings(max_examples=100)
def test_the_number_maker_never_makes_a_wrong_number(born: date, sex: Any) -> None:
    assert parse_national_id(synthetic_national_id(born, sex, 3)) is not None


def test_a_day_without_so_many_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer"):
        synthetic_national_id(DEMO_DAY, "male", 999)


def test_organisations_have_valid_numbers_and_her_ids_on_both_levels() -> None:
    her_ids = [p.her_id for p in PARTIES.values()] + [d.her_id for d in DOCTORS.values()]

    assert len(set(her_ids)) == len(her_ids)
    assert all(parse_her_id(h) for h in her_ids)
    assert all(parse_org_number(p.org_number) is not None for p in PARTIES.values() if p.org_number)
    assert all(p.org_number for p in PARTIES.values() if p.part_of is None)


def test_the_own_services_stand_in_the_form_of_the_setting() -> None:
    assert own_services() == "8090001/8090011=*;8090001/8090012=*;8090001/8090013=*"


@pytest.mark.parametrize("day", [DEMO_DAY, date(2026, 11, 22), date(2028, 2, 29)])
def test_the_main_person_is_seventy_on_any_day(day: date) -> None:
    born = people(day)[MAIN].born
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    assert age == 70


def test_every_reference_of_the_town_leads_to_an_earlier_entry() -> None:
    known: set[str] = set()
    for entry in STORY.town:
        text = render_json(entry.resource).decode()
        wanted = {part.split('"')[0] for part in text.split('"reference":"')[1:]}
        assert wanted <= known
        known.add(entry.full_url)


def test_the_gp_is_reached_by_role_organisation_and_two_her_ids() -> None:
    by_url = {e.full_url: e.resource for e in STORY.town}
    for patient in (r for r in by_url.values() if r["resourceType"] == "Patient"):
        role = by_url[patient["generalPractitioner"][0]["reference"]]
        office = by_url[role["organization"]["reference"]]

        assert role["identifier"][0]["value"].startswith("80910")
        assert "8091001" in [i["value"] for i in office["identifier"]]


def test_references_are_replaced_by_where_things_were_stored() -> None:
    known = {e.full_url: f"{e.resource['resourceType']}/{n}" for n, e in enumerate(STORY.town)}

    text = json.dumps([with_references(e.resource, known) for e in STORY.town])

    assert "urn:uuid:" not in text
    assert len(transaction(STORY.town)["entry"]) == len(STORY.town)


def test_the_history_fills_ninety_days_in_order() -> None:
    times = [r.at for r in STORY.history]
    days = {r.at.date() for r in STORY.history if r.person == MAIN}

    assert times == sorted(times)
    assert min(days) >= DEMO_DAY - timedelta(days=HISTORY_DAYS)
    assert max(days) == DEMO_DAY - timedelta(days=1)
    assert 75 <= len(days) < HISTORY_DAYS, "some days are missed"
    assert len(STORY.history) > 1000


def test_every_reading_and_event_has_its_own_identifier() -> None:
    keys = [r.key for r in STORY.history]
    keys += [e.reading.key for e in STORY.events if e.reading and e.kind in {"value", "late"}]

    assert [k for k, n in Counter(keys).items() if n > 1] == []


def test_people_measure_at_hours_when_people_are_awake() -> None:
    hours = [r.at.astimezone(OSLO).time() for r in STORY.history]

    assert min(hours) >= time(5, 45)
    assert max(hours) <= time(22, 30)


@pytest.mark.parametrize("day", [DEMO_DAY, date(2026, 11, 22)])
def test_wall_clock_hours_hold_across_the_change_of_time(day: date) -> None:
    offsets = {r.at.utcoffset() for r in build_history(day, SEED)}

    assert offsets == {timedelta(hours=1), timedelta(hours=2)}


def test_every_value_is_plausible() -> None:
    readings = [*STORY.history, *(e.reading for e in STORY.events if e.reading)]
    for reading in readings:
        for name, number, unit in reading.values:
            low, high = PLAUSIBLE[name]
            assert low <= canonical(number, unit) <= high
        if reading.measure == "bp":
            assert reading.values[0][1] > reading.values[1][1]


def test_suppliers_send_kilopascal_and_milligrams() -> None:
    units = Counter(unit for r in STORY.history for _, _, unit in r.values)

    assert units["kPa"] > 100
    assert units["mg/dL"] > 100


def test_no_supplier_sends_an_unknown_unit() -> None:
    with pytest.raises(ValueError, match="no supplier"):
        to_supplier_unit(Decimal(1), "g")


def test_the_history_leaves_no_alert_open_under_any_plan_in_force() -> None:
    for reading in STORY.history:
        mode, rules = rules_at(reading.person, reading.at)
        if mode == "active":
            assert zone_by(rules, reading) in {"green", "none"}, reading.key


def test_the_floors_never_fire_in_the_history() -> None:
    floors = [r for r in general_limits() if not r["overridable"]]

    assert {zone_by(floors, r) for r in STORY.history} == {"green", "none"}


def test_the_last_week_gets_worse() -> None:
    def mean(measure: str, first: int, last: int) -> float:
        values = [
            float(r.values[0][1])
            for r in STORY.history
            if r.person == MAIN
            and r.measure == measure
            and first >= (DEMO_DAY - r.at.date()).days >= last
        ]
        return sum(values) / len(values)

    assert mean("spo2", 3, 1) < mean("spo2", 60, 8) - 0.8
    assert mean("pulse", 3, 1) > mean("pulse", 60, 8) + 5
    assert mean("weight", 3, 1) > mean("weight", 60, 8) + 0.8


def test_the_heart_patient_measures_nothing_in_hospital() -> None:
    last = max(r.at.date() for r in STORY.history if r.person == HEART)

    assert last < DEMO_DAY - timedelta(days=6)
    assert not [e for e in STORY.events if e.person == HEART and e.observation]


def test_each_event_has_the_zone_the_plan_in_force_gives_it() -> None:
    for event in STORY.events:
        if event.reading and event.kind in {"value", "late", "mistake"}:
            mode, rules = rules_at(event.person, event.reading.at)
            zone = zone_by(rules, event.reading)
            assert event.zone == ("black" if mode == "observe" else zone), event.title


def test_the_main_person_goes_from_yellow_to_red_on_the_day() -> None:
    zones = [
        e.zone
        for e in STORY.events
        if e.person == MAIN and e.reading and e.reading.measure == "spo2"
    ]

    assert zones == ["yellow", "duplicate", "yellow", "red", "green"]


def test_the_day_holds_every_kind_of_event_in_order_of_time() -> None:
    times = [e.at for e in STORY.events]

    assert {e.kind for e in STORY.events} == {
        "value",
        "duplicate",
        "bad-unit",
        "late",
        "mistake",
        "correction",
        "message",
    }
    assert times == sorted(times)
    assert STORY.opens < times[0]
    assert times[-1] < STORY.closes


def test_a_duplicate_is_the_same_resource_and_a_correction_a_version_of_it() -> None:
    by_kind = {e.kind: e for e in STORY.events if e.kind != "value"}
    first = next(e for e in STORY.events if e.identifier == by_kind["duplicate"].identifier)

    assert first.observation == by_kind["duplicate"].observation
    assert by_kind["correction"].identifier == by_kind["mistake"].identifier
    assert by_kind["correction"].observation is not None
    assert by_kind["correction"].observation["status"] == "entered-in-error"


def test_the_late_value_is_more_than_six_hours_late() -> None:
    late = next(e for e in STORY.events if e.kind == "late")

    assert late.reading is not None
    assert timedelta(hours=6) < late.at - late.reading.at < timedelta(hours=24)


def test_the_trial_is_black() -> None:
    zones = {e.zone for e in STORY.events if e.person == TRIAL and e.observation}

    assert zones == {"black"}


def test_an_observation_says_how_it_was_measured() -> None:
    reading = next(r for r in STORY.history if r.person == MAIN and r.measure == "spo2")

    observation = to_observation(reading)

    assert observation["method"] == {"text": "Fingeroksymetri"}
    assert observation["bodySite"]["text"] == "Finger"
    flow = observation["component"][0]
    assert flow["code"]["coding"][0]["code"] == "3151-8"
    assert flow["valueQuantity"]["value"] == Decimal("1.5")
    assert b'"value":1.5,' in render_json(observation)


def test_plans_say_what_matters_and_name_their_approver() -> None:
    for plan in plans(DEMO_DAY).values():
        assert plan.text.matters
        assert plan.text.goals
        assert plan.text.zones
        assert plan.approver in DOCTORS
        assert [v["version"] for v in plan.versions] == list(range(1, len(plan.versions) + 1))


def test_the_town_holds_two_diagnoses_for_the_main_person() -> None:
    url = next(
        e.full_url
        for e in build_town(STORY.people, DEMO_DAY)
        if e.resource["resourceType"] == "Patient"
        and e.resource["name"][0]["family"] == STORY.people[MAIN].family
    )
    codes = [
        e.resource["code"]["coding"][0]["code"]
        for e in STORY.town
        if e.resource["resourceType"] == "Condition" and e.resource["subject"]["reference"] == url
    ]

    assert codes == ["J44.9", "I50.9"]
