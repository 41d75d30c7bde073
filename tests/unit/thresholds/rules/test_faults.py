"""What a plan is refused for, rule kind by rule kind, in words for a nurse (thresholds.md §2.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from hub.thresholds.plan import AutoResolve, Band, Escalate, Part, PlanVersion, Rule, Where
from hub.thresholds.plan_check import check_parts, validate_plan, validate_rules
from hub.thresholds.rules.registry import KINDS
from hub.thresholds.spans import Span

D = Decimal
GREEN_RED = (Band("green", lt=D(10)), Band("red", ge=D(10)))
HIGH = (Band("yellow", gt=D(2)), Band("red", gt=D(3)))
SOUND: dict[str, Rule] = {
    "absolute": Rule("r", "absolute", "spo2", "%", GREEN_RED),
    "composite_bp": Rule("r", "composite_bp", unit="kPa", components={"systolic": GREEN_RED}),
    "delta": Rule("r", "delta", "weight", "kg", HIGH, direction="up", window=Span(days=3)),
    "trend": Rule("r", "trend", "weight", "kg", HIGH, direction="up", window=Span(days=7), min_points=4),
    "n_of_m": Rule("r", "n_of_m", "spo2", "%", n=2, m=3, where=Where(lt=D(90)), zone="red"),
    "average": Rule(
        "r", "average", "bp", "mm[Hg]", components={"systolic": GREEN_RED}, window_days=7,
        min_readings=12, min_days=3,
    ),
    "missing": Rule("r", "missing", "form:x", times=("08:00",), grace=Span(seconds=60), zone="yellow"),
    "stale_plan": Rule("r", "stale_plan", zone="yellow"),
    "questionnaire": Rule("r", "questionnaire", form="x", total=True, items=("1",), bands=GREEN_RED),
    "symptom": Rule("r", "symptom", "sym:x", answers={"a": "red"}),
    "score": Rule("r", "score", score="news2", within=Span(seconds=60), bands=GREEN_RED),
    "combination": Rule(
        "r", "combination", within=Span(days=1), zone="red", parts=(Part("a", "yellow"), Part("b", "red"))
    ),
}  # fmt: skip


def faults(rule: Rule) -> str:
    return " ".join(problem.detail for problem in validate_rules([rule]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_rule_of_every_kind_has_no_fault(kind: str) -> None:
    assert faults(SOUND[kind]) == ""


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("absolute", {"measure": "bp"}, "ikke én tallverdi"),
        ("absolute", {"window": Span(days=1)}, "window (tidsrom) brukes ikke"),
        ("absolute", {"components": {"x": GREEN_RED}}, "ikke områder slik"),
        ("absolute", {"auto_resolve": AutoResolve(0, D(0))}, "Automatisk lukking"),
        ("absolute", {"quiet": timedelta(-1)}, "Stilletiden"),
        ("delta", {"measure": None}, "(mangler) er ukjent"),
        ("delta", {"unit": "lb"}, "lb passer ikke"),
        ("delta", {"direction": None}, "direction (retning) mangler"),
        ("delta", {"baseline": "mean"}, "mean er ukjent"),
        ("delta", {"baseline": "fixed"}, "faste utgangsverdien"),
        ("delta", {"baseline": "min", "window": None}, "Tidsrommet"),
        ("delta", {"fixed": D(0), "as_percent": True}, "over null"),
        (
            "delta",
            {"bands": (Band("yellow", gt=D(3)), Band("red", gt=D(2)))},
            "Rødt må ha en høyere",
        ),
        ("delta", {"bands": (Band("yellow", gt=D(3), lt=D(2)),)}, "tomt"),
        ("trend", {"direction": "x"}, "opp (up) eller ned"),
        ("trend", {"window": None}, "Tidsrommet"),
        ("trend", {"min_points": 1}, "minst 2"),
        ("trend", {"min_span": Span(days=9)}, "lengre enn tidsrommet"),
        ("n_of_m", {"n": 0}, "minst 1"),
        ("n_of_m", {"m": 1}, "minst like stort"),
        ("n_of_m", {"zone": "green"}, "gul (yellow) eller rød"),
        ("n_of_m", {"where": Where(lt=D(1), le=D(1))}, "to nedre eller to øvre"),
        ("average", {"components": {"waist": GREEN_RED}}, "ingen del waist"),
        (
            "average",
            {"measure": "pulse", "unit": "/min", "components": {"a": GREEN_RED, "b": GREEN_RED}},
            "ett sett",
        ),
        ("average", {"min_readings": None}, "Minste antall målinger"),
        ("average", {"min_days": 7, "drop_first_day": True}, "aldri slå ut"),
        ("average", {"components": {"systolic": GREEN_RED[:1]}}, "hull"),
        ("missing", {"measure": "spo22"}, "spo22 er ukjent"),
        ("missing", {"times": ("8",)}, "må skrives som 08:00"),
        ("missing", {"times": ("08:00", "08:00")}, "to ganger"),
        ("missing", {"days": ("mandag",)}, "mandag er ukjent"),
        ("missing", {"grace": None}, "hvor lenge"),
        ("missing", {"zone": "green"}, "gul (yellow)"),
        ("missing", {"escalate": Escalate(0, "red")}, "minst 1"),
        ("missing", {"zone": "red", "escalate": Escalate(2, "yellow")}, "mer alvorlig"),
        ("stale_plan", {"zone": "black"}, "gul (yellow)"),
        ("questionnaire", {"form": None}, "Skjemaet"),
        ("questionnaire", {"total": False}, "summen (total) eller"),
        ("questionnaire", {"item": "1"}, "både summen"),
        ("questionnaire", {"items": ()}, "items) mangler"),
        ("questionnaire", {"items": ("1", "1")}, "to ganger"),
        ("questionnaire", {"reversed": True}, "omvendt skår"),
        ("questionnaire", {"multiply": D(0)}, "større enn null"),
        ("symptom", {"measure": "spo2"}, "ikke et symptom"),
        ("symptom", {"answers": {"a": "blue"}}, "ukjent sone"),
        ("score", {"score": "mews"}, "mews er ukjent"),
        ("score", {"within": None}, "Tidsrommet"),
        ("score", {"spo2_scale": 3}, "1 eller 2"),
        ("combination", {"within": None}, "Tidsrommet"),
        ("combination", {"zone": "green"}, "gul (yellow)"),
        ("combination", {"parts": (Part("r", "red"),)}, "seg selv"),
        ("combination", {"parts": (Part("a", "green"),)}, "slått ut"),
    ],
)
def test_what_is_wrong_is_said(kind: str, fields: dict[str, Any], words: str) -> None:
    assert words in faults(replace(SOUND[kind], **fields))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("delta", {"bands": ()}),
        ("trend", {"bands": ()}),
        ("n_of_m", {"where": None}),
        ("average", {"components": {}}),
        ("missing", {"times": ()}),
        ("questionnaire", {"bands": ()}),
        ("symptom", {"answers": {}}),
        ("score", {"bands": ()}),
        ("combination", {"parts": ()}),
    ],
)
def test_no_limit_wanted_is_no_fault_of_any_kind(kind: str, fields: dict[str, Any]) -> None:
    assert faults(replace(SOUND[kind], **fields)) == ""


def test_a_combination_of_what_is_nowhere_is_said() -> None:
    rule = SOUND["combination"]

    assert [p.where for p in check_parts([rule], ["a"])] == ["r"]
    assert check_parts([rule, replace(SOUND["delta"], id="b")], ["a"]) == ()


def test_a_combination_of_what_nobody_measures_is_said() -> None:
    rule, clock = SOUND["combination"], replace(SOUND["missing"], id="b")

    assert ["r"] == [p.where for p in check_parts([rule, clock], ["a"])]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"review_interval": "3 months"}, "P3M"),
        ({"review_interval": "PT0S"}, "P3M"),
        ({"rules": (SOUND["stale_plan"],)}, "siste gjennomgang"),
        ({"valid_to": datetime(2025, 1, 1, tzinfo=UTC)}, "slutter før"),
    ],
)
def test_what_is_wrong_with_a_plan_itself_is_said(fields: dict[str, Any], words: str) -> None:
    plan = PlanVersion("e", 1, datetime(2026, 1, 1, tzinfo=UTC))

    assert words in " ".join(p.detail for p in validate_plan(replace(plan, **fields)))
