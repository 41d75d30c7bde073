"""Recomputing the whole store, of fetching the same rows into Python with the same driver; and whether memory stays flat.

The hub takes and judges a value a day and measure of some patients (absolute rules); the marks are then copied to as many
patients as asked for, under their own ids. CPU time, the two in turns: the rows of each patient fetched and dropped, then
`hub.flows.recompute`, which is what `hub thresholds recompute --all --dry-run` does for each patient.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec
import uvloop

from bench.history import bundles, history
from bench.judging import compose, post_all
from bench.town import bundle, citizens, resources, shared_resources
from hub.clock import FixedClock, SystemClock
from hub.fhir.interactions.prepare import Setting
from hub.flows.mark_for_judging import read_measurement
from hub.flows.patient_book import Books
from hub.flows.recompute import recompute
from hub.flows.store_draft import Desk, job_actor
from hub.store.migrate import DEMO_TENANT
from hub.wiring import Hub

MUST: Final = 3.0
_SOURCES: Final = 4
_TOGETHER: Final = 20_000
"""How many rows of copies are put in by one commit, about."""
_FETCH: Final = (
    "SELECT observation_id, version, measure, at, input, zone, verdict FROM judgement"
    " WHERE tenant_id = ? AND patient_id = ? ORDER BY seq"
)
_READ: Final = "SELECT tenant_id, observation_id, version, measure, at, input, judged_at, zone, verdict FROM judgement WHERE patient_id = ?"
_PUT: Final = (
    "INSERT INTO judgement (patient_id, tenant_id, observation_id, version, measure, at, input, judged_at, zone, verdict)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ENCODER: Final = msgspec.msgpack.Encoder()


async def load(hub: Hub, days: int) -> None:
    """A hub and days → some patients with a plan and values of so many days are in it, judged."""
    now = hub.clock.now().replace(microsecond=0)
    people = citizens("r", _SOURCES)
    everything = [r for p in people for r in resources(p, now - timedelta(days=days + 30))]
    await post_all(hub, [bundle([*shared_resources(), *everything])], "/fhir")
    for _, body in bundles(history(people, days, now)):
        await post_all(hub, [body], "/fhir")


def copies(connection: Any, patients: int) -> dict[str, str]:
    """How many patients → their ids, with the one whose plan and values each has."""
    found: dict[str, str] = {}
    waiting = 0
    connection.execute("BEGIN")
    for number in range(patients):
        if waiting > _TOGETHER:  # else the log grows by all of them, and each page is sought in it
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("BEGIN")
            waiting = 0
        source, own = f"r-{number % _SOURCES}", f"copy-{number}"
        rows: list[tuple[Any, ...]] = []
        for tenant, name, version, measure, at, data, *rest in connection.execute(_READ, (source,)):
            named = f"{name}-{number}"
            value = msgspec.structs.replace(read_measurement(data), id=named)
            rows.append((own, tenant, named, version, measure, at, _ENCODER.encode(value), *rest))
        connection.executemany(_PUT, rows)
        waiting += len(rows)
        found[own] = source
    connection.execute("COMMIT")
    return found


async def measure(folder: Path, patients: int, days: int, rounds: int) -> tuple[float, float, int]:
    """A size → CPU seconds of (fetching, recomputing), medians, and how many values there were."""
    hub = compose(folder / "hub", FixedClock(SystemClock().now()), judging=True)
    await load(hub, days)
    raw: Any = hub.store.engine._writer  # type: ignore[attr-defined] # noqa: SLF001 - the rows are put in as they are
    people = copies(raw, patients)
    desk = Desk(
        job_actor("recompute", DEMO_TENANT), Setting(hub.clock.now(), "http://127.0.0.1"), str
    )
    books, count = Books(), 0
    fetched: list[float] = []
    judged: list[float] = []
    for _ in range(rounds):
        began, count = time.process_time(), 0
        for name in people:
            count += len(raw.execute(_FETCH, (DEMO_TENANT, name)).fetchall())
        fetched.append(time.process_time() - began)
        began = time.process_time()
        for name, source in people.items():

            def work(unit: Any, name: str = name, source: str = source) -> Any:
                permit = desk.permit("read", "CarePlan")
                book = books.book(unit.fhir, permit, source, hub.clock.now()).book
                return recompute(unit, DEMO_TENANT, name, book)

            found = await hub.store.read(work)
            if found.differences or found.waiting:
                raise RuntimeError(f"{name}: {len(found.differences)} differ, {found.waiting} wait")
        judged.append(time.process_time() - began)
    hub.store.engine.close()
    return median(fetched), median(judged), count


def main() -> int:
    """The program: exit status 1 when the must is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python bench/recompute.py --patients 200 --days 90"
    )
    parser.add_argument("--patients", type=int, default=100)
    parser.add_argument("--days", type=int, default=90, help="days of four values each")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hub-recompute-") as folder:
        size = (chosen.patients, chosen.days, chosen.rounds)
        fetching, judging, count = uvloop.run(measure(Path(folder), *size))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = judging / fetching
    print(
        f"{count} values: fetched in {fetching:.3f} s of CPU, recomputed in {judging:.3f} s: {times:.1f}x (must {MUST:.0f}x);"
        f" peak memory {peak:.0f} MB"
    )
    return 0 if times <= MUST else 1


if __name__ == "__main__":
    sys.exit(main())
