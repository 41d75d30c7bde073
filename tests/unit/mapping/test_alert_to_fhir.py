from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hub.fhir.codec import encode, parse
from hub.fhir.models.r4.datatypes import Annotation, CodeableConcept, Extension, Reference
from hub.fhir.models.r4.detected_issue import DetectedIssueMitigation
from hub.mapping import urls
from hub.mapping.alert_codes import STATE_ROWS, ZONE_ROWS, vkp_alert_code
from hub.mapping.alert_facts import alert_facts
from hub.mapping.alert_to_fhir import AlertResources, alert_to_fhir, alert_to_provenance
from hub.mapping.fhir_parts import code_of, extension
from hub.thresholds.alarm import take_step
from hub.thresholds.measurement import Event
from tests.unit.mapping.alert_builders import NOW, PLACE, resources_of, spo2


def through_json(resource: Any) -> Any:
    return parse(encode(resource), type(resource).__name__).resource


def test_a_red_value_becomes_issue_flag_and_task_that_fhir_accepts() -> None:
    made, alert = resources_of(spo2("86"))

    for resource in (made.issue, made.flag, made.task):
        assert through_json(resource) == resource
    assert made.issue.status == "preliminary"
    assert made.issue.severity == "high"
    assert made.issue.detail == "SpO2 86 % er under rød grense (< 88 %), EBP v2"
    assert code_of(made.issue.code, urls.VKP_ALERT_CODES) == "5.2.1"
    assert code_of(made.issue.code, urls.REASON_CODES) == "absolute.low"
    assert [r.reference for r in made.issue.implicated] == ["Observation/o1"]
    assert [r.reference for e in made.issue.evidence for r in e.detail] == ["Observation/o1"]
    assert made.issue.identifier[0].value == alert.id
    triage = extension(made.issue.extension, urls.TRIAGE)
    assert triage is not None
    assert triage.valueCoding is not None
    assert triage.valueCoding.code == "R"
    assert made.flag.status == "active"
    assert (made.task.status, made.task.priority) == ("requested", "stat")
    assert made.task.owner == PLACE.owner
    assert made.task.focus == Reference(reference="DetectedIssue/issue-1")


def test_the_issue_tells_rule_plan_limit_and_value_as_received() -> None:
    made, _ = resources_of(spo2("0.86", unit="1"))

    facts = alert_facts(made.issue)

    assert facts.measure == "SpO2"
    assert facts.value == "0,86 (omregnet 86 %)"
    assert facts.limit == "< 88 %"
    assert facts.approved_by == "Rolig Testlege"
    assert facts.observations == ("o1",)
    assert "v2" in facts.source


def test_more_of_the_same_joins_as_evidence_and_keeps_what_was_known() -> None:
    made, _ = resources_of(spo2("86"), spo2("85", "o2"))

    assert [r.reference for e in made.issue.evidence for r in e.detail] == [
        "Observation/o1",
        "Observation/o2",
    ]
    assert [
        code
        for e in made.issue.evidence
        for code in e.extension[0].extension
        if code.url == "limit"
    ] != []
    assert len(made.task.note) == 1
    assert made.issue.status == "preliminary"


def test_a_worse_value_upgrades_and_opens_the_task_again() -> None:
    first, alert = resources_of(spo2("90"))
    accepted = AlertResources(
        first.issue,
        first.flag,
        replace(first.task, status="accepted", owner=Reference(display="Vakt")),
    )
    red, worse = resources_of(spo2("90"), spo2("86", "o2"))
    assert worse.zone == "red"

    again = alert_to_fhir("upgrade", worse, PLACE, now=NOW, engine_version="1", existing=accepted)

    assert (first.task.priority, again.task.priority) == ("urgent", "stat")
    assert again.task.status == "requested"
    assert again.task.owner == Reference(display="Vakt")
    assert red.issue.severity == "high"
    assert alert.zone == "yellow"


def test_a_correction_to_yellow_shows_the_alert_as_amended() -> None:
    made, _ = resources_of(spo2("86"), spo2("90", version=2, status="amended"))

    assert made.issue.status == "amended"
    assert made.issue.severity == "moderate"
    assert made.flag.status == "active"
    assert "nedgradert til gul" in (made.task.note[0].text or "")


def test_a_withdrawn_value_withdraws_issue_flag_and_task_and_keeps_the_evidence() -> None:
    made, alert = resources_of(spo2("86"), spo2("86", version=2, status="entered-in-error"))

    assert alert.state == "withdrawn"
    assert made.issue.status == "entered-in-error"
    assert made.flag.status == "inactive"
    assert made.flag.period is not None
    assert made.flag.period.end is not None
    assert made.task.status == "cancelled"
    assert made.task.statusReason is not None
    assert made.issue.detail == "SpO2 86 % er under rød grense (< 88 %), EBP v2"


def test_human_steps_show_as_task_status_and_mitigation() -> None:
    made, alert = resources_of(spo2("86"))
    seen, _ = take_step(alert, Event(NOW, "acknowledge", alert.rule, "Practitioner/nurse"))
    done, problem = take_step(
        seen, Event(NOW, "close", alert.rule, "Nattvakt", note="Bedre nå", action="Ringte")
    )
    assert problem is None

    taken = alert_to_fhir("step", seen, PLACE, now=NOW, engine_version="1", existing=made)
    closed = alert_to_fhir("step", done, PLACE, now=NOW, engine_version="1", existing=taken)

    assert (taken.issue.status, taken.task.status, taken.flag.status) == (
        "preliminary",
        "accepted",
        "active",
    )
    assert (closed.issue.status, closed.task.status, closed.flag.status) == (
        "final",
        "completed",
        "inactive",
    )
    assert [m.action.text for m in closed.issue.mitigation] == ["Ringte. Bedre nå"]
    assert closed.issue.mitigation[0].author == Reference(display="Nattvakt")
    through_json(closed.issue)


def test_what_a_person_wrote_on_the_task_survives_a_change() -> None:
    made, alert = resources_of(spo2("86"))
    noted = replace(made.task, note=(Annotation(text="Ringer kl. 10"),), status="in-progress")
    seen, _ = take_step(alert, Event(NOW, "acknowledge", alert.rule, "N"))

    after = alert_to_fhir(
        "update",
        seen,
        PLACE,
        now=NOW,
        engine_version="1",
        existing=AlertResources(made.issue, made.flag, noted),
    )

    assert after.task.note == noted.note
    assert after.task.status == "in-progress"


def test_what_a_person_wrote_on_the_issue_survives_a_change() -> None:
    made, alert = resources_of(spo2("86"))
    mine = DetectedIssueMitigation(action=CodeableConcept(text="Ringte pasienten"))
    written = replace(
        made.issue,
        mitigation=(mine,),
        extension=(*made.issue.extension, Extension(url="urn:x", valueCode="y")),
    )
    done, _ = take_step(alert, Event(NOW, "mitigate", alert.rule, "N", action="Ga oksygen"))

    after = alert_to_fhir(
        "step",
        done,
        PLACE,
        now=NOW,
        engine_version="1",
        existing=AlertResources(written, made.flag, made.task),
    )

    assert [m.action.text for m in after.issue.mitigation] == ["Ringte pasienten", "Ga oksygen"]
    assert [e.valueCode for e in after.issue.extension if e.url == "urn:x"] == ["y"]


@pytest.mark.parametrize(
    ("reached", "after"),
    [
        ("accepted", "accepted"),
        ("on-hold", "on-hold"),
        ("completed", "requested"),
        ("rejected", "requested"),
    ],
)
def test_a_joining_value_leaves_work_in_progress_alone_but_reopens_ended_work(
    reached: Any, after: str
) -> None:
    made, alert = resources_of(spo2("86"))
    task = replace(made.task, status=reached)

    joined = alert_to_fhir(
        "join",
        alert,
        PLACE,
        now=NOW,
        engine_version="1",
        existing=AlertResources(made.issue, made.flag, task),
    )

    assert joined.task.status == after


def test_a_technical_alert_is_moderate_for_the_resource_person() -> None:
    made, alert = resources_of(spo2("86", unit="stones"))

    assert alert.technical
    assert made.issue.severity == "moderate"
    assert made.task.priority == "routine"
    assert code_of(made.task.code, urls.TASK_CODES) == "technical-alert"
    assert code_of(made.flag.category[0], urls.FLAG_CATEGORY) == "admin"


def test_provenance_names_the_observation_versions_and_the_engine() -> None:
    made, _ = resources_of(spo2("86"))

    found = alert_to_provenance(
        "raise", made, provenance_id="x", now=NOW, engine_version="1", observations=[("o1", 1)]
    )

    assert through_json(found) == found
    assert found.entity[0].what.reference == "Observation/o1/_history/1"
    assert {r.reference for r in found.target} == {
        "DetectedIssue/issue-1",
        "Flag/flag-1",
        "Task/task-1",
    }


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("absolute.low", "5.2.1"),
        ("bp.systolic.high", "5.2.1"),
        ("technical.unit", "5.2.1"),
        ("missing", "5.3.2"),
        ("questionnaire.total", "5.2.2"),
        ("plan.none", "5"),
        ("admin.after-end", "5"),
    ],
)
def test_each_reason_has_its_vkp_code(reason: str, code: str) -> None:
    assert vkp_alert_code(reason) == code


@pytest.mark.parametrize(
    ("measure", "code"), [("weight", "5.3.2"), ("form:kols", "5.3.1"), ("sym:dyspnoea", "5.3")]
)
def test_what_did_not_come_is_a_value_a_form_or_only_silence(measure: str, code: str) -> None:
    assert vkp_alert_code("missing", measure) == code


def test_every_state_and_zone_of_the_engine_has_a_row() -> None:
    from typing import get_args

    from hub.thresholds.alarm import State
    from hub.thresholds.zones import Zone

    assert set(STATE_ROWS) == set(get_args(State))
    assert set(ZONE_ROWS) == set(get_args(Zone))
