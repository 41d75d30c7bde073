"""The body of an operation → its named parameters; what the operation does not know is refused, not passed over.

Source: http://hl7.org/fhir/R4/parameters.html; http://hl7.org/fhir/R4/operations.html#request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.fhir.codec import parse
from hub.fhir.operations import Operation
from hub.problems import ProblemCode, fail

LONGEST_TEXT: Final = 10_000
"""Characters of a note: more than a page belongs into a document."""


def read_parameters(body: bytes, operation: Operation) -> Mapping[str, Any]:
    """The bytes of a Parameters resource (none at all = no parameters), and the operation → name → value as decoded.

    Problems: those of every body; UNKNOWN_PARAMETER, BAD_PARAMETER (twice, another type, empty), REQUIRED_MISSING.
    """
    wanted = {each.name: each for each in operation.parameters if each.use == "in"}
    given = parse(body, "Parameters").resource.parameter if body.strip() else ()
    found: dict[str, Any] = {}
    for place, part in enumerate(given):
        where = f"Parameters.parameter[{place}]"
        row = wanted.get(part.name)
        if row is None:
            valid = ", ".join(wanted) or "none"
            raise fail(ProblemCode.UNKNOWN_PARAMETER, f"Valid are: {valid}", where)
        if part.name in found:
            raise fail(ProblemCode.BAD_PARAMETER, f"{part.name} may be given once", where)
        value = getattr(part, f"value{row.type[0].upper()}{row.type[1:]}", None)
        if value is None:
            raise fail(ProblemCode.BAD_PARAMETER, f"{part.name} must be a {row.type}", where)
        if isinstance(value, str) and not 0 < len(value.strip()) <= LONGEST_TEXT:
            text = f"{part.name} must have 1 to {LONGEST_TEXT} characters"
            raise fail(ProblemCode.BAD_PARAMETER, text, where)
        found[part.name] = value
    missing = [row.name for row in wanted.values() if row.minimum and row.name not in found]
    if missing:
        told = f"The operation needs {', '.join(missing)}"
        raise fail(ProblemCode.REQUIRED_MISSING, told, "Parameters.parameter")
    return found
