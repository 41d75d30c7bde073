"""Fields of a JSON object, read one by one with a path in every complaint.

Source: dho/cases/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

from hub.problems import HubError, ProblemCode, fail
from hub.thresholds.measurement import ContextValue, parse_decimal, resolve_effective
from hub.thresholds.plan import Band
from hub.thresholds.spans import Span, at_local, parse_span, with_local_offset
from hub.thresholds.zones import BAND_ZONES, Zone

T = TypeVar("T")
C = TypeVar("C", bound=str)

_INSTANT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_NO_DAY: Final = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DURATION: Final = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,8})S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object and where it stands.

    Problems: every reader raises REQUIRED_MISSING, WRONG_TYPE or BAD_VALUE with the path of the field.
    """

    content: dict[str, Any]
    where: str

    def missing(self, key: str) -> HubError:
        """A key → the problem that it is not there."""
        return fail(ProblemCode.REQUIRED_MISSING, f'"{key}" is missing.', self.path(key))

    def path(self, key: str) -> str:
        """A key → its full path."""
        return f"{self.where}.{key}"

    def wrong(self, key: str, must: str) -> HubError:
        """A key and what it must be → the problem."""
        return fail(ProblemCode.WRONG_TYPE, f'"{key}" must be {must}.', self.path(key))

    def optional_text(self, key: str) -> str | None:
        """A text, or None when absent or null."""
        found = self.content.get(key)
        if found is not None and not isinstance(found, str):
            raise self.wrong(key, "a text")
        return found

    def text(self, key: str) -> str:
        """A text that must not be empty."""
        found = self.optional_text(key)
        if not found:
            raise self.missing(key)
        return found

    def optional_scalar(self, key: str) -> str | None:
        """A number or text, as it was written; whether it is a number is for the engine to say (§4.3)."""
        found = self.content.get(key)
        if isinstance(found, bool):
            return str(found).lower()
        if found is not None and not isinstance(found, (str, Decimal)):
            raise self.wrong(key, "a number or a text")
        return None if found is None else str(found)

    def decimal(self, key: str) -> Decimal:
        """One decimal number, also as text."""
        if self.content.get(key) is None:
            raise self.missing(key)
        found = self.content[key]
        number = None if isinstance(found, bool) else parse_decimal(str(found))
        if number is None:
            raise fail(ProblemCode.BAD_VALUE, f'"{key}" must be a decimal number.', self.path(key))
        return number

    def optional_integer(self, key: str) -> int | None:
        """A whole number, or None."""
        if self.content.get(key) is None:
            return None
        number = self.decimal(key)
        if number != number.to_integral_value() or abs(number) > 2**31:
            raise self.wrong(key, "a whole number")
        return int(number)

    def integer(self, key: str) -> int:
        """A whole number."""
        found = self.optional_integer(key)
        if found is None:
            raise self.missing(key)
        return found

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        found = self.content.get(key)
        if found is None:
            return default
        if not isinstance(found, bool):
            raise self.wrong(key, "true or false")
        return found

    def choice(self, key: str, choices: tuple[C, ...], default: C | None = None) -> C:
        """One of a few texts."""
        found = self.content.get(key)
        if found is None and default is not None:
            return default
        if found is None:
            raise self.missing(key)
        for choice in choices:
            if choice == found:
                return choice
        raise fail(
            ProblemCode.BAD_VALUE, f'"{key}" must be one of {", ".join(choices)}.', self.path(key)
        )

    def optional_object(self, key: str) -> Fields | None:
        """An object, or None."""
        found = self.content.get(key)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise self.wrong(key, "an object")
        return Fields(cast("dict[str, Any]", found), self.path(key))

    def object(self, key: str) -> Fields:
        """An object."""
        found = self.optional_object(key)
        if found is None:
            raise self.missing(key)
        return found

    def objects(
        self, key: str, read: Callable[[Fields], T], *, required: bool = False
    ) -> tuple[T, ...]:
        """A list of objects, each read; absent is an empty list unless required."""
        found = self.content.get(key)
        if found is None:
            if required:
                raise self.missing(key)
            return ()
        if not isinstance(found, list):
            raise self.wrong(key, "a list")
        result: list[T] = []
        for number, item in enumerate(cast("list[Any]", found)):
            if not isinstance(item, dict):
                raise self.wrong(f"{key}[{number}]", "an object")
            result.append(read(Fields(cast("dict[str, Any]", item), f"{self.path(key)}[{number}]")))
        return tuple(result)

    def context(self, key: str) -> dict[str, ContextValue]:
        """Context: names → true, false, a text, a number as text, or null for unknown."""
        found = self.optional_object(key)
        if found is None:
            return {}
        return {
            name: value if isinstance(value, bool) else found.optional_scalar(name)
            for name, value in found.content.items()
        }

    def optional_time(self, key: str) -> date | datetime | None:
        """A day, or a date and time with or without offset, or None."""
        found = self.optional_text(key)
        if found is None:
            return None
        try:
            if _DAY.fullmatch(found):
                return date.fromisoformat(found)
            if _INSTANT.fullmatch(found):
                return datetime.fromisoformat(found)
        except ValueError:
            pass
        raise fail(
            ProblemCode.BAD_VALUE,
            f'"{key}" must be a time like 2026-03-02T08:00:00+01:00.',
            self.path(key),
        )

    def optional_moment(self, key: str) -> date | datetime | None:
        """As `optional_time`; a year or a month alone is no time at all, as in FHIR (§4.2)."""
        found = self.content.get(key)
        if isinstance(found, str) and _NO_DAY.fullmatch(found):
            return None
        return self.optional_time(key)

    def optional_day(self, key: str) -> date | None:
        """A day, or None."""
        found = self.optional_time(key)
        return found.date() if isinstance(found, datetime) else found

    def optional_instant(self, key: str, zone: str) -> datetime | None:
        """An instant; without offset it is local time, a day alone is its local midnight."""
        found = self.optional_time(key)
        if found is not None and not isinstance(found, datetime):
            local = ZoneInfo(zone)
            return with_local_offset(at_local(found, time(0), local), local)
        return resolve_effective(found, zone)[0]

    def instant(self, key: str, zone: str) -> datetime:
        """An instant that must be there."""
        found = self.optional_instant(key, zone)
        if found is None:
            raise self.missing(key)
        return found

    def timezone(self, key: str) -> str:
        """An IANA time zone."""
        name = self.text(key)
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            must = f'"{key}" must be an IANA time zone like Europe/Oslo.'
            raise fail(ProblemCode.BAD_VALUE, must, self.path(key)) from error
        return name

    def optional_span(self, key: str) -> Span | None:
        """An ISO 8601 duration, its calendar days kept apart from its hours (§5.3), or None."""
        found = self.optional_text(key)
        if found is None:
            return None
        span = parse_span(found)
        if span is None:
            must = f'"{key}" must be a duration like P3D or PT24H.'
            raise fail(ProblemCode.BAD_VALUE, must, self.path(key))
        return span

    def optional_duration(self, key: str) -> timedelta | None:
        """An ISO 8601 duration of weeks, days, hours, minutes and seconds, or None."""
        found = self.optional_text(key)
        if found is None:
            return None
        match = _DURATION.fullmatch(found)
        parts = {} if match is None else {k: int(v) for k, v in match.groupdict().items() if v}
        if not parts:
            raise fail(
                ProblemCode.BAD_VALUE, f'"{key}" must be a duration like PT30M.', self.path(key)
            )
        return timedelta(**parts)


def parse_band(band: Fields) -> Band:
    """One band: a zone and at most one bound on each side (§2.3)."""
    zone = band.text("zone")
    if zone not in BAND_ZONES:
        raise fail(
            ProblemCode.BAD_VALUE,
            f'"zone" must be one of {", ".join(sorted(BAND_ZONES))}.',
            band.path("zone"),
        )
    ends = {
        end: band.decimal(end)
        for end in ("gt", "ge", "lt", "le")
        if band.content.get(end) is not None
    }
    for one, other in (("gt", "ge"), ("lt", "le")):
        if one in ends and other in ends:
            raise fail(ProblemCode.BAD_VALUE, f'A band has both "{one}" and "{other}".', band.where)
    return Band(cast("Zone", zone), **ends)
