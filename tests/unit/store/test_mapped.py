"""As much of the file is mapped as the process has memory for."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from hub.store.mapped import LEAST_MAPPED, MB, MOST_MAPPED, MOST_MEMORY, Mapping, wanted
from hub.store.sqlite import SqliteEngine
from hub.store.sqlite_connection import CHECKPOINT, connect
from hub.store.write_back import WriteBack

_WAIT_S = 5
_TALL, _LITTLE = MOST_MEMORY + MB, 100 * MB


def _mapped(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA mmap_size").fetchone()[0]


def test_a_process_that_grows_gives_its_mapping_up_by_halves() -> None:
    steps = [MOST_MAPPED]
    while steps[-1]:
        steps.append(wanted(_TALL, steps[-1]))

    assert [256, 128, 64, 32, 0] == [each // MB for each in steps]


def test_a_process_with_memory_to_spare_takes_it_back_up_to_the_most() -> None:
    steps = [0]
    while wanted(_LITTLE, steps[-1]) != steps[-1]:
        steps.append(wanted(_LITTLE, steps[-1]))

    assert [0, 32, 64, 128, 256] == [each // MB for each in steps]


@pytest.mark.parametrize("mapped", [32 * MB, 64 * MB, 128 * MB, 256 * MB])
@pytest.mark.parametrize("own", range(20, 400, 10))
def test_nothing_goes_to_and_fro(own: int, mapped: int) -> None:
    """Whatever the process takes for itself, all that is mapped being looked at: a step back is never followed by one ahead."""
    less = wanted(own * MB + mapped, mapped)
    if less < mapped:
        assert wanted(own * MB + less, less) <= less


def test_what_is_taken_back_does_not_lead_beyond_the_most() -> None:
    for own in range(0, MOST_MEMORY, MB):
        more = wanted(own + LEAST_MAPPED, LEAST_MAPPED)
        assert more == LEAST_MAPPED or own + more <= MOST_MEMORY


def test_the_writer_has_the_file_mapped_and_a_reader_beside_it_has_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("hub.store.mapped.resident", lambda: _LITTLE)
    (tmp_path / "hub.db").touch()
    engine = SqliteEngine(tmp_path / "hub.db")
    writer = asyncio.run(engine.read(_mapped))
    beside = engine.read_now(_mapped)
    engine.close()

    assert MOST_MAPPED == writer
    assert 0 == beside


def test_it_is_looked_at_each_time_the_log_has_grown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "hub.db"
    path.touch()
    writer = connect(path, _WAIT_S)
    writer.execute("CREATE TABLE note (text TEXT)")
    monkeypatch.setattr("hub.store.mapped.resident", lambda: _LITTLE)
    back = WriteBack(path, _WAIT_S, Mapping(writer).look)
    before = _mapped(writer)
    monkeypatch.setattr("hub.store.mapped.resident", lambda: _TALL)
    writer.execute("BEGIN")
    writer.executemany("INSERT INTO note VALUES (?)", [("row",)] * CHECKPOINT)
    writer.execute("COMMIT")
    back.committed(writer)
    back.close()

    assert (MOST_MAPPED, MOST_MAPPED // 2) == (before, _mapped(writer))
    writer.close()


def test_where_the_system_does_not_tell_something_is_mapped_and_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("hub.store.mapped.resident", lambda: None)
    path = tmp_path / "hub.db"
    path.touch()
    connection = connect(path, _WAIT_S)
    mapping = Mapping(connection)
    before = _mapped(connection)
    mapping.look()

    assert 112 * MB == before == _mapped(connection)
    connection.close()
