"""Every kind of rule comes back from FHIR and from the exchange format as it was (architecture D6)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hub.fhir.codec import encode, parse
from hub.fhir.models.r4.datatypes import Extension
from hub.fhir.models.r4.observation_definition import ObservationDefinition
from hub.mapping.extension_to_rule import extension_to_rule
from hub.mapping.plan_to_fhir import measure_concept, plan_to_fhir
from hub.mapping.rule_to_extension import rule_to_extension
from hub.thresholds.case_fields import Fields
from hub.thresholds.case_rules import parse_rule, render_rule
from hub.thresholds.plan import PlanVersion, Rule
from hub.thresholds.rule_fields import KIND_FIELDS
from hub.thresholds.spans import Span
from tests.rule_strategies import any_rule
from tests.unit.thresholds.conftest import START

MANY = settings(max_examples=300, deadline=None)


def through_json(carrier: Extension) -> Extension:
    """What a client would send and the hub decode."""
    holder = ObservationDefinition(extension=(carrier,), code=measure_concept("spo2"))
    return parse(encode(holder), "ObservationDefinition").resource.extension[0]


def through_the_case_format(rule: Rule) -> Rule:
    text = json.dumps(render_rule(rule), default=str)
    return parse_rule(Fields(json.loads(text, parse_float=Decimal, parse_int=Decimal), "rule"))


@given(any_rule())
@MANY
def test_a_rule_comes_back_from_fhir_as_it_was(rule: Rule) -> None:
    read = extension_to_rule(through_json(rule_to_extension(rule, 7)), "X")

    assert ((), (7, rule)) == (tuple(read.problems), read.value)


@given(any_rule())
@MANY
def test_a_rule_comes_back_from_the_exchange_format_as_it_was(rule: Rule) -> None:
    assert rule == through_the_case_format(rule)


@given(any_rule())
@MANY
def test_the_exchange_format_and_fhir_convert_into_each_other_without_loss(rule: Rule) -> None:
    read = extension_to_rule(through_json(rule_to_extension(through_the_case_format(rule), 1)), "X")

    assert read.value is not None
    assert render_rule(rule) == render_rule(read.value[1])


def test_the_times_of_expected_values_are_the_schedule_of_the_request() -> None:
    rule = Rule(
        "m",
        "missing",
        "spo2",
        times=("08:00", "20:00"),
        days=("fri", "mon"),
        grace=Span(seconds=7200),
    )
    made = plan_to_fhir(PlanVersion("e", 1, START, (rule,)), "p", new_id=iter("abcdefgh").__next__)

    timing = made.requests[0].occurrenceTiming
    assert timing is not None
    assert timing.repeat is not None
    assert (timing.repeat.timeOfDay, timing.repeat.dayOfWeek) == (
        ("08:00:00", "20:00:00"),
        ("mon", "fri"),
    )


SOUND = {
    "window": Extension(url="window", valueString="three days"),
    "direction": Extension(url="direction", valueString="sideways"),
    "zone": Extension(url="zone", valueCode="purple"),
    "map": Extension(url="map", extension=(Extension(url="code", valueString="x"),)),
    "all": Extension(url="all", extension=(Extension(url="rule", valueString="x"),)),
    "escalate": Extension(url="escalate", extension=(Extension(url="count", valueInteger=1),)),
    "as": Extension(url="as", valueCode="fraction"),
    "n": Extension(url="n", valueString="two"),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_field_that_is_not_of_its_type_is_refused_by_name(name: str) -> None:
    carrier = rule_to_extension(Rule("r", "delta", "weight", "kg"), 1)
    read = extension_to_rule(replace(carrier, extension=(*carrier.extension, SOUND[name])), "X")

    assert read.value is None
    assert [p.detail.startswith(f"Regelen r: {name} ") for p in read.problems] == [True]


def test_a_field_twice_and_an_answer_twice_are_refused() -> None:
    rule = Rule("r", "delta", "weight", "kg", window=Span(days=3))
    carrier = rule_to_extension(rule, 1)
    answers = rule_to_extension(Rule("s", "symptom", "sym:x", answers={"a": "red"}), 1)
    twice = [replace(c, extension=(*c.extension, c.extension[-1])) for c in (carrier, answers)]

    assert ["to ganger" in extension_to_rule(c, "X").problems[0].detail for c in twice] == [
        True,
        True,
    ]


def test_every_kind_has_its_row_of_fields() -> None:
    assert {
        rule_to_extension(Rule("r", kind), 1).extension[2].valueCode for kind in KIND_FIELDS
    } == set(KIND_FIELDS)
