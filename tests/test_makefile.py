"""The Makefile on machines that are not like ours: a home folder that takes nothing, a plain C locale."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def told(name: str, **environment: str) -> str:
    """A variable's name and the environment → its value, as make would hand it to a recipe."""
    show = f"include Makefile\nshow:\n\t@printf '%s' \"${name}\"\n"
    kept = {
        k: v for k, v in os.environ.items() if k not in {"UV_CACHE_DIR", "XDG_CACHE_HOME", "LC_ALL"}
    }
    made = subprocess.run(
        ["make", "--silent", "-f", "-", "show"],
        input=show.replace(f"${name}", f"$${name}"),
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    return made.stdout


def test_a_home_that_takes_files_keeps_what_is_fetched(tmp_path: Path) -> None:
    assert told("UV_CACHE_DIR", HOME=str(tmp_path)) == ""


def test_a_home_that_is_not_there_or_takes_nothing_is_left_alone(tmp_path: Path) -> None:
    assert told("UV_CACHE_DIR", HOME=str(tmp_path / "gone")) == ".cache/uv"
    if Path("/proc/sys").is_dir():
        assert told("UV_CACHE_DIR", HOME="/proc/sys") == ".cache/uv"


def test_a_folder_that_was_named_is_used(tmp_path: Path) -> None:
    named = str(tmp_path / "named")
    assert told("UV_CACHE_DIR", HOME=str(tmp_path / "gone"), UV_CACHE_DIR=named) == named


@pytest.mark.parametrize(
    ("before", "after"), [("C", "C.UTF-8"), ("POSIX", "C.UTF-8"), ("nb_NO.UTF-8", "nb_NO.UTF-8")]
)
def test_python_starts_in_a_folder_with_any_letters(before: str, after: str) -> None:
    assert told("LC_ALL", LC_ALL=before) == after
