"""Answered forms are judged as they come, as values are (thresholds.md §5.9; issue 5, point 2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from hub.mapping import urls
from hub.thresholds.plan import Band, Rule
from tests.builders import Json
from tests.functional.followed import Followed

ITEMS = tuple(str(number) for number in range(1, 10))
D = Decimal
TOTAL = Rule(
    "phq9-sum", "questionnaire", form="phq9", total=True, items=ITEMS,
    bands=(Band("green", lt=D(10)), Band("yellow", ge=D(10), lt=D(20)), Band("red", ge=D(20))),
)  # fmt: skip
SAFETY = Rule(
    "phq9-9", "questionnaire", form="phq9", item="9",
    bands=(Band("green", lt=D(1)), Band("red", ge=D(1))),
)  # fmt: skip


def response(who: str, *answers: Json | None, **more: Any) -> Json:
    """A patient and the answers in order → the form as it is sent."""
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{urls.BASE}/Questionnaire/phq9|1.0",
        "status": "completed",
        "subject": {"reference": who},
        "authored": "2026-11-18T08:00:00+01:00",
        "item": [
            {"linkId": str(number), **({"answer": [each]} if each is not None else {})}
            for number, each in enumerate(answers, start=1)
        ],
        **more,
    }


def points(*numbers: int | None) -> list[Json | None]:
    return [None if each is None else {"valueInteger": each} for each in numbers]


def sent(followed: Followed, body: Json) -> str:
    name = followed.client.create(body)
    followed.work()
    return name


def zone(followed: Followed, name: str) -> str:
    return followed.zone(f"x/{name}")


def test_the_sum_and_the_safety_question_of_a_form_raise_their_alerts(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, TOTAL, SAFETY)

    name = sent(followed, response(who, *points(2, 2, 2, 2, 2, 1, 1, 1, 1)))

    assert "red" == zone(followed, name)
    assert [("questionnaire.item", "red"), ("questionnaire.total", "yellow")] == followed.reasons(
        who
    )
    for issue in followed.alerts(who):
        assert [{"reference": name}] == issue["implicated"]
        assert [{"reference": name}] == issue["evidence"][0]["detail"]


def test_a_safety_question_left_blank_is_not_silent(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SAFETY)

    sent(followed, response(who, *points(0, 0, 0, 0, 0, 0, 0, 0, None)))

    assert [("questionnaire.unanswered", "yellow")] == followed.reasons(who)


def test_coded_answers_count_by_their_weight(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, TOTAL)
    weight = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
    coded = {"valueCoding": {"code": "often", "extension": [{"url": weight, "valueDecimal": 3}]}}

    name = sent(followed, response(who, *[coded] * 9))

    assert "red" == zone(followed, name)


def test_a_form_that_is_still_being_filled_in_is_judged_when_it_is_complete(
    followed: Followed,
) -> None:
    who = followed.person()
    followed.plan(who, SAFETY)
    begun = response(who, *points(0, 0, 0, 0, 0, 0, 0, 0, 3), status="in-progress")

    name = sent(followed, begun)
    assert [] == followed.reasons(who)

    followed.change(name, status="completed")
    assert [("questionnaire.item", "red")] == followed.reasons(who)


def test_a_form_that_is_withdrawn_withdraws_its_alert(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SAFETY)
    name = sent(followed, response(who, *points(0, 0, 0, 0, 0, 0, 0, 0, 3)))

    followed.change(name, status="entered-in-error")

    assert ["entered-in-error"] == [issue["status"] for issue in followed.alerts(who)]


def test_a_form_that_is_deleted_withdraws_its_alert(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SAFETY)
    name = sent(followed, response(who, *points(0, 0, 0, 0, 0, 0, 0, 0, 3)))

    assert 204 == followed.client.request("DELETE", name).status_code
    followed.work()

    assert ["entered-in-error"] == [issue["status"] for issue in followed.alerts(who)]


def test_an_observation_and_a_form_of_the_same_id_are_two_things(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SAFETY)
    value = followed.send(who, "95")
    same = value.partition("/")[2]
    body = response(who, *points(0, 0, 0, 0, 0, 0, 0, 0, 3), id=same)

    answer = followed.client.put(f"QuestionnaireResponse/{same}", body)
    followed.work()

    assert 201 == answer.status_code
    assert "red" == zone(followed, f"QuestionnaireResponse/{same}")
    assert "none" == followed.zone(value)
    assert msgspec.json.decode(answer.content)["id"] == same
