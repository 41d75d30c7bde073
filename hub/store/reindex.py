"""Index what a database holds anew, from the bodies: after a migration that changed what the index holds.

By the code of the newest schema, a piece at a time, each with the mark in `hub_flag` in one transaction: what is cut off goes on
where it was, and what a hub of before wrote meanwhile is made anew. A database with the mark does not count as migrated.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from hub.fhir.codec import parse
from hub.fhir.models import struct_for
from hub.fhir.models.decoders import decoder_for
from hub.fhir.search.index import extract
from hub.problems import HubError
from hub.store.connection import Connection
from hub.store.index_keys import param_span
from hub.store.index_rows import rows_of
from hub.store.index_write import Indexed, write_rows
from hub.store.layout import HOT_COLUMNS
from hub.store.marks import move_mark, read_mark, take_mark

_BATCH: Final = 1000
"""How many resources are read and written by the same statements."""
PIECE: Final = 20_000
"""How many resources go into one transaction: SQLite writes what many of them share once."""
_TOLD: Final = 50_000
"""How many resources there are between two lines of progress, where no terminal shows them."""
_SETTINGS: Final = ", ".join(f"{name} = ?" for name in HOT_COLUMNS)
_SET: Final = {
    "resource": "UPDATE resource SET date_from = ?, date_to = ? WHERE rid = ?",
    "observation": f"UPDATE observation SET date_from = ?, date_to = ?, {_SETTINGS} WHERE rid = ?",
}
"""Table of bodies, in the order they are taken → what is set in its rows."""
_EMPTY: Final = ("index_text", "index_date", "index_number", "observation_code")
_CLEAR: Final = tuple(
    f"DELETE FROM {table} WHERE tenant_id = ? AND rid BETWEEN ? AND ? AND param BETWEEN ? AND ?"
    for table in ("index_text", "index_date", "index_number")
)
_CLEAR_SERIES: Final = (
    "DELETE FROM observation_code WHERE tenant_id = ? AND code = ? AND rid BETWEEN ? AND ?"
)
_Stored = tuple[int, int, str, str, bytes]
"""A row of bodies: tenant, row id, type, patient, body."""


def reindex(
    connection: Connection, commit: Callable[[], None], base_url: str = "", piece: int = PIECE
) -> int:
    """A connection to a marked database, and what commits → the index of every resource made from its body; → how many there were.

    Shape: bodies that can no longer be read keep their place and are found by id alone; how many is said.
    """
    begun, last = read_mark(connection)
    if not begun:
        for table in _EMPTY:
            connection.execute(f"DELETE FROM {table}")
    tables = list(_SET)
    ahead = tables[tables.index(begun or tables[0]) :]
    after = {table: last if table == begun else 0 for table in ahead}
    say = _teller(connection, after)
    done = kept = unread = 0
    for table in ahead:
        for stored in _bodies(connection, table, after[table]):
            unread += _index(connection, table, stored, base_url)
            done += len(stored)
            say(done)
            if done - kept >= piece:
                move_mark(connection, table, stored[-1][1])
                commit()
                kept = done
    take_mark(connection)
    commit()
    if unread:
        sys.stderr.write(f"{unread} resources cannot be read any more: found by their id alone\n")
    return done


def _bodies(connection: Connection, table: str, last: int) -> Iterator[list[_Stored]]:
    """A table and a row of it → the rows behind that, some at a time."""
    kind = "type" if table == "resource" else "'Observation'"
    while True:
        rows = connection.execute(
            f"SELECT tenant_id, rid, {kind}, patient_id, body FROM {table} WHERE rid > ? AND deleted = 0"
            f" ORDER BY rid LIMIT {_BATCH}",
            (last,),
        ).fetchall()
        if not rows:
            return
        yield rows
        last = rows[-1][1]


def _decoded(body: bytes, kind: str) -> Any:
    """A stored body → the resource; one that is checked more strictly today is read without the checks."""
    try:
        return parse(body, kind).resource
    except HubError:
        pass
    try:
        return decoder_for(struct_for(kind)).decode(body)
    except (msgspec.DecodeError, ValueError, KeyError):
        return None


def _index(connection: Connection, table: str, stored: list[_Stored], base_url: str) -> int:
    """Rows of a table → their index written; → how many of them cannot be read."""
    indexed: list[Indexed] = []
    columns: list[tuple[object, ...]] = []
    for tenant, rid, kind, patient, body in stored:
        resource = _decoded(body, kind)
        if resource is None:
            continue
        rows = rows_of(kind, extract(resource, base_url), patient or None)
        hot = rows.hot if table == "observation" else ()
        columns.append((*rows.span, *hot, rid))
        indexed.append(Indexed(tenant, rid, patient, rows, resource))
    connection.executemany(_SET[table], columns)
    _clear(connection, table, (stored[0][1], stored[-1][1]), indexed)
    write_rows(connection, indexed)
    return len(stored) - len(indexed)


def _clear(
    connection: Connection, table: str, rids: tuple[int, int], indexed: list[Indexed]
) -> None:
    """The first and the last of some rows, and what goes in → nothing stands there, nor what was written meanwhile."""
    for tenant in {each.tenant for each in indexed}:
        for statement in _CLEAR:
            connection.execute(statement, (tenant, *rids, *param_span(table)))
    for tenant, code in {(each.tenant, code) for each in indexed for code, _ in each.rows.codes}:
        connection.execute(_CLEAR_SERIES, (tenant, code, *rids))


def _teller(connection: Connection, after: dict[str, int]) -> Callable[[int], None]:
    """A connection, and where each table is begun → what tells how far it has come: a terminal always, a log now and then."""
    whole = sum(
        connection.execute(
            f"SELECT count(*) FROM {table} WHERE rid > ? AND deleted = 0", (last,)
        ).fetchone()[0]
        for table, last in after.items()
    )
    shown = sys.stderr.isatty()

    def say(done: int) -> None:
        if shown:
            end = "\n" if done == whole else ""
            sys.stderr.write(f"\rindexing {done:,} of {whole:,} resources{end}")
        elif done // _TOLD > max(done - _BATCH, 0) // _TOLD:
            sys.stderr.write(f"indexed {done:,} of {whole:,} resources\n")
        sys.stderr.flush()

    return say
