"""Each start of the hub stands in its own log: the mode, and a digest of the settings that tells when they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub.store.audit_chain import verify
from hub.wiring.start_log import StartLog, digest, start_entry
from tests.access_log import log_of
from tests.functional.hub_client import Client


def test_each_start_is_in_the_hubs_own_log(make_client: Callable[..., Client]) -> None:
    hub = make_client().hub
    client = make_client()
    begun = StartLog(hub.app.fhir.router.context.repository, hub.settings, hub.clock.now)

    async def start() -> None:
        begun.begin()
        await begun.end()

    client.runner.run(start())

    def read(connection: Any) -> list[Any]:
        assert verify(connection, 0, {})[1] is None
        return log_of(connection, 0)

    event = client.runner.run(hub.store.engine.read(read))[-1]
    assert (event["type"]["code"], event["subtype"][0]["code"]) == ("110100", "110120")
    assert event["outcomeDesc"] == "started in development mode"
    details = {d["type"]: d["valueString"] for d in event["entity"][0]["detail"]}
    assert (details["mode"], details["access"]) == ("development", "open to everybody")
    assert details["settings"] == digest(hub.settings)


def test_other_settings_have_another_digest_and_the_database_is_no_part_of_it(
    make_client: Callable[..., Client],
) -> None:
    settings = make_client().hub.settings
    assert digest(replace(settings, database=Path("/elsewhere.db"))) == digest(settings)
    assert digest(replace(settings, audience="x")) != digest(settings)
    entry = start_entry(settings, make_client().hub.clock.now())
    assert all("/" not in value for name, value in entry.details if name != "issuer")
