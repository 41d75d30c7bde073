"""What probes and Prometheus ask: is it alive, may it be given work, what does not work, how much of everything.

`/live` touches nothing; `/ready` and `/health` ask the store, and answer also when it does not. None of them waits behind
other requests. What they tell is never personal.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from hub.api.auth import Scope, Send
from hub.api.figures import CONTENT_TYPE, Figures, Sample, render
from hub.log import COUNTS

T = TypeVar("T")
U = TypeVar("U")

PATIENCE_S: Final = 2.0
"""How long the store may take to answer a probe."""
LATE_S: Final = 60.0
"""How long a value may wait for its judgement before an operator is told."""
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store tells of its work.

    Shape: `jobs` queue → (how many wait, how long the first has been due); `put_off` counts deadlines that could not be judged.
    Units: seconds.
    """

    marked: int = 0
    unjudged: int = 0
    lag_s: float = 0.0
    jobs: Mapping[str, tuple[int, float]] = field(default_factory=dict[str, tuple[int, float]])
    put_off: int = 0

    def trouble(self) -> list[str]:
        """Nothing → what is late or fails in the hub's work, in words for an operator."""
        told: list[str] = []
        if self.lag_s > LATE_S:
            told.append(
                f"values that wait to be judged, the first for {self.lag_s:.0f} seconds (does a worker run?): {self.unjudged}"
            )
        if self.put_off:
            told.append(
                "deadlines that could not be judged, and are tried again each minute (CLOCK_FAILED in the log):"
                f" {self.put_off}"
            )
        return told


@dataclass(frozen=True, slots=True)
class Watched:
    """Where the answers come from.

    Shape: `standing` and `store_fault` ask the store ("" = it can be worked with); `worker` is True, False, or None while it
    is not begun; `works` False where other processes do the work; `stopping` once the hub has been told to end; `commits` counts those of this process;
    `gauges` are the figures of the file drop.
    """

    standing: Callable[[], Awaitable[Standing]]
    store_fault: Callable[[], Awaitable[str]]
    worker: Callable[[], bool | None]
    trouble: Callable[[], list[str]]
    stopping: Callable[[], bool]
    commits: Callable[[], int]
    version: str
    began: float
    works: bool = True
    gauges: Callable[[], Mapping[str, list[Sample]]] = dict


@dataclass(frozen=True, slots=True)
class Health:
    """Answers the probes. Shape: `headers` are put on every answer."""

    watched: Watched
    figures: Figures
    headers: tuple[tuple[bytes, bytes], ...] = ()

    async def __call__(self, scope: Scope, send: Send) -> None:
        """One request for a probe's path."""
        kind = _JSON
        if scope["method"] not in ("GET", "HEAD"):
            status, body = 405, _told({"status": "only GET and HEAD are taken here"})
        elif scope["path"] == "/live":
            status, body = 200, _told({"status": "alive"})
        elif scope["path"] == "/ready":
            status, body = await self._ready()
        elif scope["path"] == "/health":
            status, body = await self._health()
        else:
            status, body, kind = 200, await self._metrics(), CONTENT_TYPE
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *self.headers,
        ]
        if status == 405:
            headers.append((b"allow", b"GET, HEAD"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown})

    async def _ready(self) -> tuple[int, bytes]:
        faults = await self._faults()
        told = {"status": "not ready" if faults else "ready", "because": faults}
        return (503 if faults else 200), _told(told)

    async def _faults(self) -> list[str]:
        """Nothing → why the hub should be given no work now; empty when it should."""
        if self.watched.stopping():
            return ["the hub is stopping"]
        worker = self.watched.worker()
        faults = (
            []
            if worker or not self.watched.works
            else ["the worker is not begun" if worker is None else "the worker has ended"]
        )
        fault = await _asked(self.watched.store_fault(), "the database does not answer")
        return [*faults, fault] if fault else faults

    async def _health(self) -> tuple[int, bytes]:
        """How the hub does, for the eye of an operator: also what waits, and what does not work."""
        trouble = self.watched.trouble()
        standing = await _asked(self.watched.standing(), None)
        if standing is None:
            trouble = [*trouble, "the database does not answer"]
        else:
            fault = await _asked(self.watched.store_fault(), "")
            trouble = [*trouble, *standing.trouble(), *([fault] if fault else [])]
        told: dict[str, object] = {"status": "trouble" if trouble else "ok", "trouble": trouble}
        if standing is not None:
            told["observations"] = {"marked": standing.marked, "unjudged": standing.unjudged}
            told["jobs"] = {"waiting": sum(many for many, _ in standing.jobs.values())}
        return (503 if trouble else 200), _told(told)

    async def _metrics(self) -> bytes:
        standing = await _asked(self.watched.standing(), None)
        samples = self.figures.samples()
        samples |= _of_process(self.watched.began)
        samples |= {
            "hub_info": [((("version", self.watched.version),), 1)],
            "hub_store_up": [((), int(standing is not None))],
            "hub_store_commits_total": [((), self.watched.commits())],
            "hub_worker_up": [((), int(self.watched.worker() or False))],
            "hub_troubles": [
                ((), len(self.watched.trouble()) + len(standing.trouble() if standing else ()))
            ],
            "hub_ready": [((), int(not await self._faults()))],
            "hub_events_total": [((("event", n),), many) for n, many in sorted(COUNTS.items())],
        }
        samples |= self.watched.gauges()
        if standing is not None:
            jobs = sorted(standing.jobs.items())
            samples |= {
                "hub_judging_waiting": [((), standing.unjudged)],
                "hub_judging_lag_seconds": [((), standing.lag_s)],
                "hub_jobs_waiting": [((("queue", name),), many) for name, (many, _) in jobs],
                "hub_jobs_late_seconds": [((("queue", name),), late) for name, (_, late) in jobs],
            }
        return render(samples, self.figures.latency)


async def _asked(question: Awaitable[T], otherwise: U) -> T | U:
    """A question to the store → its answer, or `otherwise` when none comes: a probe never fails itself."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await question
    except Exception:  # noqa: BLE001 - whatever keeps the store from answering, the probe's answer is "no"
        return otherwise


def _told(facts: object) -> bytes:
    return msgspec.json.encode(facts)


def _of_process(began: float) -> dict[str, list[Sample]]:
    """When the process began → what the system tells of it; less where there is no /proc."""
    times = os.times()
    told: dict[str, list[Sample]] = {
        "process_cpu_seconds_total": [((), times.user + times.system)],
        "process_start_time_seconds": [((), began)],
    }
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        told["process_resident_memory_bytes"] = [((), pages * os.sysconf("SC_PAGE_SIZE"))]
        told["process_open_fds"] = [((), sum(1 for _ in Path("/proc/self/fd").iterdir()) - 1)]
    except OSError:
        pass
    return told
