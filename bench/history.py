"""Many values of many patients loaded over HTTP, in transaction Bundles, in the order of time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from bench.http1 import connect, post
from bench.loading import clear_progress, progress, wait_judged
from bench.town import MEASURES, Citizen, Measure, observation
from hub.clock import SystemClock

ENTRIES: Final = 250
_LINES: Final = 3
_HEAD: Final = b'{"resourceType":"Bundle","type":"transaction","entry":['
_BEFORE: Final = b'{"resource":'
_AFTER: Final = b',"request":{"method":"POST","url":"Observation"}}'


def history(
    people: Sequence[Citizen], days: int, now: datetime, measures: Sequence[Measure] = MEASURES
) -> Iterator[bytes]:
    """Patients, days and the end → one green value of every measure, patient and day, day by day.

    A patient's values are thereby scattered over the file, as in life.
    """
    for day in range(days, 0, -1):
        for each in people:
            for number, measure in enumerate(measures):
                at = now - timedelta(days=day, minutes=number)
                key = f"{each.id}-{measure.key}-{day}"
                yield observation(each, measure, "green", at, key, day)


def bundles(values: Iterator[bytes], entries: int = ENTRIES) -> Iterator[tuple[int, bytes]]:
    """Observations → (how many, transaction Bundle)."""
    group: list[bytes] = []
    for value in values:
        group.append(_BEFORE + value + _AFTER)
        if len(group) == entries:
            yield len(group), _HEAD + b",".join(group) + b"]}"
            group = []
    if group:
        yield len(group), _HEAD + b",".join(group) + b"]}"


async def load_history(port: int, people: Sequence[Citizen], days: int, title: str) -> float:
    """A port, patients and days → everything is stored and judged; seconds it took."""
    total = len(people) * days * len(MEASURES)
    source = bundles(history(people, days, SystemClock().now().replace(microsecond=0)))
    began, done = time.perf_counter(), 0

    async def feed() -> None:
        nonlocal done
        line = await connect(port)
        for count, body in source:
            answer = await line.call(post("/fhir", body))
            if answer.status != 200:
                raise RuntimeError(f"loading was refused: {answer.status} {answer.body[:300]!r}")
            done += count
            rate = done / (time.perf_counter() - began)
            progress(f"{title}: {done:,} of {total:,} values loaded, {rate:.0f}/s")
        line.close()

    await asyncio.gather(*(feed() for _ in range(_LINES)))
    await wait_judged(port, within_s=3600)
    clear_progress()
    return time.perf_counter() - began
