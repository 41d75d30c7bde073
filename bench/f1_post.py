"""F1: POST of one Observation, durable, audited and judged, as a part of what a no-op FastAPI POST does on the same core."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench.figure import Figure
from bench.http1 import closed_loop, post
from bench.loading import load_town, median, progress, wait_judged
from bench.servers import Server, free_port, start_hub, start_noop
from bench.town import MEASURES, Citizen, Zone, citizens, observation
from hub.clock import SystemClock

ZONES: Final[tuple[tuple[Zone, int], ...]] = (("green", 90), ("yellow", 8), ("red", 2))
_WARM_UP: Final = 400


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. Shape: `values` per round, posted over `connections`."""

    rounds: int = 3
    values: int = 8000
    patients: int = 500
    connections: int = 32


def values(people: tuple[Citizen, ...], count: int, seed: int) -> list[bytes]:
    """Patients, how many and a seed → requests in mixed order, every series' values some hours apart."""
    dice = random.Random(seed)
    now = SystemClock().now()
    zones: list[Zone] = [zone for zone, weight in ZONES for _ in range(weight)]
    series = [(each, measure) for each in people for measure in MEASURES]
    made: list[bytes] = []
    for number in range(count):
        citizen, measure = series[(number * 7919) % len(series)]
        turn = number // len(series)
        at = now - timedelta(hours=3 * turn, seconds=dice.randrange(1800) + 60)
        body = observation(
            citizen, measure, dice.choice(zones), at, f"{seed}-{number}", dice.randrange(8)
        )
        made.append(post("/fhir/Observation", body))
    return made


async def _noop(server: Server, requests: list[bytes], connections: int) -> dict[str, float]:
    cpu = server.cpu_s()
    run = await closed_loop(server.port, requests, connections)
    return {
        "rate": len(requests) / run.seconds,
        "client": run.client_share,
        "cpu_us": (server.cpu_s() - cpu) / len(requests) * 1e6,
    }


async def _hub(server: Server, requests: list[bytes], connections: int) -> dict[str, float]:
    cpu = server.cpu_s()
    run = await closed_loop(server.port, requests, connections)
    if run.statuses != {201: len(requests)}:
        raise RuntimeError(f"not everything was accepted: {run.statuses}")
    judged = await wait_judged(server.port)
    seconds = judged - run.began
    return {
        "rate": len(requests) / seconds,
        "accepted_rate": len(requests) / run.seconds,
        "client": run.client_share,
        "cpu_us": (server.cpu_s() - cpu) / len(requests) * 1e6,
    }


async def measure(folder: Path, size: Size) -> Figure:
    """A folder for the programs' files and a size → the figure."""
    people = citizens("f1", size.patients)
    hub, noop = start_hub(folder / "f1", free_port()), start_noop(folder / "f1", free_port())
    try:
        hub.wait_ready()
        noop.wait_ready()
        progress("F1: loading patients and plans")
        await load_town(hub.port, people)
        await wait_judged(hub.port)
        warm = values(people, _WARM_UP, 0)
        await _noop(noop, warm, size.connections)
        await _hub(hub, warm, size.connections)
        rounds: list[tuple[dict[str, float], dict[str, float]]] = []
        for number in range(1, size.rounds + 1):
            progress(f"F1: round {number} of {size.rounds}")
            requests = values(people, size.values, number)
            await asyncio.sleep(0.3)
            reference = await _noop(noop, requests, size.connections)
            await asyncio.sleep(0.3)
            rounds.append((reference, await _hub(hub, requests, size.connections)))
    finally:
        hub.stop()
        noop.stop()
    share = median(h["rate"] / n["rate"] for n, h in rounds) * 100
    rate, against = median(h["rate"] for _, h in rounds), median(n["rate"] for n, _ in rounds)
    accepted = median(h["accepted_rate"] for _, h in rounds)
    client = max(n["client"] for n, _ in rounds)
    return Figure(
        "F1",
        "POST Observation, durable, audited, judged, of a no-op FastAPI POST (SQLite)",
        50,
        75,
        "%",
        share,
        higher=True,
        note=(
            f"{rate:.0f}/s judged ({accepted:.0f}/s accepted) against {against:.0f}/s no-op, {size.connections} connections,"
            f" {size.values} values of {size.patients} patients with plans, median of {size.rounds} paired rounds;"
            f" the client took at most {client:.0%} of its own core"
        ),
        facts={"rounds": [{"noop": n, "hub": h} for n, h in rounds]},
    )
