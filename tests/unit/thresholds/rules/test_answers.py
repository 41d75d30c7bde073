"""Rule kinds on answers: questionnaire, symptom, score; and combination (thresholds.md §5.9–5.12)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.thresholds.cases_text import rows, told, values

AT = "2026-03-02T08:00:00+01:00"
TOTAL = [
    {"zone": "green", "lt": 10},
    {"zone": "yellow", "ge": 10, "lt": 20},
    {"zone": "red", "ge": 20},
]


def form(items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "f", "measure": "form:x", "items": items, "effective": AT} | fields


def total(**fields: Any) -> dict[str, Any]:
    rule = {
        "id": "t",
        "kind": "questionnaire",
        "form": "x",
        "total": True,
        "items": ["1", "2", "3"],
    }
    return rule | {"bands": TOTAL} | fields


ITEM = {
    "id": "i",
    "kind": "questionnaire",
    "form": "x",
    "item": "3",
    "bands": [{"zone": "green", "lt": 1}, {"zone": "red", "ge": 1}],
}
LOW_IS_BAD = [
    {"zone": "red", "le": 28},
    {"zone": "yellow", "gt": 28, "le": 50},
    {"zone": "green", "gt": 50},
]


@pytest.mark.parametrize(
    ("rule", "items", "zone"),
    [
        (total(), {"1": 3, "2": 3, "3": 3}, "green"),
        (total(), {"1": 4, "2": "3", "3": 3}, "yellow"),
        (total(), {"1": 4, "2": 3}, "none"),
        (total(), {"1": 14, "2": 7}, "red"),
        (total(), {"1": 14, "2": 7, "3": "often"}, "red"),
        (total(multiply=4), {"1": 1, "2": 1, "3": 1}, "yellow"),
        (total(items=["1", "2"]), {"1": 1, "2": 1, "3": 30}, "green"),
        (total(reversed=True, item_max=5, multiply=4, bands=LOW_IS_BAD), {"1": 1, "2": 1}, "red"),
        (total(reversed=True, item_max=5, multiply=4, bands=LOW_IS_BAD), {"1": 5, "2": 3}, "none"),
        (total(reversed=True, item_max=5, multiply=4, bands=LOW_IS_BAD), {"1": 4, "2": 3, "3": 5}, "yellow"),
        (ITEM, {"3": 0}, "green"),
        (ITEM, {"3": 1}, "red"),
        (ITEM, {"1": 0}, "yellow"),
        (ITEM | {"bands": [{"zone": "green", "lt": 1}, {"zone": "yellow", "ge": 1}]}, {"1": 0}, "none"),
    ],
)  # fmt: skip
def test_totals_and_items(rule, items, zone):
    assert told([rule], [form(items)])["zones"]["f"] == zone


def test_an_unanswered_safety_question_says_so():
    actual = told([ITEM], [form({"1": 0})])

    assert rows(actual) == [("i", "yellow", "questionnaire.unanswered", "open")]


@pytest.mark.parametrize("items", [{}, {"1": None}, {"1": None, "2": None, "3": None}, {"1": "ofte"}])  # fmt: skip
def test_a_blank_form_is_absent_or_told_by_the_rule_that_misses_the_answer(items):
    actual = told([total()], [form(items)])
    asked = told([total(), ITEM], [form(items)])

    assert actual["zones"] == {"f": "invalid"}
    assert rows(actual) == [("sys.data-absent", "yellow", "technical.data-absent", "open")]
    assert rows(asked) == [("i", "yellow", "questionnaire.unanswered", "open")]


def test_one_answer_is_enough_to_be_a_form():
    actual = told([total()], [form({"1": None, "2": 0})])

    assert (actual["zones"], rows(actual)) == ({"f": "none"}, [])


@pytest.mark.parametrize(
    ("code", "zone", "reason"),
    [
        ("none", "green", None),
        ("at-rest", "red", "symptom"),
        ("new-code", "yellow", "symptom.unknown"),
    ],
)
def test_the_symptom_table_gives_the_zone(code, zone, reason):
    rule = {
        "id": "s",
        "kind": "symptom",
        "measure": "sym:d",
        "map": {"none": "green", "at-rest": "red"},
    }
    actual = told([rule], [{"id": "o", "measure": "sym:d", "code": code, "effective": AT}])

    assert actual["zones"] == {"o": zone}
    assert [a["reason"] for a in actual["alerts"]] == ([reason] if reason else [])


NEWS2 = {
    "id": "n",
    "kind": "score",
    "score": "news2",
    "spo2_scale": 1,
    "within": "PT1H",
    "bands": [
        {"zone": "green", "lt": 5},
        {"zone": "yellow", "ge": 5, "lt": 7},
        {"zone": "red", "ge": 7},
    ],
}
NORMAL: dict[str, Any] = {
    "resp_rate": 16, "spo2": 97, "oxygen": "no", "bp": 120, "pulse": 70, "consciousness": "A", "temperature": 37.0,
}  # fmt: skip
UNITS = {"resp_rate": "/min", "spo2": "%", "pulse": "/min", "temperature": "Cel", "bp": "mm[Hg]"}


def vital_signs(**changed: Any) -> list[dict[str, Any]]:
    found = []
    for n, (measure, value) in enumerate((NORMAL | changed).items()):
        if value is None:
            continue
        one: dict[str, Any] = {
            "id": measure,
            "measure": measure,
            "effective": f"2026-03-02T08:0{n}:00+01:00",
        }
        if measure == "bp":
            one["components"] = {"systolic": value, "diastolic": 60}
        else:
            one["code" if isinstance(value, str) else "value"] = value
        found.append(one | ({"unit": UNITS[measure]} if measure in UNITS else {}))
    return found


@pytest.mark.parametrize(
    ("changed", "scale", "zone", "reason"),
    [
        ({}, 1, "green", None),
        ({"resp_rate": 21, "spo2": 93}, 1, "green", None),
        ({"resp_rate": 21, "spo2": 93, "pulse": 91}, 1, "yellow", "score.aggregate"),
        ({"resp_rate": 25}, 1, "yellow", "score.single"),
        ({"resp_rate": 25, "spo2": 93}, 1, "yellow", "score.aggregate"),
        ({"resp_rate": 25, "spo2": 91, "pulse": 91}, 1, "red", "score.aggregate"),
        ({"consciousness": "C", "temperature": None}, 1, "yellow", "score.single"),
        ({"temperature": None}, 1, "green", None),
        ({"resp_rate": 24, "spo2": 92, "oxygen": "yes", "pulse": 111, "temperature": None}, 1, "red", "score.aggregate"),
        ({"spo2": 90}, 2, "green", None),
        ({"spo2": 97, "oxygen": "yes"}, 2, "yellow", "score.aggregate"),
        ({"spo2": 97, "oxygen": None}, 2, "green", None),
        ({"temperature": 39.1, "bp": 100, "pulse": 41}, 1, "yellow", "score.aggregate"),
    ],
)  # fmt: skip
def test_news2_with_both_scales(changed, scale, zone, reason):
    actual = told([NEWS2 | {"spo2_scale": scale}], vital_signs(**changed))

    assert actual["zones"][vital_signs(**changed)[-1]["id"]] == zone
    last = vital_signs(**changed)[-1]["id"]
    fired = [f["reason"] for f in actual["explained"]["firings"] if f["observation"] == last]
    assert fired == ([reason] if reason else [])


def test_an_old_parameter_is_not_counted():
    series = vital_signs(resp_rate=25)
    series[0]["effective"] = "2026-03-02T06:00:00+01:00"

    assert told([NEWS2], series)["zones"] | {"resp_rate": "yellow"} == dict.fromkeys(
        NORMAL, "green"
    ) | {"resp_rate": "yellow"}


def test_an_incomplete_score_is_never_told_as_a_total():
    actual = told([NEWS2], vital_signs(temperature=None))

    assert all(
        t["value"] is None for traces in actual["explained"]["trace"].values() for t in traces
    )


LOW = {
    "id": "low",
    "kind": "absolute",
    "measure": "spo2",
    "unit": "%",
    "bands": [{"zone": "yellow", "lt": 92}, {"zone": "green", "ge": 92}],
}
DYSPNOEA = {
    "id": "dys",
    "kind": "symptom",
    "measure": "sym:d",
    "map": {"none": "green", "more": "yellow"},
}
BOTH = {
    "id": "both",
    "kind": "combination",
    "zone": "red",
    "within": "PT24H",
    "all": [{"rule": "low", "min_zone": "yellow"}, {"rule": "dys", "min_zone": "yellow"}],
}


def symptom(at: str, code: str = "more") -> dict[str, Any]:
    return {"id": "s", "measure": "sym:d", "code": code, "effective": f"2026-03-{at}:00+01:00"}


@pytest.mark.parametrize(
    ("at", "zones"),
    [
        ("03T08:00", {"o1": "yellow", "s": "red"}),
        ("03T08:01", {"o1": "yellow", "s": "yellow"}),
        ("01T08:00", {"o1": "red", "s": "yellow"}),
        ("02T08:00", {"o1": "red", "s": "red"}),
    ],
)
def test_a_combination_fires_on_the_newest_within_the_span(at, zones):
    series = [*values("spo2", "%", ("02T08:00", 90)), symptom(at)]

    assert told([LOW, DYSPNOEA, BOTH], series)["zones"] == zones


def test_a_combination_of_a_combination_and_its_withdrawal():
    third = BOTH | {
        "id": "third",
        "all": [{"rule": "both", "min_zone": "red"}, {"rule": "p", "min_zone": "red"}],
    }
    pulse = {
        "id": "p",
        "kind": "absolute",
        "measure": "pulse",
        "unit": "/min",
        "bands": [{"zone": "red", "gt": 120}, {"zone": "green", "le": 120}],
    }
    series = [
        *values("spo2", "%", ("02T08:00", 90)),
        symptom("02T09:00"),
        values("pulse", "/min", ("02T10:00", 130))[0] | {"id": "p1"},
    ]
    gone = series[0] | {"status": "entered-in-error", "received": "2026-03-02T11:00:00+01:00"}
    rules = [third, LOW, DYSPNOEA, BOTH, pulse]

    assert ("third", "red", "combination", "open") in rows(told(rules, series))
    states = {a["rule"]: a["state"] for a in told(rules, [*series, gone])["alerts"]}
    assert states == {
        "low": "withdrawn",
        "both": "withdrawn",
        "third": "withdrawn",
        "dys": "open",
        "p": "open",
    }


def test_two_yellows_on_hold_still_make_a_red():
    series = [*values("spo2", "%", ("02T08:00", 90)), symptom("02T09:00")]
    periods = [{"status": "on-hold", "from": "2026-01-01T00:00:00+01:00", "to": None}]

    (alert,) = told([LOW, DYSPNOEA, BOTH], series, periods=periods)["alerts"]

    assert (alert["rule"], alert["zone"], alert["flags"]) == ("both", "red", ["on-hold"])
