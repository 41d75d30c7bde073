"""Problems as an OperationOutcome and a status."""

from __future__ import annotations

import msgspec
import pytest

from hub.fhir.codec import parse
from hub.fhir.outcome import respond, status_of, to_outcome
from hub.problems import Problem, ProblemCode

GENDER = Problem(ProblemCode.BAD_CODE, "not a code", "Patient.gender")


def test_each_problem_is_an_issue_with_code_text_and_path() -> None:
    body = to_outcome([GENDER, Problem(ProblemCode.CONTENT_ODD, "odd")])
    parse(body, "OperationOutcome")
    first, second = msgspec.json.decode(body)["issue"]
    assert (first["severity"], first["code"], first["expression"]) == (
        "error",
        "code-invalid",
        ["Patient.gender"],
    )
    assert first["details"]["coding"][0]["code"] == "bad-code"
    assert first["details"]["text"] == first["diagnostics"] == "not a code"
    assert (second["severity"], "expression" in second) == ("warning", False)


@pytest.mark.parametrize("code", list(ProblemCode), ids=lambda c: c.name)
def test_every_problem_makes_a_valid_outcome(code: ProblemCode) -> None:
    answer = respond([Problem(code, "detail", "Patient")])
    parse(answer.body, "OperationOutcome")
    assert answer.status == code.row.http


def test_the_first_problem_decides_and_a_fault_of_ours_outranks_theirs() -> None:
    gone, ours = Problem(ProblemCode.GONE, "x"), Problem(ProblemCode.INTERNAL, "x")
    assert status_of([GENDER, gone]) == 400
    assert status_of([gone, GENDER]) == 410
    assert status_of([GENDER, ours]) == 500
    assert status_of([GENDER, Problem(ProblemCode.BUSY, "x")]) == 503


def test_who_is_told_to_wait_is_told_how_long() -> None:
    assert respond([Problem(ProblemCode.BUSY, "x")]).headers == (("Retry-After", "1"),)
    assert respond([GENDER]).headers == ()
