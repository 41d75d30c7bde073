"""`hub thresholds judge` as a person or a program meets it."""

import json

import pytest
from click.testing import CliRunner

from hub.cli.thresholds import thresholds
from hub.fhir.codec import parse
from hub.mapping.general_limits import fhir_to_general_limits
from hub.thresholds.proposed_limits import proposed_limits

T = "2026-03-02T08:00:00+01:00"


def _file(zone: str = "red", kind: str = "absolute") -> str:
    rule = {
        "id": "r", "kind": kind, "measure": "spo2", "unit": "%",
        "bands": [{"zone": "red", "lt": 88}, {"zone": "green", "ge": 88}],
    }  # fmt: skip
    case = {
        "id": "C-1",
        "patient": {"id": "p", "timezone": "Europe/Oslo", "status_periods": []},
        "plans": [{"id": "ebp", "version": 1, "valid_from": "2026-01-01T00:00:00+01:00", "rules": [rule]}],
        "observations": [{"id": "o", "measure": "spo2", "value": 85, "unit": "%", "effective": T, "received": T}],
        "now": T,
        "expected": {"zones": {"o": zone}},
    }  # fmt: skip
    return json.dumps({"format": "dho-threshold-cases/1", "cases": [case]})


@pytest.mark.parametrize(("zone", "status"), [("red", 0), ("green", 1)])
def test_the_exit_status_tells_whether_all_passed(zone, status):
    result = CliRunner().invoke(thresholds, ["judge", "-"], input=_file(zone))

    assert status == result.exit_code
    assert json.loads(result.stdout)["cases"][0]["pass"] is (status == 0)
    assert result.stderr == f"1 cases: {1 - status} passed, {status} failed\n"


def test_an_unsupported_kind_counts_as_failed():
    result = CliRunner().invoke(thresholds, ["judge", "-"], input=_file(kind="astrology"))

    assert result.exit_code == 1
    assert json.loads(result.stdout)["cases"][0]["error"] == "rule kind not supported: astrology"


def test_explain_adds_the_text_of_every_firing(tmp_path):
    path = tmp_path / "cases.json"
    path.write_text(_file())

    result = CliRunner().invoke(thresholds, ["judge", str(path), "--explain", "--json"])

    firing = json.loads(result.stdout)["cases"][0]["explained"]["firings"][0]
    assert firing["text"] == "SpO2 85 % er under rød grense (< 88 %), EBP v1"


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'{"format": "x"}', b"[" * 50_000])
def test_a_file_that_is_not_cases_is_refused_in_one_line(data):
    result = CliRunner().invoke(thresholds, ["judge", "-"], input=data)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_a_file_that_is_not_there_is_said():
    result = CliRunner().invoke(thresholds, ["judge", "no-such-file.json"])

    assert result.exit_code == 2
    assert "no-such-file.json" in result.stderr


def test_the_sets_of_limits_are_listed_and_told_with_their_sources():
    listed = CliRunner().invoke(thresholds, ["limits"])
    told = CliRunner().invoke(thresholds, ["limits", "hf"])

    assert "diabetes" in listed.stdout
    assert "weight >3.0 kg red (delta up P3D)" in told.stdout
    assert all("needs sign-off" in line for line in told.stdout.splitlines())


@pytest.mark.parametrize(
    "asked", [["limits", "horoscope"], ["limits", "hf", "--population", "dogs"]]
)
def test_a_set_or_population_that_is_not_there_is_told_with_those_that_are(asked):
    result = CliRunner().invoke(thresholds, asked)

    assert result.exit_code == 1
    assert "heart failure" in result.stderr or "news2-single" in result.stderr


def test_the_rules_of_a_set_keep_their_digits():
    result = CliRunner().invoke(thresholds, ["limits", "diabetes", "--json"])

    assert '"lt": 3.0' in result.stdout
    (told,) = json.loads(result.stdout)
    assert told["needs_sign_off"] is True
    assert [rule["kind"] for rule in told["rules"]] == ["absolute", "n_of_m"]


def test_the_bundle_of_a_set_makes_general_limits_under_the_same_id_each_time():
    asked = ["limits", "news2-single", "--population", "adult", "--bundle"]
    first, second = (CliRunner().invoke(thresholds, asked).stdout for _ in range(2))

    assert first == second
    bundle = parse(first.encode(), "Bundle").resource
    rules = fhir_to_general_limits(entry.resource for entry in bundle.entry)
    assert not rules.problems
    assert rules.value == proposed_limits("news2-single", "adult")
