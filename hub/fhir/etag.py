"""Conditions of a request against the current version, as decisions.

Source: http://hl7.org/fhir/R4/http.html#concurrency, #cread; RFC 9110 §8.8.3, §13.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from hub.fhir.requests import Stored
from hub.problems import ProblemCode, fail

# RFC 9110 §8.8.3: entity-tag = [ W/ ] DQUOTE *etagc DQUOTE; a list of them is divided by commas
_TAG: Final = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_TAGS: Final = re.compile(rf"\s*{_TAG.pattern}\s*(?:,\s*{_TAG.pattern}\s*)*")


@dataclass(frozen=True, slots=True)
class Conditions:
    """If-Match and If-None-Match of a change; an entry of a Bundle has them as elements."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, current: Stored | None) -> None:
        """The current version (None: there is none) → nothing when the change may go on. Problems: as the two below."""
        check_if_match(self.if_match, current)
        check_if_none_match(self.if_none_match, current)


NO_CONDITIONS: Final = Conditions()


def conditions_of(headers: Mapping[str, str]) -> Conditions:
    """Headers of a request → its conditions."""
    return Conditions(headers.get("if-match"), headers.get("if-none-match"))


def check_if_match(header: str | None, current: Stored | None) -> None:
    """If-Match and the current version → nothing when the change may go on.

    FHIR sends weak tags (`W/"3"`), which RFC 9110 would never match strongly; the version id decides, in either form.
    Problems: BAD_PARAMETER when the header is no list of entity tags; VERSION_CONFLICT when it names other versions.
    """
    if header is None:
        return
    named = _tags(header)
    if named is None:
        if current is None:
            raise fail(
                ProblemCode.VERSION_CONFLICT, "If-Match: * was sent, but there is no such resource"
            )
        return
    if not named:
        raise fail(ProblemCode.BAD_PARAMETER, 'If-Match must be an entity tag such as W/"3"')
    if current is None or str(current.version) not in named:
        held = "none" if current is None else str(current.version)
        raise fail(
            ProblemCode.VERSION_CONFLICT,
            f"If-Match names version {', '.join(named)}, the current version is {held}",
        )


def versions_named(header: str) -> tuple[str, ...]:
    """If-Match → the versions it names; () for `*` and for what is no list of entity tags."""
    return _tags(header) or ()


def check_if_none_match(header: str | None, current: Stored | None) -> None:
    """If-None-Match of a write and the current version → nothing when the change may go on (RFC 9110 §13.1.2).

    Problems: VERSION_CONFLICT when `*` was sent and there is a resource, or when it names the current version.
    """
    if current is not None and is_unchanged(header, current):
        raise fail(
            ProblemCode.VERSION_CONFLICT,
            f"If-None-Match excludes the current version, which is {current.version}",
        )


def is_unchanged(header: str | None, current: Stored) -> bool:
    """If-None-Match and the current version → whether the caller already holds it (304)."""
    if header is None:
        return False
    named = _tags(header)
    return named is None or str(current.version) in named


def is_held(headers: Mapping[str, str], current: Stored) -> bool:
    """Headers of a conditional read and the version asked for → whether it is answered 304.

    If-Modified-Since counts only where If-None-Match is not sent, and only when it is a date (RFC 9110 §13.1.3).
    """
    tags = headers.get("if-none-match")
    if tags is not None:
        return is_unchanged(tags, current)
    since = headers.get("if-modified-since")
    if since is None:
        return False
    at = _http_date(since)
    return at is not None and current.updated.replace(microsecond=0) <= at


def _tags(header: str) -> tuple[str, ...] | None:
    """A list of entity tags → what stands in them; None for `*`, () when it is no such list."""
    if header.strip() == "*":
        return None
    if _TAGS.fullmatch(header) is None:
        return ()
    return tuple(m.group(1) for m in _TAG.finditer(header))


def _http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
