"""Problems → OperationOutcome and HTTP status; nobody else writes a status number.

Source: http://hl7.org/fhir/R4/operationoutcome.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from hub.fhir.requests import FhirResponse
from hub.problems import Problem

_LATER: Final = (429, 503)
"""Statuses beside which Retry-After stands (RFC 9110 §15.6.4, RFC 6585 §4)."""
_ENCODER = msgspec.json.Encoder()


def to_outcome(problems: Sequence[Problem]) -> bytes:
    """Problems → an OperationOutcome with one issue each, the FHIRPath in `expression`.

    Shape: severity `error` for fatal problems, `warning` otherwise; `details.coding` carries our stable code.
    """
    return _ENCODER.encode(
        {"resourceType": "OperationOutcome", "issue": [_issue(p) for p in problems]}
    )


def _issue(problem: Problem) -> dict[str, object]:
    issue: dict[str, object] = {
        "severity": "error" if problem.fatal else "warning",
        "code": problem.code.row.issue,
        "details": {
            "coding": [
                {"system": PROBLEM_SYSTEM, "code": problem.code.name.lower().replace("_", "-")}
            ],
            "text": problem.detail,
        },
        "diagnostics": problem.detail,
    }
    if problem.where:
        issue["expression"] = [problem.where]
    return issue


def told(text: str) -> bytes:
    """What went well, in words → an OperationOutcome that says so."""
    issue = {
        "severity": "information",
        "code": "informational",
        "details": {"text": text},
        "diagnostics": text,
    }
    return _ENCODER.encode({"resourceType": "OperationOutcome", "issue": [issue]})


PROBLEM_SYSTEM = "https://dho-hub.example/fhir/CodeSystem/problem"


def status_of(problems: Sequence[Problem]) -> int:
    """Problems → the HTTP status: the first one's row decides, a fault of ours outranks theirs."""
    rows = [p.code.row for p in problems]
    ours = [row.http for row in rows if row.blame != "theirs"]
    return ours[0] if ours else rows[0].http


def respond(problems: Sequence[Problem]) -> FhirResponse:
    """Problems → the response that tells them."""
    extra: tuple[tuple[str, str], ...] = ()
    if any(p.code.row.retry and p.code.row.http in _LATER for p in problems):
        extra = (("Retry-After", "1"),)
    return FhirResponse(status_of(problems), to_outcome(problems), extra)
