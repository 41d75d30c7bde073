"""What docker/ names is there: files, commands, settings; containers themselves are not built here."""

from __future__ import annotations

import re
from pathlib import Path

from hub.cli import COMMANDS
from hub.settings import TABLE, read_settings

ROOT = Path(__file__).parent.parent
IMAGE = (ROOT / "docker" / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker" / "compose.yaml").read_text()


def test_every_file_that_is_copied_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \./?\S*$", IMAGE, re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert names
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_the_build_needs_nothing_that_is_not_copied() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    named = {*re.findall(r'^readme = "(.+)"', project, re.MULTILINE), "LICENSE", "hub"}
    assert named <= set(re.findall(r"[\w.]+", IMAGE))


def test_every_command_is_one_of_the_hub() -> None:
    commands = re.findall(r'^(?:CMD|    command:) \["(\w+)"', f"{IMAGE}\n{COMPOSE}", re.MULTILINE)
    assert sorted(set(commands)) == ["migrate", "serve", "work"]
    assert set(commands) <= set(COMMANDS)


def test_every_setting_is_known_and_together_they_are_valid() -> None:
    pairs = dict(re.findall(r'^    (HUB_\w+): "?([^"\n]+)"?$', COMPOSE, re.MULTILINE))
    assert set(pairs) <= {setting.name for setting in TABLE}
    settings = read_settings(pairs)
    assert str(settings.database) == "postgresql://hub@database:5432/hub"
    assert settings.serve_works is False


def test_the_tools_version_is_that_of_the_makefile() -> None:
    version = re.search(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text())
    assert version is not None
    assert f"uv=={version[1]}" in IMAGE


def test_the_files_name_each_other() -> None:
    assert "dockerfile: docker/Dockerfile" in COMPOSE
    assert (ROOT / "docs" / "how-to" / "postgresql.md").exists()


def test_serving_and_working_have_roles_of_their_own_that_migrating_gives_rights_to() -> None:
    made = set(re.findall(r"CREATE ROLE (\w+)", (ROOT / "docker" / "roles.sql").read_text()))
    named = re.findall(r"HUB_DATABASE_URL: postgresql://(\w+):", COMPOSE)
    assert named == ["hub", "hub_serve", "hub_work"]
    assert made == set(named[1:])
    assert '"--serve-role", "hub_serve", "--work-role", "hub_work"' in COMPOSE
    assert "./roles.sql:/docker-entrypoint-initdb.d/roles.sql:ro" in COMPOSE
