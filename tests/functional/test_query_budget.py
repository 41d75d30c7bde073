"""A search that looks at too much is stopped, and one that may take long does not hold up the others.

Source: docs/reference/limits.md (HUB_QUERY_SECONDS); architecture D8.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from hub.store import resources
from tests.builders import observation, patient
from tests.functional.hub_client import Client, codes_of

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def test_a_search_is_stopped_after_its_time_and_the_next_is_answered(
    make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(HUB_QUERY_SECONDS="1")
    who = client.create(patient())
    with monkeypatch.context() as patched:
        patched.setattr(
            resources, "search", lambda connection, *_: connection.execute(ENDLESS).fetchone()
        )
        for path in ("Observation?code=1", f"Observation?patient={who}"):
            began = time.monotonic()
            answer = client.get(path)
            assert (answer.status_code, codes_of(answer)) == (400, ["too-costly"]), path
            assert "1 s" in answer.json()["issue"][0]["diagnostics"]
            assert time.monotonic() - began < 30
    made = client.create(observation(who))
    assert [f"Observation/{r['id']}" for r in client.search(f"Observation?patient={who}")] == [made]


def test_others_are_answered_while_a_long_search_runs(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = client.create(patient())
    started, let_go = threading.Event(), threading.Event()
    real = resources.search

    def slow(*given: Any) -> Any:
        if given[2].filters[0].param == "code":
            started.set()
            assert let_go.wait(30)
        return real(*given)

    monkeypatch.setattr(resources, "search", slow)

    async def both() -> tuple[list[int], int]:
        long = asyncio.create_task(client.http.get("/fhir/Observation?code=1"))
        assert await asyncio.to_thread(started.wait, 30)
        between = [
            (await client.http.get(f"/fhir/{path}")).status_code
            for path in (who, f"Observation?patient={who}")
        ]
        let_go.set()
        return between, (await long).status_code

    assert client.runner.run(both()) == ([200, 200], 200)
