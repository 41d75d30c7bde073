"""The note for the journal, one way for each kind of alert (vkp-dho.md, "Journal bundle per alert kind")."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hub.fhir.codec import encode, parse
from hub.fhir.models.r4.datatypes import CodeableConcept, HumanName, Quantity
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.questionnaire_response import (
    QuestionnaireResponse,
    QuestionnaireResponseItem,
    QuestionnaireResponseItemAnswer,
)
from hub.mapping import urls
from hub.mapping.alert_codes import ALERT_NAMES
from hub.mapping.alert_to_journal import IMPLICATED, ClosedAlert, alert_to_journal
from hub.thresholds.alarm import Alert, Evidence
from hub.thresholds.measurement import Event
from hub.thresholds.plan import Band, Rule

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def closed(reason: str, measure: str, evidence: str) -> ClosedAlert:
    """A closed yellow alert."""
    basis = Evidence(evidence, 1, "yellow", reason, NOW, "tekst")
    alert = Alert(
        *("a", "rule", "yellow", reason, "tekst", "closed", NOW, NOW, (basis,)),
        steps=(Event(NOW, "close", "rule", "Nina"),),
        ended_at=NOW,
        measure=measure,
    )
    person = Patient(id="p", name=(HumanName(family="Testesen"),))
    return ClosedAlert(alert=alert, issue_id="i", patient=person, staff={})


@pytest.mark.parametrize(
    ("reason", "measure", "code", "implicated"),
    [
        (
            "missing",
            "spo2",
            "5.3.2",
            {"system": "http://loinc.org", "value": "59408-5"},
        ),
        ("missing", "form:kols", "5.3.1", {"value": "form:kols"}),
        ("missing", "sym:dyspnoea", "5.3", None),
        ("plan.review-overdue", "", "5", None),
        ("admin.after-end", "spo2", "5", None),
    ],
)
def test_what_is_not_about_a_value_names_what_it_is_about(
    reason: str, measure: str, code: str, implicated: Any
) -> None:
    note = alert_to_journal(closed(reason, measure, "slot:2026-11-21T08:00:00+01:00"))

    issue: Any = note.entry[1].resource
    assert (2, code) == (len(note.entry), issue.code.coding[0].code)
    told = [{"system": r.identifier.system, "value": r.identifier.value} for r in issue.implicated]
    wanted = [] if implicated is None else [{"system": None, **implicated}]
    assert [t["value"] for t in told] == [w["value"] for w in wanted]
    assert [t["system"] for t in told] == [w["system"] for w in wanted]
    assert (issue.code.text is not None) == (code in {"5.3", "5.3.1"})


def test_the_same_alert_gives_the_same_bytes_and_fhir_takes_them() -> None:
    alert = closed("missing", "spo2", "slot:2026-11-21T08:00:00+01:00")

    first, second = encode(alert_to_journal(alert)), encode(alert_to_journal(alert))
    assert first == second
    assert "Bundle" == parse(first, "Bundle").type


def test_every_kind_of_alert_has_its_way_into_the_journal() -> None:
    assert set(ALERT_NAMES) == set(IMPLICATED)


def told(note: Any) -> list[str]:
    """A document → the types of what is in it, in order."""
    return [type(entry.resource).__name__ for entry in note.entry]


def test_what_equipment_says_of_itself_is_another_action_and_names_nothing() -> None:
    note = alert_to_journal(closed("technical.battery", "device:battery", "o1"))

    issue: Any = note.entry[1].resource
    assert ["Composition", "DetectedIssue"] == told(note)
    assert ("5.2.3", ()) == (issue.code.coding[0].code, issue.implicated)


def part(name: str, reason: str, measure: str, evidence: str, state: str = "closed") -> ClosedAlert:
    """An alert that is summed up, with its value."""
    made = closed(reason, measure, evidence)
    value = Observation(
        id=evidence,
        status="final",
        code=CodeableConcept(text=measure),
        valueQuantity=Quantity(value=Decimal(85), unit="%"),
    )
    alert = msgspec.structs.replace(made.alert, id=name, state=state)
    return dataclasses.replace(made, alert=alert, issue_id=name, values=[value])


def test_a_summary_names_the_alerts_it_sums_up_and_takes_them_and_their_values_along() -> None:
    whole = part("i", "combination", "spo2", "o1")
    parts = [part("a", "absolute.low", "spo2", "o1"), part("b", "delta.up", "weight", "o2", "open")]
    note = alert_to_journal(dataclasses.replace(whole, parts=parts))

    assert ["Composition", *["DetectedIssue"] * 3, *["Observation"] * 2] == told(note)
    urns: dict[Any, Any] = {entry.fullUrl: entry.resource for entry in note.entry}
    summary, low, risen = list(urns.values())[1:4]
    assert "5.1" == summary.code.coding[0].code
    assert [low, risen] == [urns[r.reference] for r in summary.implicated]
    assert ["5.2.1", "5.2.1"] == [each.code.coding[0].code for each in (low, risen)]
    assert ("final", "preliminary") == (low.status, risen.status)
    values = [urns[r.reference] for each in (low, risen) for r in each.implicated]
    assert ["spo2", "weight"] == [value.code.text for value in values]


def test_a_summary_whose_parts_are_not_known_names_its_values() -> None:
    note = alert_to_journal(part("i", "combination", "spo2", "o1"))

    assert ["Composition", "DetectedIssue", "Observation"] == told(note)
    issue: Any = note.entry[1].resource
    assert note.entry[2].fullUrl == issue.implicated[0].reference


@pytest.mark.parametrize(
    ("answers", "more", "wanted"),
    [
        (("2", "3"), {}, (Decimal(5), None)),
        (("2", None), {}, (Decimal(2), ">=")),
        (("2", None), {"reversed": True, "item_max": Decimal(3)}, (Decimal(5), "<=")),
    ],
)
def test_an_answered_form_goes_with_its_sum(
    answers: tuple[str | None, ...], more: Any, wanted: tuple[Decimal, str | None]
) -> None:
    rule = Rule(
        "sum", "questionnaire", form="kols", items=("1", "2"), total=True,
        bands=(Band("green", lt=Decimal(1)), Band("yellow", ge=Decimal(1))), **more,
    )  # fmt: skip
    items = tuple(
        QuestionnaireResponseItem(
            linkId=str(number + 1),
            answer=()
            if text is None
            else (QuestionnaireResponseItemAnswer(valueInteger=int(text)),),
        )
        for number, text in enumerate(answers)
    )
    form = QuestionnaireResponse(
        id="q1",
        status="completed",
        questionnaire=f"{urls.BASE}/Questionnaire/kols",
        authored="2026-11-21T08:00:00+01:00",
        item=items,
    )
    made = closed("questionnaire.total", "form:kols", "QuestionnaireResponse/q1")
    note = alert_to_journal(dataclasses.replace(made, rule=rule, values=[form]))

    assert ["Composition", "DetectedIssue", "QuestionnaireResponse", "Observation"] == told(note)
    score: Any = note.entry[3].resource
    assert wanted == (score.valueQuantity.value, score.valueQuantity.comparator)
    assert note.entry[2].fullUrl == score.derivedFrom[0].reference
    issue: Any = note.entry[1].resource
    assert [note.entry[2].fullUrl] == [r.reference for r in issue.implicated]


def answered(form: str, *points: int) -> QuestionnaireResponse:
    return QuestionnaireResponse(
        id="q1",
        status="completed",
        questionnaire=f"{urls.BASE}/Questionnaire/{form}",
        authored="2026-11-21T08:00:00+01:00",
        item=tuple(
            QuestionnaireResponseItem(
                linkId=str(number), answer=(QuestionnaireResponseItemAnswer(valueInteger=given),)
            )
            for number, given in enumerate(points, start=1)
        ),
    )


def test_a_form_judged_on_one_question_has_the_sum_its_publisher_gives_it() -> None:
    rule = Rule("self-harm", "questionnaire", form="phq9", item="9", bands=(Band("red", ge=Decimal(1)),))  # fmt: skip
    made = closed("questionnaire.item", "form:phq9", "QuestionnaireResponse/q1")
    form = answered("phq9", 1, 1, 0, 2, 0, 0, 0, 0, 1)

    note = alert_to_journal(dataclasses.replace(made, rule=rule, values=[form]))

    score: Any = note.entry[3].resource
    assert (Decimal(5), None) == (score.valueQuantity.value, score.valueQuantity.comparator)


def test_a_form_nobody_has_said_how_to_add_up_has_no_sum() -> None:
    rule = Rule("one", "questionnaire", form="own", item="1", bands=(Band("red", ge=Decimal(1)),))
    made = closed("questionnaire.item", "form:own", "QuestionnaireResponse/q1")

    note = alert_to_journal(dataclasses.replace(made, rule=rule, values=[answered("own", 2, 1)]))

    assert ["Composition", "DetectedIssue", "QuestionnaireResponse"] == told(note)
