"""`hub clients`: what is registered is listed, and what is closed stays closed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli.clients import clients
from hub.store.migrate import mark_synthetic, migrate

FILE = {
    "issuer": "https://issuer.example", "client_id": "abc", "kind": "gp_system", "name": "Et legesenter", "contact": "x",
    "scopes": ["system/Observation.rs"], "agreements": [{"organisation": "313910024", "tenant": "999999999", "begins": "2026-01-01"}],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    migrate(tmp_path / "hub.db")
    mark_synthetic(tmp_path / "hub.db")
    monkeypatch.setenv("HUB_DATABASE_URL", f"sqlite:///{tmp_path}/hub.db")
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    """A command → its exit status and what it said."""
    result = CliRunner().invoke(clients, arguments)
    return result.exit_code, result.output


def test_a_client_is_added_listed_and_closed(folder: Path) -> None:
    (folder / "c.json").write_text(json.dumps(FILE))
    assert run("add", str(folder / "c.json")) == (0, "1 registered.\n")
    status, told = run("list", "--json")
    row = json.loads(told)
    assert (status, row["status"], row["agreements"][0]["tenant"]) == (0, "active", "999999999")
    assert run("close", "https://issuer.example", "abc") == (0, "Closed.\n")
    assert run("list")[1].startswith("closed  gp_system  abc")


def test_what_cannot_be_registered_is_told_and_nothing_of_the_call_is_kept(folder: Path) -> None:
    (folder / "good.json").write_text(json.dumps(FILE))
    (folder / "bad.json").write_text(json.dumps({**FILE, "kind": "internal_job"}))
    status, told = run("add", str(folder / "good.json"), str(folder / "bad.json"))
    assert status == 1
    assert "kind is one of" in told
    assert run("list") == (0, "")


def test_a_client_that_is_not_there_cannot_be_closed(folder: Path) -> None:
    assert run("close", "https://issuer.example", "abc") == (1, "No such client.\n")
