"""The exchange format: what is read, what is refused, how verdicts are held against expectations."""

import json
from typing import Any

import pytest

from hub.problems import HubError, ProblemCode
from hub.thresholds import case_run
from hub.thresholds.case_run import render_results, run_case
from hub.thresholds.cases import parse_cases

T = "2026-03-02T08:00:00+01:00"


def case(**changes: Any) -> dict[str, Any]:
    bands = [{"zone": "red", "lt": 88}, {"zone": "green", "ge": 88}]
    rule = {"id": "r", "kind": "absolute", "measure": "spo2", "unit": "%", "bands": bands}
    plan = {"id": "ebp", "version": 1, "valid_from": "2026-01-01T00:00:00+01:00", "rules": [rule]}
    patient = {"id": "p", "timezone": "Europe/Oslo", "status_periods": []}
    observation = {
        "id": "o",
        "measure": "spo2",
        "value": 85,
        "unit": "%",
        "effective": T,
        "received": T,
    }
    return {
        "id": "C-1", "patient": patient, "plans": [plan], "general_limits": [], "observations": [observation],
        "events": [], "now": T,
    } | changes  # fmt: skip


def changed(path: str, value: Any) -> dict[str, Any]:
    """A case with one field changed; None takes it away."""
    document = case()
    at: Any = document
    *way, last = path.split(".")
    for key in way:
        at = at[int(key)] if key.isdigit() else at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return document


def file(*cases: Any) -> bytes:
    return json.dumps({"format": "dho-threshold-cases/1", "cases": cases}).encode()


def run(*cases: Any):
    return [run_case(source) for source in parse_cases(file(*cases)).cases]


ALERT = {"rule": "r", "zone": "red", "reason": "absolute.low", "evidence": ["o"]}


def test_what_is_expected_and_comes_passes():
    (result,) = run(case(expected={"alerts": [ALERT], "zones": {"o": "red"}}))

    assert (result.passed, result.differences) == (True, ())
    assert result.document["pass"] is True


def test_without_an_expectation_nothing_passes_or_fails():
    (result,) = run(case())

    assert result.passed is None
    assert "pass" not in result.document


@pytest.mark.parametrize(
    "expected",
    [
        {"alerts": []},
        {"alerts": [ALERT, ALERT]},
        {"alerts": [ALERT | {"zone": "yellow"}]},
        {"alerts": [ALERT | {"state": "closed"}]},
        {"alerts": [ALERT | {"evidence": ["o", "x"]}]},
        {"alerts": [ALERT | {"flags": ["late"]}]},
        {"zones": {"o": "green"}},
        {"zones": {"x": "red"}},
        {"notifications": []},
        {"alerts": "none"},
        [],
        {"zones": {"o": 5}},
    ],
)
def test_what_differs_fails(expected):
    (result,) = run(case(expected=expected))

    assert result.passed is False


def test_flags_and_evidence_count_only_as_far_as_they_are_given():
    (result,) = run(case(expected={"alerts": [ALERT | {"evidence": []}]}))

    assert result.passed


def test_notifications_are_compared_where_given():
    told = [{"at": "2026-03-02T07:00:00Z", "kind": "raise", "rule": "r"}]

    (result,) = run(case(expected={"notifications": told}))

    assert result.passed


def test_an_unsupported_rule_kind_fails_with_its_name_even_where_nothing_is_expected():
    document = changed("plans.0.rules.0.kind", "astrology")

    (result,) = run(document)

    assert (result.passed, result.error) == (False, "rule kind not supported: astrology")


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("id", None, "id"),
        ("patient", None, "patient"),
        ("patient.timezone", "Mars/Base", "time zone"),
        ("patient.timezone", "../../etc/passwd", "time zone"),
        ("now", None, "now"),
        ("now", "yesterday", "time"),
        ("now", "2026-02-30T08:00:00Z", "time"),
        ("plans", {}, "list"),
        ("plans.0.version", "two", "decimal"),
        ("plans.0.version", 1.5, "whole"),
        ("plans.0.mode", "sleep", "one of"),
        ("plans.0.safety_net", "yes", "true or false"),
        ("plans.0.rules.0.bands", None, "bands"),
        ("plans.0.rules.0.bands.0.zone", "purple", "one of"),
        ("plans.0.rules.0.bands.0.lt", "88,0", "decimal"),
        ("plans.0.rules.0.bands.0.lt", True, "decimal"),
        ("plans.0.rules.0.bands.0.le", 88, "both"),
        ("plans.0.rules.0.quiet", "1 hour", "duration"),
        ("plans.0.rules.0.quiet", "P", "duration"),
        ("observations.0.id", None, "id"),
        ("observations.0.id", 7, "text"),
        ("observations.0.effective", "yesterday", "time"),
        ("observations.0.effective", "2026-13", "time"),
        ("observations.0.received", None, "received"),
        ("observations.0.value", [1], "number or a text"),
        ("events", [{"at": T, "type": "snooze", "rule": "r"}], "one of"),
        ("events", ["x"], "object"),
    ],
)
def test_a_faulty_case_names_the_field_and_does_not_stop_the_others(path, value, word):
    faulty, sound = run(changed(path, value), case(id="C-2"))

    assert faulty.passed is False
    assert word in (faulty.error or "")
    assert sound.error is None


def test_a_case_on_which_the_engine_fails_is_told_and_does_not_stop_the_others(monkeypatch):
    monkeypatch.setattr(case_run, "decide", lambda *_: 1 / 0)

    failed = run(case(expected={"alerts": [ALERT]}))[0]

    assert (failed.passed, failed.error) == (False, "the engine failed: ZeroDivisionError: division by zero")  # fmt: skip


def test_the_same_case_id_twice_is_said():
    first, second = run(case(), case())

    assert (first.error, second.passed) == (None, False)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ProblemCode.NOT_JSON),
        (b"cases", ProblemCode.NOT_JSON),
        (b'{"format": NaN}', ProblemCode.NOT_JSON),
        (b'{"format": 1e' + b"9" * 30 + b"}", ProblemCode.NOT_JSON),
        (b"\xff\xfe{}", ProblemCode.NOT_UTF8),
        (b'{"a": "\\ud800"}', ProblemCode.NOT_UTF8),
        (b"[" * 100_000, ProblemCode.TOO_DEEP),
        (b'{"format": 1, "format": 2}', ProblemCode.DUPLICATE_KEY),
        (b"[]", ProblemCode.WRONG_TYPE),
        (b'{"format": "dho-threshold-cases/2", "cases": []}', ProblemCode.BAD_VALUE),
        (b'{"format": "dho-threshold-cases/1"}', ProblemCode.REQUIRED_MISSING),
        (b" " * 50_000_001, ProblemCode.TOO_LARGE),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(data, code):
    with pytest.raises(HubError) as refused:
        parse_cases(data)

    assert [code] == [problem.code for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("value", "zone"),
    [
        ("85", "red"), ('"85"', "red"), ('"85,0"', "invalid"), ("true", "invalid"), ("null", "invalid"),
        ("88.0000000000000000000000000001", "green"), ("87.9999999999999999999999999999", "red"),
        ("1e999999999", "invalid"), ("9" * 5000, "invalid"),
    ],
)  # fmt: skip
def test_values_are_judged_as_they_are_written(value, zone):
    data = file(case()).replace(b'"value": 85', b'"value": ' + value.encode())

    (result,) = [run_case(source) for source in parse_cases(data).cases]

    assert zone == result.document["actual"]["zones"]["o"]


def test_the_output_is_the_file_with_its_numbers_as_they_were_written():
    data = file(case()).replace(b'"value": 85', b'"value": 85.00')
    parsed = parse_cases(data)

    out = render_results(parsed, [run_case(source, explain=True) for source in parsed.cases])

    assert b'"value": 85.00' in out
    document = json.loads(out)
    assert document["format"] == "dho-threshold-cases/1"
    text = document["cases"][0]["explained"]["firings"][0]["text"]
    assert text == "SpO2 85.00 % er under rød grense (< 88 %), EBP v1".replace(".", ",")


def test_versions_without_a_number_are_counted_in_order_of_appearance():
    document = case()
    again = document["observations"][0] | {"value": 95, "received": "2026-03-02T09:00:00+01:00"}
    document["observations"].append(again)
    document["now"] = "2026-03-02T09:00:00+01:00"

    (result,) = run(document)

    assert result.document["actual"]["zones"] == {"o": "green"}


def test_an_observation_has_every_field_of_the_format():
    document = case()
    document["observations"] = [
        {"id": "a", "measure": "bp", "components": {"systolic": "150", "diastolic": 95}, "unit": "mm[Hg]",
         "effective": "2026-03-02", "received": T, "status": "final", "identifier": "x|1", "device": "d"},
        {"id": "b", "measure": "form:cat", "items": {"1": 2, "2": None}, "effective": None, "received": T},
        {"id": "c", "measure": "sym:x", "code": "y", "effective": "2026-03-02T08:00:00", "received": T,
         "context": {"on_oxygen": True, "site": "ear", "flow": 2}},
        {"id": "d", "measure": "glucose", "value": 1.1, "unit": "mmol/L", "comparator": "<", "effective": T,
         "received": T},
        {"id": "e", "measure": "spo2", "effective": T, "received": T, "data_absent_reason": "unknown"},
        {"id": "f", "measure": "spo2", "effective": T, "received": T, "device_error": "off"},
    ]  # fmt: skip
    document["general_limits"] = [
        {"id": "g", "kind": "composite_bp", "unit": "mm[Hg]", "overridable": True,
         "bands": {"systolic": [{"zone": "green", "lt": 140}, {"zone": "yellow", "ge": 140}]}},
        {"id": "h", "kind": "absolute", "measure": "glucose", "unit": "mmol/L", "overridable": False,
         "bands": [{"zone": "red", "lt": 3}, {"zone": "green", "ge": 3}]},
    ]  # fmt: skip
    document["routing"] = {
        "timers": {"red": {"remind": "PT15M", "escalate": "PT30M", "act": "PT1H"}}
    }
    document["downtime"] = [{"from": T, "to": "2026-03-02T09:00:00+01:00"}]

    (result,) = run(document)

    assert result.error is None
    zones = {"a": "yellow", "b": "none", "c": "none", "d": "red", "e": "invalid", "f": "invalid"}
    assert zones == result.document["actual"]["zones"]
    assert result.document["actual"]["notifications"]
