"""What is asked of the history, and its page, as values; the parameters of a history read → HistoryQuery.

Source: http://hl7.org/fhir/R4/http.html#history.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from hub.fhir.requests import Stored
from hub.fhir.search.dates import parse_date
from hub.problems import HubError, Problem, ProblemCode, fail

EARLIEST: Final = -(1 << 62)
LATEST: Final = 1 << 62
"""Ends of an open period. Units: microseconds since 1970, UTC."""

_PARAMETERS: Final = (
    "_since",
    "_at",
    "_count",
    "_cursor",
    "_format",
    "_pretty",
    "_summary",
    "_elements",
)
_LARGEST: Final = 1 << 63
_NAME: Final = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")


@dataclass(frozen=True, slots=True)
class HistoryCursor:
    """Where the next page starts: after this version. Units: `updated` microseconds since 1970."""

    updated: int
    type: str
    id: str
    version: int


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """A history read.

    Shape: `type` and `id` "" for all; `since` and `current` bound when a version was made, and when it was the current one
    (half-open); newest first, within one resource by version. Units: microseconds since 1970.
    """

    type: str
    id: str
    count: int
    since: int | None = None
    current: tuple[int, int] | None = None
    cursor: HistoryCursor | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One version. Shape: `restored` when the version before it was a deletion."""

    stored: Stored
    restored: bool = False


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page, newest first. Shape: `next` None on the last page; `total` where no more than that was asked for (`_count=0`)."""

    entries: tuple[HistoryEntry, ...]
    next: HistoryCursor | None
    total: int | None = None


def parse_history(
    place: tuple[str, str],
    pairs: Sequence[tuple[str, str]],
    now: datetime,
    *,
    page: int,
    most: int,
    lenient: bool,
) -> HistoryQuery:
    """(type, id), query pairs and page sizes → HistoryQuery.

    Shape: what is unknown is left out only when the caller said `handling=lenient`.
    Problems: NOT_SUPPORTED (`_list`), UNKNOWN_PARAMETER, BAD_PARAMETER; all at once.
    """
    said, problems = _said(pairs, lenient=lenient)
    try:
        query = HistoryQuery(
            *place,
            _count(said.get("_count"), page, most),
            _since(said.get("_since"), now),
            _at(said.get("_at"), now),
            parse_cursor(said.get("_cursor")),
        )
    except HubError as error:
        raise HubError(*problems, *error.problems) from None
    if problems:
        raise HubError(*problems)
    return query


def _said(
    pairs: Sequence[tuple[str, str]], *, lenient: bool
) -> tuple[dict[str, str], list[Problem]]:
    """Query pairs → the parameters of a history among them, and what is wrong with the others."""
    said: dict[str, str] = {}
    problems: list[Problem] = []
    for name, value in pairs:
        if name in said and said[name] != value:
            problems.append(Problem(ProblemCode.BAD_PARAMETER, f"{name} may be given once", name))
        elif name in _PARAMETERS:
            said[name] = value
        elif name == "_list":
            detail = "_list is not supported on a history"
            problems.append(Problem(ProblemCode.NOT_SUPPORTED, detail, name))
        elif not lenient:
            shown = name if _NAME.fullmatch(name) else "?"
            detail = f"A history takes {', '.join(_PARAMETERS)}; {shown} is none of them"
            problems.append(Problem(ProblemCode.UNKNOWN_PARAMETER, detail, shown))
    return said, problems


def _count(text: str | None, page: int, most: int) -> int:
    if text is None:
        return min(page, most)
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise fail(ProblemCode.BAD_PARAMETER, "_count must be a whole number", "_count")
    return min(int(text), most)


def _since(text: str | None, now: datetime) -> int | None:
    """An instant → microseconds; a date or a time without seconds counts from where it begins."""
    if text is None:
        return None
    if not text[:1].isdigit():
        raise fail(ProblemCode.BAD_PARAMETER, "_since takes an instant and no prefix", "_since")
    return parse_date(text, "_since", now).start


def _at(text: str | None, now: datetime) -> tuple[int, int] | None:
    """A time as a search takes it → the half-open period in which a version must have been current."""
    if text is None:
        return None
    value = parse_date(text, "_at", now)
    spans = {
        "eq": (value.start, value.end),
        "ap": (value.start, value.end),
        "ge": (value.start, LATEST),
        "gt": (value.end, LATEST),
        "sa": (value.end, LATEST),
        "le": (EARLIEST, value.end),
        "lt": (EARLIEST, value.start),
        "eb": (EARLIEST, value.start),
    }
    if value.prefix not in spans:
        raise fail(ProblemCode.BAD_PARAMETER, f"_at cannot have the prefix {value.prefix}", "_at")
    return spans[value.prefix]


def render_cursor(cursor: HistoryCursor) -> str:
    """Cursor → the opaque text of a next link."""
    told = msgspec.json.encode((cursor.updated, cursor.type, cursor.id, cursor.version))
    return urlsafe_b64encode(told).decode().rstrip("=")


def parse_cursor(text: str | None) -> HistoryCursor | None:
    """The opaque `_cursor` of a next link → Cursor. Problems: BAD_PARAMETER."""
    if text is None:
        return None
    try:
        told = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = HistoryCursor(*msgspec.json.decode(told, type=tuple[int, str, str, int]))
    except (ValueError, Base64Error, msgspec.DecodeError):
        cursor = None
    if cursor is None or not all(abs(n) < _LARGEST for n in (cursor.updated, cursor.version)):
        raise fail(ProblemCode.BAD_PARAMETER, "_cursor is not one that this server gave", "_cursor")
    if "\0" in cursor.type + cursor.id:
        raise fail(ProblemCode.BAD_PARAMETER, "_cursor is not one that this server gave", "_cursor")
    return cursor
