"""Timers as an operator writes them: `red=remind 15,escalate 30,act 60;yellow=rounds 08:00 20:00,escalate 720`.

Source: dho/thresholds.md §7.6 (a proposal; the waits are a local decision).
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any, Final

from hub.thresholds.timers import Routing, Timer

PROPOSED: Final = "red=remind 15,escalate 30,act 60;yellow=rounds 08:00 20:00,escalate 720"
"""§7.6: red is reminded of after 15 minutes and goes on after 30; yellow at the next check round, and on after 12 hours."""
_WAIT: Final = re.compile(r"(remind|escalate|act) ([1-9][0-9]{0,4})")
_ROUNDS: Final = re.compile(r"rounds((?: (?:[01][0-9]|2[0-3]):[0-5][0-9]){1,24})")
_ZONES: Final = ("red", "yellow")


def parse_timers(text: str) -> tuple[Routing, tuple[str, ...]]:
    """What an operator wrote ("" = no timers) → (the waits of each zone, what is wrong with it). Units: minutes."""
    timers: dict[str, Timer] = {}
    faults: list[str] = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        zone, _, waits = part.partition("=")
        fields: dict[str, Any] = {}
        for item in (each.strip() for each in waits.split(",")):
            fault = _read(item, fields)
            if fault:
                faults.append(fault)
        if zone not in _ZONES or zone in timers:
            faults.append(f"{zone!r} must be red or yellow, each once")
        timers[zone] = Timer(**fields)
    if "red" in timers and timers["red"].escalate is None:
        faults.append("red must say after how many minutes it goes to the next tier (escalate)")
    return Routing(timers), tuple(faults)


def _read(item: str, fields: dict[str, Any]) -> str:
    """One wait → into `fields`; → what is wrong with it."""
    wait, rounds = _WAIT.fullmatch(item), _ROUNDS.fullmatch(item)
    if wait is not None and wait[1] not in fields:
        fields[wait[1]] = timedelta(minutes=int(wait[2]))
    elif rounds is not None and "rounds" not in fields:
        fields["rounds"] = tuple(time.fromisoformat(each) for each in rounds[1].split())
    else:
        return f"{item!r} must be remind, escalate or act with minutes, or rounds with times, each once"
    return ""
