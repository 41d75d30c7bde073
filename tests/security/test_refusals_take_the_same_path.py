"""What is missing and what is closed take the same path: the same statements and nearly the same steps of the store.

Seconds depend on the machine; what is counted here is the work that they are made of.
Source: security README §4 (missing and forbidden look the same).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.acting import DEVELOPER, GP, GP_OFFICE, JOURNAL, MUNICIPALITY, ActingClient
from tests.builders import observation, patient
from tests.functional.hub_client import Client

pytestmark = pytest.mark.embedded
_LITERAL = re.compile(r"x'[0-9a-f]*'|'(?:[^']|'')*'|-?\b[0-9]+(?:\.[0-9]+)?\b")
MOST_STEPS = 60
"""How many steps of SQLite's machine may lie between the two: some microseconds, far below what a network lets through."""
PATHS = (
    "Observation/{value}",
    "Observation/{value}/_history/1",
    "Observation/{value}/_history",
    "Patient/{who}",
    "Patient/{who}/$everything",
    "Observation?patient={who}",
    "Observation?patient={who}&code=8867-4&_sort=-date",
    "Observation?_id={value}",
    "Observation/$lastn?patient={who}",
)


@pytest.fixture
def acting(
    make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> Iterator[ActingClient]:
    """A tenant with two patients, one of them everybody's, and values of both."""
    monkeypatch.setattr("hub.store.unit.within", lambda _connection, _seconds, work: work())
    client = ActingClient(make_client().hub)
    with client.as_(DEVELOPER):
        for who in ("mine", "closed"):
            assert client.put(f"Patient/{who}", {**patient(), "id": who}).status_code == 201
            value = {**observation(f"Patient/{who}"), "id": f"value-{who}"}
            assert client.put(f"Observation/{value['id']}", value).status_code == 201
    client.relate("mine", GP_OFFICE, "gp_list")
    client.relate("mine", MUNICIPALITY, "episode")
    yield client
    client.close()


def work_of(client: ActingClient, path: str) -> tuple[int, list[str], int]:
    """A path → status, the statements it takes without their values, and steps of SQLite's machine."""
    statements: list[str] = []
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    async def watch(*, on: bool) -> None:
        def begin(connection: Any) -> None:
            raw: sqlite3.Connection = connection.raw
            raw.set_trace_callback(statements.append if on else None)
            raw.set_progress_handler(step if on else None, 1)

        await client.hub.store.engine.write(begin, quiet=True)

    client.runner.run(watch(on=True))
    statements.clear()
    steps[0] = 0
    status = client.get(path).status_code
    seen, taken = [_LITERAL.sub("?", s) for s in statements if not s.startswith("--")], steps[0]
    client.runner.run(watch(on=False))
    return status, seen, taken


@pytest.mark.parametrize("actor", [GP, JOURNAL], ids=lambda a: a.kind)
@pytest.mark.parametrize("path", PATHS)
def test_what_is_missing_and_what_is_closed_cost_the_same(
    acting: ActingClient, actor: Any, path: str
) -> None:
    with acting.as_(actor):
        for who in ("mine", "warm"):  # statements are made once
            acting.get(path.format(who=who, value=f"value-{who}"))
        missing = work_of(acting, path.format(who="absent", value="value-absent"))
        closed = work_of(acting, path.format(who="closed", value="value-closed"))
    assert missing[:2] == closed[:2]
    assert abs(missing[2] - closed[2]) <= MOST_STEPS, (missing[2], closed[2])


def test_what_is_open_is_told_apart_by_the_same_count(acting: ActingClient) -> None:
    with acting.as_(GP):
        acting.get("Observation/value-mine")
        opened = work_of(acting, "Observation/value-mine")
        missing = work_of(acting, "Observation/value-absent")
    assert (opened[0], missing[0]) == (200, 404)
    assert opened[1] != missing[1]
