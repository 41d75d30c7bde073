"""SMART scopes v2: text → what it covers. A scope only narrows; it never creates a right.

Source: security/smart.md §2; https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

Level = Literal["patient", "user", "system"]
LETTERS: Final = "cruds"
NEVER_BY_WILDCARD: Final = frozenset({"AuditEvent", "Subscription", "Consent"})
"""Types that `*` does not cover: they are named, or not granted."""

_SCOPE: Final = re.compile(
    r"(patient|user|system)/(\*|[A-Z][A-Za-z]{1,40})\.(c?r?u?d?s?)(?:\?(.{1,500}))?"
)
_NARROWING: Final = frozenset({"category", "code"})


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One search parameter inside a scope. Shape: `system` None when any will do; every value of `codes` is as good."""

    parameter: str
    codes: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one scope covers. Shape: `letters` out of `cruds`; `type` a resource type or `*`; all of `narrowed` must hold."""

    level: Level
    type: str
    letters: str
    narrowed: tuple[Narrowing, ...] = ()

    def covers(self, resource_type: str, letter: str) -> bool:
        """A type and a letter → whether they are inside."""
        if letter not in self.letters:
            return False
        if self.type == "*":
            return resource_type not in NEVER_BY_WILDCARD
        return self.type == resource_type

    @property
    def text(self) -> str:
        """The scope as it is written, without what narrows it."""
        return f"{self.level}/{self.type}.{self.letters}"


def parse_scope(text: str) -> Scope | None:
    """One scope → what it covers; None for one that grants nothing.

    That is one of another form, with letters out of order, or with a condition that the hub could not keep.
    """
    match = _SCOPE.fullmatch(text)
    if match is None or not match[3]:
        return None
    narrowed = _narrowed(match[2], match[4])
    if narrowed is None:
        return None
    level: Level = (
        "patient" if match[1] == "patient" else "user" if match[1] == "user" else "system"
    )
    return Scope(level, match[2], match[3], narrowed)


def parse_scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    """Scopes as texts → those that grant something, each once."""
    found = (parse_scope(text) for text in texts)
    return tuple(dict.fromkeys(scope for scope in found if scope is not None))


def _narrowed(resource_type: str, query: str | None) -> tuple[Narrowing, ...] | None:
    if query is None:
        return ()
    if resource_type != "Observation":
        return None
    found: list[Narrowing] = []
    for pair in query.split("&"):
        name, sign, value = pair.partition("=")
        if not sign or not value or name not in _NARROWING:
            return None
        codes: list[tuple[str | None, str]] = []
        for each in unquote(value).split(","):
            system, bar, code = each.rpartition("|")
            if not code or (bar and not system) or "\\" in each or "\x00" in each:
                return None
            codes.append((system if bar else None, code))
        found.append(Narrowing(name, tuple(codes)))
    return tuple(found)
