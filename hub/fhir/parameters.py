"""The body of an operation → its named parameters; what the operation does not know is refused, not passed over.

Source: http://hl7.org/fhir/R4/parameters.html; http://hl7.org/fhir/R4/operations.html#request.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from hub.fhir.codec import parse
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.operations import Operation
from hub.fhir.requests import FhirRequest
from hub.problems import ProblemCode, fail

LONGEST_QUERY: Final = 16_384
"""Bytes of the Parameters of what a query asks as well: they are read where everybody waits."""
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


def with_parameters(request: FhirRequest) -> FhirRequest:
    """A POST of an operation that GET asks by its query → the same with what its Parameters say behind the query.

    Problems: those of every body; BAD_PARAMETER for a value that no query could hold; TOO_LARGE.
    """
    if request.method != "POST" or not request.body.strip():
        return request
    if len(request.body) > LONGEST_QUERY:
        raise fail(ProblemCode.TOO_LARGE, f"Parameters may have at most {LONGEST_QUERY} bytes here")
    told: dict[str, list[str]] = {}
    for place, part in enumerate(parse(request.body, "Parameters").resource.parameter):
        text = _plain(part)
        if text is None:
            detail = f"{part.name} must be a text, a number, a date, a code or a reference"
            raise fail(ProblemCode.BAD_PARAMETER, detail, f"Parameters.parameter[{place}]")
        told.setdefault(part.name, []).append(text)
    more = [
        (name, value)
        for name, values in told.items()
        for value in ([",".join(values)] if name == "_type" else values)
    ]
    return replace(request, query=(*request.query, *more), body=b"")


def _plain(part: Any) -> str | None:
    """A parameter → its value as it would stand in a query; None when it has none such."""
    names = [name for name in part.__struct_fields__ if name.startswith("value")]
    values = [value for value in (getattr(part, name) for name in names) if value is not None]
    match values:
        case [bool() as one]:
            return str(one).lower()
        case [str() | int() | Decimal() as one]:
            return str(one)
        case [Reference(reference=str() as one)]:
            return one
        case _:
            return None
