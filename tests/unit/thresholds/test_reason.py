"""The one-line text of an alert (§11)."""

import pytest
from msgspec import structs

from hub.thresholds.absence_words import ABSENCES
from hub.thresholds.judge import judge
from hub.thresholds.reason import render_written


def _texts(build, m, *rules, limits=(), version=2):
    book = build.book([build.plan(*rules, version=version)] if rules else [], limits)
    return [firing.text for firing in judge(book, m).firings]


def test_the_text_names_measure_value_limit_and_plan(build):
    texts = _texts(build, build.value("o", "86"), build.absolute())

    assert texts == ["SpO2 86 % er under rød grense (< 88 %), EBP v2"]


def test_high_values_name_the_lower_end_of_their_band(build):
    texts = _texts(build, build.bp("o", "182", "96"), build.bp_rule())

    assert texts == ["Systolisk blodtrykk 182 mmHg er over rød grense (≥ 180 mmHg), EBP v2"]


def test_a_converted_value_is_shown_both_ways(build):
    m = build.value("o", "53", measure="glucose", unit="mg/dL")

    assert _texts(build, m, build.glucose_rule()) == [
        "Blodsukker 2,9 mmol/L (mottatt 53 mg/dL) er under rød grense (< 3,0 mmol/L), EBP v2"
    ]


def test_a_meter_that_shows_lo_says_so(build):
    m = build.value("o", "1.1", measure="glucose", unit="mmol/L", comparator="<")

    (text,) = _texts(build, m, build.glucose_rule())

    assert text.startswith("Blodsukker < 1,1 mmol/L er under rød grense")


@pytest.mark.parametrize(
    ("comparator", "value", "told"),
    [
        (">", "86", "SpO2 > 86 % kan være under rød grense"),
        ("<=", "88", "SpO2 ≤ 88 % kan være under rød grense"),
        ("<", "88", "SpO2 < 88 % er under rød grense"),
        ("<", "95", "SpO2 < 95 % kan være under rød grense"),
    ],
)
def test_what_may_lie_beyond_a_limit_is_not_said_to(build, comparator, value, told):
    (text,) = _texts(build, build.value("o", value, comparator=comparator), build.absolute())

    assert text.startswith(told)


def test_floors_and_general_limits_are_named(build):
    limits = [
        build.absolute("red <80, green >=80", "f", overridable=False),
        build.absolute("yellow <84, green >=84", "g", overridable=True),
    ]

    texts = _texts(build, build.value("o", "79"), limits=limits)

    assert texts == [
        "SpO2: pasienten har ingen gyldig egenbehandlingsplan, bare generelle grenser er brukt",
        "SpO2 79 % er under rød grense (< 80 %), sikkerhetsgrense (gulv)",
        "SpO2 79 % er under gul grense (< 84 %), generell grense",
    ]


def test_a_gap_is_called_a_gap(build):
    (text,) = _texts(build, build.value("o", "90"), build.absolute("red <88, green >=92"))

    assert text == "SpO2 90 % faller i et hull mellom grensene, regnes som gul, EBP v2"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"unit": None}, "SpO2: enheten mangler, verdien 80 er ikke vurdert"),
        ({"device_error": "sensor-off"}, "SpO2: utstyret meldte feil (sensor-off)"),
        ({"unit": "procent"}, "SpO2: enheten procent er ukjent, verdien 80 er ikke vurdert"),
        ({"value": "80.", "unit": None}, "SpO2: enheten mangler, verdien 80 er ikke vurdert"),
        ({"data_absent_reason": "asked-declined", "value": None}, "SpO2: verdien mangler (pasienten ønsket ikke å svare)"),
        ({"data_absent_reason": "own-code", "value": None}, "SpO2: verdien mangler (own-code)"),
        ({"value": "20"}, "SpO2 20 % er ikke en mulig verdi: kontroller utstyr og måling"),
    ],
)  # fmt: skip
def test_technical_alerts_say_what_to_look_at(build, fields, text):
    m = build.value("o", **{"value": "80", **fields})

    assert [text] == _texts(build, m, build.absolute())


def test_the_part_whose_unit_is_missing_is_named(build):
    whole = build.bp("o", "120", "80")
    bare = structs.replace(whole.components[1], unit=None)
    m = structs.replace(whole, components=(whole.components[0], bare))

    (text,) = _texts(build, m, build.bp_rule())[:1]

    assert "Diastolisk blodtrykk: enheten mangler, verdien 80 er ikke vurdert" == text


def test_a_measure_without_a_unit_has_no_blank_too_many(build):
    m = build.value("o", "99", measure="inr", unit="{INR}")

    assert "INR 99 er ikke en mulig verdi: kontroller utstyr og måling" in _texts(build, m)


def test_every_reason_of_fhir_for_a_missing_value_has_norwegian_words():
    """The codes of the value set data-absent-reason, R4."""
    codes = (
        "unknown asked-unknown temp-unknown not-asked asked-declined masked not-applicable unsupported as-text error"
        " not-a-number negative-infinity positive-infinity not-performed not-permitted"
    )

    assert set(codes.split()) == set(ABSENCES)


@pytest.mark.parametrize(
    ("came", "shown"),
    [("86.", "86"), ("86.5", "86,5"), (".5", "0,5"), ("> 120.0/80.", "> 120,0/80"), ("a.b", "a.b")],
)
def test_a_value_is_shown_as_a_norwegian_reads_it(came, shown):
    assert shown == render_written(came)
