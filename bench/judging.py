"""Judging's share: CPU that it adds to a POST, with absolute rules and with three windowed rules on a year of history.

Two hubs in this process take the same bodies in turns, without sockets; one of them has been told not to judge. What
judging adds is the difference, the work after the commit included, as a part of what the other hub takes. Told beside it, by the definition of
limits.md: the share of evaluation itself in the CPU of a judged POST (evaluation.py), taken in turns of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import uvloop

from bench.evaluation import cost_of_timing, evaluation, timing
from bench.f1_post import ZONES
from bench.history import bundles, history
from bench.town import (
    MEASURES,
    Citizen,
    Zone,
    bundle,
    citizens,
    observation,
    plan,
    resources,
    shared_resources,
)
from hub.clock import Clock, FixedClock, SystemClock
from hub.flows.mark_for_judging import JUDGED
from hub.settings import read_settings
from hub.thresholds.plan import Band, Rule, Where
from hub.thresholds.spans import Span
from hub.wiring import Hub, build_hub
from hub.wiring.litter import leave_what_stays

_TURN: Final = 200
AT_ONCE: Final = 32
_WEIGHT: Final = tuple(m for m in MEASURES if m.key == "weight")
_HEADERS: Final = [(b"host", b"127.0.0.1:8000"), (b"content-type", b"application/fhir+json")]


def compose(folder: Path, clock: Clock, *, judging: bool) -> Hub:
    """A folder and a clock → a hub on an empty database; one that does not judge takes no notice of what it stores."""
    folder.mkdir(parents=True)
    settings = read_settings(
        {
            "HUB_MODE": "development",
            "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
            "HUB_DEV_OPEN": "yes",
            "HUB_DATABASE_URL": f"sqlite:///{folder}/hub.db",
            "HUB_FILEDROP_DIR": f"{folder}/drop",
        }
    )
    hub = build_hub(settings, clock)
    if not judging:
        watch = hub.store.watch

        def blind(kind: str, call: Any) -> None:
            if kind not in JUDGED:
                watch(kind, call)

        hub.store.watch = blind  # type: ignore[method-assign]
    hub.work  # noqa: B018 - composes it
    return hub


async def send(hub: Hub, body: bytes, path: str = "/fhir/Observation") -> int:
    """A hub, a body and a path → the status of the answer, by ASGI alone."""
    statuses: list[int] = []
    given = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given:
            await asyncio.sleep(3600)
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def answer(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [*_HEADERS, (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    await hub.outer(scope, receive, answer)  # type: ignore[arg-type]
    return statuses[0]


async def post_all(hub: Hub, bodies: list[bytes], path: str = "/fhir/Observation") -> None:
    """Bodies → all accepted, some at once, and what follows them is done."""
    for start in range(0, len(bodies), AT_ONCE):
        group = bodies[start : start + AT_ONCE]
        for status in await asyncio.gather(*(send(hub, body, path) for body in group)):
            if status not in (200, 201):
                raise RuntimeError(f"refused: {status}")
    await hub.work.runner.drain()


@dataclass(frozen=True, slots=True)
class Case:
    """One row. Shape: `mixed` = with yellow and red as in F1, else green alone."""

    name: str
    windowed: bool = False
    mixed: bool = False
    patients: int = 40


def look_back(citizen: Citizen) -> tuple[Rule, ...]:
    """A patient → three rules on her weight that look back, none of which fires here: change, slope and count."""
    yellow = (Band("yellow", ge=Decimal(3)),)
    week, fortnight = Span(days=7), Span(days=14)
    of: tuple[str, str] = ("weight", "kg")
    return (
        Rule(f"{citizen.id}-delta", "delta", *of, yellow, window=week, direction="up"),
        Rule(
            *(f"{citizen.id}-trend", "trend", *of),
            yellow,
            window=fortnight,
            direction="up",
            min_points=4,
            min_span=Span(days=3),
        ),
        Rule(
            *(f"{citizen.id}-count", "n_of_m", *of),
            n=3,
            m=5,
            window=week,
            where=Where(ge=Decimal(81)),
            zone="yellow",
        ),
    )


def values(
    people: tuple[Citizen, ...], case: Case, count: int, seed: int, clock: Clock
) -> list[bytes]:
    """Patients, a case, how many and a seed → bodies: one after the other of each series, the last of them now."""
    dice = random.Random(seed)
    now = clock.now()
    zones: list[Zone] = (
        [z for z, weight in ZONES for _ in range(weight)] if case.mixed else ["green"]
    )
    measures = _WEIGHT if case.windowed else MEASURES
    series = [(each, measure) for each in people for measure in measures]
    step = timedelta(days=1) if case.windowed else timedelta(minutes=20)
    turns = -(-count // len(series))
    made: list[bytes] = []
    for number in range(count):
        citizen, measure = series[(number * 7919) % len(series)]
        turn = turns - 1 - number // len(series)
        at = now - step * turn - timedelta(seconds=dice.randrange(900) + 60)
        key = f"{case.name}-{seed}-{number}"
        made.append(observation(citizen, measure, dice.choice(zones), at, key, dice.randrange(8)))
    return made


async def load(hub: Hub, people: tuple[Citizen, ...], case: Case) -> None:
    """A hub and patients → they, their plans and, for windowed rules, a year of a weight a day are in it."""
    now = hub.clock.now().replace(microsecond=0)
    start = now - timedelta(days=400)
    everything = list(shared_resources())
    for each in people:
        made = list(resources(each, start))
        if case.windowed:
            mine = {(r["resourceType"], r["id"]): r for r in made}
            mine |= {(r["resourceType"], r["id"]): r for r in plan(each, start, look_back(each))}
            made = list(mine.values())
        everything += made
    for at in range(0, len(everything), 200):
        await post_all(hub, [bundle(everything[at : at + 200])], "/fhir")
    if case.windowed:
        year = history(people, 365, now - timedelta(hours=2), _WEIGHT)
        for _, body in bundles(year):
            await post_all(hub, [body], "/fhir")


@dataclass(frozen=True, slots=True)
class Taken:
    """Medians. Units: CPU microseconds of a POST; `evaluating` is part of `whole`, which was taken in other turns than `judged`."""

    unjudged: float
    judged: float
    evaluating: float
    whole: float


async def measure(folder: Path, case: Case, turns: int, profile: cProfile.Profile | None) -> Taken:
    """A folder, a case and how many turns → what they cost. Shape: every other turn is one in which evaluation is timed."""
    people = citizens("j", case.patients)
    clocks = {flag: FixedClock(SystemClock().now()) for flag in (False, True)}
    hubs = {
        flag: compose(folder / f"{case.name}-{flag}", clocks[flag], judging=flag)
        for flag in (False, True)
    }
    spent: dict[bool, list[float]] = {False: [], True: []}
    parts: list[tuple[float, float]] = []
    cost = cost_of_timing()
    days = _TURN // case.patients if case.windowed else 1
    for turn in range(2 * turns + 1):
        timed_turn = turn > 0 and turn % 2 == 0
        for flag, hub in hubs.items():
            if turn == 0:
                print(f"{case.name}: loading, judging={flag}", file=sys.stderr)
                await load(hub, people, case)
                leave_what_stays()  # as a hub does that serves
            clocks[flag].at += timedelta(days=days)
            bodies = values(people, case, _TURN, turn, clocks[flag])
            if flag and turn and not timed_turn and profile is not None:
                profile.enable()
            with timing(on=timed_turn) as timed:
                began = time.process_time()
                await post_all(hub, bodies)
                took = time.process_time() - began
            if profile is not None:
                profile.disable()
            if timed_turn and flag:
                parts.append(evaluation(timed, took, _TURN, cost))
            elif turn and not timed_turn:
                spent[flag].append(took / _TURN * 1e6)
    for hub in hubs.values():
        hub.store.engine.close()
    evaluating, whole = (median(part) for part in zip(*parts, strict=True))
    return Taken(median(spent[False]), median(spent[True]), evaluating, whole)


CASES: Final = (
    Case("absolute"),
    Case("mixed", mixed=True),
    Case("windowed", windowed=True, patients=20),
)
MUSTS: Final = {"absolute": 5.0, "windowed": 25.0}


def main() -> int:
    """The program: exit status 1 when a must is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python bench/judging.py absolute windowed"
    )
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help="of " + ", ".join(c.name for c in CASES)
    )
    parser.add_argument("--turns", type=int, default=8, help=f"turns of {_TURN} values each")
    parser.add_argument(
        "--profile", action="store_true", help="print where the judging hub spends its time"
    )
    chosen = parser.parse_args()
    missed = False
    for case in CASES:
        if chosen.cases and case.name not in chosen.cases:
            continue
        profile = cProfile.Profile() if chosen.profile else None
        with tempfile.TemporaryDirectory(prefix="hub-judging-") as folder:
            taken = uvloop.run(measure(Path(folder), case, chosen.turns, profile))
        share = (taken.judged / taken.unjudged - 1) * 100
        must = MUSTS.get(case.name)
        missed = missed or (must is not None and share > must)
        limit = "" if must is None else f" (must {must:.0f} %)"
        print(
            f"{case.name}: {taken.unjudged:.0f} us of CPU a POST without judging, {taken.judged:.0f} us with it: judging adds {share:.0f} %{limit}"
        )
        of_whole = taken.evaluating / taken.whole * 100
        print(
            f"{case.name}: evaluation takes {taken.evaluating:.1f} of {taken.whole:.0f} us of a judged POST: {of_whole:.1f} % (limits.md: 5 %)"
        )
        if profile is not None:
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
            pstats.Stats(profile).sort_stats("cumtime").print_stats(90)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
