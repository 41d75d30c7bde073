"""Values judged anew → what is to be told of them: what is worse than it was, and nothing that is milder.

Source: dho/thresholds.md §8.1, §13 S1; docs/adr/0051-limits-that-change-judge-anew.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from hub.flows.recompute import Difference
from hub.thresholds.examine import HISTORICAL, HISTORICAL_AFTER
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.zones import RANK


def only_worse(differences: Iterable[Difference], now: datetime) -> tuple[Difference, ...]:
    """What differs → the values for which a rule fires now and did not, or fires worse; what fired as badly or worse stays as it was.

    Shape: a yellow of a value older than 14 days is no news (§8.1): it is noted beside something else, and raises nothing.
    """
    told = ((each, _told(each, now)) for each in differences)
    return tuple(Difference(each.stored, found) for each, found in told if found is not None)


def _told(each: Difference, now: datetime) -> Judgement | None:
    was = {f.rule: f for f in each.stored.firings}
    firings = {f.rule: _in_time(f, was.get(f.rule), now) for f in each.found.firings}
    if not any(_weight(f) > _weight(was.get(rule)) for rule, f in firings.items()):
        return None
    kept = {rule: f for rule, f in was.items() if _weight(f) >= max(_weight(firings.get(rule)), 1)}
    zones = each.stored.zone, each.found.zone
    worst = max(zones, key=lambda zone: RANK[zone]) if all(z in RANK for z in zones) else zones[1]
    return replace(each.found, zone=worst, firings=tuple((firings | kept).values()))


def _in_time(firing: Firing, was: Firing | None, now: datetime) -> Firing:
    old = now - firing.effective > HISTORICAL_AFTER
    if firing.zone == "red" or was is not None or firing.suppressed or not old:
        return firing
    return replace(firing, suppressed=HISTORICAL)


def _weight(firing: Firing | None) -> int:
    """How badly a rule fired as far as people are told."""
    return 0 if firing is None or firing.suppressed else RANK[firing.zone]
