"""Rule kind `stale_plan`: a plan whose review is overdue.

Source: dho/thresholds.md §5.8.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.thresholds.plan import PlanVersion, Rule
from hub.thresholds.rules.kind import Judge, Kind
from hub.thresholds.spans import LATEST, Span, add_months, at_local, local_time, parse_span

PSEUDO: Final = "#stale_plan"
DEFAULT_INTERVAL: Final = Span(months=3)


def _subject_of(_: Rule) -> str:
    return PSEUDO


def _triggers(_: Rule) -> tuple[str, ...]:
    return (PSEUDO,)


def _faults(rule: Rule) -> tuple[str, ...]:
    if rule.zone not in (None, "yellow", "red"):
        return ("Sonen må være gul (yellow) eller rød (red).",)
    return ()


def _is_off(_: Rule) -> bool:
    return False


def _compile(_rule: Rule) -> Judge | None:
    return lambda _reading, _moment: None


def overdue_from(plan: PlanVersion, zone: ZoneInfo) -> datetime:
    """A plan version → the local midnight from which its review is overdue.

    A plan that has no review yet counts from the day it came into force; an interval beyond the calendar is never over.
    """
    reviewed = plan.last_review or local_time(plan.valid_from, zone).date()
    interval = parse_span(plan.review_interval or "") or DEFAULT_INTERVAL
    try:
        due = add_months(reviewed, interval.months) + timedelta(days=interval.days)
        return at_local(due, time(0), zone) + timedelta(seconds=interval.seconds)
    except (OverflowError, ValueError):
        return LATEST


STALE_PLAN: Final = Kind(_subject_of, _triggers, _faults, _is_off, _compile)
