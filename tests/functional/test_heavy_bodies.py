"""A body that holds much is no reason for others to wait: what it takes to store or to refuse it."""

from __future__ import annotations

import base64
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.fhir.codec import parse
from hub.fhir.models.explain import explain
from hub.fhir.models.r4 import datatypes
from hub.mapping.observation_parts import observation_to_measurements
from hub.mapping.urls import MEASURE_CODES
from tests.builders import Json, coding, entry, observation, patient, quantity, to_json, transaction
from tests.functional.followed import SPO2_RULE, Followed
from tests.functional.hub_client import Client

MANY = {**patient(), "name": [{"family": f"Prøve{n}"} for n in range(4_000)]}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def part() -> Json:
    return {"code": {"coding": [coding("8867-4")]}, "valueQuantity": quantity("60", "/min")}


def symptom(number: int) -> Json:
    code = {"coding": [coding(f"sym:a{number}", MEASURE_CODES)]}
    return {"code": code, "valueString": "ja"}


def binary(patch: Any) -> Json:
    data = base64.b64encode(to_json(patch)).decode()
    return {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}


CHANGES: tuple[tuple[str, str, Any, int], ...] = (
    ("PATCH", "Patient/p", [{"op": "add", "path": "/gender", "value": "female"}], 200),
    (
        "POST",
        "",
        transaction(entry("PATCH", "Patient/p", binary([{"op": "remove", "path": "/gender"}]))),
        200,
    ),
    ("PUT", "Patient/p", {**patient(), "id": "p"}, 200),
    ("PUT", "Patient/p", {**MANY, "id": "p"}, 200),
    ("DELETE", "Patient/p", None, 204),
)
"""What is done to a large resource, one after the other."""


def writing_threads(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A hub → the names of the threads in which something is written from now on."""
    engine = client.hub.store.engine
    write, threads = engine.write, list[str]()

    async def noted(work: Callable[[Any], Any], **how: Any) -> Any:
        def noting(connection: Any) -> Any:
            threads.append(threading.current_thread().name)
            return work(connection)

        return await write(noting, **how)

    monkeypatch.setattr(engine, "write", noted)
    return threads


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
    threads = writing_threads(client, monkeypatch)
    loop = threading.current_thread().name
    assert status == send(client).status_code
    assert threads
    assert loop not in threads


def test_what_is_large_is_changed_beside_the_event_loop_however_small_the_request(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.put("Patient/p", {**MANY, "id": "p"})
    threads = writing_threads(client, monkeypatch)
    loop = threading.current_thread().name
    for method, path, body, status in CHANGES:
        threads.clear()
        kind = "json-patch+json" if method == "PATCH" else "fhir+json"
        answer = client.request(method, path, body, headers={"Content-Type": f"application/{kind}"})
        assert (status, True) == (answer.status_code, threads[-1] != loop), answer.text


def test_an_observation_of_thousands_of_components_is_read_in_time_that_grows_with_them() -> None:
    """Five megabytes of them held the only thread that writes for minutes: what surrounds a value was looked for anew for each."""

    def calls(count: int) -> int:
        made = observation("Patient/p", component=[part()] * count)
        parsed = parse(to_json(made), "Observation").resource
        seen = list[None]()
        sys.setprofile(lambda *_: seen.append(None))
        try:
            found = observation_to_measurements(parsed, resource_id="o", version=1, received=NOON)
        finally:
            sys.setprofile(None)
        assert [False, True] == [each.code_conflict for each in found]
        return len(seen)

    assert calls(2000) < 2.5 * calls(1000)


def test_a_value_with_thousands_of_identifiers_and_parts_is_stored_and_judged(
    followed: Followed,
) -> None:
    """Each part is looked for by each identifier: more than one statement takes, and no more than one value may ask for."""
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    parts = [symptom(n) for n in range(1000)]

    for value, zone, hour in (("95", "green", 6), ("80", "red", 7)):
        made = observation(who, value=value, at=f"2026-11-21T0{hour}:00:00+01:00")
        made["identifier"] = [{"system": f"urn:{zone}", "value": f"v{n}"} for n in range(8000)]
        if zone == "red":
            made["component"] = parts
        name = followed.client.create(made)
        followed.work()

        assert zone == followed.zone(name)


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
