"""`hub audit` and `hub relations` on a database of their own: what they do, and what they refuse."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli.audit import audit_group
from hub.cli.relations import relations
from hub.store.migrate import mark_synthetic, migrate

Run = Callable[..., Result]
OFFICE = "974760673"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A synthetic database with one patient."""
    made = tmp_path / "hub.db"
    migrate(made)
    mark_synthetic(made)
    with sqlite3.connect(made) as connection:
        connection.execute(
            "INSERT INTO resource (tenant_id, id, version, updated, patient_id, deleted, date_from, date_to, body, type)"
            " VALUES (1, 'p1', 1, 0, 'p1', 0, 0, 0, '{}', 'Patient')"
        )
    connection.close()
    return made


@pytest.fixture
def run(path: Path) -> Run:
    """Words of a command → its result."""
    commands = {"audit": audit_group, "relations": relations}

    def call(*words: str) -> Result:
        environment = {"HUB_DATABASE_URL": f"sqlite:///{path}"}
        return CliRunner().invoke(commands[words[0]], list(words[1:]), env=environment)

    return call


def test_a_relation_is_put_in_listed_and_ended_and_each_step_is_logged(run: Run) -> None:
    assert run("relations", "add", "p1", OFFICE, "gp_list", "--basis", "liste").exit_code == 0
    (line,) = run("relations", "list", "--json").output.splitlines()
    told = json.loads(line)
    assert (told["patient"], told["organisation"], told["kind"]) == ("p1", OFFICE, "gp_list")
    assert (told["state"], told["basis"], told["until"]) == ("in force", "liste", None)
    assert run("relations", "end", "p1", OFFICE, "gp_list").exit_code == 0
    assert "ended" in run("relations", "list", "--patient", "p1").output
    assert run("relations", "end", "p1", OFFICE, "gp_list").exit_code == 1
    assert run("audit", "verify").output == ("Tenant 1: 4 entries hold.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("add", "p1", "974760674", "gp_list"),
        ("add", "p1", "12345", "gp_list"),
        ("add", "p1", OFFICE, "friend"),
        ("add", "p1", OFFICE, "gp_list", "--from", "yesterday"),
        ("add", "p1", OFFICE, "gp_list", "--from", "2026-02-01", "--until", "2026-01-01"),
        ("share", OFFICE, "--type", "Nonsense"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(run: Run, words: tuple[str, ...]) -> None:
    assert run("relations", *words).exit_code == 2


def test_a_patient_that_is_not_here_gets_no_relation(run: Run) -> None:
    assert run("relations", "add", "nobody", OFFICE, "gp_list").exit_code == 1
    assert run("relations", "add", "p1", OFFICE, "gp_list", "--tenant", "2").exit_code == 1
    assert run("relations", "list").output == ""


def test_a_share_is_put_in_listed_and_ended(run: Run) -> None:
    assert run("relations", "share", OFFICE, "--type", "Observation").exit_code == 0
    (line,) = run("relations", "shares", "--json").output.splitlines()
    assert (json.loads(line)["type"], json.loads(line)["state"]) == ("Observation", "in force")
    assert run("relations", "share", OFFICE, "--type", "Observation", "--end").exit_code == 0
    assert run("relations", "share", OFFICE, "--type", "Observation", "--end").exit_code == 1
    assert "ended" in run("relations", "shares").output


def test_a_log_that_was_changed_is_told_with_exit_status_1(run: Run, path: Path) -> None:
    for _ in range(3):
        run("relations", "list", "--patient", "p1")
    noted = path.with_name("anchors.jsonl")
    noted.write_text(run("audit", "note").output)
    assert run("audit", "verify", "--noted", str(noted)).exit_code == 0
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER audit_event_not_removed")
        connection.execute("DELETE FROM audit_event WHERE seq = 3")
    connection.close()
    assert run("audit", "verify").exit_code == 0, "the log alone cannot tell that its end is gone"
    done = run("audit", "verify", "--noted", str(noted), "--json")
    assert done.exit_code == 1
    assert json.loads(done.output.splitlines()[-1])["fault_at"] == 3
    told = json.loads(noted.read_text().splitlines()[0])
    grouped = "-".join(told["hash"][at : at + 8] for at in range(0, 64, 8))
    line = json.dumps({"tenant": told["tenant"], "seq": told["seq"], "hash": grouped})
    noted.write_text(f"2026-11-22 10:00:00,000 INFO LOG_STANDS the access log stands here {line}\n")
    assert run("audit", "verify", "--noted", str(noted), "--json").output == done.output
    noted.write_text("no json\n")
    assert run("audit", "verify", "--noted", str(noted)).exit_code == 2


def test_a_patient_is_told_who_looked_and_the_look_itself_is_in_the_log(run: Run) -> None:
    assert run("audit", "patient", "p1").exit_code == 1
    run("relations", "list", "--patient", "p1")
    lines = run("audit", "patient", "p1").output.splitlines()
    assert len(lines) == 1
    assert "leste journalopplysninger" in lines[0]
    bundle = json.loads(run("audit", "patient", "p1", "--bundle").output)
    assert [e["resource"]["resourceType"] for e in bundle["entry"]] == ["AuditEvent"] * 2


def test_the_retention_keeps_what_is_young_and_no_log_is_kept_for_less_than_a_year(
    run: Run,
) -> None:
    run("relations", "list", "--patient", "p1")
    done = run("audit", "purge", "--older-than", "400")
    assert done.exit_code == 0
    assert "0 entries removed" in done.output
    assert run("audit", "purge", "--older-than", "30").exit_code == 2
