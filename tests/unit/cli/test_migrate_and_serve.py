"""`hub migrate` is a deliberate step; `hub serve` says plainly why it does not start."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import COMMANDS, group
from hub.store.migrate import HEAD, is_empty, is_synthetic, schema_version
from hub.wiring import NotReadyError
from hub.wiring.alone import alone_on
from tests.functional.conftest import DEVELOPMENT


def call(command: str, *arguments: str, **environment: str) -> Result:
    """A command with settings → what it printed and its exit status."""
    cleared: dict[str, str | None] = {"HUB_MODE": None, "HUB_HOST": None, "HUB_PORT": None}
    return CliRunner().invoke(group, [command, *arguments], env={**cleared, **environment})


def test_migrate_makes_a_database_and_says_from_where_to_where(tmp_path: Path) -> None:
    path = tmp_path / "new" / "hub.db"
    result = call("migrate", HUB_DATABASE_URL=f"sqlite:///{path}")
    assert (result.exit_code, f"schema none → {HEAD}" in result.output) == (0, True)
    assert (schema_version(path), is_synthetic(path), is_empty(path)) == (HEAD, False, True)
    again = call("migrate", HUB_DATABASE_URL=f"sqlite:///{path}")
    assert (again.exit_code, f"schema {HEAD} → {HEAD}" in again.output) == (0, True)


def test_migrate_marks_a_database_synthetic_and_sets_up_the_demo_tenant(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    assert call("migrate", "--synthetic", HUB_DATABASE_URL=f"sqlite:///{path}").exit_code == 0
    assert (is_synthetic(path), is_empty(path)) == (True, False)


def test_a_database_with_a_real_tenant_is_never_marked_synthetic(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    call("migrate", HUB_DATABASE_URL=f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO tenant (id, name, org_number) VALUES (1, 'Real', '1')")
    connection.close()
    result = call("migrate", "--synthetic", HUB_DATABASE_URL=f"sqlite:///{path}")
    assert (result.exit_code, "cannot be marked" in result.output) == (1, True)
    assert not is_synthetic(path)


def test_serve_without_a_mode_refuses_and_names_the_setting() -> None:
    result = call("serve")
    assert (result.exit_code, "HUB_MODE" in result.output) == (1, True)


def test_serve_outside_development_needs_a_migrated_database(tmp_path: Path) -> None:
    result = call(
        "serve", HUB_MODE="test", HUB_PORT="0", HUB_DATABASE_URL=f"sqlite:///{tmp_path}/no.db"
    )
    assert result.exit_code == 1
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    result = call(
        "serve", HUB_MODE="test", HUB_PORT=port, HUB_DATABASE_URL=f"sqlite:///{tmp_path}/no.db"
    )
    assert (result.exit_code, "hub migrate" in result.output) == (1, True)


def test_serve_says_plainly_that_the_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = call(
            "serve", **DEVELOPMENT, HUB_PORT=port, HUB_DATABASE_URL=f"sqlite:///{tmp_path}/hub.db"
        )
    assert result.exit_code == 1
    assert f"Port {port}" in result.output
    assert "HUB_PORT" in result.output
    assert not (tmp_path / "hub.db").exists()


def test_a_second_hub_on_the_same_database_says_so_and_ends(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with alone_on(tmp_path / "hub.db"):
        result = call("serve", **DEVELOPMENT, HUB_PORT=port, HUB_DATABASE_URL=url)
    assert result.exit_code == 1
    assert f"Another hub works on {tmp_path}/hub.db" in result.output
    assert "FHIR base" not in result.output


def test_a_database_is_free_again_when_its_hub_has_ended(tmp_path: Path) -> None:
    for _ in range(2):
        with alone_on(tmp_path / "hub.db"):
            pass


def test_a_hub_that_is_killed_leaves_its_database_free(tmp_path: Path) -> None:
    hold = (
        "import os, pathlib, sys\nfrom hub.wiring.alone import alone_on\n"
        "with alone_on(pathlib.Path(sys.argv[1])): print('held', flush=True); os.read(0, 1)"
    )
    arguments = [sys.executable, "-c", hold, str(tmp_path / "hub.db")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(NotReadyError), alone_on(tmp_path / "hub.db"):
            pass
        other.kill()
        other.wait(10)
        with alone_on(tmp_path / "hub.db"):
            pass


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_in_its_help(name: str) -> None:
    result = call(name, "--help")
    assert result.exit_code == 0, result.output
    assert "Example" in result.output or "Commands:" in result.output


def test_the_overview_names_every_command() -> None:
    result = CliRunner().invoke(group, ["--help"])
    assert all(name in result.output for name in COMMANDS)


def test_work_refuses_sqlite_where_serve_does_the_work_itself(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    assert call("migrate", HUB_DATABASE_URL=url).exit_code == 0
    result = call("work", HUB_MODE="test", HUB_DATABASE_URL=url)
    assert (result.exit_code, "hub work needs PostgreSQL" in result.output) == (1, True)


def test_serve_without_work_is_refused_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    result = call("serve", HUB_MODE="test", HUB_DATABASE_URL=url, HUB_SERVE_WORKS="no")
    assert (result.exit_code, "needs PostgreSQL" in result.output) == (1, True)


def test_work_refuses_settings_it_cannot_use() -> None:
    result = call("work", HUB_MODE="test", HUB_DATABASE_URL="mysql://x/y")
    assert (result.exit_code, "HUB_DATABASE_URL" in result.output) == (1, True)


@pytest.mark.parametrize("command", [("serve",), ("migrate",), ("messages", "list")])
def test_a_file_that_is_no_database_is_named_with_what_is_wrong(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    text = tmp_path / "hub.db"
    text.write_text("not a database at all, but long enough to be looked at " * 9)

    for path in (text, tmp_path):
        result = call(*command, **DEVELOPMENT, HUB_DATABASE_URL=f"sqlite:///{path}")
        assert result.exit_code == 1
        assert f"{path} cannot be used as a database" in result.output


@pytest.mark.parametrize("command", [("serve",), ("migrate",), ("messages", "list")])
def test_a_database_of_a_newer_version_is_left_as_it_is(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "hub.db"
    call("migrate", "--synthetic", HUB_DATABASE_URL=f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    result = call(*command, **DEVELOPMENT, HUB_DATABASE_URL=f"sqlite:///{path}")

    assert result.exit_code == 1
    assert "a newer version of the hub: it is at schema 9999" in result.output


def test_the_standin_issuer_says_plainly_that_its_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = call("standin", "issuer", "--port", port)

    assert (result.exit_code, f"Port {port}" in result.output) == (1, True)


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_database_in_a_folder_that_cannot_be_made_is_told(command: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "below" / "hub.db"
    result = call(command, **DEVELOPMENT, HUB_DATABASE_URL=f"sqlite:///{path}")
    assert (result.exit_code, f"{path} cannot be made: Not a directory" in result.output) == (
        1,
        True,
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_is_not_this_machines_is_told(host: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    result = call("serve", HUB_MODE="test", HUB_HOST=host, HUB_DATABASE_URL=url)
    assert result.exit_code == 1
    assert f"{host} cannot be listened on" in result.output
    assert "HUB_HOST" in result.output


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
@pytest.mark.parametrize(
    ("setting", "ending"), [("HUB_SIGNATURE_TRUST_DIR", "pem"), ("HUB_EMESSAGE_SCHEMAS", "xsd")]
)
def test_a_folder_of_which_nothing_can_be_used_stops_the_start_and_not_the_work(
    setting: str, ending: str, content: bytes | None, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    if content is not None:
        folder.mkdir()
        (folder / f"x.{ending}").write_bytes(content)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    more = {setting: str(folder), "HUB_PORT": port}
    result = call("serve", **DEVELOPMENT, **more, HUB_DATABASE_URL=f"sqlite:///{tmp_path}/hub.db")
    assert result.exit_code == 1
    assert result.output.startswith(setting)
    assert str(folder) in result.output
    assert len(result.output.splitlines()) == 1
