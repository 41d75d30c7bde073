"""A rule stands in a book by as many versions as plans have it: which of them counts for a firing, and which at an instant.

What a rule says of its alerts (`quiet`, `auto_resolve`) is of the version in force, as its bands are; an older one, or one to come, says nothing.
Source: dho/thresholds.md §4.8, §4.9, §7.4, §7.5.
"""

from __future__ import annotations

from datetime import datetime

from hub.thresholds.book import Book
from hub.thresholds.plan import Rule


def rule_of(book: Book, rule: str, plan: str | None, version: int | None) -> Rule | None:
    """A book, a rule's id and the plan version it was judged by (None = general limits) → the rule as it stands there; None when it is not here."""
    for entry in reversed(book.versions.get(rule, ())):
        own = entry.plan
        if (plan, version) == ((None, None) if own is None else (own.id, own.version)):
            return entry.rule
    return None


def rule_at(book: Book, rule: str, at: datetime) -> Rule | None:
    """A book, a rule's id and an effective instant → the rule in force then, one of a plan before a general one (§4.8, §4.9); None when none was."""
    found = book.versions.get(rule, ())
    plans = book.rules_for("", at).plans if found else ()
    for entry in reversed(found):
        if entry.plan is None or any(entry.plan is plan for plan in plans):
            return entry.rule
    return None


def calms(book: Book, rule: str) -> bool:
    """A book and a rule's id → whether any version of it resolves its alerts by itself (§7.5)."""
    return any(e.rule.auto_resolve is not None for e in book.versions.get(rule, ()))
