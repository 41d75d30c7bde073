"""F1: POST of one Observation, durable, audited and judged, as a part of what a no-op FastAPI POST does on the same core."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench.databases import Database, EngineName, new_database
from bench.figure import Figure
from bench.http1 import closed_loop, post
from bench.loading import load_town, median, progress, wait_judged
from bench.servers import Server, free_port, start_hub, start_noop
from bench.town import MEASURES, Citizen, Zone, citizens, observation
from hub.clock import SystemClock

Zones = tuple[tuple[Zone, int], ...]
ZONES: Final[Zones] = (("green", 90), ("yellow", 8), ("red", 2))
MIXES: Final[dict[str, Zones]] = {
    "mixed": ZONES,
    "green": (("green", 100),),
    "yellow": (("green", 90), ("yellow", 10)),
}
"""What the values are: `mixed` is the figure's own; the others tell what of it goes where. Units: of a hundred."""
_WARM_UP: Final = 400


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. Shape: `values` per round, posted over `connections`."""

    rounds: int = 3
    values: int = 8000
    patients: int = 500
    connections: int = 32
    engine: EngineName = "sqlite"
    mix: str = "mixed"


def values(people: tuple[Citizen, ...], count: int, seed: int, mix: Zones = ZONES) -> list[bytes]:
    """Patients, how many and a seed → the requests that send so many values."""
    return [post("/fhir/Observation", body) for body in plain_values(people, count, seed, mix)]


def plain_values(
    people: tuple[Citizen, ...], count: int, seed: int, mix: Zones = ZONES
) -> list[bytes]:
    """Patients, how many and a seed → values in mixed order, those of every series some hours apart."""
    dice = random.Random(seed)
    now = SystemClock().now()
    zones: list[Zone] = [zone for zone, weight in mix for _ in range(weight)]
    series = [(each, measure) for each in people for measure in MEASURES]
    made: list[bytes] = []
    for number in range(count):
        citizen, measure = series[(number * 7919) % len(series)]
        turn = number // len(series)
        at = now - timedelta(hours=3 * turn, seconds=dice.randrange(1800) + 60)
        body = observation(
            citizen, measure, dice.choice(zones), at, f"{seed}-{number}", dice.randrange(8)
        )
        made.append(body)
    return made


async def _noop(server: Server, requests: list[bytes], connections: int) -> dict[str, float]:
    cpu = server.cpu_s()
    run = await closed_loop(server.port, requests, connections)
    return {
        "rate": len(requests) / run.seconds,
        "client": run.client_share,
        "cpu_us": (server.cpu_s() - cpu) / len(requests) * 1e6,
    }


async def _hub(
    server: Server, database: Database, requests: list[bytes], connections: int
) -> dict[str, float]:
    cpu, beside = server.cpu_s(), database.server_cpu_s()
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
        "database_cpu_us": (database.server_cpu_s() - beside) / len(requests) * 1e6,
    }


async def measure(folder: Path, size: Size) -> Figure:
    """A folder for the programs' files and a size → the figure."""
    people = citizens("f1", size.patients)
    place = folder / f"f1-{size.engine}"
    database = new_database(size.engine, place)
    hub = start_hub(place, free_port(), more=database.more)
    noop = start_noop(place, free_port())
    try:
        hub.wait_ready()
        noop.wait_ready()
        progress("F1: loading patients and plans")
        await load_town(hub.port, people)
        await wait_judged(hub.port)
        warm = values(people, _WARM_UP, 0)
        await _noop(noop, warm, size.connections)
        await _hub(hub, database, warm, size.connections)
        rounds: list[tuple[dict[str, float], dict[str, float]]] = []
        for number in range(1, size.rounds + 1):
            progress(f"F1: round {number} of {size.rounds}")
            requests = values(people, size.values, number, MIXES[size.mix])
            await asyncio.sleep(0.3)
            reference = await _noop(noop, requests, size.connections)
            await asyncio.sleep(0.3)
            rounds.append((reference, await _hub(hub, database, requests, size.connections)))
    finally:
        hub.stop()
        noop.stop()
    share = median(h["rate"] / n["rate"] for n, h in rounds) * 100
    rate, against = median(h["rate"] for _, h in rounds), median(n["rate"] for n, _ in rounds)
    accepted = median(h["accepted_rate"] for _, h in rounds)
    client = max(n["client"] for n, _ in rounds)
    return Figure(
        "F1",
        f"POST Observation, durable, audited, judged, of a no-op FastAPI POST ({database.title}{'' if size.mix == 'mixed' else f', {size.mix}: NOT the figure'})",
        50,
        75,
        "%",
        share,
        higher=True,
        note=(
            f"{rate:.0f}/s judged ({accepted:.0f}/s accepted) against {against:.0f}/s no-op, {size.connections} connections,"
            f" {size.values} values of {size.patients} patients with plans, median of {size.rounds} paired rounds;"
            f" the client took at most {client:.0%} of its own core; CPU a value {median(h['cpu_us'] for _, h in rounds):.0f} µs"
            f" of the hub, {median(h['database_cpu_us'] for _, h in rounds):.0f} µs of a database server,"
            f" against {median(n['cpu_us'] for n, _ in rounds):.0f} µs of the no-op"
        ),
        facts={"rounds": [{"noop": n, "hub": h} for n, h in rounds]},
    )
