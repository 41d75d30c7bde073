"""Coded values, quantities and addresses of e-messages → FHIR datatypes; an unknown code is kept as it was sent.

Source: emessage/identifiers-and-codes.md ("Unknown code values are legal input: keep V, S and DN and show DN"),
fhir-no/no-basis.md ("emit the OID").
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

import msgspec

from hub.emessage.datatypes import CS, CV, PQ, TS
from hub.fhir.models.r4.datatypes import (
    Annotation,
    CodeableConcept,
    Coding,
    ContactPoint,
    ContactPointSystemCode,
    ContactPointUseCode,
    Extension,
    Identifier,
    Narrative,
    Period,
    Quantity,
)
from hub.mapping.message_urls import (
    ADDRESS_AS_SENT,
    ATC,
    CODE_AS_SENT,
    END_AS_SENT,
    ICPC_2,
    OTHER_TEXT,
)
from hub.mapping.times import is_before, to_date_time
from hub.mapping.urls import DATA_ABSENT_EXTENSION, UCUM, URI_SYSTEM, VOLVEN

# Lists that FHIR knows by a name of their own; every other OID is written as urn:oid. ATC is sent by its international
# name (the Norwegian list 7180 is the same codes), ICPC-2 as no-basis demands, ICD-10 (7110) by its OID.
_CANONICAL: Final[dict[str, str]] = {
    "2.16.578.1.12.4.1.1.7180": ATC,
    "2.16.578.1.12.4.1.1.7170": ICPC_2,
}

# Units of list 9090 and 9088 that are exactly a UCUM unit; the others stay words
_UCUM: Final[dict[str, str]] = {
    "%": "%",
    "g": "g",
    "kg": "kg",
    "mg": "mg",
    "mikrog": "ug",
    "ml": "mL",
    "mikroliter": "uL",
    "mmol": "mmol",
    "mikromol": "umol",
    "mol": "mol",
    "kJ": "kJ",
    "kBq": "kBq",
    "MBq": "MBq",
    "GBq": "GBq",
    "Minutt": "min",
    "Time": "h",
    "Døgn": "d",
    "Sekund": "s",
    "Måned": "mo",
    "År": "a",
}

TELECOM_USE: Final[dict[str, ContactPointUseCode]] = {
    "H": "home",
    "HP": "work",
    "WP": "work",
    "WC": "work",
    "WD": "work",
    "MC": "mobile",
    "HV": "temp",
}
_SCHEME: Final[dict[str, ContactPointSystemCode]] = {
    "tel": "phone",
    "fax": "fax",
    "mailto": "email",
    "http": "url",
    "https": "url",
    "sms": "sms",
}
_PREFIXES: Final = {"phone": "tel:", "fax": "fax:", "email": "mailto:", "sms": "sms:"}
TELECOM_SYSTEM: Final[dict[str, ContactPointSystemCode]] = {"F": "fax", "PG": "pager"}


def content(text: str | None) -> str | None:
    """Text as written → the same, or None when it says nothing (FHIR has no empty strings)."""
    return text if text and not text.isspace() else None


def code_text(text: str | None) -> str | None:
    """A code as written → a FHIR code: blanks around it are taken away, runs of blanks become one."""
    return " ".join(text.split()) or None if text else None


@lru_cache(maxsize=256)
def list_system(number: str) -> str:
    """The number of a national code list → its system."""
    oid = f"{VOLVEN.removeprefix('urn:oid:')}{number}"
    return _CANONICAL.get(oid, f"urn:oid:{oid}")


def oid_system(oid: str | None) -> str | None:
    """The OID in a CV's S → the code system's URL."""
    return None if not oid else _CANONICAL.get(oid, f"urn:oid:{oid}")


def to_coding(value: CS | CV | None, list_number: str | None = None) -> Coding | None:
    """A CS (with the list its element implies) or a CV (with the list it names) → Coding, or None when it holds nothing."""
    if value is None:
        return None
    if isinstance(value, CV):
        # A CV names its list itself: one that does not is not known to be of the usual list
        return _coding(value.v, value.dn, value.s, None)
    return _coding(value.v, value.dn, None, list_number)


# The same codes come in every message; free text (OT, descriptions) never goes into these two
@lru_cache(maxsize=4096)
def _coding(v: str | None, dn: str | None, s: str | None, list_number: str | None) -> Coding | None:
    system = oid_system(s)
    if system is None and list_number is not None:
        system = list_system(list_number)
    code, display = code_text(v), content(dn)
    if code is None and display is None and system is None:
        return None
    return Coding(system=system, code=code, display=display)


@lru_cache(maxsize=4096)
def _concept(
    v: str | None, dn: str | None, s: str | None, list_number: str | None
) -> CodeableConcept | None:
    coding = _coding(v, dn, s, list_number)
    return None if coding is None else CodeableConcept(coding=(coding,), text=coding.display)


NOTHING_SAID: Final = (Extension(url=DATA_ABSENT_EXTENSION, valueCode="unknown"),)
"""On what the message has an element for, without saying anything in it."""


def to_concept(
    value: CS | CV | None,
    list_number: str | None = None,
    text: str | None = None,
) -> CodeableConcept | None:
    """A CS or CV, with the free text beside it → CodeableConcept, or None when there is neither.

    An element without any code, list or name becomes a concept that says so, or the list it is of.
    Shape: `text` is what a person reads: the text beside the code, then OT, else the name of the code.
    """
    if value is None:
        said = content(text)
        return CodeableConcept(text=said) if said else None
    oid, other = (value.s, value.ot) if isinstance(value, CV) else (None, None)
    plain = _concept(value.v, value.dn, oid, None if isinstance(value, CV) else list_number)
    if not text and not other:
        return plain or CodeableConcept(extension=NOTHING_SAID)
    told = [w for w in (content(text), content(other)) if w]
    if not told:
        return plain or CodeableConcept(extension=NOTHING_SAID)
    said = " – ".join(told)
    # Words that are the code's name, too, would be taken for a copy of it
    copied = plain is not None and said == plain.text
    beside = (Extension(url=OTHER_TEXT, valueString=said),) if copied else ()
    return CodeableConcept(extension=beside, coding=plain.coding if plain else (), text=said)


@lru_cache(maxsize=256)
def concept(system: str, code: str, display: str, text: str | None = None) -> CodeableConcept:
    """A code of ours or of HL7 → CodeableConcept."""
    return CodeableConcept(coding=(Coding(system=system, code=code, display=display),), text=text)


def words(text: str) -> CodeableConcept:
    """Words alone → CodeableConcept."""
    return CodeableConcept(text=text)


def as_sent(value: CS | CV | None, list_number: str) -> tuple[Extension, ...]:
    """A code that FHIR's own code says more coarsely → the extension that keeps it, or nothing."""
    kept = to_concept(value, list_number)
    return () if kept is None else (Extension(url=CODE_AS_SENT, valueCodeableConcept=kept),)


def ucum_of(unit: str | None) -> str | None:
    """A unit of list 9090 or 9088 as shown → the UCUM code that is exactly it, or None."""
    return _UCUM.get(unit or "")


def to_decimal(text: str | None) -> Decimal | None:
    """A lexical xs:decimal or double → exact Decimal, or None when it is no finite number of a sane size."""
    try:
        number = Decimal(text.strip()) if text else None
    except InvalidOperation:
        return None
    return (
        number
        if number is not None and number.is_finite() and abs(number.adjusted()) < 18
        else None
    )


def to_quantity(value: PQ | None) -> Quantity | None:
    """A PQ → Quantity, with the UCUM code where the unit is exactly one; None when it holds nothing.

    Shape: a number that JSON cannot hold (INF, NaN) is told in `unit`, before the unit itself.
    """
    return None if value is None else to_amount(value.v, value.u)


def to_amount(number: str | None, unit: str | None) -> Quantity | None:
    """A number and a unit as written → Quantity; None when there is neither."""
    value, shown = to_decimal(number), content(unit)
    if value is None and content(number):
        return Quantity(unit=f"{number} {shown or ''}".strip())
    code = ucum_of(shown)
    if value is None and shown is None:
        return None
    return Quantity(value=value, unit=shown, system=UCUM if code else None, code=code)


def to_period(start: str | None, end: str | None) -> Period | None:
    """Two lexical times → Period, or None when neither is a time."""
    return period_of(to_date_time(start), to_date_time(end))


def period_of(start: str | None, end: str | None) -> Period | None:
    """Two FHIR dateTimes → Period, or None when there is neither; an end before the start is kept beside (per-1)."""
    if not (start or end):
        return None
    if start and end and is_before(end, start):
        return Period(start=start, extension=(Extension(url=END_AS_SENT, valueDateTime=end),))
    return Period(start=start, end=end)


def point(value: TS | None) -> str | None:
    """A TS → FHIR dateTime, or None."""
    return to_date_time(value.v) if value is not None else None


def to_contact_point(address: str | None, kind: CS | None) -> ContactPoint:
    """A TeleAddress ("tel:73555555") and its type (list 9061) → ContactPoint."""
    whole = content(address)
    scheme, colon, rest = (whole or "").partition(":")
    system = _SCHEME.get(scheme.lower()) if colon else None
    value = content(rest) if system and system != "url" else whole
    if value is None and kind is None:
        return ContactPoint(extension=NOTHING_SAID)
    device = TELECOM_SYSTEM.get(kind.v or "") if kind else None
    point = ContactPoint(
        extension=as_sent(kind, "9061"),
        system=device or system or "other",
        value=value,
        use=TELECOM_USE.get(kind.v or "") if kind else None,
    )
    if whole is None or tele_address(point) == whole:
        return point
    sent = Extension(url=ADDRESS_AS_SENT, valueString=whole)
    return msgspec.structs.replace(point, extension=(*point.extension, sent))


def tele_address(point: ContactPoint) -> str | None:
    """A ContactPoint → the URL that its system and value make."""
    prefix = _PREFIXES.get(point.system or "", "")
    return f"{prefix}{point.value}" if point.value else None


def uuid_identifier(value: str) -> Identifier:
    """A UUID that names something → business identifier."""
    return Identifier(system=URI_SYSTEM, value=f"urn:uuid:{value.strip()}")


def to_note(text: str | None) -> tuple[Annotation, ...]:
    """Free text → one Annotation, or none."""
    said = content(text)
    return (Annotation(text=said),) if said else ()


def to_narrative(*blocks: str) -> Narrative:
    """XHTML blocks → generated Narrative."""
    return Narrative(
        status="generated", div=f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(blocks)}</div>'
    )
