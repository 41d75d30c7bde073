"""A body that holds much is no reason for others to wait: what it takes to store or to refuse it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from hub.fhir.models.explain import explain
from hub.fhir.models.r4 import datatypes
from tests.builders import entry, patient, to_json, transaction
from tests.functional.hub_client import Client

MANY = {**patient(), "name": [{"family": f"Prøve{n}"} for n in range(4_000)]}


@pytest.mark.parametrize(
    ("send", "status"),
    [
        (lambda client: client.post("Patient", MANY), 201),
        (lambda client: client.put("Patient/p", {**MANY, "id": "p"}), 201),
        (lambda client: client.put("Patient?identifier=urn:x|1", MANY), 201),
        (lambda client: client.post("", transaction(entry("POST", "Patient", MANY))), 200),
    ],
    ids=["create", "update", "conditional update", "transaction"],
)
def test_what_has_much_to_be_found_by_is_stored_beside_the_event_loop(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    send: Callable[[Client], Any],
    status: int,
) -> None:
    engine = client.hub.store.engine
    write, threads = engine.write, list[str]()

    async def noted(work: Callable[[Any], Any], **how: Any) -> Any:
        def noting(connection: Any) -> Any:
            threads.append(threading.current_thread().name)
            return work(connection)

        return await write(noting, **how)

    monkeypatch.setattr(engine, "write", noted)
    loop = threading.current_thread().name
    assert status == send(client).status_code
    assert threads
    assert loop not in threads


def test_the_rules_of_a_type_are_made_once_for_all_resources_of_a_body(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Made anew for each, a body of five megabytes with something wrong in it took half a minute of a core."""
    asked, rules = list[str](), datatypes.rules
    monkeypatch.setattr(datatypes, "rules", lambda: asked.append("datatypes") or rules())  # type: ignore[func-returns-value]
    inside = [{"resourceType": "Organization", "id": f"o{n}", "name": "x"} for n in range(50)]
    body = {"resourceType": "Patient", "contained": inside, "birthDate": "x"}
    assert explain(to_json(body), None)
    assert len(asked) <= 1
