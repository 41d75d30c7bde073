"""Who was not let in is in the hub's own log, chained; a flood is counted; no token stands in it.

Source: security/audit.md §3.4 no. 8.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from hub.clock import FixedClock
from hub.store.audit_chain import verify
from hub.wiring.refusals import NO_TENANT, WRITTEN
from tests.access_log import log_of
from tests.builders import Json
from tests.security.conftest import HOST, Town

URL = f"{HOST}/fhir/Observation/1"


def kept(town: Town) -> list[Json]:
    """The hub's own log, oldest first."""
    engine = town.client.hub.store.engine

    def read(connection: Any) -> list[Json]:
        head, fault = verify(connection, NO_TENANT, {})
        assert fault is None
        events = log_of(connection, NO_TENANT)
        assert head.seq == len(events)
        return events

    return town.client.runner.run(engine.read(read))


def test_a_refused_token_leaves_an_entry_without_the_token(town: Town) -> None:
    headers = town.issuer.headers("unregistered", "GET", URL)
    assert town.client.get("Observation/1", headers=headers).status_code == 401
    (event,) = kept(town)
    assert (event["outcome"], event["action"], event["subtype"][0]["code"]) == ("4", "E", "read")
    assert event["outcomeDesc"].startswith("refused: ")
    assert event["agent"][0]["network"]["address"]
    told = msgspec.json.encode(event).decode()
    for value in headers.values():
        assert value not in told
        assert value.rpartition(" ")[2][:40] not in told


def test_a_request_that_shows_nothing_is_no_news(town: Town) -> None:
    assert town.client.get("Observation/1").status_code == 401
    assert kept(town) == []


def test_a_flood_is_counted_and_the_count_is_told_later(town: Town, clock: FixedClock) -> None:
    wrong = {"Authorization": "DPoP nonsense", "DPoP": "nonsense"}
    for _ in range(WRITTEN + 15):
        assert town.client.get("Observation/1", headers=wrong).status_code == 401
    assert len(kept(town)) == WRITTEN
    clock.at += timedelta(minutes=2)
    assert town.client.get("Observation/1", headers=wrong).status_code == 401
    events = kept(town)
    assert len(events) == WRITTEN + 2
    assert "15 more" in events[-2]["outcomeDesc"]
