"""Which observation versions stand: duplicates, versions, retractions.

The result depends on the set alone, not on the order it is given in (§8.3).
Source: dho/thresholds.md §4.1, §9.1–9.3, §6.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from hub.thresholds.duplicates import find_duplicates
from hub.thresholds.examine import HISTORICAL, Examined, examine, is_unreported
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement
from hub.thresholds.versions import Versions, chains_of, content_order, newest_of


class Standing(Struct, frozen=True):
    """What an observation counts as among the others.

    Shape: `newest` is its version that counts; `kin` the observations it is one with, or the first one it duplicates;
    `examined` is there when it is the one that counts; `earlier` is the last version that could be judged, when the
    newest cannot: what it fired stands (§6.4); `before` are the versions back to the last one that came within 14 days, when
    the one that is judged did not: a yellow that all of them fire was raised in time (§8.1).
    """

    newest: Measurement
    role: Literal["current", "retracted", "superseded", "duplicate"]
    kin: tuple[str, ...] = ()
    examined: Examined | None = None
    earlier: Examined | None = None
    before: tuple[Examined, ...] = ()


def find_standing(versions: Versions) -> dict[str, Standing]:
    """All observations that share a key with each other, however remotely → what each of them counts as."""
    if len(versions) == 1:
        ((name, only),) = versions.items()
        return {name: _current_standing(only, newest_of(only), ())}
    duplicates = find_duplicates(versions)
    found: dict[str, Standing] = {}
    for chain in chains_of(versions, duplicates):
        current = _current(chain, versions)
        kin = tuple(chain) if len(chain) > 1 else ()
        for name in chain:
            newest = newest_of(versions[name])
            if name == current:
                log = sorted(
                    (v for member in chain for v in versions[member]), key=lambda v: v.order
                )
                found[name] = _current_standing(log, newest, kin)
            elif newest.status in RETRACTED_STATUSES:
                found[name] = Standing(newest, "retracted", kin)
            else:
                found[name] = Standing(newest, "superseded", kin)
    for name, first in duplicates.items():
        found[name] = Standing(newest_of(versions[name]), "duplicate", (first,))
    return found


def _current_standing(
    log: Sequence[Measurement], newest: Measurement, kin: tuple[str, ...]
) -> Standing:
    """The newest version counts; when it cannot be judged, the last one that can is kept with it (§6.4)."""
    examined, earlier = examine(newest), None
    if examined.outcome == "invalid":
        for m in reversed([v for v in log if v.order < newest.order and not is_unreported(v)]):
            before = examine(m)
            if before.outcome != "invalid":
                earlier = before if before.outcome == "valid" else None
                break
    judged = earlier or examined
    before_it = _back_to_timely(log, judged) if HISTORICAL in judged.flags else ()
    return Standing(newest, "current", kin, examined, earlier, before_it)


def _back_to_timely(log: Sequence[Measurement], judged: Examined) -> tuple[Examined, ...]:
    """Versions and the one that is judged, too old to raise a yellow → those before it back to the last that was not; none without one."""
    found: list[Examined] = []
    for m in reversed([v for v in log if v.order < judged.m.order]):
        examined = examine(m)
        if examined.outcome == "valid":
            found.append(examined)
            if HISTORICAL not in examined.flags:
                return tuple(found)
        elif examined.outcome == "retracted":
            break
    return ()


def _current(chain: Sequence[str], versions: Versions) -> str:
    """Which id of a chain counts: the one with the newest content."""
    return max(chain, key=lambda name: content_order(versions[name]))
