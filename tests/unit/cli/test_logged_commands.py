"""Commands in the access log: per patient, in the log of the tenant they were asked about, in the operator's name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import group
from hub.clock import SystemClock
from hub.store.migrate import mark_synthetic, migrate
from tests.access_log import log_of

Run = Callable[..., Result]
OFFICE = "974760673"
CLIENT = {
    "issuer": "https://helseid-sts.test.nhn.no",
    "client_id": "gp",
    "kind": "gp_system",
    "name": "Kontoret",
    "scopes": ["system/Observation.rs"],
    "agreements": [{"organisation": OFFICE, "tenant": 1, "begins": "2026-01-01"}],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A synthetic database with two tenants, and two patients in each."""
    made = tmp_path / "hub.db"
    migrate(made)
    mark_synthetic(made)
    with sqlite3.connect(made) as connection:
        connection.execute("INSERT INTO tenant (id, name, org_number) VALUES (2, 'B', '999999998')")
        connection.executemany(
            "INSERT INTO resource (tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body, type)"
            " VALUES (?, ?, 1, 0, ?, 0, 0, 0, '{}', 'Patient')",
            [(t, f"p{n}", f"p{n}") for t in (1, 2) for n in (1, 2)],
        )
    connection.close()
    return made


@pytest.fixture
def run(path: Path) -> Run:
    """Words of a command → its result."""
    return lambda *words: CliRunner().invoke(
        group, list(words), env={"HUB_DATABASE_URL": f"sqlite:///{path}"}
    )


def log(path: Path, tenant: int) -> list[tuple[str, str]]:
    """A tenant's log: the command and the patient."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "SELECT agent, patient_id FROM audit_event WHERE tenant_id = ? ORDER BY seq",
            (tenant,),
        ).fetchall()
        events = log_of(connection, tenant)
    connection.close()
    assert all(e["meta"]["security"][0]["code"] == "HTEST" for e in events)
    return [(agent, patient) for agent, patient in rows]


def test_a_list_is_logged_for_each_patient_on_it_in_the_tenants_own_log(
    run: Run, path: Path
) -> None:
    for patient in ("p1", "p2"):
        done = run("relations", "add", patient, OFFICE, "gp_list", "--tenant", "2")
        assert done.exit_code == 0, done.output
    assert run("relations", "list", "--tenant", "2").output.count("gp_list") == 2
    assert run("audit", "patient", "p1", "--tenant", "2").exit_code == 0
    told = [patient for _, patient in log(path, 2)]
    assert told == ["p1", "p2", "p1", "p2", "p1"]
    assert log(path, 1) == []
    assert all(agent.startswith("operator:") for agent, _ in log(path, 2))


def test_a_look_that_finds_nobody_is_logged_too(run: Run, path: Path) -> None:
    assert run("audit", "patient", "nobody").exit_code == 1
    assert run("messages", "list").exit_code == 0
    assert run("relations", "shares").exit_code == 0
    assert [patient for _, patient in log(path, 1)] == ["", "", ""]


def test_who_may_ask_is_changed_in_the_hubs_own_log(run: Run, path: Path, tmp_path: Path) -> None:
    file = tmp_path / "client.json"
    file.write_text(json.dumps(CLIENT))
    assert run("clients", "add", str(file)).exit_code in (0, 1)
    with sqlite3.connect(path) as connection:
        known = connection.execute("SELECT count(*) FROM client").fetchone()[0]
    connection.close()
    assert len(log(path, 0)) == known
    assert log(path, 1) == []


def test_whose_records_were_reached_is_listed_by_time_and_client(run: Run, path: Path) -> None:
    run("relations", "list", "--patient", "p1")
    run("relations", "list", "--patient", "p2", "--tenant", "2")
    now = SystemClock().now()
    span = ("--from", f"{now - timedelta(days=1):%Y-%m-%d}", "--until", f"{now + timedelta(days=1):%Y-%m-%d}")  # fmt: skip
    lines = [json.loads(each) for each in run("audit", "affected", *span, "--json").output.splitlines()]  # fmt: skip
    assert [(each["tenant"], each["patient"]) for each in lines] == [(1, "p1"), (2, "p2")]
    agent = log(path, 1)[0][0]
    assert run("audit", "affected", *span, "--client", agent).exit_code == 0
    assert run("audit", "affected", *span, "--client", "nobody").exit_code == 1
    assert run("audit", "affected", "--from", "2020-01-01", "--until", "2020-01-02").exit_code == 1


def test_the_norwegian_shape_is_a_bundle_of_its_own(run: Run) -> None:
    run("relations", "list", "--patient", "p1")
    bundle = json.loads(run("audit", "patient", "p1", "--norwegian").output)
    (event,) = [e["resource"] for e in bundle["entry"]]
    assert event["meta"]["profile"][0].endswith("no-domain-Trustframework-Auditevent")


def test_a_relation_to_come_that_is_taken_back_is_told_to_have_ended(run: Run) -> None:
    later = f"{SystemClock().now() + timedelta(days=9):%Y-%m-%d}"
    assert run("relations", "add", "p1", OFFICE, "gp_list", "--from", later).exit_code == 0
    assert "to come" in run("relations", "list").output
    assert run("relations", "end", "p1", OFFICE, "gp_list").exit_code == 0
    assert "ended" in run("relations", "list").output
