"""What the archive keeps, and that no wrong clock empties it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.transport.file_drop import Drop, prepare, standard_drop
from hub.transport.file_drop_keep import expire

NOW = datetime.now(UTC)  # noqa: TID251 - the file system's clock cannot be set
KEEP = timedelta(days=90)


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    made = standard_drop(tmp_path)
    prepare(made)
    return made


def archived(folder: Path, days: int, *, touched: int | None = None) -> Path:
    at = NOW - timedelta(days=days)
    day = folder / f"{at:%Y-%m-%d}"
    day.mkdir(parents=True, exist_ok=True)
    file = day / "a.xml"
    file.write_bytes(b"<a/>")
    aged = (NOW - timedelta(days=days if touched is None else touched)).timestamp()
    os.utime(file, (aged, aged))
    os.utime(day, (aged, aged))
    return file


def test_days_older_than_the_limit_go_and_the_others_stay(drop: Drop) -> None:
    old, young = archived(drop.archive, 100), archived(drop.archive, 80)
    receipt = archived(drop.receipt / "archive", 120)
    quarantined = drop.quarantine / "b.xml"
    quarantined.write_bytes(b"x")
    os.utime(quarantined, (0, 0))

    assert 2 == expire(drop, NOW, KEEP)
    assert not old.parent.exists()
    assert not receipt.exists()
    assert young.exists()
    assert quarantined.exists()


def test_a_clock_that_runs_ahead_deletes_nothing(drop: Drop) -> None:
    file = archived(drop.archive, 1)

    assert 0 == expire(drop, NOW + timedelta(days=4000), KEEP)
    assert file.exists()


def test_a_day_with_something_new_in_it_stays(drop: Drop) -> None:
    file = archived(drop.archive, 100, touched=2)

    assert 0 == expire(drop, NOW, KEEP)
    assert file.exists()


def test_a_drop_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    assert 0 == expire(standard_drop(tmp_path / "none"), NOW, KEEP)
