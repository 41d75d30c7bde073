"""The simple types of XML Schema that the messages use: text → value, or None outside the lexical space.

Dates and numbers keep their lexical form: nothing is re-formatted. White space around a date, years of more than four
digits and numbers of more than 18 are refused: libxml2, by which schemas are judged, refuses the first, nobody means the others.
Source: W3C XML Schema 1.0 part 2; kith.xsd (oid, TS); RFC 3986 (anyURI).
"""

from __future__ import annotations

import re
from calendar import monthrange
from typing import Final

from hub.emessage.base64_text import digits_at
from hub.emessage.table import Simple
from hub.emessage.xml import WHITESPACE

_ZONE: Final = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_DAY: Final = r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK: Final = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_DATE: Final = re.compile(_DAY + _ZONE)
_DATE_TIME: Final = re.compile(_DAY + "T" + _CLOCK + _ZONE)
_TIME: Final = re.compile(_CLOCK + _ZONE)
_YEAR: Final = re.compile("([0-9]{4})" + _ZONE)
_YEAR_MONTH: Final = re.compile("([0-9]{4})-(?:0[1-9]|1[0-2])" + _ZONE)
# At most 18 digits on either side: schema processors need not support more, and ours reads them exactly.
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_DOUBLE: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OID: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_BLANKS: Final = re.compile(f"[{WHITESPACE}]+")
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}

_PCHAR: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_SEGMENT_NC: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=@]|%[0-9A-Fa-f]{2})+"
_AUTHORITY: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=%]+@)?(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*(?::[0-9]{1,5})?"
_PATH: Final = rf"(?://{_AUTHORITY}(?:/{_PCHAR}*)*|/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?"
_URI: Final = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:{_PATH}|{_PCHAR}+(?:/{_PCHAR}*)*)?|{_PATH}|{_SEGMENT_NC}(?:/{_PCHAR}*)*)?)"
    rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?])*)?",
)
# Characters that XLink lets stand unescaped in an anyURI, space among them.
_URI_LOOSE: Final = re.compile('[^\\x21-\\x7e]|[<>"{}|\\\\^`]')


def collapse(text: str) -> str:
    """A text → the same without white space at the ends and with single blanks inside."""
    if text.isalnum():
        return text
    return _BLANKS.sub(" ", text).strip(" ")


def _real_day(match: re.Match[str]) -> bool:
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    return year > 0 and (day <= 28 or day <= monthrange(year, month)[1])


def _read_date(text: str) -> str | None:
    match = _DATE.fullmatch(text)
    return text if match and _real_day(match) else None


def _read_date_time(text: str) -> str | None:
    match = _DATE_TIME.fullmatch(text)
    return text if match and _real_day(match) else None


def _read_year(text: str) -> str | None:
    return text if _YEAR.fullmatch(text) and not text.startswith("0000") else None


def _read_point_in_time(text: str) -> str | None:
    text = text.strip(WHITESPACE)
    found = _read_date_time(text) or _read_date(text) or _read_year(text)
    if found is not None:
        return found
    if _TIME.fullmatch(text) or (_YEAR_MONTH.fullmatch(text) and not text.startswith("0000")):
        return text
    return None


def _read_boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text) if text in _BOOLEANS else _BOOLEANS.get(text.strip(WHITESPACE))


def _read_double(text: str) -> str | None:
    if text in {"INF", "-INF", "NaN"}:
        return text
    text = text.strip(WHITESPACE)
    return text if _DOUBLE.fullmatch(text) else None


def _write_boolean(value: bool) -> str:
    return "true" if value else "false"


def _read_any_uri(text: str) -> str | None:
    text = collapse(text)
    return text if _URI.fullmatch(_URI_LOOSE.sub("_", text)) else None


def _read_base64(text: str) -> str | None:
    """Kept as written: white space between the digits is legal. Large attachments do not come here (large_text.py)."""
    if not text.isascii():
        return None
    plain = text.encode("ascii")
    return text if digits_at(plain, 0, len(plain)) is not None else None


def _like(pattern: re.Pattern[str], name: str) -> Simple[str]:
    def read(text: str) -> str | None:
        text = text.strip(WHITESPACE)
        return text if pattern.fullmatch(text) else None

    return Simple(name, read, _as_is)


def _as_is(text: str) -> str:
    return text


STRING: Final[Simple[str]] = Simple("xs:string", _as_is, _as_is)
TOKEN: Final[Simple[str]] = Simple("xs:token", collapse, _as_is)
BOOLEAN: Final[Simple[bool]] = Simple("xs:boolean", _read_boolean, _write_boolean)
DATE: Final[Simple[str]] = Simple("xs:date", _read_date, _as_is)
DATE_TIME: Final[Simple[str]] = Simple("xs:dateTime", _read_date_time, _as_is)
YEAR: Final[Simple[str]] = Simple("xs:gYear", _read_year, _as_is)
POINT_IN_TIME: Final[Simple[str]] = Simple("date, time or both", _read_point_in_time, _as_is)
INTEGER: Final = _like(_INTEGER, "xs:integer")
DECIMAL: Final = _like(_DECIMAL, "xs:decimal")
DOUBLE: Final[Simple[str]] = Simple("xs:double", _read_double, _as_is)
OID: Final = _like(_OID, "OID")
ANY_URI: Final[Simple[str]] = Simple("xs:anyURI", _read_any_uri, _as_is)
BASE64: Final[Simple[str]] = Simple("xs:base64Binary", _read_base64, _as_is)


def one_of(name: str, *allowed: str) -> Simple[str]:
    """The values of an enumeration → the simple type that takes only these."""
    values = frozenset(allowed)

    def read(text: str) -> str | None:
        return text if text in values else None

    return Simple(name, read, _as_is)


TRUE_FALSE: Final = one_of("true or false", "true", "false")
