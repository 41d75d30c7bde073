"""F5: from the 201 of a red value until its DetectedIssue can be read by a search, while 50 values a second are posted."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.figure import Figure
from bench.http1 import Connection, closed_loop, connect, get, post
from bench.loading import load_town, percentile, progress, wait_judged
from bench.servers import Server, free_port, start_hub
from bench.town import MEASURES, OWN_SERVICES, citizens, observation
from hub.clock import SystemClock

_GIVE_UP_S = 30.0
_REST_S = 3.0
_BETWEEN_LOOKS_S = 0.005


@dataclass(frozen=True, slots=True)
class Size:
    """How long, and how often a second. Shape: one value in `joins` is of a patient and rule that has its alert already."""

    seconds: int = 20
    rate: int = 50
    joins: int = 4


@dataclass(slots=True)
class Lines:
    """Connections that wait to be used."""

    port: int
    free: list[tuple[float, Connection]]

    async def take(self) -> Connection:
        """A connection that was just used, or a new one: the server hangs up on those that rest for five seconds."""
        while self.free:
            since, line = self.free.pop()
            if time.perf_counter() - since < _REST_S:
                return line
            line.close()
        return await connect(self.port)

    def give(self, line: Connection) -> None:
        """A connection that is free again → kept."""
        self.free.append((time.perf_counter(), line))


@dataclass(frozen=True, slots=True)
class _Shot:
    at: float
    request: bytes
    look: bytes


def _shots(size: Size) -> list[_Shot]:
    """A size → what is sent when: every value red, each of another rule, every `joins`-th a second one of an old alert."""
    now = SystemClock().now()
    count = size.seconds * size.rate
    people = citizens("f5", count)
    shots: list[_Shot] = []
    for number in range(count):
        joins = number % size.joins == size.joins - 1 and number > size.rate * 2
        citizen = people[number - size.rate if joins else number]
        measure = MEASURES[(number - size.rate if joins else number) % len(MEASURES)]
        at = now - timedelta(seconds=10 if joins else 7200)
        body = observation(citizen, measure, "red", at, f"f5-{number}")
        look = get(f"/fhir/DetectedIssue?patient=Patient/{citizen.id}")
        shots.append(_Shot(number / size.rate, post("/fhir/Observation", body), look))
    return shots


async def _shoot(shot: _Shot, lines: Lines, began: float) -> float:
    await asyncio.sleep(max(0.0, began + shot.at - time.perf_counter()))
    line = await lines.take()
    answer = await line.call(shot.request)
    accepted = time.perf_counter()
    if answer.status != 201:
        raise RuntimeError(f"a value was refused: {answer.status} {answer.body[:200]!r}")
    mark = b"Observation/" + answer.header("location").split("/")[-3].encode() + b'"'
    while True:
        found = await line.call(shot.look)
        seen = time.perf_counter()
        if mark in found.body:
            lines.give(line)
            return seen - accepted
        if seen - accepted > _GIVE_UP_S:
            raise RuntimeError("an alert did not come")
        # Looking must not become the load: what is late is looked for less often, and seen up to a fifth too late
        await asyncio.sleep(max(_BETWEEN_LOOKS_S, (seen - accepted) / 5))


async def measure(folder: Path, size: Size) -> Figure:
    """A folder for the program's files and a size → the figure."""
    place = folder / "f5"
    shutil.rmtree(place, ignore_errors=True)
    hub = start_hub(place, free_port(), more={"HUB_OWN_SERVICES": OWN_SERVICES})
    try:
        hub.wait_ready()
        return await _measure_on(hub, size)
    finally:
        hub.stop()


async def _measure_on(hub: Server, size: Size) -> Figure:
    progress("F5: loading patients and plans")
    people = citizens("f5", size.seconds * size.rate)
    await load_town(hub.port, people)
    # A green value each: a hub that has run for a day knows its patients' plans
    before = SystemClock().now() - timedelta(days=1)
    greens = (
        observation(each, MEASURES[0], "green", before, f"{each.id}-before") for each in people
    )
    requests = [post("/fhir/Observation", body) for body in greens]
    await closed_loop(hub.port, requests, 8)
    await wait_judged(hub.port)
    lines = Lines(hub.port, [])
    await asyncio.sleep(2)
    progress(f"F5: {size.rate} a second for {size.seconds} s")
    began = time.perf_counter() + 0.1
    took = await asyncio.gather(*(_shoot(s, lines, began) for s in _shots(size)))
    p50, p99 = percentile(took, 50) * 1000, percentile(took, 99) * 1000
    return Figure(
        "F5",
        f"POST accepted to DetectedIssue readable, p99, under {size.rate} POST/s",
        100,
        30,
        "ms",
        p99,
        note=(
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {max(took) * 1000:.1f} ms over {len(took)} red values; every one in"
            f" {size.joins} joins an alert, the others raise one and write to the GP; searches are repeated every 5 ms, later less often,"
            " by the same client"
        ),
        facts={"p50_ms": p50, "p99_ms": p99, "longest_ms": max(took) * 1000},
    )
