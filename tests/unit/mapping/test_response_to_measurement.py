"""A form as FHIR becomes what the engine judges."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from hub.fhir.reading import read_stored
from hub.mapping import urls
from hub.mapping.response_to_measurement import form_key, response_to_measurement

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


def read(**more: Any) -> Any:
    body = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{urls.BASE}/Questionnaire/cat",
        "status": "completed",
        "authored": "2026-11-18T08:00:00+01:00",
    }
    resource = read_stored(msgspec.json.encode(body | more), "QuestionnaireResponse")
    return response_to_measurement(resource, resource_id="r1", version=1, received=NOW).value


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ({"valueInteger": 3}, "3"),
        ({"valueDecimal": 2.5}, "2.5"),
        ({"valueBoolean": True}, "1"),
        ({"valueCoding": {"code": "2"}}, "2"),
        ({"valueCoding": {"code": "-1"}}, "-1"),
        ({"valueCoding": {"code": "often"}}, None),
        ({"valueString": "3"}, None),
        ({"valueDate": "2026-11-18"}, None),
    ],
)
def test_an_answer_is_its_number_or_unanswered(answer: Any, number: str | None) -> None:
    found = read(item=[{"linkId": "1", "answer": [answer]}])

    assert {"1": number} == found.items


def test_groups_and_questions_below_answers_are_found_by_their_link_id() -> None:
    inner = {"linkId": "1.1", "answer": [{"valueInteger": 1, "item": [{"linkId": "1.1.1"}]}]}
    found = read(item=[{"linkId": "g", "item": [inner, {"linkId": "1.2"}]}])

    assert {"1.1": "1", "1.1.1": None, "1.2": None} == found.items


def test_who_it_is_and_when_it_was_given() -> None:
    found = read(identifier={"system": "urn:x", "value": "7"}, item=[{"linkId": "1"}])

    assert ("QuestionnaireResponse/r1", "form:cat", ("urn:x|7",)) == (
        found.id,
        found.measure,
        found.identifiers,
    )
    assert datetime(2026, 11, 18, 7, tzinfo=UTC) == found.effective
    assert read(authored="2026-11-18").date_only


@pytest.mark.parametrize("status", ["in-progress"])
def test_a_form_that_is_not_complete_gives_nothing(status: str) -> None:
    assert read(status=status) is None


def test_the_key_of_a_form_is_that_of_ours_or_the_whole_canonical() -> None:
    assert "cat" == form_key(f"{urls.BASE}/Questionnaire/cat|2.0")
    assert "https://other.example/q/1" == form_key("https://other.example/q/1|3")
    assert form_key(None) is None
