"""Every way in asks the policy: routes, operations, pages, entries, jobs and commands; a new one that does not fails here.

The table of routes is walked as it is, each with an actor that may do nothing: whatever answers otherwise than a refusal has
not asked. Source: security README §1.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from click.testing import CliRunner

from hub.cli import COMMANDS as COMMAND_LINE
from hub.cli.database import open_store
from hub.clock import FixedClock
from hub.fhir.interactions.prepare import Setting, prepare_own, store
from hub.fhir.models.r4.patient import Patient
from hub.fhir.routes import OPERATIONS, ROUTES
from hub.flows.store_draft import Desk
from hub.policy import Action, Actor, Organisation, Permit, authorise
from hub.policy.action import Interaction
from hub.policy.jobs import COMMANDS, JOBS, QUEUES, ROUNDS
from hub.policy.rights import LETTERS
from hub.policy.rights import OPERATIONS as OPERATION_LETTERS
from hub.problems import HubError, ProblemCode
from hub.settings import read_settings
from hub.store.migrate import migrate
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
    if shape.startswith("[type]/[id]/[type]"):
        return f"Patient/p1/Observation{shape[18:]}"
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


def calls_in(path: Path, *wanted: str) -> Iterator[tuple[ast.Call, str]]:
    """A file and names → the calls of them; a file that holds none of the names is not read as code."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text if any(name in text for name in wanted) else "")):
        if isinstance(node, ast.Call):
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            if name in wanted:
                yield node, name


def test_permits_are_made_by_the_policy_alone() -> None:
    """A Permit or a row filter that somebody makes for themselves would be a way around all gates."""
    makers = [
        (path.name, name)
        for path in (ROOT / "hub").rglob("*.py")
        if path.parts[-2] != "policy"
        for _, name in calls_in(path, "Permit", "RowFilter", "Rows")
        if "index" not in path.name
    ]
    assert makers == []


def test_actors_are_made_where_credentials_are_looked_at_and_nowhere_else() -> None:
    makers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "hub").rglob("*.py")
        for _ in calls_in(path, "Actor")
    }
    assert (
        makers
        <= {
            "hub/api/fhir.py",  # nobody, for the CapabilityStatement
            "hub/api/head.py",  # nobody, to learn the shape of an answer's head; that request is only rendered, never asked
            "hub/cli/database.py",  # who is logged in on the machine
            "hub/demo/load.py",
            "hub/fhir/interactions/refused.py",  # the log, looking up whom a refusal was about
            "hub/flows/store_draft.py",  # the hub's own jobs
            "hub/security/clients.py",  # tokens
            "hub/wiring/__init__.py",  # the open development actor
            "hub/wiring/refusals.py",  # who was not let in
            "hub/wiring/start_log.py",  # the hub itself, when it starts
        }
    )


def test_each_job_of_the_hubs_own_has_a_row() -> None:
    named: set[str] = set()
    for path in (ROOT / "hub").rglob("*.py"):
        for call, name in calls_in(path, "Actor", "job_actor"):
            said = [getattr(argument, "value", None) for argument in call.args]
            if name == "Actor" and said[:1] == ["internal_job"]:
                said = said[1:]
            elif name == "Actor":
                continue
            named |= {each for each in said[:1] if isinstance(each, str)}
    assert named - {"hub"} == set(JOBS)  # the hub itself starts, and does nothing else


def test_a_permit_for_one_thing_does_not_write_another(
    make_client: Callable[..., Client], clock: FixedClock
) -> None:
    client = make_client()
    own = Actor("internal_job", "judge", "judge", 1)

    def smuggle(unit: Any) -> None:
        desk = Desk(own, Setting(clock.at, "http://x/fhir"), lambda: "new")
        desk.create(unit.fhir, Patient(id="new"))

    with pytest.raises(HubError) as refused:
        client.runner.run(client.hub.store.write(smuggle))
    assert refused.value.problems[0].code is ProblemCode.FORBIDDEN

    def borrow(unit: Any) -> None:
        permit = authorise(own, Action("create", "Task"))
        assert isinstance(permit, Permit)
        prepared = prepare_own(Patient(id="new"), "new", "http://x/fhir")
        store(unit.fhir, permit, prepared, None, Setting(clock.at, "http://x/fhir"))

    with pytest.raises(HubError) as refused:
        client.runner.run(client.hub.store.write(borrow))
    assert refused.value.problems[0].code is ProblemCode.FORBIDDEN
    assert client.get("Patient/new").status_code == 404


def test_each_queue_and_round_of_work_has_a_job(make_client: Callable[..., Client]) -> None:
    assert set(QUEUES.values()) | set(ROUNDS.values()) <= set(JOBS)
    client = make_client()
    runner = client.hub.work.runner
    assert set(runner.queues) <= set(QUEUES)
    journal = {queue for queue, job in QUEUES.items() if job == "journal"}
    assert set(QUEUES) - set(runner.queues) <= journal


def test_the_receiving_job_may_store_what_each_mapper_makes() -> None:
    made: set[str] = set()
    for path in (ROOT / "tests/golden").rglob("bundle*.json"):
        bundle = json.loads(path.read_bytes())
        made |= {each["resource"]["resourceType"] for each in bundle.get("entry", ())}
    assert len(made) > 15
    assert made <= JOBS["receive"].creates


def leaves(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for word, each in command.commands.items():
            yield from leaves(each, f"{name} {word}")
    else:
        yield name


def test_each_command_declares_what_it_does() -> None:
    found: set[str] = set()
    for name, (where, _) in COMMAND_LINE.items():
        module, _, attribute = where.partition(":")
        found |= set(leaves(getattr(import_module(module), attribute), name))
    assert found == set(COMMANDS)


def test_a_command_that_declares_nothing_does_not_open_the_database(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    migrate(path)

    @click.command()
    def burn() -> None:
        with open_store(
            read_settings({"HUB_MODE": "test", "HUB_DATABASE_URL": f"sqlite:///{path}"})
        ):
            click.echo("open")

    answer = CliRunner().invoke(burn)
    assert "open" not in answer.output
    assert isinstance(answer.exception, HubError)


WITHOUT_PEOPLE = {"serve", "work", "migrate", "demo", "fhir", "emessage", "standin", "clients"}
"""Commands that read no record of a person's: they start the hub, work on files, or keep who may ask."""


def test_each_command_on_the_database_writes_into_the_access_log() -> None:
    for name, (where, _) in COMMAND_LINE.items():
        if name in WITHOUT_PEOPLE:
            continue
        module = where.partition(":")[0].replace(".", "/")
        files = [ROOT / f"{module}.py", *(ROOT / "hub" / "cli").glob(f"{name}_*.py")]
        writers = ("audit", "Recompute", "AuditEntry")
        assert any(True for path in files if path.exists() for _ in calls_in(path, *writers)), name
