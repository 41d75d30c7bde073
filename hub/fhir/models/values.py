"""One primitive value → what is wrong with it, for the walk over a refused body.

Source: http://hl7.org/fhir/R4/datatypes.html#primitive, http://hl7.org/fhir/R4/json.html#primitive.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from hub.fhir.models.checks import ok_base64, ok_decimal
from hub.fhir.models.elements import Element
from hub.fhir.models.long_texts import TEXTS, TOO_LONG
from hub.fhir.models.narrative import ok_narrative
from hub.fhir.wire import MAX_TEXT
from hub.problems import ProblemCode

_MOST_CODES: Final = 20

Fault = tuple[ProblemCode, str]


def value_fault(element: Element, value: Any) -> Fault | None:
    """An element of a primitive type and a JSON value → the first thing wrong with it, None when it is well."""
    if isinstance(value, str):
        if not value:
            return (
                ProblemCode.BAD_VALUE,
                "A value must not be empty; leave the element out instead",
            )
        if any((c < " " and c not in "\t\r\n") or "\ud800" <= c <= "\udfff" for c in value):
            return ProblemCode.BAD_VALUE, "The text holds a character that FHIR does not allow"
        if len(value) > MAX_TEXT and element.kind in TEXTS:
            return ProblemCode.BAD_VALUE, TOO_LONG
    if not element.takes(value):
        return ProblemCode.WRONG_TYPE, f"a JSON {element.json_type} is expected ({element.kind})"
    if element.codes and value not in element.codes:
        shown = ", ".join(element.codes[:_MOST_CODES])
        more = " …" if len(element.codes) > _MOST_CODES else ""
        return (
            ProblemCode.BAD_CODE,
            f"not a code of the required value set; allowed are {shown}{more}",
        )
    if not element.matches(value) or (element.kind == "base64Binary" and not ok_base64(value)):
        return ProblemCode.BAD_VALUE, f"not a valid {element.kind}"
    if element.kind == "decimal" and not ok_decimal(Decimal(value)):
        return ProblemCode.BAD_VALUE, "the exponent is too large to compute with"
    if element.kind == "xhtml" and not ok_narrative(value):
        return (
            ProblemCode.NARRATIVE_UNSAFE,
            "the narrative must be one well-formed XHTML div of the elements and attributes FHIR allows (txt-1, txt-2)",
        )
    return None
