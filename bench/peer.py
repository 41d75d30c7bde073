"""The hub beside a peer: the same values, the same client, the same core, in one run; prints the ratios.

The peer is FHIRStarter (bench/peer_app.py says why and how), in an environment of its own under `.cache/peer`, made from
bench/peer-requirements.txt: its FastAPI is another than ours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import uvloop

from bench.http1 import closed_loop, connect, get, post
from bench.loading import load_town, median, progress, wait_judged
from bench.servers import LOAD_CORE, ROOT, free_port, pin, start_hub, start_peer
from bench.town import MEASURES, citizens, observation
from hub.clock import SystemClock

PLACE: Final = ROOT / ".cache" / "peer"
_TREND: Final = 365


@dataclass(frozen=True, slots=True)
class Size:
    """How much is sent to each of the two."""

    values: int = 2000
    connections: int = 16
    rounds: int = 3
    reads: int = 40


def prepare() -> Path:
    """Nothing → the interpreter of the peer's environment, made when it is not there."""
    python = PLACE / "bin" / "python"
    if not python.exists():
        progress("peer: making its environment")
        subprocess.run([sys.executable, "-m", "venv", PLACE], check=True)
        wanted = str(ROOT / "bench" / "peer-requirements.txt")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
    return python


async def posts(port: int, base: str, bodies: list[bytes], size: Size) -> float:
    """A server, and values → how many it takes in a second."""
    run = await closed_loop(
        port, [post(f"{base}/Observation", b) for b in bodies], size.connections
    )
    assert set(run.statuses) == {201}, run.statuses
    return len(bodies) / run.seconds


async def trends(port: int, path: str, reads: int) -> float:
    """A server and a search → the median time of one answer, in seconds."""
    line = await connect(port)
    taken: list[float] = []
    for _ in range(reads):
        began = time.perf_counter()
        answer = await line.call(get(path))
        taken.append(time.perf_counter() - began)
        assert answer.status == 200, answer.body[:300]
        assert answer.body.count(b'"resourceType":"Observation"') == _TREND
    line.close()
    return median(taken)


async def measure(folder: Path, size: Size) -> list[tuple[str, float, float, float]]:
    """A folder and a size → (what, hub, peer, ratio with 1 = equal and more = the hub is better)."""
    python = prepare()
    people = citizens("peer", 50)
    now = SystemClock().now().replace(microsecond=0)
    hub = start_hub(folder / "hub", free_port())
    hub.wait_ready()
    peer = start_peer(folder / "peer", free_port(), python)
    peer.wait_ready("/metadata")
    try:
        await load_town(hub.port, people, _TREND + 30)
        person, measure = people[0], MEASURES[0]
        year = [
            observation(person, measure, "green", now - timedelta(days=d), f"y{d}", d)
            for d in range(_TREND, 0, -1)
        ]
        for port, base in ((hub.port, "/fhir"), (peer.port, "")):
            await posts(port, base, year, size)
        rates: list[tuple[float, float]] = []
        for turn in range(size.rounds):
            progress(f"peer: round {turn + 1} of {size.rounds}")
            bodies = [
                observation(
                    people[1 + n % 49],
                    MEASURES[n % 4],
                    "green",
                    now - timedelta(minutes=n),
                    f"r{turn}-{n}",
                    n,
                )
                for n in range(size.values)
            ]
            ours = await posts(hub.port, "/fhir", bodies, size)
            await wait_judged(hub.port)
            rates.append((ours, await posts(peer.port, "", bodies, size)))
        code = measure.codings[0][1]
        query = f"Observation?patient={person.id}&code={code}"
        read_hub = await trends(hub.port, f"/fhir/{query}&_sort=date&_count={_TREND}", size.reads)
        read_peer = await trends(peer.port, f"/{query}", max(5, size.reads // 8))
    finally:
        hub.stop()
        peer.stop()
    ours, theirs = median(r[0] for r in rates), median(r[1] for r in rates)
    ratio = median(r[0] / r[1] for r in rates)
    return [
        ("POST Observation, durable, 1/s", ours, theirs, ratio),
        ("trend of 365 values, ms", read_hub * 1000, read_peer * 1000, read_peer / read_hub),
    ]


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=2000, help="values in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where databases are made: a real disk, please")
    chosen = parser.parse_args()
    pin(0, LOAD_CORE)
    with tempfile.TemporaryDirectory(prefix="hub-peer-", dir=chosen.folder) as folder:
        rows = uvloop.run(measure(Path(folder), Size(chosen.values, rounds=chosen.rounds)))
    print(f"{'':34}{'hub':>10}{'FHIRStarter 4.2.0':>20}{'ratio':>8}")
    for what, ours, theirs, ratio in rows:
        print(f"{what:34}{ours:10.1f}{theirs:20.1f}{ratio:8.1f}")
    print(
        "Ratio: how many times better the hub is. The hub validates R4, audits and marks for judging in the same commit; the peer"
        " validates R4B and stores. Both: one process, one core, uvicorn, SQLite in WAL with synchronous=FULL."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
