"""How long after a deadline everybody is judged: many patients whose times end at the same instant, some of whose values did not come.

`python bench/clock.py --patients 100000 --missing 2` (per cent). Who has delivered is there as a judged value and an expected time;
who has not is a whole patient with a plan. Everything is judged by the hub's own round, in this process alone.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hub.clock import FixedClock
from hub.fhir.models.r4.datatypes import HumanName
from hub.fhir.models.r4.patient import Patient
from hub.flows.store_draft import Desk
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.policy import Actor
from hub.settings import read_settings
from hub.store.migrate import DEMO_TENANT
from hub.store.unit import StoreUnit
from hub.thresholds.plan import Band, PlanVersion, Rule
from hub.thresholds.spans import Span
from hub.wiring import Hub, build_hub

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
DEADLINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
OPENS = DEADLINE - timedelta(hours=4)
RULES = (
    Rule("spo2", "absolute", "spo2", "%", (Band("red", lt=Decimal(88)), Band("green", ge=Decimal(88)))),
    Rule(
        *("ventet", "missing", "spo2"),
        times=("08:00",),
        early=Span(seconds=7200),
        grace=Span(seconds=7200),
        zone="yellow",
    ),
)  # fmt: skip


def build(folder: Path) -> tuple[Hub, FixedClock]:
    """A folder → a hub on a new database in it, and its clock."""
    clock = FixedClock(START)
    settings = {
        "HUB_MODE": "development",
        "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
        "HUB_DEV_OPEN": "yes",
        "HUB_DATABASE_URL": f"sqlite:///{folder}/clock.db",
    }
    return build_hub(read_settings(settings), clock), clock


def delivered(unit: StoreUnit, numbers: tuple[int, ...]) -> None:
    """Patients whose value came → their expected time, and the value as it was judged."""
    connection = unit.fhir.connection
    due, opens = _micros(DEADLINE), _micros(OPENS)
    connection.executemany(
        "INSERT INTO clock_slot (tenant_id, patient_id, rule_id, wake, due, start, at, measure, later)"
        " VALUES (?, ?, 'ventet', ?, ?, ?, ?, 'spo2', ?)",
        [(DEMO_TENANT, f"d{n}", due, due, opens, opens + 7_200_000_000, b"\x90") for n in numbers],
    )
    connection.executemany(
        "INSERT INTO judgement (tenant_id, observation_id, version, patient_id, measure, at, input, judged_at, zone)"
        " VALUES (?, ?, 1, ?, 'spo2', ?, ?, ?, 'green')",
        [
            (DEMO_TENANT, f"o{n}", f"d{n}", opens + 1_000_000 * (n % 7000 + 1), b"", opens)
            for n in numbers
        ],
    )


def expected(hub: Hub, numbers: tuple[int, ...]) -> Any:
    """Patients whose value will not come → a function of a unit that stores each with a plan."""

    def work(unit: StoreUnit) -> None:
        judging = hub.work.clock.judge.desk(START, DEMO_TENANT)  # which may not write a plan
        town = Actor("development", "bench", "Bench", DEMO_TENANT)
        desk = Desk(town, judging.setting, hub.clock.new_id)
        for number in numbers:
            name = f"m{number}"
            desk.create(unit.fhir, Patient(id=name, name=(HumanName(family=f"Test{number}"),)))
            plan = PlanVersion("ebp", 1, START, RULES, approved_by="Testlege", approved_at=START)
            made = plan_to_fhir(plan, name, new_id=hub.clock.new_id, status="active")
            for resource in made.all:
                desk.create(unit.fhir, resource)

    return work


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def _parts(count: int, size: int) -> Iterator[tuple[int, ...]]:
    for start in range(0, count, size):
        yield tuple(range(start, min(count, start + size)))


async def measure(hub: Hub, clock: FixedClock, patients: int, missing: int) -> None:
    """How many there are, and how many do not deliver → printed seconds."""
    store, rounds = hub.store, hub.work.clock
    for part in _parts(patients - missing, 1000):
        await store.write(lambda unit, part=part: delivered(unit, part), long=True)
    for part in _parts(missing, 100):
        await store.write(expected(hub, part), long=True)
    began = time.perf_counter()
    await rounds()
    planned = time.perf_counter() - began
    clock.at = DEADLINE
    began, worked = time.perf_counter(), time.process_time()
    await rounds()
    took, worked = time.perf_counter() - began, time.process_time() - worked
    alerts = await store.read(lambda unit: len(unit.alerts.still_open(DEMO_TENANT, patients)))
    waiting = await store.read(lambda unit: len(unit.dues.due(DEADLINE, 1)))
    rate = f"{planned / missing * 1000:.1f} ms each" if missing else "nobody"
    print(f"planning ahead: {planned:.1f} s for {missing} patients ({rate}; spread over a day)")
    print(
        f"at the deadline: {patients} patients judged in {took:.1f} s ({worked:.1f} s of CPU),"
        f" {alerts} alerts, {waiting} waiting"
    )


def main() -> None:
    """Arguments → the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--missing", type=float, default=2, help="per cent of the patients")
    given = parser.parse_args()
    missing = int(given.patients * given.missing / 100)
    with tempfile.TemporaryDirectory() as folder:
        hub, clock = build(Path(folder))
        asyncio.run(measure(hub, clock, given.patients, missing))
        hub.store.engine.close()


if __name__ == "__main__":
    main()
