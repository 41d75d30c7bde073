from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.fhir.codec import encode, parse
from hub.fhir.models.r4.care_plan import CarePlan, CarePlanActivity
from hub.fhir.models.r4.datatypes import Extension, Period, Reference
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping import urls
from hub.mapping.fhir_to_plan import check_plan_resources, fhir_to_plan, is_plan, plans_of
from hub.mapping.general_limits import fhir_to_general_limits, general_limits_to_fhir
from hub.mapping.plan_change import check_plan_change, check_request_change
from hub.mapping.plan_text import PlanText, Schedule, ZoneText
from hub.mapping.plan_to_fhir import PlanResources, plan_to_fhir
from hub.thresholds.plan import AutoResolve, Band, PlanVersion, Rule

SPO2 = Rule(
    id="r-spo2",
    kind="absolute",
    measure="spo2",
    unit="%",
    bands=(
        Band("red", lt=Decimal("88.0")),
        Band("yellow", ge=Decimal("88.0"), lt=Decimal(92)),
        Band("green", ge=Decimal(92)),
    ),
)
PLAN = PlanVersion(
    id="ebp",
    version=2,
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    rules=(SPO2,),
    last_review=date(2026, 1, 1),
    review_interval="P3M",
    approved_by="Fastlege Test Testesen",
    approved_at=datetime(2026, 1, 1, 9, tzinfo=UTC),
)


def counted() -> Any:
    numbers = count(1)
    return lambda: f"id-{next(numbers)}"


def through_json(resource: Any) -> Any:
    return parse(encode(resource), type(resource).__name__).resource


def read_back(made: PlanResources) -> Any:
    requests = {r.id or "": through_json(r) for r in made.requests}
    return fhir_to_plan(through_json(made.care_plan), requests)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
codes = st.from_regex(r"[A-Za-z0-9_:.\-]{1,10}", fullmatch=True)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
instants = st.integers(0, 3_400_000_000_000_000).map(
    lambda micros: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
zones = st.sampled_from(["red", "yellow", "green", "black"])


@st.composite
def bands(draw: Any) -> Band:
    low = draw(st.sampled_from([None, "gt", "ge"]))
    high = draw(st.sampled_from([None, "lt", "le"]))
    return Band(draw(zones), **{end: draw(decimals) for end in (low, high) if end})


band_tuples = st.lists(bands(), max_size=4).map(tuple)
whens = st.dictionaries(texts, st.none() | st.booleans() | texts, max_size=2)
life_cycles = st.fixed_dictionaries(
    {},
    optional={
        "quiet": st.timedeltas(timedelta(0), timedelta(days=400)),
        "auto_resolve": st.builds(AutoResolve, st.integers(1, 9), decimals),
        "overridable": st.booleans(),
        "version": st.integers(0, 99),
        "approved_by": texts | st.just("Practitioner/gp-1"),
    },
)


@st.composite
def rules(draw: Any) -> Rule:
    fields = draw(life_cycles)
    fields |= {"id": draw(texts), "when": draw(whens), "unit": draw(st.none() | texts)}
    if draw(st.booleans()):
        measure = draw(st.sampled_from(["spo2", "pulse", "weight"]) | codes | st.none())
        return Rule(kind="absolute", measure=measure, bands=draw(band_tuples), **fields)
    components = draw(st.dictionaries(codes, band_tuples, max_size=3))
    return Rule(kind="composite_bp", components=components, **fields)


plans = st.builds(
    PlanVersion,
    id=codes,
    version=st.integers(0, 10**6),
    valid_from=instants,
    rules=st.lists(rules(), max_size=5).map(tuple),
    valid_to=st.just(datetime(2101, 1, 1, tzinfo=UTC)),
    mode=st.sampled_from(["active", "observe"]),
    safety_net=st.booleans(),
    last_review=st.none() | st.dates(date(1990, 1, 1)),
    review_interval=st.none() | st.sampled_from(["P3M", "P1Y6M", "P2W", "P90D"]),
    approved_by=texts | st.just("Practitioner/gp-1"),
    approved_at=st.none() | instants,
)


@given(plans)
@settings(max_examples=40, deadline=None)
def test_a_plan_comes_back_from_fhir_as_it_was(plan: PlanVersion) -> None:
    read = read_back(plan_to_fhir(plan, "p1", new_id=counted()))

    assert tuple(read.problems) == ()
    assert plan == read.value


@given(st.lists(rules(), max_size=4).map(tuple))
@settings(max_examples=20, deadline=None)
def test_general_limits_come_back_from_fhir_as_they_were(limits: tuple[Rule, ...]) -> None:
    made = general_limits_to_fhir(limits, new_id=counted())

    read = fhir_to_general_limits([through_json(each) for each in made])

    assert tuple(read.problems) == ()
    assert limits == read.value


def test_every_digit_and_each_letter_of_a_bound_survives() -> None:
    made = plan_to_fhir(PLAN, "p1", new_id=counted())

    body = encode(made.requests[0])

    assert b'{"url":"lt","valueDecimal":88.0}' in body
    assert b'{"url":"ge","valueDecimal":92}' in body


def test_the_plan_is_a_self_care_plan_with_one_request_per_measure_and_a_plan_per_zone() -> None:
    text = PlanText(
        title="Min plan",
        matters="Å gå tur med hunden",
        goals=("Gå til postkassen",),
        zones=(ZoneText("red", "Tungpust i hvile", "Ring 113"), ZoneText("green", "Fint", "Tur")),
        schedules={
            "spo2": Schedule(("08:00", "20:00"), ("mon", "thu")),
            "form:cat": Schedule(("09:00",)),
        },
    )

    made = plan_to_fhir(PLAN, "p1", new_id=counted(), text=text)

    for resource in made.all:
        through_json(resource)
    assert [r.code.coding[-1].code for r in made.requests if r.code] == ["spo2", "form:cat"]
    assert made.care_plan.category[0].coding[0].code == "2"
    assert {f"CarePlan/{made.care_plan.id}"} == {
        ref.reference for zone in made.zone_plans for ref in zone.partOf
    }
    assert [a.detail.description for z in made.zone_plans for a in z.activity if a.detail] == [
        "Ring 113",
        "Tur",
    ]
    timing = made.requests[0].occurrenceTiming
    assert timing is not None
    assert timing.repeat is not None
    assert timing.repeat.timeOfDay == ("08:00:00", "20:00:00")
    assert not is_plan(made.zone_plans[0])


def test_a_draft_and_a_mistake_are_no_plan_but_a_completed_one_is() -> None:
    made = plan_to_fhir(PLAN, "p1", new_id=counted())
    requests = {r.id or "": r for r in made.requests}

    for status, counts in (("draft", False), ("entered-in-error", False), ("active", True)):
        found = fhir_to_plan(replace(made.care_plan, status=status), requests)
        assert counts == (found.value is not None)
    over = replace(
        made.care_plan, status="completed", period=Period(start="2026-01-01", end="2026-02-01")
    )
    found = fhir_to_plan(over, requests).value
    assert found is not None
    assert datetime(2026, 2, 1, 23, tzinfo=UTC) == found.valid_to  # the day of the end is in it


def faults(resource: Any, requests: Any = None) -> list[str]:
    return [problem.detail for problem in check_plan_resources(resource, requests)]


def with_rule(*parts: Extension) -> ServiceRequest:
    made = plan_to_fhir(PLAN, "p1", new_id=counted())
    return replace(made.requests[0], extension=(Extension(url=urls.RULE, extension=parts),))


ID = Extension(url="id", valueString="r1")
KIND = Extension(url="kind", valueCode="absolute")


def test_a_faulty_rule_is_refused_in_words() -> None:
    band = Extension(url="band", extension=(Extension(url="zone", valueCode="purple"),))
    twice = Extension(
        url="band",
        extension=(
            Extension(url="zone", valueCode="red"),
            Extension(url="lt", valueDecimal=Decimal(1)),
            Extension(url="le", valueDecimal=Decimal(1)),
        ),
    )
    cases = [
        ((ID,), "Regelen mangler feltet kind."),
        ((ID, KIND, band), "Regelen r1: band mangler sone (red, yellow, green eller black)."),
        ((ID, KIND, twice), "Regelen r1: band har to nedre eller to øvre grenser i samme bånd."),
        (
            (ID, KIND, Extension(url="colour", valueCode="red")),
            "Regelen r1: colour er et ukjent felt.",
        ),
        ((ID, ID, KIND), "Regelen r1: id står to ganger."),
        (
            (ID, KIND, Extension(url="quiet", valueString="PT4H")),
            "Regelen r1: quiet mangler varighet med UCUM-enhet (valueDuration).",
        ),
    ]
    for parts, expected in cases:
        assert [expected] == faults(with_rule(*parts))


def test_what_the_engine_finds_wrong_with_a_rule_is_told_at_the_place_of_the_rule() -> None:
    gap = replace(SPO2, bands=(Band("red", lt=Decimal(88)), Band("green", ge=Decimal(90))))
    made = plan_to_fhir(replace(PLAN, rules=(gap,)), "p1", new_id=counted())
    requests = {r.id or "": r for r in made.requests}

    problems = check_plan_resources(made.care_plan, requests)

    assert {"r-spo2"} == {p.part for p in problems}
    assert problems[0].where == "ServiceRequest/id-2.extension[0]"
    assert all(p.code.row.http in (422, 400) for p in problems)


def test_a_plan_needs_version_start_approver_and_its_requests() -> None:
    made = plan_to_fhir(PLAN, "p1", new_id=counted())
    plan = made.care_plan
    requests = {r.id or "": r for r in made.requests}
    bare = Extension(
        url=urls.PLAN_VERSION, extension=(Extension(url="mode", valueCode="sometimes"),)
    )

    assert faults(plan, requests) == []
    assert faults(plan, {}) == ["Planen viser til en måling (ServiceRequest) som ikke finnes."]
    assert faults(replace(plan, period=None), requests) == [
        "Planen mangler dato den gjelder fra (period.start)."
    ]
    assert faults(replace(plan, extension=(bare,)), requests) == [
        "Planen: mode må være active eller observe.",
        "Planen mangler versjonsnummer (version).",
    ]
    unsigned = plan_to_fhir(replace(PLAN, approved_by=None), "p1", new_id=counted())
    assert faults(unsigned.care_plan) == [
        "Planen er ikke godkjent: den må ha en godkjenner (approvedBy) før den kan tas i bruk."
    ]
    assert faults(replace(unsigned.care_plan, status="draft")) == []
    assert faults(replace(plan, status="completed"), requests) == [
        "En avsluttet plan må ha en sluttdato (period.end), ellers gjelder den fortsatt."
    ]


def test_other_care_plans_are_left_alone() -> None:
    other = CarePlan(status="active", intent="plan", subject=Reference(reference="Patient/p1"))

    assert faults(other) == []
    assert fhir_to_plan(other, {}).value is None


def test_an_approved_version_may_be_ended_but_not_changed() -> None:
    made = plan_to_fhir(PLAN, "p1", new_id=counted())
    old = made.care_plan
    ended = replace(
        old, status="completed", period=Period(start="2026-01-01T01:00:00+01:00", end="2026-06-01")
    )
    changed = plan_to_fhir(replace(PLAN, safety_net=False), "p1", new_id=counted()).care_plan

    assert check_plan_change(old, ended) == ()
    assert check_plan_change(old, replace(old, title="Ny tittel")) == ()
    assert check_plan_change(old, replace(old, status="entered-in-error")) == ()
    assert len(check_plan_change(old, changed)) == 1
    assert (
        len(
            check_plan_change(
                old,
                replace(
                    old,
                    activity=(
                        CarePlanActivity(reference=Reference(reference="ServiceRequest/other")),
                    ),
                ),
            )
        )
        == 1
    )
    assert check_plan_change(replace(old, status="draft"), changed) == ()


def test_an_approved_version_becomes_no_draft_and_a_mistake_no_other_plan() -> None:
    old = plan_to_fhir(PLAN, "p1", new_id=counted()).care_plan
    mistake = replace(old, status="entered-in-error")
    changed = plan_to_fhir(replace(PLAN, safety_net=False), "p1", new_id=counted()).care_plan

    assert len(check_plan_change(old, replace(old, status="draft"))) == 1
    assert len(check_plan_change(old, replace(old, status="unknown"))) == 1
    assert len(check_plan_change(mistake, replace(old, status="draft"))) == 1
    assert len(check_plan_change(mistake, changed)) == 1
    assert check_plan_change(mistake, old) == ()


def test_the_rules_of_an_approved_request_may_not_change() -> None:
    request = plan_to_fhir(PLAN, "p1", new_id=counted()).requests[0]

    assert check_request_change(request, replace(request, status="completed")) == ()
    assert len(check_request_change(request, replace(request, extension=()))) == 1
    draft = replace(request, status="draft")
    assert len(check_request_change(draft, replace(draft, extension=()))) == 1


def test_one_bad_plan_does_not_stop_the_others() -> None:
    good = plan_to_fhir(PLAN, "p1", new_id=counted())
    bad = replace(good.care_plan, period=None)

    read = plans_of([bad, good.care_plan], {r.id or "": r for r in good.requests})

    assert read.value == (PLAN,)
    assert len(read.problems) == 1


def test_a_limit_in_a_unit_with_a_blank_is_carried_by_its_rule_alone() -> None:
    limits = (Rule("r", "absolute", "spo2", "mm Hg ", (Band("red", lt=Decimal(1)),)),)

    made = general_limits_to_fhir(limits, new_id=counted())

    assert limits == fhir_to_general_limits([through_json(each) for each in made]).value
