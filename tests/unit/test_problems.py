"""The one table of everything that can go wrong."""

from __future__ import annotations

import pytest

from hub.emessage.codes.apprec_error_8221 import APPREC_ERROR
from hub.problems import HubError, Problem, ProblemCode, fail

# http://hl7.org/fhir/R4/valueset-issue-type.html
ISSUE_TYPES = {
    "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired", "forbidden",
    "suppressed", "processing", "not-supported", "duplicate", "multiple-matches", "not-found", "deleted", "too-long",
    "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient", "lock-error", "no-store",
    "exception", "timeout", "incomplete", "throttled", "informational",
}  # fmt: skip


@pytest.mark.parametrize("code", list(ProblemCode), ids=lambda c: c.name)
def test_every_row_agrees_with_itself(code: ProblemCode) -> None:
    row = code.row
    assert row.issue in ISSUE_TYPES
    assert row.apprec is None or row.apprec in APPREC_ERROR.names
    assert (row.receipt == "2") == (row.apprec is not None)
    assert row.blame == "theirs" or row.receipt is None
    classes = {"theirs": 4, "ours": 5, "nobody": 5}
    assert row.http // 100 == (classes[row.blame] if row.fatal else 2)
    # the same again goes well only when it was nobody's fault, or when haste or slowness was the fault
    assert row.retry <= (row.blame != "theirs" or row.issue in {"throttled", "timeout"})


def test_codes_with_equal_rows_stay_apart() -> None:
    assert len({code.value for code in ProblemCode}) == len(ProblemCode)
    assert ProblemCode.NOT_JSON is not ProblemCode.NOT_UTF8
    assert ProblemCode.NOT_JSON.row == ProblemCode.NOT_UTF8.row


def test_the_error_tells_codes_and_places_and_no_detail() -> None:
    error = HubError(
        Problem(ProblemCode.GONE, "Kari"), Problem(ProblemCode.BAD_CODE, "Ola", "Patient.gender")
    )
    assert str(error) == "GONE; BAD_CODE Patient.gender"
    assert "Kari" not in repr(error)


def test_fail_makes_an_error_of_one_problem() -> None:
    problem = Problem(ProblemCode.GONE, "gone", "Patient", "part")
    assert fail(ProblemCode.GONE, "gone", "Patient", "part").problems == (problem,)


def test_a_warning_is_not_fatal() -> None:
    assert not Problem(ProblemCode.CONTENT_ODD, "odd").fatal
    assert Problem(ProblemCode.GONE, "gone").fatal
