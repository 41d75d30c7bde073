"""Body → every problem in it, for those who ask whether it is right instead of sending it: $validate and `hub fhir validate`.

Slow on purpose: a body that is not accepted is read again by our own walk and by fhir.resources (architecture D1).
Source: http://hl7.org/fhir/R4/validation.html.
"""

from __future__ import annotations

from hub.fhir.codec import parse
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.models.full import further_problems
from hub.fhir.wire import read_head
from hub.problems import HubError, Problem


def find_problems(body: bytes, expected_type: str | None) -> tuple[Problem, ...]:
    """Body bytes and the type they should be (None: any) → all problems, none when the body would be accepted."""
    try:
        parse(body, expected_type)
    except HubError as error:
        kind = read_head(body)[0]
        if kind not in RESOURCE_TYPES or expected_type not in {None, kind}:
            return error.problems
        return (*error.problems, *further_problems(body, kind, error.problems))
    return ()
