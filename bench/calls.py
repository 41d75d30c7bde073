"""How many functions a request calls, by room: a count that no neighbour on the machine disturbs.

One hub in this process with real connections' protocol over transports that only remember; every thread is looked at. Green
values of patients with plans, judged, and the GP's trend of as many as are there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import uvloop
from uvicorn import Config
from uvicorn.server import ServerState

from bench.http1 import get, post, take
from bench.judging import Case, compose, load, values
from bench.town import MEASURES, citizens
from hub.api.known_heads import KnownHeads
from hub.api.protocol import BoundedHttp
from hub.clock import FixedClock, SystemClock
from hub.wiring import Hub

ROOMS: Final = (
    *("hub.api", "hub.wiring", "hub.log", "hub.policy", "hub.fhir.models", "hub.fhir.search", "hub.fhir.interactions"),
    *("hub.fhir", "hub.store", "hub.flows", "hub.thresholds", "hub.mapping", "hub", "uvicorn", "asyncio"),
)  # fmt: skip
_AT_ONCE: Final = 32
_FEWEST: Final = 200
"""With fewer, the patient whose pages are counted has no third page."""


class Wire(asyncio.Transport):
    """A transport nobody is behind: it remembers what was written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 8000)})
        self.written = bytearray()
        self.came: asyncio.Future[None] | None = None

    def write(self, data: Any) -> None:
        self.written += data
        if self.came is not None and not self.came.done():
            self.came.set_result(None)

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0


class Caller:
    """One connection to a hub in this process."""

    def __init__(self, hub: Hub, known: KnownHeads) -> None:
        config = Config(
            hub.outer,  # type: ignore[arg-type]
            interface="asgi3",
            ws="none",
            proxy_headers=False,
            server_header=False,
            log_config=None,
        )
        config.load()
        self.wire = Wire()
        self.line = BoundedHttp(
            *(hub.settings.limits, hub.figures, lambda: False, hub.app.headers, known),
            config=config,
            server_state=ServerState(),
            app_state={},
        )
        self.line.connection_made(self.wire)

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """The bytes of a request → status and body of its answer."""
        wire = self.wire
        wire.written.clear()
        wire.came = asyncio.get_running_loop().create_future()
        self.line.data_received(request)
        while (found := take(wire.written)) is None:
            if wire.came.done():
                wire.came = asyncio.get_running_loop().create_future()
            await wire.came
        return found[0].status, found[0].body

    def leave(self) -> None:
        """The connection ends."""
        self.line.connection_lost(None)


@dataclass(slots=True)
class Count:
    """Calls seen. Shape: `python` by code of the function; `built_in` = functions written in C, which cost less."""

    on: bool = False
    python: Counter[CodeType] = field(default_factory=Counter[CodeType])
    built_in: int = 0

    def watch(self, frame: FrameType, event: str, _: object) -> None:
        """What the interpreter tells of each call."""
        if not self.on:
            return
        if event == "call":
            self.python[frame.f_code] += 1
        elif event == "c_call":
            self.built_in += 1

    def rooms(self) -> dict[str, int]:
        """Nothing → calls of Python functions by room."""
        found: Counter[str] = Counter()
        for code, calls in self.python.items():
            found[room_of(code)] += calls
        return {room: found[room] for room in (*ROOMS, "other") if found[room]}


def room_of(code: CodeType) -> str:
    """A function's code → the room it stands in; a library's is `other`."""
    dotted = code.co_filename.removesuffix(".py").replace("/", ".")
    for room in ROOMS:
        if f".{room}." in f"{dotted}.":
            return room
    return "other"


@dataclass(frozen=True, slots=True)
class Found:
    """What one request costs on average. Shape: `functions` = the most called ones with their calls."""

    calls: float
    built_in: float
    rooms: dict[str, float]
    functions: tuple[tuple[str, float], ...]


async def count(hub: Hub, requests: Sequence[bytes], want: int, counted: Count) -> Found:
    """A hub and requests → what each cost, judging included."""
    known = KnownHeads()
    callers = [Caller(hub, known) for _ in range(min(_AT_ONCE, len(requests)))]
    each = iter(requests)

    async def go(caller: Caller) -> None:
        for request in each:
            status, body = await caller.ask(request)
            if status != want:
                raise RuntimeError(f"{status}: {body[:300]!r}")

    counted.python.clear()
    counted.built_in = 0
    counted.on = True
    sys.setprofile(counted.watch)
    await asyncio.gather(*map(go, callers))
    await hub.work.runner.drain()
    sys.setprofile(None)
    counted.on = False
    for caller in callers:
        caller.leave()
    many = len(requests)
    ranked = [
        (f"{room_of(code)} {code.co_qualname}", calls / many)
        for code, calls in counted.python.most_common()
    ]
    rooms = {room: calls / many for room, calls in counted.rooms().items()}
    return Found(sum(counted.python.values()) / many, counted.built_in / many, rooms, tuple(ranked))


async def take_counts(
    folder: Path, posts: int, *, judging: bool, patients: int = 20
) -> dict[str, Found]:
    """A folder and how many values → what a POST, a trend and two pages of one cost. Shape: as many values warm the hub up first."""
    counted = Count()
    threading.setprofile(counted.watch)  # for threads that begin from here on
    try:
        clock = FixedClock(SystemClock().now())
        hub = compose(folder, clock, judging=judging)
        people, case = citizens("c", patients), Case("calls")
        await load(hub, people, case)
        found: dict[str, Found] = {}
        for turn in range(2):
            clock.at += timedelta(days=1)
            bodies = values(people, case, posts, turn, clock)
            requests = list(map(partial(post, "/fhir/Observation"), bodies))
            found["POST"] = await count(hub, requests, 201, counted)
        system, code, _ = MEASURES[0].codings[0]
        coded = quote(f"{system}|{code}")
        path = f"/fhir/Observation?patient={people[0].id}&code={coded}&_sort=date&_count=365"
        for _ in range(2):
            found["trend"] = await count(hub, [get(path)] * 8, 200, counted)
        first = path.replace("_count=365", "_count=2")
        behind = await _following(hub, await _following(hub, first))
        for _ in range(2):
            found["page 1"] = await count(hub, [get(first)] * 8, 200, counted)
            found["page 3"] = await count(hub, [get(behind)] * 8, 200, counted)
        hub.store.engine.close()
    finally:
        threading.setprofile(None)  # type: ignore[arg-type]
    return found


async def _following(hub: Hub, path: str) -> str:
    """A page's path → that of the next."""
    caller = Caller(hub, KnownHeads())
    _, body = await caller.ask(get(path))
    caller.leave()
    links = {link["relation"]: link["url"] for link in json.loads(body)["link"]}
    return "/fhir" + links["next"].partition("/fhir")[2]


def show(name: str, found: Found, say: Callable[[str], None], *, functions: bool) -> None:
    """What was found → lines."""
    say(
        f"{name}: {found.calls:.0f} calls of functions in Python, {found.built_in:.0f} of built-in ones"
    )
    for room, calls in sorted(found.rooms.items(), key=lambda pair: -pair[1]):
        say(f"  {calls:7.1f}  {room}")
    if functions:
        for function, calls in found.functions[:90]:
            say(f"    {calls:7.2f}  {function}")


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python bench/calls.py --posts 640 --functions"
    )
    parser.add_argument(
        "--posts", type=int, default=320, help=f"how many values are counted, at least {_FEWEST}"
    )
    parser.add_argument("--no-judging", action="store_true", help="values are stored, not judged")
    parser.add_argument("--functions", action="store_true", help="tell the most called functions")
    parser.add_argument("--json", action="store_true", help="for programs")
    chosen = parser.parse_args()
    if chosen.posts < _FEWEST:
        parser.error(f"--posts {chosen.posts}: page 3 needs at least {_FEWEST} values")
    with tempfile.TemporaryDirectory(prefix="hub-calls-") as folder:
        judging = not chosen.no_judging
        found = uvloop.run(take_counts(Path(folder) / "hub", chosen.posts, judging=judging))
    if chosen.json:
        told = {
            name: {"calls": f.calls, "built_in": f.built_in, **f.rooms} for name, f in found.items()
        }
        print(json.dumps(told))
        return 0
    for name, each in found.items():
        show(name, each, print, functions=chosen.functions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
