"""If-Match and If-None-Match against the current version, as decisions.

Source: http://hl7.org/fhir/R4/http.html#concurrency; RFC 9110 §13.
"""

from __future__ import annotations

import re

from hub.fhir.requests import Stored
from hub.problems import ProblemCode, fail

_TAG = re.compile(r'(?:W/)?"([A-Za-z0-9.\-]{1,64})"')


def check_if_match(header: str | None, current: Stored | None) -> None:
    """If-Match and the current version → nothing when the change may go on.

    Problems: BAD_PARAMETER when the header is no entity tag; VERSION_CONFLICT when it names another version.
    """
    if header is None or header.strip() == "*":
        if header is not None and current is None:
            raise fail(
                ProblemCode.VERSION_CONFLICT, "If-Match: * was sent, but there is no such resource"
            )
        return
    match = _TAG.fullmatch(header.strip())
    if match is None:
        raise fail(ProblemCode.BAD_PARAMETER, 'If-Match must be an entity tag such as W/"3"')
    if current is None or str(current.version) != match.group(1):
        held = "none" if current is None else str(current.version)
        raise fail(
            ProblemCode.VERSION_CONFLICT,
            f"If-Match names version {match.group(1)}, the current version is {held}",
        )


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
    return (
        any(m.group(1) == str(current.version) for m in _TAG.finditer(header))
        or header.strip() == "*"
    )
