"""Several hubs on one PostgreSQL database: nothing done twice, nothing remembered that no longer holds, nothing lost."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from msgspec import structs

from hub.clock import SystemClock
from hub.flows.patient_book import Books
from hub.ports import Job
from hub.settings import read_settings
from hub.thresholds.plan import Band
from hub.wiring import NotReadyError
from hub.wiring.work_alone import work_alone
from hub.workers.jobs import Queue
from hub.workers.runner import Runner
from tests import postgres_cluster
from tests.builders import SPO2, Json, observation, patient, to_json
from tests.functional.conftest import DEVELOPMENT
from tests.functional.followed import SPO2_RULE, Followed
from tests.functional.hub_client import FHIR_JSON, Client
from tests.postgres_roles import narrow_roles

pytestmark = pytest.mark.postgres


@pytest.fixture
def database_url() -> Iterator[str]:
    """A database that several hubs share."""
    url = postgres_cluster.new_database("synthetic")
    yield url
    postgres_cluster.give_back(url, "synthetic")


@pytest.fixture
def engine() -> str:
    """The engine of this file."""
    return "postgres"


def reds(followed: Followed, who: str) -> list[Json]:
    """A patient → the red alerts."""
    found = followed.client.search(f"DetectedIssue?patient={who}")
    return [issue for issue in found if issue.get("severity") == "high"]


@pytest.fixture
def serving_role(database_url: str) -> Iterator[str]:
    """The same database, as the role that serves alone: it sees the rows of one tenant at a time."""
    with narrow_roles(postgres_cluster.address_of(database_url)) as roles:
        yield roles[0].url


def serving_alone(
    make_client: Callable[..., Client], **settings: str
) -> tuple[Client, Callable[[], None]]:
    """A hub that only serves, and what makes the books it wants."""
    serving = make_client(HUB_SERVE_WORKS="no", **settings)
    rounds = {name: call for name, _, call in serving.hub.work.runner.always}
    books = rounds["books"]
    return serving, lambda: serving.runner.run(books())  # type: ignore[arg-type]


def test_a_hub_that_only_serves_judges_green_values_as_they_are_stored(
    followed: Followed, make_client: Callable[..., Client]
) -> None:
    serving, make_books = serving_alone(make_client)
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    values = iter(range(8, 20))

    def put(value: str) -> str:
        at = f"2026-11-21T{next(values):02}:00:00+01:00"
        return serving.create(observation(who, SPO2, value, "%", at=at))

    first = put("95")
    make_books()
    second, yellow = put("95"), put("90")

    assert ["", "green", ""] == [followed.zone(name) for name in (first, second, yellow)]
    followed.work()
    assert ["green", "green", "yellow"] == [followed.zone(n) for n in (first, second, yellow)]
    strict = structs.replace(SPO2_RULE, bands=tuple(_stricter(b) for b in SPO2_RULE.bands))
    followed.plan(who, strict, version=3)
    after = put("93")
    assert "" == followed.zone(after)
    make_books()
    assert ["", "green"] == [followed.zone(put(value)) for value in ("93", "96")]
    followed.work()
    assert "yellow" == followed.zone(after)


def test_a_hub_that_serves_with_the_narrow_role_judges_by_the_plans_that_are_there(
    serving_role: str, followed: Followed, make_client: Callable[..., Client]
) -> None:
    serving, make_books = serving_alone(make_client, HUB_DATABASE_URL=serving_role)
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    zones: list[str] = []
    for hour, value in enumerate(("95", "95", "85")):
        at = f"2026-11-21T{hour + 8:02}:00:00+01:00"
        zones.append(followed.zone(serving.create(observation(who, SPO2, value, "%", at=at))))
        make_books()
    assert ["", "green", ""] == zones, "a book without the plan would let the red pass"
    followed.work()
    assert len(reds(followed, who)) == 1


def _stricter(band: Band) -> Band:
    """A band → the same with its ends three higher."""
    ends = {name: getattr(band, name) for name in ("lt", "ge")}
    return structs.replace(band, **{n: end + 3 for n, end in ends.items() if end is not None})


def test_a_book_that_could_not_be_made_is_wanted_again(
    followed: Followed, make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    serving, make_books = serving_alone(make_client)
    who = followed.person()
    followed.plan(who, SPO2_RULE)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    serving.create(observation(who, SPO2, "95", "%", at="2026-11-21T08:00:00+01:00"))
    with monkeypatch.context() as patched:
        patched.setattr(Books, "book", broken)
        with pytest.raises(ZeroDivisionError):
            make_books()
    zones: list[str] = []
    for hour in (9, 10):
        at = f"2026-11-21T{hour:02}:00:00+01:00"
        zones.append(followed.zone(serving.create(observation(who, SPO2, "95", "%", at=at))))
        make_books()
    assert ["", "green"] == zones


def test_a_plan_stored_by_one_hub_is_judged_by_in_another_that_knew_the_patient_without(
    followed: Followed, make_client: Callable[..., Client]
) -> None:
    other = make_client()
    who = followed.person()
    followed.send(who, "86")
    other.runner.run(other.hub.work.runner.drain())
    assert reds(followed, who) == []
    followed.plan(who, SPO2_RULE)
    followed.send(who, "85")
    other.runner.run(other.hub.work.runner.drain())
    assert len(reds(followed, who)) == 1


def test_a_job_is_done_by_one_hub_however_many_are_at_it(
    make_client: Callable[..., Client],
) -> None:
    hubs = [make_client() for _ in range(3)]
    done: list[str] = []

    async def flow(hub: Client, job: Job) -> None:
        await asyncio.sleep(0.01)
        done.append(job.subject)
        await hub.hub.store.write(lambda unit: unit.outbox.done(job))

    async def both() -> None:
        for number in range(12):
            job = Job(1, "q", f"job {number}")
            await hubs[0].hub.store.write(
                lambda unit, job=job: unit.outbox.add(job, hubs[0].hub.clock.now())
            )
        await asyncio.gather(*[hub.hub.work.runner.drain() for hub in hubs])

    for hub in hubs:
        runner: Any = hub.hub.work.runner
        runner.queues = {"q": Queue(lambda job, hub=hub: flow(hub, job))}
    hubs[0].runner.run(both())
    assert sorted(done) == sorted(f"job {number}" for number in range(12))


def test_a_duty_is_one_hubs_until_it_ends(make_client: Callable[..., Client]) -> None:
    first, second = make_client(), make_client()

    def asks(client: Client) -> bool:
        return client.runner.run(client.hub.store.claims.duty("receipts"))

    assert (asks(first), asks(second), asks(first)) == (True, False, True)
    first.hub.store.engine.close()
    wait_for(lambda: asks(second))


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def start(url: str, *command: str, **settings: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        **DEVELOPMENT,
        "HUB_DATABASE_URL": url,
        "HUB_LOG_LEVEL": "error",
        **settings,
    }
    return subprocess.Popen([sys.executable, "-m", "hub", *command], env=environment)


def wait_for(ready: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_workers_beside_a_hub_that_only_serves_judge_everything_once_though_one_is_killed(
    database_url: str,
) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    serving = start(database_url, "serve", HUB_PORT=port, HUB_SERVE_WORKS="no")
    workers = [start(database_url, "work", HUB_PORT=port) for _ in range(2)]
    try:
        wait_for(lambda: answers(base))
        ready = httpx.get(f"{base}/ready")
        assert (ready.status_code, ready.json()["because"]) == (200, [])
        assert "hub_worker_up 0" in httpx.get(f"{base}/metrics").text
        with httpx.Client(
            base_url=f"{base}/fhir", timeout=60, headers={"Content-Type": FHIR_JSON}
        ) as http:
            who = http.post("/Patient", content=to_json(patient())).json()["id"]
            for number in range(60):
                body = observation(
                    f"Patient/{who}",
                    value=str(90 + number % 9),
                    effectiveDateTime=f"2026-11-20T10:{number:02}:00Z",
                )
                assert http.post("/Observation", content=to_json(body)).status_code == 201
                if number == 20:
                    workers[0].send_signal(signal.SIGKILL)
            wait_for(lambda: httpx.get(f"{base}/health").json()["observations"]["unjudged"] == 0)
            told = httpx.get(f"{base}/health").json()["observations"]
            assert told["marked"] == 60
    finally:
        for process in (serving, *workers):
            process.terminate()
        codes = [process.wait(20) for process in (serving, *workers)]
    assert codes[2] == 0


def test_a_process_whose_worker_has_ended_ends_for_another_to_begin(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runner, "alive", lambda _: False)
    values = {**DEVELOPMENT, "HUB_DATABASE_URL": database_url}
    with pytest.raises(NotReadyError, match="ended by itself"):
        work_alone(read_settings(values), SystemClock())

    assert gc.get_freeze_count() == 0
