"""Simple values of e-messages ↔ FHIR primitives, and what is kept when FHIR writes the same value otherwise.

The FHIR value is always the one that counts. Beside it stands the sender's own form only where that differs from the
form we would write ourselves, and it is believed only while it still says the same as the value: an edited value wins.
Source: W3C XML Schema part 2, kith.xsd (TS), http://hl7.org/fhir/R4/datatypes.html#primitive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from hub.fhir.models.r4.datatypes import Element, Extension, Narrative
from hub.mapping.codes import content, to_decimal
from hub.mapping.message_urls import AS_WRITTEN
from hub.mapping.times import local_form, to_date, to_date_time

_INT_MAX: Final = 2**31 - 1
_DAY_LENGTH: Final = 10
# A text of nothing but blanks is written with the signs for blanks: FHIR strings say something
_SIGNS: Final = {" ": "\u2420", "\t": "\u2409", "\n": "\u240a", "\r": "\u240d"}
_BLANKS: Final = {sign: blank for blank, sign in _SIGNS.items()}
_NOTHING: Final = "\u2400"


Pair = tuple[Any, Element | None]


@dataclass(frozen=True, slots=True)
class Primitive:
    """One kind of simple value.

    Shape: `suffix` is the name of the type in value[x]; `read` gives the FHIR value of a lexical one (None when FHIR has
    no such value), `write` the lexical form we write for a FHIR value; `to` gives the FHIR value of a lexical one and its
    companion, either of which may be None.
    """

    suffix: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    to: Callable[[Any], Pair]

    def of(self, value: Any, companion: Element | None) -> Any:
        """A FHIR value and its companion → the value of a message, or None when there is neither."""
        written = as_written(companion)
        if written is not None and self.read(written) == value:
            return written
        return None if value is None else self.write(value)


def kind_of(suffix: str, read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Primitive:
    """The name of the type in value[x], and how its values are read and written → the kind."""

    def to(value: Any) -> Pair:
        found = read(value)
        if found is not None and write(found) == value:
            return found, None
        return found, Element(extension=kept_text(value))

    return Primitive(suffix, read, write, to)


def _time(suffix: str, read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Primitive:
    """A kind of time; those that recur are remembered (ADR 0031)."""
    kind = kind_of(suffix, read, write)
    return replace(kind, to=lru_cache(maxsize=4096)(kind.to))


def _same_text(value: str) -> Pair:
    return (
        (value, None)
        if value and not value.isspace()
        else (None, Element(extension=kept_text(value)))
    )


def as_written(companion: Element | Narrative | None) -> str | None:
    """The companion of a primitive, or a narrative → the sender's own form, when one is kept."""
    for each in companion.extension if companion else ():
        if each.url == AS_WRITTEN and each.valueString is not None:
            return _blanks(each.valueString)
    return None


def kept_text(text: str) -> tuple[Extension, ...]:
    """A text → the extension that keeps it as it was written."""
    return (Extension(url=AS_WRITTEN, valueString=_signs(text)),)


def _signs(text: str) -> str:
    return text if text.strip() else "".join(_SIGNS.get(c, c) for c in text) or _NOTHING


def _blanks(text: str) -> str:
    if text == _NOTHING:
        return ""
    return "".join(_BLANKS[c] for c in text) if all(c in _BLANKS for c in text) else text


def _same(value: Any) -> Any:
    return value


def _number(text: str) -> Decimal | None:
    number = to_decimal(text)
    if number is None:
        return None
    # Without exponent; and JSON does not tell -0 from 0
    return Decimal(format(number or abs(number), "f"))


def _plain(number: Any) -> str:
    return format(number, "f") if isinstance(number, Decimal) else str(number)


def _whole(text: str) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if abs(number) <= _INT_MAX else None


def _positive(text: str) -> int | None:
    number = _whole(text)
    return number if number is not None and number > 0 else None


def _read_day(text: str) -> str | None:
    day = to_date(text)
    return day if day and len(day) == _DAY_LENGTH else None


def _full_day(text: str) -> str | None:
    """A FHIR date or dateTime → xs:date; a month or a year is none."""
    return local_form(text)[:_DAY_LENGTH] if len(text) >= _DAY_LENGTH else None


def _moment(text: str) -> str | None:
    """A FHIR dateTime → xs:dateTime; a day is its first moment, a month or a year is none."""
    day = _full_day(text)
    return local_form(text) if "T" in text else day and f"{day}T00:00:00"


def _code(text: str) -> str | None:
    return " ".join(text.split()) or None


def _start(time: str) -> str | None:
    moment = to_date_time(time)
    return moment if moment and "T" in moment else None


TEXT: Final = Primitive("String", content, _same, _same_text)
TOKEN: Final = kind_of("Code", _code, _same)
FLAG: Final = Primitive("Boolean", _same, _same, lambda value: (value, None))
DAY: Final = _time("Date", _read_day, _full_day)
DAY_IN_TIME: Final = _time("DateTime", to_date_time, _full_day)
"""An xs:date that stands where FHIR has a dateTime."""
YEAR: Final = _time("Date", to_date, lambda text: text[:4])
MOMENT: Final = _time("DateTime", to_date_time, _moment)
POINT: Final = _time("DateTime", to_date_time, local_form)
INSTANT: Final = _time("Instant", _start, _moment)
NUMBER: Final = kind_of("Decimal", _number, _plain)
WHOLE: Final = kind_of("Integer", _whole, _plain)
POSITIVE: Final = kind_of("PositiveInt", _positive, _plain)


def later(start: str, minutes: int) -> str | None:
    """A FHIR instant and minutes → the instant so much later, or None past the end of the calendar."""
    try:
        return (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()
    except (ValueError, OverflowError):
        return None
