"""How much is done for one request, counted: parses, SQL statements, commits. Counts do not depend on the machine.

Source: architecture D2; limits.md §10.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import msgspec
import pytest

from tests.builders import entry, observation, patient, transaction
from tests.functional.hub_client import Client

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"


@pytest.fixture
def decodings() -> Iterator[list[str]]:
    """What msgspec is asked to decode from JSON, in any thread that starts after this: names of types."""
    types: list[str] = []

    def profile(_frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call" or called.__name__ != "decode":
            return
        if isinstance(called.__self__, msgspec.json.Decoder):
            types.append(getattr(called.__self__.type, "__name__", "other"))
        elif called is msgspec.json.decode:
            types.append("other")

    threading.setprofile(profile)
    sys.setprofile(profile)
    yield types
    sys.setprofile(None)
    threading.setprofile(None)  # pyright: ignore[reportArgumentType] - None ends it


def test_a_write_parses_its_body_once(decodings: list[str], client: Client) -> None:
    who = client.create(patient())
    decodings.clear()
    made = client.create(observation(who))
    assert decodings == ["Observation"]
    decodings.clear()
    client.put(made, {**observation(who), "id": made[12:]})
    assert decodings.count("Observation") == 1


def test_a_transaction_parses_each_resource_once(decodings: list[str], client: Client) -> None:
    entries = [entry("POST", "Observation", observation(URN)) for _ in range(20)]
    assert (
        client.post("", transaction(entry("POST", "Patient", patient(), URN), *entries)).status_code
        == 200
    )
    assert (decodings.count("Observation"), decodings.count("Patient")) == (20, 1)


def test_reads_and_searches_parse_nothing(decodings: list[str], client: Client) -> None:
    who = client.create(patient())
    made = client.create(observation(who))
    decodings.clear()
    for path in (
        made,
        f"{made}/_history/1",
        f"Observation?patient={who}",
        f"Observation/$lastn?patient={who}",
    ):
        assert client.get(path).status_code == 200
    assert decodings == []
    assert len(client.get("AuditEvent").json()["entry"]) == len(decodings)
    assert {*decodings} == {"Facts"}, "an entry is built of its facts, and nothing else is read"


def count_sql(client: Client, call: Callable[[], object]) -> list[str]:
    """A call → the SQL statements the writer ran for it."""
    seen: list[str] = []

    async def trace(on: bool) -> None:
        await client.hub.store.engine.write(
            lambda c: c.raw.set_trace_callback(seen.append if on else None)
        )

    client.runner.run(trace(on=True))
    seen.clear()
    call()
    statements = [s for s in seen if not s.startswith("--")]
    client.runner.run(trace(on=False))
    return statements


@pytest.mark.embedded
def test_a_post_of_an_observation_needs_few_statements_and_one_commit(client: Client) -> None:
    who = client.create(patient())
    client.create(observation(who))
    commits = client.hub.store.engine.commits
    statements = count_sql(client, lambda: client.post("Observation", observation(who)))
    assert (
        client.hub.store.engine.commits - commits == 3
    )  # the two that switch the trace, and the one
    assert statements.count("COMMIT") == 1
    assert len(statements) <= 8, statements  # nearly all once for all that share the commit
    assert not [s for s in statements if "SAVEPOINT" in s or "FROM resource" in s], statements


def test_a_transaction_is_one_commit(client: Client) -> None:
    entries = [entry("POST", "Observation", observation(URN)) for _ in range(100)]
    bundle = transaction(entry("POST", "Patient", patient(), URN), *entries)
    commits = client.hub.store.engine.commits
    assert client.post("", bundle).status_code == 200
    assert client.hub.store.engine.commits - commits == 1


@pytest.mark.embedded
@pytest.mark.parametrize("path", ["{made}", "Observation?patient={who}&_count=50"])
def test_a_read_is_one_commit_that_of_the_access_log(client: Client, path: str) -> None:
    who = client.create(patient())
    made = client.create(observation(who))
    for _ in range(60):
        client.create(observation(who))
    commits = client.hub.store.engine.commits
    client.get(path.format(made=made, who=who))
    assert client.hub.store.engine.commits - commits == 1
    statements = count_sql(client, lambda: client.get(path.format(made=made, who=who)))
    assert len(statements) <= 9, statements  # five of the read, four of the access log


@pytest.mark.embedded
def test_a_page_costs_the_same_statements_whatever_its_size(client: Client) -> None:
    who = client.create(patient())
    entries = [entry("POST", "Observation", observation(who)) for _ in range(200)]
    client.post("", transaction(*entries))
    small = count_sql(client, lambda: client.get(f"Observation?patient={who}&_count=1"))
    large = count_sql(client, lambda: client.get(f"Observation?patient={who}&_count=200"))
    assert len(large) == len(small)


@pytest.mark.embedded
def test_reading_wakes_nobody_and_writing_does(client: Client) -> None:
    who = client.create(patient())
    made = client.create(observation(who))
    engine, woken = client.hub.store.engine, list[str]()

    def settled() -> list[str]:
        """Who was woken by everything before: the writer's thread does one thing after the other."""
        client.runner.run(engine.write(lambda _: None, long=True, quiet=True))
        return [*woken]

    settled()
    engine.on_commit(lambda: woken.append("woken"))
    for path in (made, f"{made}/_history", f"Observation?patient={who}"):
        assert client.get(path).status_code == 200
    read = settled()
    client.create(observation(who))
    assert (read, settled()) == ([], ["woken"])


@pytest.mark.embedded
def test_values_at_another_time_are_left_where_they_are(client: Client) -> None:
    who = client.create(patient())
    client.create(observation(who))
    (coding,) = observation(who)["code"]["coding"][:1]
    asked = f"Observation?patient={who}&code={coding['code']}&date=ge2026-01-28&_sort=date"
    (search,) = [s for s in count_sql(client, lambda: client.get(asked)) if "observation_code" in s]
    assert ("c.date_from >=" in search, "r.date_from" in search) == (True, False)
