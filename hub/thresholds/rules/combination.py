"""Rule kind `combination`: several rules have fired within a span; comes in addition to them.

Source: dho/thresholds.md §5.12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.thresholds.judgement import Firing
from hub.thresholds.plan import Rule
from hub.thresholds.rules.kind import Judge, Kind, RuleFaultError
from hub.thresholds.spans import before
from hub.thresholds.zones import RANK

PSEUDO: Final = "#combination"


def _subject_of(rule: Rule) -> str:
    return rule.id  # it has no measure: only the same rule replaces it (§4.9)


def _triggers(_: Rule) -> tuple[str, ...]:
    return (PSEUDO,)


def _faults(rule: Rule) -> tuple[str, ...]:
    if _is_off(rule):
        return ()
    faults: list[str] = []
    if rule.within is None:
        faults.append("Tidsrommet (within) mangler.")
    if rule.zone not in {"yellow", "red"}:
        faults.append("Sonen må være gul (yellow) eller rød (red).")
    if any(part.rule == rule.id for part in rule.parts):
        faults.append("Regelen kan ikke vise til seg selv.")
    if any(part.min_zone not in {"yellow", "red"} for part in rule.parts):
        faults.append("Reglene som vises til, må ha slått ut i gult (yellow) eller rødt (red).")
    return tuple(faults)


def _is_off(rule: Rule) -> bool:
    return not rule.parts


def _compile(rule: Rule) -> Judge | None:
    if rule.within is None or rule.zone is None:
        raise RuleFaultError("within or zone")
    return lambda _reading, _moment: None


def match_parts(
    rule: Rule,
    own: Iterable[Firing],
    at: datetime,
    fired: Mapping[str, Sequence[Firing]],
    zone: ZoneInfo,
) -> tuple[Firing, ...] | None:
    """A combination, what its would-be trigger fired, and firings by rule → one firing per part, None when one is wanting.

    The trigger is the newest: it fires a part itself, and no other part is later than it.
    """
    assert rule.within is not None
    start = before(at, rule.within, zone)
    here = tuple(own)
    found: list[Firing] = []
    triggered = False
    for part in rule.parts:
        mine = [f for f in here if _counts(f, part.rule, part.min_zone)]
        others = [
            f
            for f in fired.get(part.rule, ())
            if start <= f.effective <= at and _counts(f, part.rule, part.min_zone)
        ]
        if not mine and not others:
            return None
        triggered = triggered or bool(mine)
        found.append(mine[0] if mine else max(others, key=lambda f: (f.effective, f.observation)))
    return tuple(found) if triggered else None


def _counts(firing: Firing, rule: str, min_zone: str) -> bool:
    return firing.rule == rule and RANK[firing.zone] >= RANK[min_zone]


COMBINATION: Final = Kind(_subject_of, _triggers, _faults, _is_off, _compile)
