"""What fired, in English: one line for each reason, made from the facts of the firing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.thresholds.cases import parse_cases
from hub.thresholds.engine import decide
from hub.thresholds.judgement import Firing
from hub.thresholds.reason import TECHNICAL as NORWEGIAN
from hub.thresholds.reason_en import TECHNICAL, explain_in_english
from tests.unit.thresholds.test_decided import BREATH, GAIN, SPO2, case, felt, kilo, plan, value

Json = dict[str, Any]
FORM = {"id": "f", "kind": "questionnaire", "form": "phq9"}
SUM = FORM | {"total": True, "items": ["1", "2"], "bands": [{"zone": "green", "lt": 3}, {"zone": "yellow", "ge": 3}]}  # fmt: skip
ITEM = FORM | {"item": "2", "bands": [{"zone": "green", "lt": 1}, {"zone": "red", "ge": 1}]}
TREND = {
    "id": "t", "kind": "trend", "measure": "weight", "unit": "kg", "window": "P7D", "min_points": 3, "min_span": "P2D",
    "direction": "up", "bands": [{"zone": "yellow", "ge": 0.3}],
}  # fmt: skip
TWICE = {"id": "n", "kind": "n_of_m", "measure": "spo2", "unit": "%", "n": 2, "m": 3, "where": {"lt": 90}, "zone": "red"}  # fmt: skip
MEAN = {
    "id": "a", "kind": "average", "measure": "bp", "unit": "mm[Hg]", "window_days": 2, "min_readings": 2, "min_days": 1,
    "bands": {"systolic": [{"zone": "green", "lt": 135}, {"zone": "yellow", "ge": 135}]},
}  # fmt: skip
PRESSURE = {
    "id": "b", "kind": "composite_bp", "unit": "mm[Hg]",
    "bands": {"systolic": [{"zone": "green", "lt": 160}, {"zone": "red", "ge": 160}]},
}  # fmt: skip
NEWS = {"id": "s2", "kind": "score", "score": "news2", "spo2_scale": 1, "within": "PT1H", "bands": [{"zone": "green", "lt": 3}, {"zone": "yellow", "ge": 3}]}  # fmt: skip
SINGLE = NEWS | {"bands": [{"zone": "green", "lt": 5}, {"zone": "yellow", "ge": 5}]}
BOTH = {"id": "c", "kind": "combination", "zone": "red", "within": "P1D", "all": [{"rule": "r", "min_zone": "yellow"}, {"rule": "s", "min_zone": "yellow"}]}  # fmt: skip
GAP = SPO2 | {"bands": [{"zone": "red", "lt": 88}, {"zone": "green", "ge": 92}]}


def bp(name: str, at: str, systolic: int) -> Json:
    return value(name, at, 0, "bp", "mm[Hg]") | {"components": {"systolic": systolic, "diastolic": 80}}  # fmt: skip


def form(*answers: int | None) -> Json:
    return value("o1", "02T08:00", 0, "form:phq9") | {"items": {str(n): a for n, a in enumerate(answers, 1)}}  # fmt: skip


SAID: list[tuple[list[Json], list[Json], str]] = [
    ([SPO2], [value("o1", "02T08:00", 86)], "Oxygen saturation 86 % is below the red limit (< 88 %), self-care plan v1"),
    ([SPO2], [value("o1", "02T08:00", "0.86", unit="1")], "Oxygen saturation 86 % (received 0.86) is below the red limit (< 88 %), self-care plan v1"),
    ([SPO2], [value("o1", "02T08:00", 86, comparator="<")], "Oxygen saturation < 86 % is below the red limit (< 88 %), self-care plan v1"),
    ([GAP], [value("o1", "02T08:00", 90)], "Oxygen saturation 90 % falls in a gap between the limits and counts as yellow, self-care plan v1"),
    ([PRESSURE], [bp("o1", "02T08:00", 170)], "Systolic blood pressure 170 mmHg is above the red limit (≥ 160 mmHg), self-care plan v1"),
    ([GAIN], [kilo("o1", "02T08:00", 80), kilo("o2", "02T20:00", 83)], "Body weight has risen by 3 kg from 80 to 83 kg: yellow limit (≥ 2 kg), self-care plan v1"),
    ([TREND], [kilo("o1", "02T08:00", 80), kilo("o2", "03T08:00", 80.5), kilo("o3", "04T08:00", 81)], "Body weight rises by 0.5 kg per day (3 values): yellow limit (≥ 0.3 kg per day), self-care plan v1"),
    ([TWICE], [value("o1", "02T08:00", 89), value("o2", "02T09:00", 88)], "Oxygen saturation has been beyond the red limit 2 times among the last values (now 88 %), self-care plan v1"),
    ([MEAN], [bp("o1", "02T08:00", 136), bp("o2", "02T20:00", 139)], "Systolic blood pressure has a mean of 137.5 mmHg in 2 measurements, above the yellow limit (≥ 135 mmHg), self-care plan v1"),
    ([SUM], [form(2, 2)], "PHQ-9 has a sum of 4 (from what was answered): yellow limit (≥ 3 points), self-care plan v1"),
    ([SUM], [form(3, None)], "PHQ-9 has a sum of 3 (from what was answered, 1 questions unanswered): yellow limit (≥ 3 points), self-care plan v1"),
    ([ITEM], [form(0, 2)], "PHQ-9 has an answer of 2: red limit (≥ 1 points), self-care plan v1"),
    ([ITEM], [form(0, None)], "PHQ-9 has a question with a red answer that was left blank: yellow, self-care plan v1"),
    ([BREATH], [felt("o1", "02T08:00", "rest")], "Symptom dyspnoea has the answer “rest”: red, self-care plan v1"),
    ([BREATH], [felt("o1", "02T08:00", "?")], "Symptom dyspnoea has the answer “?”, which is not in the plan: yellow, self-care plan v1"),
    ([NEWS], [value("o1", "02T08:00", 90)], "NEWS2 is at least 3 (1 of 7 parts known): yellow limit (≥ 3 points), self-care plan v1"),
    ([SINGLE], [value("o1", "02T08:00", 90)], "NEWS2 has 3 points for oxygen saturation: yellow, self-care plan v1"),
    ([SPO2, BREATH, BOTH], [value("o1", "02T08:00", 90), felt("o2", "02T09:00", "more")], "Symptom dyspnoea together with other firings (r, s): red, self-care plan v1"),
    ([], [value("o1", "02T08:00", 20)], "Oxygen saturation 20 % is not a possible value: check the device and the measurement"),
]  # fmt: skip


def last_firing(rules: list[Json], observations: list[Json]) -> Firing:
    told = case(rules, observations, [], "", plans=[plan(*rules)])
    for each in told["observations"]:
        if "components" in each or "items" in each:
            each.pop("value")
    data = json.dumps({"format": "dho-threshold-cases/1", "cases": [told]}).encode()
    read = parse_cases(data).cases[0].case
    assert read is not None
    verdict = decide(
        *(read.patient, read.plans, read.general_limits, None, (), read.observations, (), read.now)
    )
    return [f for judged in verdict.judgements.values() for f in judged.firings][-1]


@pytest.mark.parametrize(("rules", "observations", "wanted"), SAID, ids=[s[2] for s in SAID])
def test_a_firing_is_told_in_english(
    rules: list[Json], observations: list[Json], wanted: str
) -> None:
    assert wanted == explain_in_english(last_firing(rules, observations))


def test_every_technical_reason_has_its_english_line() -> None:
    assert set(NORWEGIAN) - {"technical.unit-rule"} == set(TECHNICAL)
