"""The primitive types of FHIR R4 as msgspec types; the generated models are written with them.

Real dates (no 30 February) are part of the patterns, so the decoder itself refuses them.
Source: http://hl7.org/fhir/R4/datatypes.html#primitive.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

from msgspec import Meta, Raw, Struct

if TYPE_CHECKING:
    from typing import Optional as Opt

    Resource = Struct
else:

    class Opt:
        """`Opt[X]`: X with the default None; the decoder, unlike the type checker, sees X alone.

        So a JSON null is refused, as FHIR demands (http://hl7.org/fhir/R4/json.html#null).
        """

        def __class_getitem__(cls, item: Any) -> Any:
            """A type → the same type."""
            return item

    # A nested resource is decoded by its own resourceType, after the one that holds it (codec.py).
    Resource = Raw

_YEAR: Final = "(?!0000)[0-9]{4}"
_LEAP_DAY: Final = (
    "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29"
)
_DAY: Final = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    f"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_DAY})"
)
_MONTH_OR_YEAR: Final = f"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?"
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE: Final = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

PATTERNS: Final[dict[str, str]] = {
    # Blanks can be read in one way only: read in two, many of them would cost their number squared
    "base64Binary": r"^[0-9A-Za-z+/\s]*(?:={1,2}\s*)?\Z",
    "canonical": r"^\S+\Z",
    "code": r"^\S+(?:\s\S+)*\Z",
    "date": rf"^(?:{_DAY}|{_MONTH_OR_YEAR})\Z",
    "dateTime": rf"^(?:{_DAY}(?:T{_TIME}{_ZONE})?|{_MONTH_OR_YEAR})\Z",
    "id": r"^[A-Za-z0-9\-.]{1,64}\Z",
    "instant": rf"^{_DAY}T{_TIME}{_ZONE}\Z",
    "oid": r"^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+\Z",
    "time": rf"^{_TIME}\Z",
    "uri": r"^\S+\Z",
    "url": r"^\S+\Z",
    "uuid": r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z",
}
"""FHIR type → the regular expression its value must match (`\\Z`: a `$` would let a line end through)."""

# uri, url, canonical and code are matched by the checks of the models, not by the decoder (checks.py): their values come
# back again and again, and a look into a set is five times as fast as a regular expression.
# `extra` names the FHIR type: explain.py tells the sender which type was expected.
Base64Binary = Annotated[
    str, Meta(min_length=1, pattern=PATTERNS["base64Binary"], extra={"fhir": "base64Binary"})
]
Boolean = bool
Canonical = Annotated[str, Meta(min_length=1, extra={"fhir": "canonical"})]
Code = Annotated[str, Meta(min_length=1, extra={"fhir": "code"})]
Date = Annotated[str, Meta(pattern=PATTERNS["date"], extra={"fhir": "date"})]
DateTime = Annotated[str, Meta(pattern=PATTERNS["dateTime"], extra={"fhir": "dateTime"})]
Id = Annotated[str, Meta(pattern=PATTERNS["id"], extra={"fhir": "id"})]
Instant = Annotated[str, Meta(pattern=PATTERNS["instant"], extra={"fhir": "instant"})]
Integer = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1, extra={"fhir": "integer"})]
Markdown = Annotated[str, Meta(min_length=1, extra={"fhir": "markdown"})]
Oid = Annotated[str, Meta(pattern=PATTERNS["oid"], extra={"fhir": "oid"})]
PositiveInt = Annotated[int, Meta(ge=1, le=2**31 - 1, extra={"fhir": "positiveInt"})]
String = Annotated[str, Meta(min_length=1, extra={"fhir": "string"})]
Time = Annotated[str, Meta(pattern=PATTERNS["time"], extra={"fhir": "time"})]
UnsignedInt = Annotated[int, Meta(ge=0, le=2**31 - 1, extra={"fhir": "unsignedInt"})]
Uri = Annotated[str, Meta(min_length=1, extra={"fhir": "uri"})]
Url = Annotated[str, Meta(min_length=1, extra={"fhir": "url"})]
Uuid = Annotated[str, Meta(pattern=PATTERNS["uuid"], extra={"fhir": "uuid"})]
Xhtml = Annotated[str, Meta(min_length=1, extra={"fhir": "xhtml"})]

NonEmpty: Final = Meta(min_length=1)
"""An array, where it is present, has at least one item (http://hl7.org/fhir/R4/json.html#repeat)."""


def json_name(field: str) -> str:
    """A model's field name → the JSON name: `class_` → `class`, `status_ext` → `_status`."""
    if field.endswith("_ext"):
        return "_" + field.removesuffix("_ext")
    return field.removesuffix("_")


__all__ = [
    "PATTERNS",
    "Annotated",
    "Base64Binary",
    "Boolean",
    "Canonical",
    "Code",
    "Date",
    "DateTime",
    "Decimal",
    "Id",
    "Instant",
    "Integer",
    "Markdown",
    "NonEmpty",
    "Oid",
    "Opt",
    "PositiveInt",
    "Resource",
    "String",
    "Struct",
    "Time",
    "UnsignedInt",
    "Uri",
    "Url",
    "Uuid",
    "Xhtml",
    "json_name",
]
