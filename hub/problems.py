"""Everything that can go wrong, as one table: whose fault, HTTP status, FHIR issue type, AppRec code.

Nobody else writes a status number or an E-code: `fhir/outcome.py` and `emessage/apprec.py` read the rows.
Source: FHIR R4 issue-type (http://hl7.org/fhir/R4/valueset-issue-type.html); code lists 8221 and 8258.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Literal, Self, TypeVar

import msgspec

T = TypeVar("T")

Blame = Literal["theirs", "ours", "nobody"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the problem table.

    Shape: `blame` nobody = transient; `http` status; `issue` FHIR issue type; `apprec` code of list 8221 or None
    when no receipt may carry it; `receipt` status of list 8258 ("1", "2" or None = none is sent);
    `retry` whether the same call may go well later; `fatal` False for warnings.
    """

    blame: Blame
    http: int
    issue: str
    apprec: str | None
    receipt: str | None
    retry: bool
    fatal: bool = True


def _theirs(http: int, issue: str, apprec: str | None = None, receipt: str | None = None) -> Row:
    return Row("theirs", http, issue, apprec, receipt, retry=False)


class ProblemCode(Enum):
    """Codes with their rows; the name is stable, the texts are free to change (docs/reference/problems.md)."""

    row: Row

    def __new__(cls, row: Row) -> Self:
        """One table row → a member of its own, also where two rows are alike (Enum would alias them)."""
        member = object.__new__(cls)
        member._value_ = len(cls.__members__)
        member.row = row
        return member

    # FHIR requests
    NOT_JSON = _theirs(400, "structure")
    NOT_UTF8 = _theirs(400, "structure")
    TOO_LARGE = _theirs(413, "too-long")
    TOO_DEEP = _theirs(400, "too-costly")
    TOO_COSTLY = _theirs(400, "too-costly")
    URL_TOO_LONG = _theirs(414, "too-long")
    HEADERS_TOO_LARGE = _theirs(431, "too-long")
    WRONG_HOST = _theirs(400, "not-found")
    MALFORMED_HTTP = _theirs(400, "structure")
    TOO_SLOW = Row("theirs", 408, "timeout", None, None, retry=True)
    THROTTLED = Row("theirs", 429, "throttled", None, None, retry=True)
    DUPLICATE_KEY = _theirs(400, "structure")
    UNKNOWN_ELEMENT = _theirs(400, "structure")
    WRONG_TYPE = _theirs(400, "structure")
    REQUIRED_MISSING = _theirs(400, "required")
    BAD_VALUE = _theirs(400, "value")
    BAD_CODE = _theirs(400, "code-invalid")
    INVARIANT = _theirs(400, "invariant")
    MORE_PROBLEMS = Row("theirs", 200, "informational", None, None, retry=False, fatal=False)
    WRONG_RESOURCE_TYPE = _theirs(400, "invalid")
    UNKNOWN_RESOURCE_TYPE = _theirs(404, "not-supported")
    ID_MISMATCH = _theirs(400, "invalid")
    NARRATIVE_UNSAFE = _theirs(422, "security")
    UNKNOWN_SUBJECT = _theirs(422, "not-found")
    UNKNOWN_REFERENCE = _theirs(422, "not-found")
    SUBJECT_CHANGED = _theirs(422, "business-rule")
    TWO_PATIENTS = _theirs(422, "business-rule")
    BUSINESS_RULE = _theirs(422, "business-rule")
    UNKNOWN_PARAMETER = _theirs(400, "not-supported")
    BAD_PARAMETER = _theirs(400, "invalid")
    NATIONAL_ID_IN_URL = _theirs(400, "security")
    NOT_FOUND = _theirs(404, "not-found")
    GONE = _theirs(410, "deleted")
    VERSION_CONFLICT = _theirs(412, "conflict")
    NO_VERSION_NAMED = _theirs(428, "required")
    MULTIPLE_MATCHES = _theirs(412, "multiple-matches")
    UNRESOLVED_REFERENCE = _theirs(412, "not-found")
    STILL_REFERENCED = _theirs(409, "conflict")
    ID_TAKEN = _theirs(409, "conflict")
    PATCH_INVALID = _theirs(400, "structure")
    PATCH_FAILED = _theirs(422, "processing")
    DUPLICATE = _theirs(409, "duplicate")
    NOT_ACCEPTABLE = _theirs(406, "not-supported")
    UNSUPPORTED_MEDIA = _theirs(415, "not-supported")
    METHOD_NOT_ALLOWED = _theirs(405, "not-supported")
    NOT_SUPPORTED = _theirs(400, "not-supported")
    FORBIDDEN = _theirs(403, "forbidden")
    UNAUTHENTICATED = _theirs(401, "login")
    TOKEN_EXPIRED = _theirs(401, "expired")

    XML_STRUCTURE = _theirs(400, "structure")
    BROKEN_BODY = _theirs(400, "structure")

    # E-messages; the AppRec columns follow standards text "apprec.md"
    XML_NOT_WELL_FORMED = _theirs(400, "structure", "T01", "2")
    XML_FORBIDDEN = _theirs(400, "security")
    SCHEMA_INVALID = _theirs(422, "structure", "T02", "2")
    MESSAGE_TYPE_UNSUPPORTED = _theirs(422, "not-supported", "T10", "2")
    FORMAT_FAULT = _theirs(422, "structure", "T99", "2")
    MESSAGE_ID_INVALID = _theirs(422, "value", "E10", "2")
    RECEIVER_UNKNOWN = _theirs(422, "not-found", "E21", "2")
    PATIENT_INSUFFICIENT = _theirs(422, "required", "E36", "2")
    # Only for types whose standard demands it (Epikrise), or when a person has decided so
    PATIENT_UNKNOWN = _theirs(422, "not-found", "E35", "2")
    REFUSED = _theirs(422, "business-rule", "X99", "2")
    SIGNATURE_INVALID = _theirs(422, "security", "S01", "2")
    CERTIFICATE_INVALID = _theirs(422, "security", "S02", "2")
    CERTIFICATE_REVOKED = _theirs(422, "security", "S03", "2")
    SIGNATURE_UNREADABLE = _theirs(422, "security", "S99", "2")
    # Held for a person, never rejected (D7): no receipt yet
    PATIENT_DOUBTFUL = Row("theirs", 422, "multiple-matches", None, None, retry=False)
    SENDER_UNKNOWN = _theirs(422, "not-found")
    NOT_FOR_US = _theirs(422, "not-found")
    MESSAGE_DUPLICATE = Row("theirs", 409, "duplicate", None, None, retry=False)
    MESSAGE_CONFLICT = Row("theirs", 409, "conflict", None, None, retry=False)
    CONTENT_ODD = Row("theirs", 200, "informational", None, "1", retry=False, fatal=False)

    # Ours
    NO_RECIPIENT = Row("ours", 500, "not-found", None, None, retry=False)
    OUTPUT_INVALID = Row("ours", 500, "exception", None, None, retry=False)
    INTERNAL = Row("ours", 500, "exception", None, None, retry=True)
    BUSY = Row("nobody", 503, "transient", None, None, retry=True)
    OVERLOADED = Row("nobody", 503, "transient", None, None, retry=True)
    TIMED_OUT = Row("nobody", 503, "timeout", None, None, retry=True)
    OUTCOME_UNKNOWN = Row("nobody", 500, "transient", None, None, retry=True)
    OUTBOUND_REFUSED = Row("ours", 500, "security", None, None, retry=False)
    UNREACHABLE = Row("nobody", 503, "transient", None, None, retry=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Shape: `where` is a FHIRPath or XPath ("" when the whole input is meant); `detail` is safe to show to the peer
    (never an exception's text, never personal data); `part` names the part of a composite input.
    """

    code: ProblemCode
    detail: str
    where: str = ""
    part: str = ""

    @property
    def fatal(self) -> bool:
        """Whether the input cannot be taken in with this problem."""
        return self.code.row.fatal


class HubError(Exception):
    """One or more problems that end the work on this input; only parsers and interactions raise it."""

    def __init__(self, *problems: Problem) -> None:
        """At least one problem → the error that carries them."""
        super().__init__("; ".join(f"{p.code.name} {p.where}".strip() for p in problems))
        self.problems: tuple[Problem, ...] = problems


def fail(code: ProblemCode, detail: str, where: str = "", part: str = "") -> HubError:
    """One problem → the error to raise: `raise fail(ProblemCode.GONE, "…")`."""
    return HubError(Problem(code, detail, where, part))


class Translation(msgspec.Struct, Generic[T], frozen=True):
    """A value with the problems met on the way; partial success belongs to the standards."""

    value: T
    problems: Sequence[Problem] = ()
