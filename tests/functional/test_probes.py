"""What probes and Prometheus are told, in every state of the hub; never anything personal."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.api.figures import TABLE
from hub.log import Event, log
from hub.store.connection import Connection
from tests.builders import observation, patient
from tests.functional.hub_client import Client
from tests.postgres_cluster import shared_cluster

PROBES = ("/live", "/ready", "/health", "/metrics")


def figures(client: Client) -> dict[str, dict[tuple[str, ...], float]]:
    """The figures of a hub, by sample and values of labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def work(client: Client) -> None:
    """Let the hub's own work begin, as it does where a server runs."""

    async def begin() -> None:
        client.hub.late.live = True
        await client.hub.late.ready()

    client.runner.run(begin())


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Iterator[Client]:
    """A client of a development hub whose worker may have been begun."""
    made = make_client()
    yield made
    made.runner.run(made.hub.late.stop())


@pytest.fixture
def working(client: Client) -> Client:
    """A hub whose worker runs."""
    work(client)
    return client


def test_a_hub_that_lives_says_so_and_asks_nobody(client: Client) -> None:
    client.hub.store.engine.close()
    answer = client.get("/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_a_hub_is_ready_once_its_worker_has_begun(client: Client) -> None:
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["because"]) == (503, ["the worker is not begun"])
    work(client)
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "because": []})
    assert figures(client)["hub_ready"] == {(): 1}


def test_a_hub_that_stops_is_not_ready_and_lives(working: Client) -> None:
    working.hub.ending.begun = True
    answer = working.get("/ready")
    assert (answer.status_code, answer.json()["because"]) == (503, ["the hub is stopping"])
    assert working.get("/live").status_code == 200
    assert working.post("Patient", patient()).status_code == 201


def test_a_hub_whose_worker_ended_is_not_ready(working: Client) -> None:
    assert figures(working)["hub_worker_up"] == {(): 1}
    working.runner.run(working.hub.late.stop())
    answer = working.get("/ready")
    assert (answer.status_code, answer.json()["because"]) == (503, ["the worker has ended"])
    assert figures(working)["hub_worker_up"] == {(): 0}


def test_a_database_of_another_schema_is_not_ready(working: Client) -> None:
    def change(version: str) -> str:
        def work(connection: Connection) -> str:
            before = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
            return before

        return working.runner.run(working.hub.store.engine.write(work))

    right = change("9999")
    answer = working.get("/ready")
    assert answer.status_code == 503
    assert "schema 9999" in answer.json()["because"][0]
    change(right)  # the database is another test's next
    assert working.get("/ready").status_code == 200


def let_change(client: Client, url: str, *, changes: bool) -> str:
    """The database of a hub takes no changes from now on, or takes them again; → why not."""
    if url.startswith("sqlite"):
        pages = 1 << 30 if changes else 1
        engine = client.hub.store.engine
        client.runner.run(engine.write(lambda c: c.execute(f"PRAGMA max_page_count={pages}")))
        return "no room is left for it"
    with shared_cluster().keeper(url) as keeper:
        (name,) = keeper.execute("SELECT current_database()").fetchone() or ("",)
        keeper.execute("SET default_transaction_read_only = off")
        only_read = "off" if changes else "on"
        keeper.execute(
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = {only_read}'.encode()
        )
        keeper.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    return "it may only be read"


def test_a_database_that_takes_no_changes_is_told_once_and_again_when_it_does(
    working: Client, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    who = working.create(patient())
    big = observation(who, note=[{"text": "x" * 50_000}])
    why = let_change(working, database_url, changes=False)
    refused = [working.post("Observation", big) for _ in range(2)]
    assert [(503, "1")] * 2 == [(a.status_code, a.headers["Retry-After"]) for a in refused]
    ready, health = working.get("/ready"), working.get("/health")
    told = f"the database takes no changes: {why}"
    assert (ready.status_code, ready.json()["because"]) == (503, [told])
    assert (health.status_code, health.json()["trouble"]) == (503, [told])
    assert figures(working)["hub_ready"] == {(): 0}
    let_change(working, database_url, changes=True)
    assert (200, 200) == (working.get("/ready").status_code, working.get("/health").status_code)
    lines = [r.message.split()[0] for r in caplog.records if r.message.startswith("STORE_")]
    assert ["STORE_REFUSES", "STORE_TAKES"] == lines
    assert working.post("Observation", big).status_code == 201


@pytest.mark.embedded
@pytest.mark.parametrize("replaced", [True, False])
def test_a_database_file_that_is_not_in_its_place_takes_nothing_until_it_is_back(
    working: Client, database_url: str, tmp_path: Path, *, replaced: bool
) -> None:
    """What is written into a file that was deleted, or put aside for a copy, would be accepted and lost."""
    place, aside = Path(database_url.removeprefix("sqlite:///")), tmp_path / "aside.db"
    who = working.create(patient())
    place.rename(aside)
    if replaced:
        place.write_bytes(aside.read_bytes())
    ready = working.get("/ready")
    refused = working.post("Observation", observation(who))
    aside.replace(place)
    assert (503, 503) == (refused.status_code, ready.status_code)
    assert "moved, replaced or deleted" in ready.json()["because"][0]
    assert 200 == working.get("/ready").status_code
    working.create(observation(who))
    assert 1 == len(working.search("Observation"))


@pytest.mark.embedded
@pytest.mark.parametrize("ends", [("-wal",), ("-shm",), ("-wal", "-shm")])
def test_a_log_that_is_deleted_under_the_hub_is_told_and_nothing_of_it_is_lost(
    working: Client, database_url: str, ends: tuple[str, ...], tmp_path: Path
) -> None:
    """What only the deleted log holds was accepted: it is put into the file before anybody opens that."""
    place = Path(database_url.removeprefix("sqlite:///"))
    who = working.create(patient())
    working.create(observation(who))
    for end in ends:
        place.with_name(place.name + end).unlink()
    refused = working.post("Observation", observation(who))
    ready = working.get("/ready")
    assert (503, 503) == (refused.status_code, ready.status_code)
    assert "its log (-wal, -shm) was deleted or replaced" in ready.json()["because"][0]
    copy = tmp_path / "copy.db"
    for end in ("", *({"-wal"} - set(ends))):  # what stands there when the hub dies now
        copy.with_name(copy.name + end).write_bytes(place.with_name(place.name + end).read_bytes())
    with sqlite3.connect(copy) as after:
        assert (1,) == after.execute("SELECT count(*) FROM observation").fetchone()


@pytest.mark.embedded
def test_a_lock_that_another_process_keeps_is_told_and_again_when_it_is_let_go(
    working: Client,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hub that nobody has given anything meanwhile knows it as well; a lock that is held for a moment is nothing to tell."""
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert 200 == working.get("/ready").status_code
    monkeypatch.setattr("hub.store.refusal.LONG_LOCKED_S", 0.0)
    ready = working.get("/ready")
    told = "the database takes no changes: another process keeps its lock"
    assert (503, [told]) == (ready.status_code, ready.json()["because"])
    other.execute("ROLLBACK")
    assert 200 == working.get("/ready").status_code
    other.close()
    lines = [r.message.split()[0] for r in caplog.records if r.message.startswith("STORE_")]
    assert ["STORE_REFUSES", "STORE_TAKES"] == lines


async def fails(_: object) -> None:
    """A database that is away."""
    raise sqlite3.OperationalError("disk I/O error")


async def hangs(_: object) -> None:
    """A database that says nothing for far longer than anybody waits; a worker that asks it is waited for at the end."""
    await asyncio.sleep(3)


@pytest.mark.parametrize("silence", [fails, hangs])
def test_a_database_that_does_not_answer_is_told_by_all_who_ask_it(
    working: Client, silence: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.api.health.PATIENCE_S", 0.1)
    monkeypatch.setattr(working.hub.store.engine, "read", silence)
    ready, health = working.get("/ready"), working.get("/health")
    assert (ready.status_code, ready.json()["because"]) == (503, ["the database does not answer"])
    assert (health.status_code, health.json()["trouble"]) == (503, ["the database does not answer"])
    told = figures(working)
    assert told["hub_store_up"] == {(): 0}
    assert "hub_judging_waiting" not in told


@pytest.mark.parametrize("path", PROBES)
def test_a_probe_takes_get_and_head_alone(client: Client, path: str) -> None:
    assert client.request("HEAD", path).content == b""
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_the_figures_tell_every_row_of_the_table(working: Client) -> None:
    working.create(patient())
    log(Event.STARTED)
    told = working.get("/metrics").text
    for row in TABLE:
        assert f"# TYPE {row.name} {row.kind}\n" in told
        seldom = ("hub_http_refused_total", "hub_jobs_waiting", "hub_jobs_late_seconds")
        if row.name not in seldom and not row.name.startswith("hub_drop_"):
            assert re.search(rf"^{row.name}(_count)?[ {{]", told, re.MULTILINE), row.name


def test_requests_are_counted_by_interaction_and_status(client: Client) -> None:
    client.create(patient())
    client.get("Patient/nobody")
    client.get("Patient?nothing=1")
    client.get("Nonsense/1/2/3")
    client.get("Observation/$lastn?patient=x&max=0")
    client.get("/patients")
    told = figures(client)["hub_http_answers_total"]
    assert told["create", "201"] == 1
    assert told["read", "404"] == 1
    assert told["search", "400"] == 1
    assert told["unknown", "404"] == 1
    assert told["$lastn", "400"] == 1
    assert told["page", "200"] == 1
    assert figures(client)["hub_http_request_seconds_count"]["create",] == 1


def test_what_strangers_make_up_never_becomes_a_label(client: Client) -> None:
    for n in range(20):
        client.get(f"Made{n}/up{n}/$by{n}")
        client.get(f"Patient/$op{n}")
        client.request(f"MADE{n}", f"Patient/{n}")
    names = {labels[0] for labels in figures(client)["hub_http_answers_total"]}
    assert names <= {"unknown", "read"}


def test_what_waits_to_be_judged_shows_with_its_age(client: Client) -> None:
    client.put("Patient/p", {**patient(), "id": "p"})
    client.post("Observation", observation("Patient/p"))
    client.hub.clock.at += timedelta(minutes=5)  # pyright: ignore[reportAttributeAccessIssue] - the clock of tests
    told = figures(client)
    assert told["hub_judging_waiting"] == {(): 1}
    assert told["hub_judging_lag_seconds"] == {(): 300}
    assert told["hub_store_commits_total"][()] >= 2
    client.runner.run(client.hub.work.runner.drain())
    told = figures(client)
    assert told["hub_judging_waiting"] == {(): 0}
    assert told["hub_judging_lag_seconds"] == {(): 0}


def test_a_value_from_before_the_clock_was_set_back_is_told_as_waiting(client: Client) -> None:
    client.put("Patient/p", {**patient(), "id": "p"})
    client.post("Observation", observation("Patient/p"))
    client.hub.clock.at -= timedelta(hours=1)  # pyright: ignore[reportAttributeAccessIssue] - the clock of tests
    assert figures(client)["hub_judging_lag_seconds"] == {(): 3600}
    (told,) = client.get("/health").json()["trouble"]
    assert "wait to be judged" in told


def test_events_of_the_log_are_counted(client: Client) -> None:
    before = figures(client).get("hub_events_total", {}).get(("job_dead",), 0)  # none yet: not told
    log(Event.JOB_DEAD, queue="x")
    assert figures(client)["hub_events_total"]["job_dead",] == before + 1


def test_nothing_personal_stands_in_what_probes_are_told(working: Client) -> None:
    reference = working.create(patient())
    working.post("Observation", observation(reference))
    working.get(reference)
    told = "".join(working.get(path).text for path in PROBES)
    assert "Testesen" not in told
    assert reference.split("/")[1] not in told


def test_a_full_gate_refuses_requests_and_answers_probes(
    make_client: Callable[..., Client],
) -> None:
    client = make_client(HUB_MAX_IN_FLIGHT="1", HUB_MAX_WAITING="0")
    client.hub.figures.in_flight = 1
    answer = client.get("Patient")
    assert (answer.status_code, answer.json()["resourceType"]) == (503, "OperationOutcome")
    assert answer.headers["X-Hub-Mode"] == "development"
    for path in ("/live", "/health", "/metrics"):
        assert client.get(path).status_code == 200
    assert figures(client)["hub_http_refused_total"] == {("overloaded",): 1}


def test_a_request_that_takes_too_long_is_answered_503(make_client: Callable[..., Client]) -> None:
    client = make_client(HUB_REQUEST_SECONDS="1", HUB_BODY_SECONDS="1")

    async def never(*_: object, **__: object) -> None:
        await asyncio.sleep(60)

    client.hub.store.engine.write = never  # pyright: ignore[reportAttributeAccessIssue] - a store that hangs
    answer = client.post("Patient", patient())
    assert answer.status_code == 503
    assert answer.json()["issue"][0]["code"] == "timeout"
    assert "Retry-After" in answer.headers


def test_a_depth_below_the_highest_can_be_set(make_client: Callable[..., Client]) -> None:
    client = make_client(HUB_MAX_DEPTH="8")
    deep = {"url": "urn:d", "valueString": 'brackets [{[{[{ "within" texts do not count'}
    for _ in range(2):
        deep = {"url": "urn:d", "extension": [deep]}
    assert client.post("Basic", basic(deep)).status_code == 201
    for _ in range(2):
        deep = {"url": "urn:d", "extension": [deep]}
    answer = client.post("Basic", basic(deep))
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "too-costly")


def basic(extension: object) -> dict[str, object]:
    """A resource with an extension."""
    return {"resourceType": "Basic", "code": {"text": "x"}, "extension": [extension]}


def test_more_parameters_than_may_be_are_refused(make_client: Callable[..., Client]) -> None:
    client = make_client(HUB_MAX_PARAMETERS="10")
    query = "&".join(f"_id={n}" for n in range(11))
    assert client.get(f"Patient?{query[:-7]}").status_code == 200
    assert client.get(f"Patient?{query}").status_code == 400
