"""Hysteresis: enough values well inside green close a yellow alert whose rule opts in.

Source: dho/thresholds.md §7.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from hub.thresholds.alarm import LIVE, Alert, Calm
from hub.thresholds.book import Book
from hub.thresholds.judgement import Judgement
from hub.thresholds.rule_versions import calms, rule_at

_KEPT: Final = 100


def calm_down(book: Book, alert: Alert, after: Mapping[str, Judgement], at: datetime) -> Alert:
    """An alert and the judgements that are new or changed → the alert, resolved when enough greens follow its last firing.

    Only yellow resolves itself; the greens are counted in order of measuring, not of arrival (§8.3).
    """
    if alert.state not in LIVE or not calms(book, alert.rule):
        return alert
    calm = {item.observation: item for item in alert.calm}
    for name, judgement in after.items():
        calm.pop(name, None)
        for trace in judgement.trace:
            if trace.watching:  # §4.10: what is only observed is black, not green
                continue
            if trace.rule == alert.rule and trace.calm is not None and judgement.effective:
                calm[name] = Calm(name, judgement.effective, trace.calm)
    run = sorted(calm.values(), key=lambda item: (item.effective, item.observation))
    alert = replace(alert, calm=tuple(run[-_KEPT:]))
    last = max(item.effective for item in alert.evidence)
    later = (item for item in alert.calm if item.effective > last)
    if alert.zone == "yellow" and _are_enough(book, alert.rule, later):
        return replace(alert, state="auto-resolved", ended_at=at)
    return alert


def _are_enough(book: Book, name: str, run: Iterable[Calm]) -> bool:
    """Whether some values in a row are as many as the rule asks for, as it was in force at the last of them (§4.8)."""
    now = 0
    for item in run:
        now = now + 1 if item.ok else 0
        rule = rule_at(book, name, item.effective) if now else None
        resolve = None if rule is None else rule.auto_resolve
        if resolve is not None and now >= resolve.count:
            return True
    return False
