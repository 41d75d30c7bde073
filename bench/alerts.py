"""What an alert costs: CPU of a green, a yellow and a red value, all that follows included, each part on its own.

One hub in this process, without sockets. Each turn takes patients that have no alert yet: a green value, a yellow and a red one that
raise an alert, a red one that joins it, and one that joins when nearly forty have (what was sent between is not counted). The clock
stands still, so that no timer falls due meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import uvloop

from bench.judging import AT_ONCE, post_all, send
from bench.town import (
    MEASURES,
    OWN_SERVICES,
    Citizen,
    Zone,
    bundle,
    citizens,
    observation,
    resources,
    shared_resources,
)
from hub.clock import FixedClock, SystemClock
from hub.settings import read_settings
from hub.wiring import Hub, build_hub
from hub.wiring.litter import leave_what_stays


@dataclass(frozen=True, slots=True)
class Kind:
    """One row.

    Shape: `measure` is which of a patient's measures, `minutes` how long ago the value was taken, `before` how many like it
    are sent before it.
    """

    name: str
    zone: Zone
    measure: int
    minutes: int
    before: int = 0


KINDS: Final = (
    Kind("green", "green", 2, 40),
    Kind("yellow", "yellow", 1, 30),
    Kind("red", "red", 0, 20),
    Kind("red that joins", "red", 0, 10),
    Kind("fortieth that joins", "red", 0, 5, before=38),
)
_FIRST: Final = Kind("first", "green", 3, 60)


@dataclass(slots=True)
class Spent:
    """CPU microseconds a value, one number a turn: until the answer, until the verdict, until nothing is due."""

    accepted: list[float]
    judged: list[float]
    told: list[float]


def build(folder: Path) -> Hub:
    """A folder → a hub on an empty database in it, with a drop and services of its own, at a time that stands still."""
    settings = {
        "HUB_MODE": "development",
        "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
        "HUB_DEV_OPEN": "yes",
        "HUB_DATABASE_URL": f"sqlite:///{folder}/hub.db",
        "HUB_FILEDROP_DIR": f"{folder}/drop",
        "HUB_OWN_SERVICES": OWN_SERVICES,
    }
    hub = build_hub(read_settings(settings), FixedClock(SystemClock().now()))
    hub.work  # noqa: B018 - composes it
    return hub


def bodies(hub: Hub, people: tuple[Citizen, ...], kind: Kind, earlier: int = 0) -> list[bytes]:
    """Patients and a kind → a value of each, as many seconds older as is said."""
    at = hub.clock.now() - timedelta(minutes=kind.minutes, seconds=earlier)
    measure, name = MEASURES[kind.measure], f"{kind.name}-{earlier}"
    return [observation(p, measure, kind.zone, at, f"{p.id}-{name}", p.number) for p in people]


async def load(hub: Hub, people: tuple[Citizen, ...]) -> None:
    """A hub and patients → they and their plans are in it, and a green value of each: the hub knows their plans."""
    start = hub.clock.now().replace(microsecond=0) - timedelta(days=30)
    everything = [*shared_resources(), *(r for each in people for r in resources(each, start))]
    for at in range(0, len(everything), 200):
        await post_all(hub, [bundle(everything[at : at + 200])], "/fhir")
    await post_all(hub, bodies(hub, people, _FIRST))


async def turn(hub: Hub, values: list[bytes]) -> tuple[float, float, float]:
    """Values → CPU microseconds a value until it was accepted, from there until it was judged, until nothing was due."""
    began = time.process_time()
    for start in range(0, len(values), AT_ONCE):
        await asyncio.gather(*(send(hub, each) for each in values[start : start + AT_ONCE]))
    accepted = time.process_time()
    while await hub.work.runner.judge():
        pass
    judged = time.process_time()
    await hub.work.runner.drain()
    told = time.process_time()
    each = 1e6 / len(values)
    return (accepted - began) * each, (judged - accepted) * each, (told - judged) * each


async def measure(
    folder: Path, turns: int, size: int, profiles: dict[str, cProfile.Profile]
) -> dict[str, Spent]:
    """A folder and how much → what each kind took; the first turn is not counted."""
    hub = build(folder)
    people = citizens("a", (turns + 1) * size)
    await load(hub, people)
    leave_what_stays()
    spent = {kind.name: Spent([], [], []) for kind in KINDS}
    for number in range(turns + 1):
        mine = people[number * size : (number + 1) * size]
        for kind in KINDS:
            for earlier in range(kind.before, 0, -1):
                await turn(hub, bodies(hub, mine, kind, earlier))
            values = bodies(hub, mine, kind)
            profile = profiles.get(kind.name) if number else None
            if profile is not None:
                profile.enable()
            parts = await turn(hub, values)
            if profile is not None:
                profile.disable()
            if number:
                held = spent[kind.name]
                held.accepted.append(parts[0])
                held.judged.append(parts[1])
                held.told.append(parts[2])
    files = len(list((folder / "drop" / "out").glob("*.xml")))
    if files != len(people):
        raise RuntimeError(f"{files} messages for {len(people)} red alerts")
    hub.store.engine.close()
    return spent


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python bench/alerts.py --profile red"
    )
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--size", type=int, default=64, help="values of each kind a turn")
    parser.add_argument("--profile", metavar="KIND", help="print where the time of a kind goes")
    chosen = parser.parse_args()
    profiles = {chosen.profile: cProfile.Profile()} if chosen.profile else {}
    with tempfile.TemporaryDirectory(prefix="hub-alerts-") as folder:
        spent = uvloop.run(measure(Path(folder), chosen.turns, chosen.size, profiles))
    for name, held in spent.items():
        parts = [median(p) for p in (held.accepted, held.judged, held.told)]
        print(
            f"{name}: {sum(parts):.0f} us of CPU a value"
            f" ({parts[0]:.0f} accepted, {parts[1]:.0f} judged and written, {parts[2]:.0f} told)"
        )
    for profile in profiles.values():
        pstats.Stats(profile).sort_stats("tottime").print_stats(60)
        pstats.Stats(profile).sort_stats("cumtime").print_stats(140)
    return 0


if __name__ == "__main__":
    sys.exit(main())
