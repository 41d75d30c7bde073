"""The log of SQLite is written back beside the writer: in time, whole, and without anybody failing by it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from hub.store.sqlite_connection import CHECKPOINT, connect
from hub.store.write_back import WriteBack

_WAIT_S = 5


def _writer(path: Path) -> sqlite3.Connection:
    path.touch()
    connection = connect(path, _WAIT_S)
    connection.execute("CREATE TABLE note (text TEXT)")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return connection


def _grow(writer: sqlite3.Connection) -> None:
    writer.execute("BEGIN")
    writer.executemany("INSERT INTO note VALUES (?)", [("row",)] * CHECKPOINT)
    writer.execute("COMMIT")


def _in_the_file(path: Path, where: Path) -> list[str]:
    """What the database file holds without its log."""
    shutil.copy(path, where)
    connection = sqlite3.connect(where)
    try:
        return [row[0] for row in connection.execute("SELECT text FROM note")]
    finally:
        connection.close()


def test_what_was_committed_stands_in_the_file_once_the_log_has_grown(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    writer, back = _writer(path), WriteBack(path, _WAIT_S)
    _grow(writer)
    writer.execute("INSERT INTO note VALUES ('kept')")
    back.committed(writer)
    back.close()

    assert "kept" == _in_the_file(path, tmp_path / "alone.db")[-1]
    writer.close()


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    writer, back = _writer(path), WriteBack(path, _WAIT_S)
    writer.execute("INSERT INTO note VALUES ('kept')")
    back.committed(writer)
    back.close()

    assert 0 == back.rounds
    assert [] == _in_the_file(path, tmp_path / "alone.db")
    writer.close()


def test_rows_are_counted_from_the_commit_before(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    writer, back = _writer(path), WriteBack(path, _WAIT_S)
    _grow(writer)
    back.committed(writer)
    back.committed(writer)
    back.close()

    assert 1 == back.rounds
    writer.close()


def test_the_writer_writes_the_rest_back_behind_its_next_commit_and_begins_the_log_anew(
    tmp_path: Path,
) -> None:
    path = tmp_path / "hub.db"
    writer, back = _writer(path), WriteBack(path, _WAIT_S)
    _grow(writer)
    back.committed(writer)
    back.close()
    writer.execute("INSERT INTO note VALUES ('meanwhile')")
    back.committed(writer)
    writer.execute("INSERT INTO note VALUES ('first of the next')")

    (_, there, _) = writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    assert 1 == there
    assert "meanwhile" == _in_the_file(path, tmp_path / "alone.db")[-2]
    writer.close()


def test_an_older_state_that_somebody_reads_stays_readable(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    writer, back = _writer(path), WriteBack(path, _WAIT_S)
    reader = connect(path, _WAIT_S)
    reader.execute("BEGIN")
    before = reader.execute("SELECT count(*) FROM note").fetchone()
    _grow(writer)
    back.committed(writer)
    back.close()

    assert before == reader.execute("SELECT count(*) FROM note").fetchone()
    assert back.rounds > 1
    reader.execute("ROLLBACK")
    assert (CHECKPOINT,) == reader.execute("SELECT count(*) FROM note").fetchone()
    reader.close()
    writer.close()


def test_a_log_that_cannot_be_written_back_stops_nobody(tmp_path: Path) -> None:
    writer = _writer(tmp_path / "hub.db")
    other = tmp_path / "no-file"
    other.mkdir()
    back = WriteBack(other, _WAIT_S)
    _grow(writer)
    back.committed(writer)
    back.close()
    back.close()

    assert 0 == back.rounds
