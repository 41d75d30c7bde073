"""The short way of an alert that is raised gives the bytes and the index values of the ordinary way, or declines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.fhir.codec import parse
from hub.fhir.interactions.prepare import Setting
from hub.fhir.models.r4.datatypes import Reference
from hub.flows.raise_alert import raised, stored_of, written_out
from hub.mapping.alert_to_fhir import AlertPlace
from hub.thresholds.alarm import Alert, Evidence
from hub.thresholds.judgement import Firing
from hub.thresholds.measurement import Event

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
TAGS = ({"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"},)

ids = st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True)
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
times = st.integers(-(10**13), 10**12).map(lambda n: AT + timedelta(microseconds=n))
whole = st.integers(-(10**7), 10**6).map(lambda n: AT + timedelta(seconds=n))
instants = st.one_of(whole, times)
numbers = st.integers(0, 2**31 - 1)
approvers = st.one_of(
    st.none(),
    words,
    ids.map(lambda one: f"PractitionerRole/{one}"),
    ids.map(lambda one: f"Organization/{one}"),
)
owners = st.one_of(
    st.none(),
    ids.map(lambda one: Reference(reference=f"Organization/{one}")),
    words.map(lambda text: Reference(reference="Organization/o1", display=text)),
    words.map(lambda text: Reference(display=text)),
)
flags = st.lists(st.sampled_from(("late", "amended", "gap")), unique=True, max_size=2).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Alert, AlertPlace, list[Firing], Setting, str]:
    """An alert that one value has raised, where it goes, and when."""
    zone = draw(st.sampled_from(("yellow", "red", "black")))
    reason = draw(st.sampled_from(("absolute.low", "change.rise", "score.news2", "symptom.severe")))
    evidence = Evidence(
        *(draw(ids), draw(numbers), zone, reason, draw(instants), draw(words), draw(flags)),
        draw(st.booleans()),
    )
    plan = draw(st.none() | words), draw(st.none() | numbers), draw(st.none() | numbers)
    alert = Alert(
        *(draw(words), f"r{draw(words)}", zone, reason, draw(words), "open"),
        *(draw(instants), draw(instants), (evidence,), draw(flags)),
        plan=plan[0],
        plan_version=plan[1],
        rule_version=plan[2],
        approved_by=draw(approvers),
        measure=draw(st.sampled_from(("spo2", "", "device:battery"))),
    )
    firing = Firing(
        *(alert.rule, evidence.observation, evidence.version, evidence.effective, zone, reason),
        alert.text,
        name="spo2",
        received=(draw(words), "%"),
        value=Decimal(draw(numbers)) / 10,
        unit="%",
        bound=("<", Decimal(88)),
        plan=plan[0],
    )
    other = replace(firing, rule=f"{alert.rule}-other", value=Decimal(1))
    place = AlertPlace(
        patient_id=draw(ids),
        issue_id=draw(ids),
        flag_id=draw(ids),
        task_id=draw(ids),
        owner=draw(owners),
    )
    now = draw(whole).replace(microsecond=draw(st.sampled_from((0, 1000, 999000))))
    setting = Setting(now, "http://hub.test/fhir", draw(st.sampled_from(((), TAGS))))
    return alert, place, draw(st.sampled_from(([], [other, firing]))), setting, draw(ids)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_both_ways_give_the_same_bytes_and_index_values(
    case: tuple[Alert, AlertPlace, list[Firing], Setting, str],
) -> None:
    short = raised(*case)

    assert short is not None
    assert stored_of(written_out(*case)) == stored_of(short)


EVIDENCE = Evidence("o1", 1, "red", "absolute.low", AT, "SpO₂ 83 % er under 88 %")
ALERT = Alert(
    "r/o1/1", "r", "red", "absolute.low", EVIDENCE.text, "open", AT, AT, (EVIDENCE,), plan="ebp"
)
PLACE = AlertPlace(patient_id="p1", issue_id="i1", flag_id="f1", task_id="t1")
SETTING = Setting(AT, "http://hub.test/fhir")


def test_what_the_short_way_gives_is_fhir() -> None:
    short = raised(ALERT, PLACE, (), SETTING, "v1")

    assert short is not None
    for draft in short:
        assert isinstance(draft.body, bytes)
        assert draft.id == parse(draft.body, draft.type).resource.id
    assert ["DetectedIssue", "Flag", "Task", "Provenance"] == [each.type for each in short]
    assert ["p1", "p1", "p1", None] == [each.patient_id for each in short]


def test_whatever_is_more_than_one_value_takes_the_ordinary_way() -> None:
    assert raised(ALERT, PLACE, (), SETTING, "v1") is not None

    slot = replace(EVIDENCE, observation="slot:2026-11-21T08:00:00Z")
    form = replace(EVIDENCE, observation="QuestionnaireResponse/q1")
    for alert in (
        replace(ALERT, evidence=(EVIDENCE, replace(EVIDENCE, observation="o2"))),
        replace(ALERT, evidence=(slot,)),
        replace(ALERT, evidence=(form,)),
        replace(ALERT, state="withdrawn", ended_at=AT),
        replace(ALERT, snoozed_until=AT),
        replace(ALERT, rule="sys.no-plan"),
        replace(ALERT, steps=(Event(AT, "acknowledge", "r", "Nina"),)),
        replace(ALERT, text=""),
    ):
        assert raised(alert, PLACE, (), SETTING, "v1") is None
    strange = AlertPlace(patient_id="p/1", issue_id="i1", flag_id="f1", task_id="t1")
    assert raised(ALERT, strange, (), SETTING, "v1") is None
