"""`hub fhir validate`: problems of resources in files, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import group
from tests.builders import patient, to_json


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "good.json").write_bytes(to_json(patient()))
    (tmp_path / "bad.json").write_bytes(to_json(patient(gender="f")))
    lines = [to_json(patient(1)), to_json(patient(2, birthDate="x"))]
    (tmp_path / "many.ndjson").write_bytes(b"\n".join(lines) + b"\n")
    return tmp_path


def test_good_files_end_with_status_0(files: Path) -> None:
    done = CliRunner().invoke(group, ["fhir", "validate", str(files / "good.json")])

    assert (0, "1 checked, 0 wrong\n") == (done.exit_code, done.output)


def test_each_problem_is_a_line_with_file_place_and_text(files: Path) -> None:
    names = [str(files / n) for n in ("good.json", "bad.json", "many.ndjson")]
    done = CliRunner().invoke(group, ["fhir", "validate", *names])

    assert done.exit_code == 1
    first, second, count = done.output.splitlines()
    assert first.startswith(f"{files}/bad.json: error Patient.gender: not a code")
    assert second.startswith(f"{files}/many.ndjson:2: error Patient.birthDate: not a valid date")
    assert count == "4 checked, 2 wrong"


def test_programs_get_json(files: Path) -> None:
    done = CliRunner().invoke(group, ["fhir", "validate", "--json", str(files / "bad.json")])

    told = json.loads(done.output)
    assert (1, 1, 1) == (done.exit_code, told["resources"], told["wrong"])
    assert told["results"][0]["issues"][0]["expression"] == "Patient.gender"
    assert told["results"][0]["issues"][0]["code"] == "bad-code"


def test_a_file_that_is_not_there_is_told_and_the_others_are_checked(files: Path) -> None:
    names = [str(files / "none.json"), str(files / "good.json")]
    done = CliRunner().invoke(group, ["fhir", "validate", *names])

    assert done.exit_code == 1
    assert "none.json: No such file" in done.output
    assert "2 checked, 1 wrong" in done.output


def test_lines_of_nothing_are_passed_over_and_counted_by_no_number(tmp_path: Path) -> None:
    file = tmp_path / "gaps.ndjson"
    file.write_bytes(b"\n" + to_json(patient(1)) + b"\r\n\n" + to_json(patient(2, birthDate="x")))
    done = CliRunner().invoke(group, ["fhir", "validate", str(file)])

    assert done.output.splitlines()[0].startswith(f"{file}:2: error Patient.birthDate")
    assert done.output.splitlines()[-1] == "2 checked, 1 wrong"
