"""The demo empties its own folder and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import group
from hub.demo.play import clear
from hub.wiring import NotReadyError
from hub.wiring.alone import alone_on


def demo(folder: Path) -> Result:
    """A folder that the demo will not take → what the command printed."""
    return CliRunner().invoke(group, ["demo", "--folder", str(folder)], env={"HUB_PORT": "38417"})


def test_what_an_earlier_demo_left_is_removed_and_the_lock_stays(tmp_path: Path) -> None:
    lock = tmp_path / "hub.db.lock"
    lock.touch()
    clear(tmp_path, lock)
    (tmp_path / "hub.db").touch()
    (tmp_path / "drop" / "in").mkdir(parents=True)
    (tmp_path / "drop" / "in" / "one.xml").touch()

    clear(tmp_path, lock)

    assert sorted(path.name for path in tmp_path.iterdir()) == [".dho-demo", "hub.db.lock"]


def test_a_link_is_removed_and_what_it_points_at_stays(tmp_path: Path) -> None:
    kept, folder = tmp_path / "kept", tmp_path / "demo"
    kept.mkdir()
    (kept / "thesis").touch()
    folder.mkdir()
    clear(folder, folder / "lock")
    (folder / "drop").symlink_to(kept)

    clear(folder, folder / "lock")

    assert not (folder / "drop").exists()
    assert (kept / "thesis").exists()


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis").touch()
    with pytest.raises(NotReadyError):
        clear(tmp_path, tmp_path / "hub.db.lock")

    result = demo(tmp_path)

    assert (result.exit_code, "thesis" in result.output) == (1, True)
    assert (tmp_path / "thesis").exists()


def test_a_demo_that_runs_is_not_emptied_by_another(tmp_path: Path) -> None:
    clear(tmp_path, tmp_path / "hub.db.lock")
    (tmp_path / "hub.db").write_bytes(b"kept")
    with alone_on(tmp_path / "hub.db"):
        result = demo(tmp_path)
    assert (result.exit_code, "Another hub works" in result.output) == (1, True)
    assert f"--folder {tmp_path}-2" in result.output
    assert "HUB_DATABASE_URL" not in result.output
    assert (tmp_path / "hub.db").read_bytes() == b"kept"
