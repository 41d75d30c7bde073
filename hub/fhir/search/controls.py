"""The parameters that shape a result rather than choose what is in it: order, page, total.

Source: http://hl7.org/fhir/R4/search.html#sort, #count, #total, #summary.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from hub.fhir.search.clauses import find_definition
from hub.fhir.search.definitions import definitions_for, refused_parameters
from hub.fhir.search.query import Cursor, SortKey, SortValue
from hub.limits import Limits
from hub.problems import HubError, ProblemCode, fail

CONTROLS: Final = (
    "_sort",
    "_count",
    "_total",
    "_summary",
    "_elements",
    "_contained",
    "_cursor",
    "_format",
    "_pretty",
    "_type",
)
"""Each may stand once, or again with the same value."""

MAX_KEYS: Final = 5
"""How many keys a `_sort` may have."""

TOTALS: Final = ("none", "estimate", "accurate")
_LARGEST: Final = 1 << 63  # what a database column holds
_LONGEST: Final = 8192  # characters of a cursor
_BACK: Final = "~"  # before a cursor that is read backwards; base64 has no such sign
_OTHERS: Final = frozenset({"_has", "_list", "_include", "_revinclude", "_containedType"})
_UNSORTED: Final = frozenset({"composite"})


def is_search_word(resource_type: str, name: str) -> bool:
    """A type and the name of a parameter that begins with `_` → whether a search would do something by it, or refuse to."""
    bare = name.partition(".")[0].partition(":")[0]
    known = {*definitions_for(resource_type), *refused_parameters(resource_type), *CONTROLS}
    return bare in known or bare in _OTHERS


def said_once(pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Query pairs → the same, but for controls that say again what they said; clients add `_format` to our `next` link."""
    if len(set(pairs)) == len(pairs):
        return pairs
    kept: list[tuple[str, str]] = []
    said: set[tuple[str, str]] = set()
    for pair in pairs:
        if pair[0] == "_sort" or pair[0] not in CONTROLS:
            kept.append(pair)
        elif pair not in said:
            said.add(pair)
            kept.append(pair)
    return kept


def read_sort(resource_types: Sequence[str], text: str) -> tuple[SortKey, ...]:
    """The types searched and `_sort` → the keys. Problems: BAD_PARAMETER, UNKNOWN_PARAMETER."""
    names = text.split(",")
    if len(names) > MAX_KEYS:
        raise fail(ProblemCode.BAD_PARAMETER, f"_sort takes at most {MAX_KEYS} keys", "_sort")
    if len({name.removeprefix("-") for name in names}) < len(names):
        raise fail(ProblemCode.BAD_PARAMETER, "_sort names a parameter twice", "_sort")
    found = [tuple(_key(kind, name) for name in names) for kind in resource_types]
    if any(keys != found[0] for keys in found):
        detail = "_sort means different things for the types that are searched"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_sort")
    return found[0]


def _key(resource_type: str, text: str) -> SortKey:
    name, descending = text.removeprefix("-"), text.startswith("-")
    try:
        definition = find_definition(resource_type, name, name)
    except HubError as error:
        raise fail(ProblemCode.BAD_PARAMETER, error.problems[0].detail, "_sort") from None
    if definition.kind in _UNSORTED:
        raise fail(ProblemCode.BAD_PARAMETER, f"Nothing can be sorted by {name}", "_sort")
    kind = "id" if name == "_id" else definition.kind
    return SortKey(name, kind, descending, definition.indexed)


def read_count(text: str | None, limits: Limits) -> int:
    """`_count` → how many matches a page has at most. Problems: BAD_PARAMETER."""
    if text is None:
        return limits.page
    if not re.fullmatch(r"[0-9]{1,9}", text):
        detail = "_count must be a whole number of at least 0"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_count")
    return min(int(text), limits.page_most)


def read_total(control: Mapping[str, str]) -> bool:
    """`_total` and `_summary` → whether the matches are counted. Problems: BAD_PARAMETER."""
    wanted = control.get("_total", "none")
    if wanted not in TOTALS:
        detail = f"_total takes one of {', '.join(TOTALS)}"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_total")
    return wanted != "none"


def check_contained(control: Mapping[str, str]) -> None:
    """`_contained` → nothing when it asks for what the hub does. Problems: BAD_PARAMETER."""
    if control.get("_contained", "false") != "false":
        detail = "Contained resources are not searched: _contained is false"
        raise fail(ProblemCode.BAD_PARAMETER, detail, "_contained")


def parse_cursor(text: str | None) -> Cursor | None:
    """The opaque `_cursor` of a next link → Cursor. Problems: BAD_PARAMETER."""
    if text is None:
        return None
    row: object = None
    keys: list[SortValue] = []
    try:
        if len(text) <= _LONGEST:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            row, *keys = msgspec.json.decode(raw, type=list[SortValue])
    except (ValueError, Base64Error, msgspec.DecodeError):
        row = None
    if type(row) is not int or len(keys) > MAX_KEYS + 1 or not all(map(_sortable, [row, *keys])):
        raise fail(ProblemCode.BAD_PARAMETER, "_cursor is not one that this server gave", "_cursor")
    return Cursor(tuple(keys), row)


def parse_place(text: str | None) -> tuple[Cursor | None, bool]:
    """The opaque `_cursor` of a next or previous link → Cursor, and whether it is read backwards. Problems: BAD_PARAMETER."""
    if text is None:
        return None, False
    back = text.startswith(_BACK)
    return parse_cursor(text[len(_BACK) :] if back else text), back


def _sortable(key: SortValue) -> bool:
    return type(key) is not int or -_LARGEST <= key < _LARGEST


def render_cursor(cursor: Cursor, *, back: bool = False) -> str:
    """Cursor → the opaque text of a next link, or of a previous one."""
    keys: tuple[SortValue, ...] = (cursor.row, *cursor.keys)
    token = urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")
    return _BACK + token if back else token
