"""GET metadata tells exactly what the router and the search tables hold, in a valid CapabilityStatement."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.fhir.codec import parse
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.routes import OPERATIONS, ROUTES
from hub.fhir.search.definitions import definitions_for, search_parameters
from hub.fhir.search.includes import includes_of, revincludes_of
from tests.builders import Json
from tests.functional.hub_client import BASE, Client

INTERACTIONS = {"search": "search-type"}


def rest_of(client: Client) -> Json:
    """The one rest element."""
    answer = client.get("metadata")
    assert answer.status_code == 200
    parse(answer.content, "CapabilityStatement")
    (rest,) = answer.json()["rest"]
    return rest


def test_it_is_a_valid_capability_statement_of_r4(client: Client) -> None:
    statement = client.get("metadata").json()
    rest_of(client)
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["implementation"]["url"] == BASE
    assert "application/fhir+json" in statement["format"]


def test_a_part_of_it_is_told_to_those_who_ask_for_a_part(client: Client) -> None:
    whole = client.get("metadata").content
    for part, has_rest in (("_summary=true", True), ("_elements=fhirVersion,format", False)):
        answer = client.get(f"metadata?{part}")
        assert len(answer.content) < len(whole)
        told = answer.json()
        assert (told["fhirVersion"], "rest" in told) == ("4.0.1", has_rest)
        assert told["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert client.get("metadata?_elements=nonsense").status_code == 400


def test_it_lists_every_resource_type_once(client: Client) -> None:
    assert [r["type"] for r in rest_of(client)["resource"]] == sorted(RESOURCE_TYPES)


def test_it_lists_exactly_the_interactions_of_the_router(client: Client) -> None:
    routed = {
        r.code or INTERACTIONS.get(r.action, r.action)
        for r in ROUTES
        if r.shape.startswith("[type]") and r.action != "operation"
    }
    for resource in rest_of(client)["resource"]:
        told = {i["code"] for i in resource["interaction"]}
        writes = (
            {"create", "update", "patch", "delete"} if resource["type"] == "AuditEvent" else set()
        )
        assert told == routed - writes, resource["type"]
    codes = {i["code"] for i in rest_of(client)["interaction"]}
    assert codes == {"transaction", "batch", "history-system", "search-system"}


@pytest.mark.parametrize("conditional_delete", ["single", "multiple"])
def test_it_tells_which_conditions_may_be_put(
    make_client: Callable[..., Client], conditional_delete: str
) -> None:
    client = make_client(HUB_CONDITIONAL_DELETE=conditional_delete)
    for resource in rest_of(client)["resource"]:
        log = resource["type"] == "AuditEvent"
        assert resource["conditionalRead"] == "full-support"
        assert resource["conditionalCreate"] is not log
        assert resource["conditionalUpdate"] is not log
        assert resource["conditionalDelete"] == ("not-supported" if log else conditional_delete)


def test_it_lists_exactly_the_search_parameters_of_the_table(client: Client) -> None:
    for resource in rest_of(client)["resource"]:
        told = {p["name"]: p["type"] for p in resource["searchParam"]}
        assert told == search_parameters(resource["type"]), resource["type"]


def test_every_search_parameter_it_tells_is_answered(client: Client) -> None:
    values = {"token": "urn:x|true", "date": "2026", "reference": "Patient/1", "string": "x"}
    values |= {"uri": "urn:x", "number": "1", "quantity": "5.4||mg"}
    for resource in rest_of(client)["resource"]:
        known = definitions_for(resource["type"])
        pairs = [
            (name, "$".join(values[known[part].kind] for part in known[name].parts) or values[kind])
            for name, kind in ((p["name"], p["type"]) for p in resource["searchParam"])
            if name != "_id"  # an id has no system
        ]
        for start in range(0, len(pairs), 20):
            answer = client.get(resource["type"], params=pairs[start : start + 20])
            assert answer.status_code == 200, (resource["type"], answer.text)


def test_every_include_it_tells_is_answered(client: Client) -> None:
    for resource in rest_of(client)["resource"]:
        kind = resource["type"]
        assert resource.get("searchInclude", []) == list(includes_of(kind))
        assert resource.get("searchRevInclude", []) == list(revincludes_of(kind))
        for name, told in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
            answer = client.get(kind, params=[(name, each) for each in resource.get(told, [])[:20]])
            assert answer.status_code == 200, (kind, answer.text)


def test_every_sort_is_answered_where_it_has_a_meaning(client: Client) -> None:
    for kind in ("Observation", "Patient", "Task", "AuditEvent"):
        for sort, each in (*search_parameters(kind).items(), ("_score", "composite")):
            answer = client.get(f"{kind}?_sort=-{sort}")
            assert answer.status_code == (400 if each == "composite" else 200), (kind, sort)


def test_it_lists_exactly_the_operations_of_the_router(client: Client) -> None:
    told = {
        (resource["type"], f"${operation['name']}"): operation["definition"]
        for resource in rest_of(client)["resource"]
        for operation in resource["operation"]
        if operation["name"] != "validate"
    }
    assert told == {key: row.definition for key, row in OPERATIONS.items()}


def test_the_base_url_is_the_one_that_was_set(make_client: Callable[..., Client]) -> None:
    client = make_client(HUB_BASE_URL="https://hub.example/fhir/")
    assert client.get("metadata").json()["implementation"]["url"] == "https://hub.example/fhir"
