"""Every way in asks the policy: routes, operations, pages, entries, jobs and commands; a new one that does not fails here.

The table of routes is walked as it is, each with an actor that may do nothing: whatever answers otherwise than a refusal has
not asked. Source: security README §1.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from hub.cli import COMMANDS
from hub.fhir.router import OPERATIONS, ROUTES
from hub.policy import Action, Actor, Organisation, Permit, authorise
from hub.policy.decide import Interaction
from hub.policy.rights import JOBS, LETTERS
from hub.policy.rights import OPERATIONS as OPERATION_LETTERS
from tests.acting import ActingClient
from tests.builders import entry, observation, patient, transaction
from tests.functional.hub_client import Client

ROOT = Path(__file__).parents[2]
# One that has shown who it is, and has no scope at all
POOR = Actor("gp_system", "poor", "Poor", 1, "poor", (), Organisation("974760673"))
OPEN = {("GET", "metadata")}
BODIES: dict[str, Any] = {
    "": transaction(
        entry("POST", "Task", {"resourceType": "Task", "status": "ready", "intent": "order"})
    ),
    "[type]": observation("Patient/p1"),
    "[type]/[id]": {**observation("Patient/p1"), "id": "x"},
}


@pytest.fixture
def acting(make_client: Callable[..., Client]) -> Iterator[ActingClient]:
    client = ActingClient(make_client().hub)
    client.put("Patient/p1", {**patient(), "id": "p1"})
    client.put("Observation/x", {**observation("Patient/p1"), "id": "x"})
    yield client
    client.close()


def path_of(shape: str) -> str:
    """A row's shape → a path; only a patient is a compartment."""
    if shape == "[type]/[id]/[type]":
        return "Patient/p1/Observation"
    return shape.replace("[type]", "Observation").replace("[id]", "x").replace("[vid]", "1")


def test_each_route_declares_an_interaction_that_the_policy_knows() -> None:
    known = set(get_args(Interaction))
    for route in ROUTES:
        assert route.asks in known
        assert route.asks in LETTERS or route.asks in ("capabilities", "transaction", "operation")
    assert {name for _, name in OPERATIONS} | {"$validate"} == set(OPERATION_LETTERS)


@pytest.mark.embedded
def test_each_route_and_operation_refuses_one_that_may_do_nothing(acting: ActingClient) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with acting.as_(POOR):
        for route in ROUTES:
            posted = route.shape.endswith("_search")
            body = b"" if posted else BODIES.get(route.shape)
            headers = form if posted else {}
            if route.method == "PATCH":
                body, headers = [], {"Content-Type": "application/json-patch+json"}
            if route.method in ("GET", "DELETE"):
                body = None
            if route.shape.endswith("$validate"):
                body = observation("Patient/p1")
            path = path_of(route.shape)
            if route.shape == "[type]" and route.method in ("PUT", "PATCH", "DELETE"):
                path += "?_id=x"
            answer = acting.request(route.method, path, body, headers=headers)
            if (route.method, route.shape) in OPEN:
                assert answer.status_code == 200
            elif route.shape in ("", "_search", "_history") and route.method != "PUT":
                shown = answer.json().get("entry", ()) if answer.status_code == 200 else ()
                assert list(shown) == [], (route.method, route.shape)
            else:
                assert answer.status_code == 403, (route.method, route.shape, answer.text)
        for (kind, name), row in OPERATIONS.items():
            here = "p1" if kind == "Patient" else "x"
            for path in (f"{kind}/{here}/{name}", f"{kind}/{name}?patient=p1"):
                one = "?" not in path
                if (row.on_one if one else row.on_type) is None:
                    continue
                for method in row.methods:
                    body = {"resourceType": "Parameters"} if method == "POST" else None
                    answer = acting.request(method, path, body, headers={"If-Match": 'W/"1"'})
                    assert answer.status_code in (400, 403, 405), (method, path, answer.text)
                    assert answer.status_code == 403 or method == "POST", (method, path)


@pytest.mark.embedded
def test_one_that_has_shown_nothing_gets_nowhere(acting: ActingClient) -> None:
    with acting.as_(None):
        for route in ROUTES:
            if (route.method, route.shape) not in OPEN:
                answer = acting.request(route.method, path_of(route.shape))
                assert answer.status_code == 401, route
        for page in ("/", "/patients", "/patients/p1", "/messages", "/docs", "/anything"):
            answer = acting.get(page)
            assert answer.status_code in (401, 403, 404), page
            assert "p1" not in answer.text


@pytest.mark.embedded
def test_the_pages_show_nothing_to_a_token(acting: ActingClient) -> None:
    with acting.as_(POOR):
        for page in ("/", "/patients", "/patients/p1", "/messages"):
            answer = acting.get(page)
            assert answer.status_code in (403, 404), page
            assert "p1" not in answer.text


def calls_in(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            yield node, name


def test_permits_are_made_by_the_policy_alone() -> None:
    """A Permit or a row filter that somebody makes for themselves would be a way around all gates."""
    makers = [
        (path.name, name)
        for path in (ROOT / "hub").rglob("*.py")
        if path.parts[-2] != "policy"
        for _, name in calls_in(path)
        if name in ("Permit", "RowFilter", "Rows") and "index" not in path.name
    ]
    assert makers == []


def test_actors_are_made_where_credentials_are_looked_at_and_nowhere_else() -> None:
    makers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "hub").rglob("*.py")
        for _, name in calls_in(path)
        if name == "Actor"
    }
    assert makers <= {
        "hub/api/fhir.py",  # nobody, for the CapabilityStatement
        "hub/cli/database.py",  # who is logged in on the machine
        "hub/demo/load.py",
        "hub/fhir/interactions/refused.py",  # the log, looking up whom a refusal was about
        "hub/flows/store_draft.py",  # the hub's own jobs
        "hub/security/clients.py",  # tokens
        "hub/wiring/__init__.py",  # the open development actor
        "hub/wiring/refusals.py",  # who was not let in
    }


def test_each_job_of_the_hubs_own_says_whether_it_writes() -> None:
    named: set[str] = set()
    for path in (ROOT / "hub").rglob("*.py"):
        for call, name in calls_in(path):
            said = [getattr(argument, "value", None) for argument in call.args]
            if name == "Actor" and said[:1] == ["internal_job"]:
                said = said[1:]
            elif name != "job_actor":
                continue
            named |= {each for each in said[:1] if isinstance(each, str)}
    assert named == set(JOBS)


@pytest.mark.parametrize("name", [n for n, does in JOBS.items() if does == "reads"])
def test_a_job_that_only_reads_is_refused_every_change(name: str) -> None:
    job = Actor("internal_job", name, name, 1)
    for interaction in get_args(Interaction):
        verdict = authorise(job, Action(interaction, "Observation"))
        reading = interaction in ("read", "vread", "search", "history", "history-instance")
        assert isinstance(verdict, Permit) == reading, interaction


WITHOUT_PEOPLE = {"serve", "work", "migrate", "demo", "fhir", "emessage", "standin", "clients"}
"""Commands that read no record of a person's: they start the hub, work on files, or keep who may ask."""


def test_each_command_on_the_database_writes_into_the_access_log() -> None:
    for name, (where, _) in COMMANDS.items():
        if name in WITHOUT_PEOPLE:
            continue
        module = where.partition(":")[0].replace(".", "/")
        files = [ROOT / f"{module}.py", *(ROOT / "hub" / "cli").glob(f"{name}_*.py")]
        called = {called for path in files if path.exists() for _, called in calls_in(path)}
        assert called & {"audit", "Recompute", "AuditEntry"}, name
