"""Registered clients and what may be shown once, on every engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from hub.ports import Agreement, Client
from hub.store.clients import ClientTable, StoredClients
from hub.store.engine import Engine
from hub.store.one_time import SWEEP_S, StoredMarks
from hub.store.unit import Store
from tests.contract.bench import Bench

NOW = 1_800_000_000.0
AGREED = Agreement("313910024", 1, True, NOW, NOW + 60, frozenset({"313910016", "313910032"}))
CLIENT = Client(
    "https://issuer.example",
    "abc",
    "gp_system",
    "Et legesenter",
    ("system/Patient.r", "system/Observation.rs?category=vital-signs"),
    "clinician",
    "legacy_bearer",
    "313910067",
    ("10.0.0.0/8", "::1/128"),
    "drift@example",
    NOW + 3600,
    "active",
    '{"keys":[]}',
    (AGREED, replace(AGREED, organisation="999999999", guest=False, ends=None, children=frozenset())),
)  # fmt: skip


def engine_of(bench: Bench) -> Engine:
    return cast("Store", bench.units).engine


def run(bench: Bench, work: Callable[[ClientTable], object]) -> None:
    """A function of the table → done, with a tenant for it."""

    def do(connection: object) -> None:
        found = cast("object", connection)
        found.execute(  # pyright: ignore[reportAttributeAccessIssue] - the engine's connection
            "INSERT INTO tenant (id, name, org_number) VALUES (1, 'x', '999999999') ON CONFLICT DO NOTHING"
        )
        work(ClientTable(found))  # pyright: ignore[reportArgumentType] - as above

    bench.runner.run(engine_of(bench).write(do))


def find(bench: Bench, issuer: str = CLIENT.issuer, client_id: str = "abc") -> Client | None:
    return bench.runner.run(StoredClients(engine_of(bench)).find(issuer, client_id))


def test_a_client_is_found_as_it_was_registered_by_issuer_and_id(bench: Bench) -> None:
    run(bench, lambda table: table.save(CLIENT, NOW))
    assert find(bench) == CLIENT
    assert find(bench, issuer="https://other.example") is None
    assert find(bench, client_id="abd") is None


def test_a_client_saved_again_is_what_was_saved_last(bench: Bench) -> None:
    run(bench, lambda table: table.save(CLIENT, NOW))
    changed = replace(CLIENT, status="closed", agreements=(), networks=())
    run(bench, lambda table: table.save(changed, NOW))
    assert find(bench) == changed


def test_all_clients_are_told(bench: Bench) -> None:
    second = replace(CLIENT, client_id="aaa")
    run(bench, lambda table: (table.save(CLIENT, NOW), table.save(second, NOW)))
    found: list[Client] = []
    run(bench, lambda table: found.extend(table.everyone()))
    assert found == [second, CLIENT]


def test_a_mark_is_first_once(bench: Bench) -> None:
    marks = StoredMarks(engine_of(bench))
    shown = [bench.runner.run(marks.first(b"a" * 32, NOW, NOW + 90)) for _ in range(3)]
    assert shown == [True, False, False]
    assert bench.runner.run(marks.first(b"b" * 32, NOW, NOW + 90))


def test_of_many_who_show_the_same_mark_at_once_one_is_first(bench: Bench) -> None:
    first, second = StoredMarks(engine_of(bench)), StoredMarks(engine_of(bench))

    async def all_at_once() -> list[bool]:
        shown = [marks.first(b"c" * 32, NOW, NOW + 90) for marks in (first, second) * 10]
        return await asyncio.gather(*shown)

    assert sorted(bench.runner.run(all_at_once())) == [False] * 19 + [True]


def test_marks_are_forgotten_when_they_could_not_be_shown_any_more(bench: Bench) -> None:
    marks = StoredMarks(engine_of(bench))
    assert bench.runner.run(marks.first(b"d" * 32, NOW, NOW + 90))
    later = NOW + 90 + SWEEP_S
    assert not bench.runner.run(marks.first(b"d" * 32, NOW + 89, NOW + 179))
    assert bench.runner.run(marks.first(b"e" * 32, later, later + 90))
    left: list[int] = []

    def count(connection: object) -> None:
        row = connection.execute("SELECT count(*) FROM one_time").fetchone()  # pyright: ignore[reportAttributeAccessIssue]
        left.append(row[0])

    bench.runner.run(engine_of(bench).read(count))
    assert left == [1]
