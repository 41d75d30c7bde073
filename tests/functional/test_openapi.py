"""The OpenAPI description says what the router does, and nothing else."""

from __future__ import annotations

from hub.api.openapi import ANSWERS
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.routes import OPERATIONS, ROUTES
from tests.builders import Json
from tests.functional.hub_client import Client


def described(client: Client) -> Json:
    """A hub → its description."""
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def test_every_route_and_operation_is_described(client: Client) -> None:
    paths = described(client)["paths"]
    for route in ROUTES:
        whole = f"/{route.shape}"
        alone = route.shape in ("[type]", "[type]/_search")
        names = [whole.replace("[type]", kind) for kind in RESOURCE_TYPES] if alone else [whole]
        for name in names:
            assert route.method.lower() in paths[name.replace("[", "{").replace("]", "}")], name
    for (kind, name), row in OPERATIONS.items():
        for one, there in (("", row.on_type), ("/{id}", row.on_one)):
            told = set(paths.get(f"/{kind}{one}/{name}", ()))
            assert told == ({m.lower() for m in row.methods} if there else set())


def test_nothing_is_described_that_no_route_does(client: Client) -> None:
    shapes = {(r.method.lower(), f"/{r.shape}".replace("[", "{").replace("]", "}")) for r in ROUTES}
    for path, item in described(client)["paths"].items():
        for method in item:
            general = "/" + "/".join(
                "{type}" if part in RESOURCE_TYPES else part for part in path[1:].split("/")
            )
            assert (method, general) in shapes or "$" in path, (method, path)


def test_every_interaction_says_what_it_may_be_answered_with() -> None:
    assert {str(route.action) for route in ROUTES} <= set(ANSWERS)


def test_it_takes_get_and_head_alone(client: Client) -> None:
    assert client.request("HEAD", "/openapi.json").content == b""
    assert client.post("/openapi.json", {}).status_code == 405
