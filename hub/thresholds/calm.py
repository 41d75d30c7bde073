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

_KEPT: Final = 100


def calm_down(book: Book, alert: Alert, after: Mapping[str, Judgement], at: datetime) -> Alert:
    """An alert and the judgements that are new or changed → the alert, resolved when enough greens follow its last firing.

    Only yellow resolves itself; the greens are counted in order of measuring, not of arrival (§8.3).
    """
    rule = book.rules.get(alert.rule)
    if rule is None or rule.auto_resolve is None or alert.state not in LIVE:
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
    enough = _longest(c for c in alert.calm if c.effective > last) >= rule.auto_resolve.count
    if alert.zone == "yellow" and enough:
        return replace(alert, state="auto-resolved", ended_at=at)
    return alert


def _longest(run: Iterable[Calm]) -> int:
    longest = now = 0
    for item in run:
        now = now + 1 if item.ok else 0
        longest = max(longest, now)
    return longest
