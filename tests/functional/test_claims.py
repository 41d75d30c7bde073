"""Every claim of the CapabilityStatement is tried over HTTP and kept; what it does not claim is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import httpx
import pytest

from hub.clock import FixedClock
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.search.definitions import definitions_for
from hub.fhir.search.includes import MAX_INCLUDES
from hub.settings import read_settings
from hub.store.migrate import mark_synthetic, migrate
from hub.wiring import build_hub
from tests.builders import Json, patient
from tests.conftest import NOON
from tests.functional.conftest import DEVELOPMENT
from tests.functional.hub_client import Client
from tests.resource_factory import minimal

GOOD = {200, 201, 204}
REFUSED = {400, 403, 404, 405, 412}
VALUES = {
    "date": "2026",
    "number": "1",
    "quantity": "5.4",
    "reference": "Patient/p",
    "string": "a",
    "token": "true",
    "uri": "urn:a",
    "special": "a",
}
PATCH = {"Content-Type": "application/json-patch+json"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One hub for all types: thousands of requests."""
    path = tmp_path_factory.mktemp("claims") / "hub.db"
    migrate(path)
    mark_synthetic(path)
    values = {**DEVELOPMENT, "HUB_DATABASE_URL": f"sqlite:///{path}"}
    client = Client(build_hub(read_settings(values), FixedClock(NOON)))
    client.put("Patient/p", {**patient(), "id": "p"})
    yield client
    client.close()


@pytest.fixture(scope="module")
def statement(hub: Client) -> Json:
    """What the hub claims."""
    return hub.get("metadata").json()


@pytest.fixture(scope="module")
def claims(statement: Json) -> dict[str, Json]:
    """What the hub claims, by type."""
    return {row["type"]: row for row in statement["rest"][0]["resource"]}


def resource(kind: str) -> Json:
    """A type → a resource of it that the hub takes."""
    made: Json = minimal(kind)
    if kind == "Observation":
        made = {**made, "subject": {"reference": "Patient/p"}}
    return made


Call = Callable[[Client, str, str], httpx.Response]
TYPE_CALLS: dict[str, Call] = {
    "read": lambda c, k, i: c.get(f"{k}/{i}"),
    "vread": lambda c, k, i: c.get(f"{k}/{i}/_history/1"),
    "history-instance": lambda c, k, i: c.get(f"{k}/{i}/_history"),
    "history-type": lambda c, k, _: c.get(f"{k}/_history?_count=1"),
    "search-type": lambda c, k, _: c.get(f"{k}?_count=1"),
    "create": lambda c, k, _: c.post(k, resource(k)),
    "update": lambda c, k, i: c.put(f"{k}/{i}", {**resource(k), "id": i}),
    "patch": lambda c, k, i: c.request(
        "PATCH",
        f"{k}/{i}",
        [{"op": "test", "path": "/resourceType", "value": k}],
        headers=PATCH,
    ),
    "delete": lambda c, k, i: c.request("DELETE", f"{k}/{i}"),
}
SYSTEM_CALLS: dict[str, Callable[[Client], httpx.Response]] = {
    "transaction": lambda c: c.post("", {"resourceType": "Bundle", "type": "transaction"}),
    "batch": lambda c: c.post("", {"resourceType": "Bundle", "type": "batch"}),
    "search-system": lambda c: c.get("?_type=Patient&_count=1"),
    "history-system": lambda c: c.get("_history?_count=1"),
}


T = TypeVar("T")


def batched(each: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Many → some at a time."""
    for start in range(0, len(each), size):
        yield each[start : start + size]


def made(hub: Client, kind: str) -> str:
    """A type → the id of a resource of it."""
    if kind == "AuditEvent":
        return hub.get("AuditEvent?_count=1").json()["entry"][0]["resource"]["id"]
    answer = hub.post(kind, resource(kind))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_every_type_is_claimed_once(statement: Json, claims: dict[str, Json]) -> None:
    assert sorted(claims) == sorted(RESOURCE_TYPES)
    assert len(statement["rest"][0]["resource"]) == len(claims)


@pytest.mark.parametrize("kind", sorted(RESOURCE_TYPES))
def test_each_interaction_of_a_type_is_kept_or_refused(
    hub: Client, claims: dict[str, Json], kind: str
) -> None:
    told = {row["code"] for row in claims[kind]["interaction"]}
    assert told <= set(TYPE_CALLS)
    name = made(hub, kind)
    for code, call in TYPE_CALLS.items():
        answer = call(hub, kind, name)
        expected = GOOD if code in told else REFUSED
        assert answer.status_code in expected, (kind, code, answer.text)


@pytest.mark.parametrize("kind", sorted(RESOURCE_TYPES))
def test_each_search_parameter_of_a_type_is_answered(
    hub: Client, claims: dict[str, Json], kind: str
) -> None:
    told = {row["name"]: row["type"] for row in claims[kind]["searchParam"]}
    known = definitions_for(kind)
    pairs = [
        (name, "$".join(VALUES[known[part].kind] for part in known[name].parts) or VALUES[value])
        for name, value in told.items()
    ]
    for some in batched(pairs, 5):
        answer = hub.get(kind, params=[*some, ("_count", "1")])
        assert answer.status_code == 200, (kind, some, answer.text)
    answer = hub.get(kind, params={"no-such-parameter": "x"})
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", sorted(RESOURCE_TYPES))
def test_each_include_of_a_type_is_answered_and_others_are_refused(
    hub: Client, claims: dict[str, Json], kind: str
) -> None:
    for parameter, field in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
        told = claims[kind].get(field, [])
        for some in batched(told, MAX_INCLUDES):
            answer = hub.get(kind, params=[*((parameter, each) for each in some), ("_count", "1")])
            assert answer.status_code == 200, (kind, some, answer.text)
        answer = hub.get(kind, params={parameter: "Patient:no-such-parameter"})
        assert answer.status_code == 400


def test_conditions_are_kept_as_claimed(hub: Client, claims: dict[str, Json]) -> None:
    body = {**resource("Device"), "identifier": [{"system": "urn:s", "value": "claims"}]}
    row = claims["Device"]
    key = "identifier=urn:s|claims"
    create = hub.post("Device", body, headers={"If-None-Exist": key})
    again = hub.post("Device", body, headers={"If-None-Exist": key})
    assert (create.status_code, again.status_code) == (
        201,
        200 if row["conditionalCreate"] else 201,
    )
    update = hub.put(f"Device?{key}", body)
    assert update.status_code in (GOOD if row["conditionalUpdate"] else REFUSED)
    read = hub.get(
        f"Device/{create.json()['id']}", headers={"If-None-Match": update.headers["ETag"]}
    )
    assert (read.status_code == 304) == (row["conditionalRead"] in ("full-support", "not-match"))
    delete = hub.request("DELETE", f"Device?{key}")
    claimed = row["conditionalDelete"] != "not-supported"
    assert delete.status_code in (GOOD if claimed else REFUSED)
    for each in claims.values():
        kept = "create" in {code["code"] for code in each["interaction"]}
        assert each["conditionalCreate"] == kept == each["conditionalUpdate"]


def test_a_deletion_of_several_is_done_or_refused_as_claimed(
    hub: Client, claims: dict[str, Json]
) -> None:
    body = {**resource("Device"), "identifier": [{"system": "urn:s", "value": "several"}]}
    for _ in range(2):
        assert hub.post("Device", body).status_code == 201
    answer = hub.request("DELETE", "Device?identifier=urn:s|several")
    many = claims["Device"]["conditionalDelete"] == "multiple"
    assert answer.status_code in (GOOD if many else REFUSED)


def test_an_update_may_create(hub: Client, claims: dict[str, Json]) -> None:
    answer = hub.put("Device/of-my-own", {**resource("Device"), "id": "of-my-own"})
    assert (answer.status_code == 201) == claims["Device"]["updateCreate"]


def test_a_history_reaches_back_as_claimed(hub: Client, claims: dict[str, Json]) -> None:
    name = made(hub, "Device")
    hub.put(f"Device/{name}", {**resource("Device"), "id": name, "status": "active"})
    answer = hub.get(f"Device/{name}/_history/1")
    assert (answer.status_code == 200) == claims["Device"]["readHistory"]


def test_each_system_interaction_is_kept_or_refused(hub: Client, statement: Json) -> None:
    told = {row["code"] for row in statement["rest"][0]["interaction"]}
    assert told <= set(SYSTEM_CALLS)
    for code, call in SYSTEM_CALLS.items():
        answer = call(hub)
        assert answer.status_code in (GOOD if code in told else REFUSED), (code, answer.text)


def test_each_operation_is_there_and_others_are_not(hub: Client, claims: dict[str, Json]) -> None:
    for kind, row in claims.items():
        told = {each["name"] for each in row.get("operation", ())}
        for name in told:
            places = (f"{kind}/${name}", f"{kind}/nobody/${name}")
            asked = [hub.request(m, p) for p in places for m in ("GET", "POST")]
            found = [a for a in asked if b"There is no operation" not in a.content]
            assert [a for a in found if a.status_code != 405], (kind, name)
        for name in {"everything", "lastn", "validate", "meta", "no-such"} - told:
            assert hub.get(f"{kind}/${name}").status_code in REFUSED, (kind, name)


def test_each_format_is_answered(hub: Client, statement: Json) -> None:
    for name in statement["format"]:
        answer = hub.get("Patient/p", params={"_format": name})
        assert answer.status_code == 200, name
        assert name.rpartition("/")[2].rpartition("+")[2] in answer.headers["Content-Type"]
    for name in ({"xml", "application/fhir+xml", "ttl", "text/turtle"}) - {*statement["format"]}:
        assert hub.get("Patient/p", params={"_format": name}).status_code == 406


def test_each_format_of_patches_is_taken(hub: Client, statement: Json) -> None:
    bodies: dict[str, Any] = {
        "application/json-patch+json": [{"op": "add", "path": "/active", "value": True}],
        "application/fhir+json": {"resourceType": "Parameters"},
        "application/fhir+xml": b'<Parameters xmlns="http://hl7.org/fhir"/>',
    }
    assert set(statement["patchFormat"]) == set(bodies)
    for name in statement["patchFormat"]:
        answer = hub.request("PATCH", "Patient/p", bodies[name], headers={"Content-Type": name})
        assert answer.status_code in {*GOOD, 400, 422}, (name, answer.text)
    answer = hub.request(
        "PATCH", "Patient/p", {}, headers={"Content-Type": "application/merge-patch+json"}
    )
    assert answer.status_code in {*REFUSED, 415}


def test_each_compartment_is_searched_and_others_are_not(hub: Client, statement: Json) -> None:
    told = {url.rpartition("/")[2] for url in statement["rest"][0]["compartment"]}
    kinds = {name[0].upper() + name[1:] for name in told}
    for kind in kinds:
        name = "p" if kind == "Patient" else made(hub, kind)
        for inside in ("Observation", "*"):
            answer = hub.get(f"{kind}/{name}/{inside}?_count=1")
            assert answer.status_code == 200, (kind, inside, answer.text)
    for kind in RESOURCE_TYPES - kinds:
        assert hub.get(f"{kind}/p/Observation").status_code in REFUSED, kind


def test_each_parameter_of_the_system_is_answered(hub: Client, statement: Json) -> None:
    told = {row["name"]: row["type"] for row in statement["rest"][0]["searchParam"]}
    assert {"_id", "_lastUpdated"} <= set(told)
    assert hub.get("?_tag=a").status_code == (200 if "_tag" in told else 400)
    for name, value in told.items():
        answer = hub.get("", params={name: VALUES[value], "_count": "1"})
        assert answer.status_code == 200, (name, answer.text)


def test_references_are_taken_as_claimed(hub: Client, claims: dict[str, Json]) -> None:
    whole = {
        "literal": {"reference": "Organization/nowhere"},
        "logical": {"identifier": {"system": "urn:s", "value": "somebody"}},
    }
    for row in claims.values():
        assert set(row["referencePolicy"]) == set(whole)
    for policy, reference in whole.items():
        body = {**resource("Device"), "owner": reference}
        assert hub.post("Device", body).status_code == 201, policy


def test_enforced_references_are_claimed_where_they_are_enforced(
    make_client: Callable[..., Client],
) -> None:
    body = {**resource("Device"), "owner": {"reference": "Organization/nowhere"}}
    for value, enforced in (("yes", True), ("write", False)):
        client = make_client(HUB_REFERENTIAL_INTEGRITY=value)
        rows = client.get("metadata").json()["rest"][0]["resource"]
        assert {"enforced" in row["referencePolicy"] for row in rows} == {enforced}
        assert client.post("Device", body).status_code in REFUSED | {409, 422}


def test_other_origins_are_claimed_where_they_may_call(make_client: Callable[..., Client]) -> None:
    origin = "https://journal.example"
    for settings, claimed in (({}, False), ({"HUB_CORS_ORIGINS": origin}, True)):
        answer = make_client(**settings).get("metadata", headers={"Origin": origin})
        assert answer.json()["rest"][0]["security"]["cors"] is claimed
        assert ("Access-Control-Allow-Origin" in answer.headers) is claimed


def test_the_access_log_claims_no_more_than_it_does(hub: Client, claims: dict[str, Json]) -> None:
    row = claims["AuditEvent"]
    assert {each["code"] for each in row["interaction"]}.isdisjoint({"create", "update", "patch", "delete"})  # fmt: skip
    assert not row["updateCreate"]
    answered = {"_id", "_lastUpdated", "date", "patient", "action", "outcome", "subtype", "entity", "address", "agent", "_tag", "_profile", "_security", "_source"}  # fmt: skip
    assert {each["name"] for each in row["searchParam"]} == answered
    assert hub.get("AuditEvent?_security=HTEST&_total=accurate").json()["total"] > 0
    for none in ("_tag=x", "_profile=http://hub.example/x", "_source=x", "_security=x"):
        assert hub.get(f"AuditEvent?{none}&_total=accurate").json()["total"] == 0
    assert row["searchInclude"] == ["AuditEvent:patient"]
    assert hub.get("AuditEvent?site=x").status_code == 400
    assert hub.put("AuditEvent/a", {**resource("AuditEvent"), "id": "a"}).status_code in REFUSED
    for kind, each in claims.items():
        log = [name for name in each.get("searchRevInclude", ()) if name.startswith("AuditEvent:")]
        assert log == (["AuditEvent:patient"] if kind == "Patient" else []), kind
