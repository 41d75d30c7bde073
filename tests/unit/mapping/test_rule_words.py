"""What a doctor reads of a rule that is to be approved."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hub.mapping.rule_words import rule_lines
from hub.thresholds.plan import Band, Escalate, Part, Rule, Where
from hub.thresholds.rule_fields import KIND_FIELDS
from hub.thresholds.spans import Span


def over(limit: str, zone: str = "yellow") -> tuple[Band, ...]:
    return (Band(zone, gt=Decimal(limit)),)  # pyright: ignore[reportArgumentType] - zones as text


RULES = {
    "absolute": (
        Rule(
            "r", "absolute", "spo2", "%",
            (Band("red", lt=Decimal(88)), Band("yellow", ge=Decimal(88), lt=Decimal(92))),
        ),
        ["SpO2: rød under 88 %, gul fra og med 88 til under 92 %"],
    ),
    "composite_bp": (
        Rule("bt", "composite_bp", unit="mm[Hg]", components={"systolic": over("160"), "diastolic": over("100", "red")}),
        ["Blodtrykk, overtrykk: gul over 160 mmHg", "Blodtrykk, undertrykk: rød over 100 mmHg"],
    ),
    "delta": (
        Rule("r", "delta", "weight", "kg", over("2.0"), window=Span(days=3), direction="up", baseline="min"),
        ["Vekt, endring: gul over 2,0 kg (retning opp; tidsrom 3 døgn; utgangspunkt laveste)"],
    ),
    "trend": (
        Rule("r", "trend", "spo2", "%", over("3"), window=Span(days=7), min_points=4, direction="down"),
        ["SpO2, utvikling: gul over 3 % (tidsrom 7 døgn; minste antall verdier 4; retning ned)"],
    ),
    "n_of_m": (
        Rule("r", "n_of_m", "pulse", "/min", n=3, m=5, where=Where(ge=Decimal(100)), zone="yellow"),
        [
            ("Puls, flere av de siste målingene: antall treff (n) 3; antall siste verdier (m) 5;"
            " grensen verdiene telles etter fra og med 100 /min; sone gul")
        ],
    ),
    "average": (
        Rule("r", "average", "pulse", "/min", components={"value": over("100")}, window_days=7, min_readings=6, min_days=3, drop_first_day=True),
        [
            ("Puls, gjennomsnitt: gul over 100 /min (antall døgn 7; minste antall målinger 6;"
            " minste antall døgn med målinger 3; utelat første døgn)")
        ],
    ),
    "missing": (
        Rule("r", "missing", "spo2", times=("08:00", "20:00"), grace=Span(seconds=7200), days=("mon", "fri"), escalate=Escalate(2, "red")),
        [
            ("SpO2, manglende måling: klokkeslett 08:00, 20:00; hvor lenge det ventes 2 timer;"
            " ukedager mandag, fredag; opptrapping etter 2 på rad: rød")
        ],
    ),
    "stale_plan": (Rule("r", "stale_plan", zone="yellow"), ["Plan som ikke er gått gjennom: sone gul"]),
    "questionnaire": (
        Rule("r", "questionnaire", bands=over("9"), form="CAT", total=True),
        ["Skjema: gul over 9 (skjema CAT; sum)"],
    ),
    "symptom": (
        Rule("r", "symptom", "symptom.sputum", answers={"grønt": "red", "klart": "green"}),
        ["symptom.sputum, symptom: svar med soner grønt: rød, klart: grønn"],
    ),
    "score": (
        Rule("r", "score", bands=over("4"), score="news2", within=Span(seconds=3600), spo2_scale=2),
        ["Skår: gul over 4 (skår NEWS2; tidsrom 1 time; SpO2-skala 2)"],
    ),
    "combination": (
        Rule("r", "combination", parts=(Part("a", "yellow"), Part("b", "red")), within=Span(days=1), zone="red"),
        ["Flere funn samtidig: reglene som må slå ut a (gul eller verre), b (rød eller verre); tidsrom 1 døgn; sone rød"],
    ),
}  # fmt: skip


def test_every_kind_of_rule_has_words() -> None:
    assert RULES.keys() == KIND_FIELDS.keys()


@pytest.mark.parametrize("kind", RULES)
def test_a_rule_is_told_with_all_that_decides(kind: str) -> None:
    rule, lines = RULES[kind]

    assert lines == list(rule_lines(rule))


def test_a_rule_that_holds_in_one_context_says_so() -> None:
    rule = Rule("r", "absolute", "spo2", "%", over("1"), when={"activity": "rest"})

    assert ["SpO2: gul over 1 % (gjelder bare når activity er rest)"] == list(rule_lines(rule))


def test_a_band_without_ends_is_all_values() -> None:
    rule = Rule("r", "absolute", "spo2", "%", (Band("green"),))

    assert ["SpO2: grønn alle verdier %"] == list(rule_lines(rule))
