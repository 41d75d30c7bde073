"""Query string → SearchQuery, or the problems with it; an unknown parameter is never passed over.

Source: http://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from hub.fhir.search.dates import parse_date
from hub.fhir.search.definitions import search_parameters
from hub.fhir.search.query import (
    Cursor,
    Filter,
    ReferenceValue,
    SearchQuery,
    SortKey,
    SortValue,
    TokenValue,
    Value,
)
from hub.problems import HubError, Problem, ProblemCode, fail
from hub.values import looks_like_national_id

DEFAULT_COUNT: Final = 50
MAX_COUNT: Final = 1000
MAX_VALUES: Final = 100
CONTROL: Final = ("_sort", "_count", "_cursor", "_format", "_pretty")
SORTS: Final = ("_id", "_lastUpdated", "date")
_NAME: Final = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")
_LARGEST: Final = 1 << 63  # what a database column holds
_REFERENCE: Final = re.compile(r"(?:([A-Z][A-Za-z]+)/)?([A-Za-z0-9.\-]{1,64})")


def refuse_national_ids(pairs: Sequence[tuple[str, str]], path: Sequence[str] = ()) -> None:
    """The pairs and path of a URL → nothing when no person number stands in them.

    URLs end up in logs and histories; person look-ups go by `POST [type]/_search` (HL7 Norway best practice).
    Problems: NATIONAL_ID_IN_URL.
    """
    if any(
        looks_like_national_id(value) or looks_like_national_id(name) for name, value in pairs
    ) or any(looks_like_national_id(segment) for segment in path):
        raise fail(
            ProblemCode.NATIONAL_ID_IN_URL,
            "A national identifier must not stand in a URL; send the search as POST [type]/_search with a form body",
        )


def parse_search(
    resource_type: str, pairs: Sequence[tuple[str, str]], now: datetime, base_url: str
) -> SearchQuery:
    """Type and query pairs → SearchQuery.

    Problems: UNKNOWN_PARAMETER (naming the valid ones), BAD_PARAMETER; all of them at once.
    """
    known = search_parameters(resource_type)
    problems: list[Problem] = []
    filters: list[Filter] = []
    control: dict[str, str] = {}
    for name, value in pairs:
        if name in CONTROL:
            control[name] = value
            continue
        try:
            filters.append(_filter(name, value, known, now, base_url))
        except HubError as error:
            problems.extend(error.problems)
    order: tuple[SortKey, ...] = ()
    count, cursor = DEFAULT_COUNT, None
    try:
        order = _sort(control.get("_sort"), known)
        count = _count(control.get("_count"))
        cursor = parse_cursor(control.get("_cursor"))
    except HubError as error:
        problems.extend(error.problems)
    if problems:
        raise HubError(*problems)
    return SearchQuery(resource_type, tuple(filters), count, order, cursor, total=count == 0)


def _filter(name: str, text: str, known: Mapping[str, str], now: datetime, base_url: str) -> Filter:
    bare, _, modifier = name.partition(":")
    kind = known.get(bare)
    if kind is None or modifier:
        valid = ", ".join(sorted([*known, "_sort", "_count", "_format"]))
        shown = name if _NAME.fullmatch(name) else "?"  # what a stranger wrote may be anything
        what = f"modifier in {shown}" if kind is not None else f"search parameter {shown}"
        raise fail(
            ProblemCode.UNKNOWN_PARAMETER,
            f"The {what} is not supported here; valid are {valid}",
            shown,
        )
    if not text:
        raise fail(ProblemCode.BAD_PARAMETER, f"{bare} has no value", bare)
    parts = _split(text, ",")
    if len(parts) > MAX_VALUES:
        raise fail(ProblemCode.BAD_PARAMETER, f"{bare} takes at most {MAX_VALUES} values", bare)
    if kind == "date":
        return Filter(bare, "date", tuple(parse_date(p, bare, now) for p in parts))
    if kind == "reference":
        return Filter(
            bare, "reference", tuple(v for p in parts for v in _reference(p, bare, base_url))
        )
    if bare == "_id":
        return Filter(bare, "id", tuple(TokenValue(None, _unescape(p)) for p in parts))
    return Filter(bare, "token", tuple(_token(p, bare) for p in parts))


def _split(text: str, mark: str, most: int = 0) -> list[str]:
    """Text → its parts; marks behind a backslash do not divide, and no more than `most` marks do (0: all)."""
    out: list[str] = []
    current = ""
    escaped = False
    for char in text:
        if char == mark and not escaped and not (most and len(out) == most):
            out.append(current)
            current = ""
            continue
        current += char
        escaped = char == "\\" and not escaped
    return [*out, current]


def _unescape(text: str) -> str:
    return re.sub(r"\\([\\,|$])", r"\1", text)


def _token(text: str, param: str) -> TokenValue:
    divided = _split(text, "|", 1)
    if len(divided) == 1:
        if not text:
            raise fail(ProblemCode.BAD_PARAMETER, f"{param} has an empty value", param)
        return TokenValue(None, _unescape(text))
    system, code = _unescape(divided[0]), _unescape(divided[1])
    if not system and not code:
        raise fail(
            ProblemCode.BAD_PARAMETER, f"{param} needs a system or a code beside the bar", param
        )
    return TokenValue(system, code or None)


def _reference(text: str, param: str, base_url: str) -> tuple[Value, ...]:
    local = text.removeprefix(f"{base_url}/")
    match = _REFERENCE.fullmatch(local)
    if match is None:
        raise fail(
            ProblemCode.BAD_PARAMETER,
            f"{param} must be an id, Type/id or a URL of this server",
            param,
        )
    kind, target = match.group(1), match.group(2)
    if kind is None and param == "patient":
        kind = "Patient"
    if kind is not None:
        return (ReferenceValue(f"{kind}/{target}"),)
    return tuple(
        ReferenceValue(f"{t}/{target}")
        for t in ("Patient", "Group", "Device", "Location", "Practitioner")
    )


def _sort(text: str | None, known: Mapping[str, str]) -> tuple[SortKey, ...]:
    if text is None:
        return (SortKey("_id", "id"),)
    descending, name = text.startswith("-"), text.removeprefix("-")
    allowed = [s for s in SORTS if s in known or s.startswith("_")]
    if name not in allowed:
        raise fail(
            ProblemCode.BAD_PARAMETER,
            f"_sort takes one of {', '.join(allowed)}, with - in front for descending",
            "_sort",
        )
    return (SortKey(name, "id" if name == "_id" else "date", descending),)


def _count(text: str | None) -> int:
    if text is None:
        return DEFAULT_COUNT
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise fail(
            ProblemCode.BAD_PARAMETER, "_count must be a whole number of at least 0", "_count"
        )
    return min(int(text), MAX_COUNT)


def parse_cursor(text: str | None) -> Cursor | None:
    """The opaque `_cursor` of a next link → Cursor. Problems: BAD_PARAMETER."""
    if text is None:
        return None
    try:
        row, *keys = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, Base64Error, msgspec.DecodeError):
        row, keys = None, []
    if type(row) is not int or not all(map(_sortable, [row, *keys])):
        raise fail(ProblemCode.BAD_PARAMETER, "_cursor is not one that this server gave", "_cursor")
    return Cursor(tuple(keys), row)


def _sortable(key: object) -> bool:
    if type(key) is int:
        return -_LARGEST <= key < _LARGEST
    return key is None or type(key) in {str, float}


def render_cursor(cursor: Cursor) -> str:
    """Cursor → the opaque text of a next link."""
    keys: tuple[SortValue, ...] = (cursor.row, *cursor.keys)
    return urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")
