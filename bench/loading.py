"""What several figures share: a town loaded over HTTP, and the wait until everything is judged."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import islice
from typing import Final

import msgspec

from bench.http1 import Connection, connect, get, post
from bench.town import Citizen, bundle, resources, shared_resources
from hub.clock import SystemClock

CITIZENS_PER_BUNDLE: Final = 40
PLAN_DAYS: Final = 60


class NotMeasurableError(Exception):
    """The hub does not show from outside what the figure needs; the text says what is missing."""


async def load_town(port: int, people: Sequence[Citizen], plan_days: int = PLAN_DAYS) -> None:
    """Patients and the age of their plans → they, their GP and their plans are in the hub."""
    start = SystemClock().now().replace(microsecond=0) - timedelta(days=plan_days)
    line = await connect(port)
    await _put(line, bundle(shared_resources()))
    rest = iter(people)
    while group := list(islice(rest, CITIZENS_PER_BUNDLE)):
        await _put(line, bundle(r for each in group for r in resources(each, start)))
    line.close()


async def _put(line: Connection, body: bytes) -> None:
    answer = await line.call(post("/fhir", body))
    if answer.status != 200:
        raise RuntimeError(f"loading was refused: {answer.status} {answer.body[:500]!r}")


async def unjudged(line: Connection) -> int:
    """A connection → how many values wait for their verdict, as GET /health tells an outsider."""
    answer = await line.call(get("/health"))
    facts = msgspec.json.decode(answer.body)
    if "observations" not in facts:
        raise NotMeasurableError("GET /health does not tell the number of unjudged values")
    return int(facts["observations"]["unjudged"])


async def wait_judged(port: int, within_s: float = 600.0) -> float:
    """A port → the moment at which nothing waits any more, on the clock of time.perf_counter."""
    line = await connect(port)
    end = time.perf_counter() + within_s
    while await unjudged(line):
        if time.perf_counter() > end:
            raise RuntimeError("the hub does not finish judging")
        await asyncio.sleep(0.005)
    line.close()
    return time.perf_counter()


def progress(text: str) -> None:
    """A line about what is being done, for a person at a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def clear_progress() -> None:
    """Take the line away."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def median(values: Iterable[float]) -> float:
    """Numbers → the middle one (the mean of the two middle ones)."""
    found = sorted(values)
    half = len(found) // 2
    return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2


def percentile(values: Iterable[float], percent: float) -> float:
    """Numbers and a percentage → the smallest of them that so many are not above."""
    found = sorted(values)
    return found[max(0, min(len(found) - 1, math.ceil(len(found) * percent / 100) - 1))]
