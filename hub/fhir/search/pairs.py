"""A query string → its names and values, wherever one may stand: in a URL, a form, a condition, an entry of a Bundle.

Source: http://hl7.org/fhir/R4/search.html, http://hl7.org/fhir/R4/datatypes.html#string (no text has U+0000).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import quote_plus, unquote

from hub.problems import ProblemCode, fail


def read_pairs(
    text: str,
    most: int,
    where: str = "",
    detail: str = "The parameters are not percent-encoded UTF-8",
    code: ProblemCode = ProblemCode.BAD_PARAMETER,
) -> tuple[tuple[str, str], ...]:
    """`name=value&…` → its pairs, at most `most`. Problems: `code` with `detail`; the same for U+0000."""
    read = _read_again if len(text) <= _SHORT_QUERY else _read
    return read(text, most, where, detail, code)


def _read(
    text: str, most: int, where: str, detail: str, code: ProblemCode
) -> tuple[tuple[str, str], ...]:
    if text.count("&") >= most:
        raise fail(code, detail, where)
    try:
        pairs = tuple([_pair(part) for part in text.split("&") if part])
    except ValueError:  # percent signs that stand for no UTF-8
        raise fail(code, detail, where) from None
    if "%00" in text or "\0" in text:
        raise fail(code, "No parameter can have the character U+0000", where)
    return pairs


_read_again = lru_cache(maxsize=512)(_read)


def _pair(part: str) -> tuple[str, str]:
    """`name=value` → both, decoded; without `=` the value is empty."""
    if "%" not in part and "+" not in part:
        name, _, value = part.partition("=")
        return name, value
    name, _, value = part.replace("+", " ").partition("=")
    return unquote(name, errors="strict"), unquote(value, errors="strict")


_SHORT: Final = 100
"""How long a text may be whose quoted form is remembered. Units: characters."""
_SHORT_QUERY: Final = 500
"""How long a query may be that is remembered, read and rendered. Units: characters."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]*")


def render_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values → `name=value&…`, percent-encoded."""
    given = tuple(pairs)
    if sum([len(name) + len(value) for name, value in given]) <= _SHORT_QUERY:
        return _known_query(given)
    return _rendered(given)


def _rendered(pairs: tuple[tuple[str, str], ...]) -> str:
    return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in pairs])


_known_query = lru_cache(maxsize=512)(_rendered)


@lru_cache(maxsize=1024)
def _known(text: str) -> str:
    return quote_plus(text)


def _quoted(text: str) -> str:
    """A text → as it may stand in a query; most need nothing done, which the library takes as long to find."""
    if _PLAIN.fullmatch(text):
        return text
    return _known(text) if len(text) <= _SHORT else quote_plus(text)
