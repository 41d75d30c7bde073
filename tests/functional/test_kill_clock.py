"""Deadlines that pass and alerts that are closed while the real server is killed again and again: each is told once, none twice.

Half of the patients deliver, half do not; every few hundred milliseconds one of the processes dies. Afterwards each missing value
has one alert with one firing, each alert that was closed has one document for the journal.
Source: dho/thresholds.md §5.7, §7; fhir-no/vkp-dho.md (one document per closed alert).
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.kill_reads import read_json, search
from bench.servers import Server, free_port, start_hub, start_work
from bench.town import MEASURES, Citizen, bundle, citizens, observation, resources, shared_resources
from hub.clock import SystemClock
from hub.fhir.codec import encode
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.thresholds.plan import Band, PlanVersion, Rule
from hub.thresholds.spans import Span
from tests import postgres_cluster
from tests.functional.test_kill_transaction import send

PATIENTS = 24
FIRST_S, LAST_S = 8, 26
"""The deadlines lie so many seconds after the plans were sent."""
WORKERS = 2
KILLS = 6
"""At least so many before the end is looked at, on however slow a machine."""
OSLO = ZoneInfo("Europe/Oslo")
CLOSING = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "performer", "valueReference": {"display": "Nina Nattvakt"}},
        {"name": "note", "valueString": "Ringte; hun hadde glemt det"},
        {"name": "action", "valueCodeableConcept": {"text": "Ringte pasienten"}},
    ],
}


@dataclass(slots=True)
class Processes:
    """The processes of one hub. Shape: `url` of PostgreSQL, or "" for SQLite in `folder`, where one process does all."""

    folder: Path
    url: str
    dice: random.Random
    port: int = field(default_factory=free_port)
    running: list[Server] = field(default_factory=list[Server])
    kills: int = 0

    def start(self) -> None:
        """Start whatever does not run."""
        more = {"HUB_JOURNAL_DIR": str(self.folder / "journal")}
        if self.url:
            more |= {"HUB_DATABASE_URL": self.url, "HUB_SERVE_WORKS": "no"}
        self.running = [each for each in self.running if each.process.poll() is None]
        if not any(each.port for each in self.running):
            server = start_hub(self.folder, self.port, core=None, more=more)
            server.wait_ready()
            self.running.append(server)
        if self.url:
            workers = sum(not each.port for each in self.running)
            self.running += [start_work(self.folder, more) for _ in range(WORKERS - workers)]

    def kill(self) -> None:
        """One of them, by chance."""
        self.dice.choice(self.running).kill()
        self.kills += 1

    def stop(self) -> None:
        """All of them."""
        for each in self.running:
            each.kill()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Processes]:
    """A hub on each engine, and its end."""
    url = postgres_cluster.new_database("synthetic") if request.param == "postgres" else ""
    found = Processes(tmp_path, url, random.Random(5))
    yield found
    found.stop()


def waited_for(citizen: Citizen, now: datetime, seconds: int) -> bytes:
    """A patient, and in how many seconds her value is missed → her plan as a transaction."""
    nominal = now.astimezone(OSLO).replace(second=0, microsecond=0)
    grace = int((now - nominal).total_seconds()) + seconds
    rule = Rule(
        *("ventet", "missing", "weight"),
        times=(f"{nominal:%H:%M}",),
        early=Span(seconds=3600),
        grace=Span(seconds=grace),
        zone="yellow",
    )
    limits = Rule(
        "vekt",
        "absolute",
        "weight",
        "kg",
        (Band("green", lt=Decimal(300)), Band("red", ge=Decimal(300))),
    )
    since = now - timedelta(days=1)
    plan = PlanVersion("ebp", 1, since, (rule, limits), approved_by="Testlege", approved_at=since)
    made = plan_to_fhir(plan, citizen.id, new_id=SystemClock().new_id, status="active")
    person = [
        r for r in resources(citizen, since) if r["resourceType"] in {"Patient", "EpisodeOfCare"}
    ]
    plans = [msgspec.json.decode(encode(each)) for each in made.all]
    return bundle([*person, *plans])


def insist(hub: Processes, method: str, path: str, body: bytes) -> int:
    """A request → its status; sent again while nobody answers, as a client does."""
    for _ in range(40):
        status, answer = send(hub.port, method, path, body)
        if status not in (0, 503):
            assert status in (200, 201), answer
            return status
        hub.start()
    raise AssertionError("nobody answers")


def missed(hub: Processes) -> list[dict[str, Any]]:
    """The alerts for values that did not come."""
    return [
        each
        for each in search(hub.port, "DetectedIssue")
        if each["code"]["coding"][0]["code"] == "5.3.2"
    ]


def close(hub: Processes, alert: str) -> None:
    """An alert's id → closed, however often the hub dies meanwhile."""
    for _ in range(40):
        try:
            issue = read_json(hub.port, f"/fhir/DetectedIssue/{alert}")
        except OSError:
            hub.start()
            continue
        if issue["status"] == "final":
            return
        match = f'W/"{issue["meta"]["versionId"]}"'
        send(hub.port, "POST", f"/fhir/DetectedIssue/{alert}/$close", msgspec.json.encode(CLOSING), {"if-match": match})  # fmt: skip
    raise AssertionError(f"{alert} was not closed")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_falls_due_or_is_closed_while_processes_die_is_told_once(hub: Processes) -> None:
    people, dice = citizens("clock", PATIENTS), random.Random(7)
    hub.start()
    insist(hub, "POST", "/fhir", bundle(shared_resources()))
    began = SystemClock().now()
    for citizen in people:
        body = waited_for(citizen, began, dice.randrange(FIRST_S, LAST_S))
        assert insist(hub, "POST", "/fhir", body) == 200
    weight = next(each for each in MEASURES if each.key == "weight")
    delivered, silent = people[::2], people[1::2]
    for citizen in delivered:
        at = SystemClock().now()
        insist(
            hub, "POST", "/fhir/Observation", observation(citizen, weight, "green", at, citizen.id)
        )

    while hub.kills < KILLS or SystemClock().now() < began + timedelta(seconds=LAST_S + 3):
        time.sleep(0.1 + dice.random() * 0.8)
        hub.kill()
        hub.start()
    end = time.monotonic() + 60
    while len(missed(hub)) < len(silent) and time.monotonic() < end:
        time.sleep(0.3)

    alerts = missed(hub)
    told = Counter(each["patient"]["reference"] for each in alerts)
    assert {f"Patient/{each.id}": 1 for each in silent} == dict(told)
    assert [1] * len(silent) == [len(each["evidence"]) for each in alerts]

    for number, alert in enumerate(alerts):
        close(hub, alert["id"])
        if number % 3 == 0:
            hub.kill()
            hub.start()
    folder = hub.folder / "journal" / "out"
    end = time.monotonic() + 60
    while len(list(folder.glob("*"))) < len(alerts) and time.monotonic() < end:
        time.sleep(0.3)
    time.sleep(1.0)
    about = Counter(
        entry["resource"]["patient"]["identifier"]["value"]
        for path in folder.glob("*")
        for entry in msgspec.json.decode(path.read_bytes())["entry"]
        if entry["resource"]["resourceType"] == "DetectedIssue"
    )
    assert {each.national_id: 1 for each in silent} == dict(about)
