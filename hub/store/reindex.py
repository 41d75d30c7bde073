"""Index what a database holds anew, from the bodies: after a migration that changed the index tables.

All in one transaction, by the code of the newest schema; the mark in `hub_flag` stays until it is done, and a database
with the mark does not count as migrated.
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
from hub.store.index_rows import rows_of
from hub.store.index_write import Indexed, write_rows
from hub.store.layout import HOT_COLUMNS
from hub.store.marks import take_mark

_BATCH: Final = 500
_SETTINGS: Final = ", ".join(f"{name} = ?" for name in HOT_COLUMNS)
_HOT: Final = f"UPDATE observation SET date_from = ?, date_to = ?, {_SETTINGS} WHERE rid = ?"
_PLAIN: Final = "UPDATE resource SET date_from = ?, date_to = ? WHERE rid = ?"
_EMPTY: Final = ("index_text", "index_date", "index_number", "observation_code")


def reindex(connection: Connection, base_url: str = "") -> int:
    """A connection inside a transaction → the index of every resource made from its body; → how many there were.

    Shape: bodies that can no longer be read keep their place and are found by id alone; how many is said.
    """
    for table in _EMPTY:
        connection.execute(f"DELETE FROM {table}")
    say = _teller(connection)
    done = unread = 0
    for table in ("resource", "observation"):
        for tenant, rid, kind, patient, body in _bodies(connection, table):
            resource = _decoded(body, kind)
            if resource is None:
                unread += 1
            else:
                _index(connection, tenant, rid, kind, patient, resource, base_url)
            done += 1
            say(done)
    take_mark(connection)
    if unread:
        sys.stderr.write(f"{unread} resources cannot be read any more: found by their id alone\n")
    return done


def _bodies(connection: Connection, table: str) -> Iterator[tuple[int, int, str, str, bytes]]:
    kind = "type" if table == "resource" else "'Observation'"
    last = 0
    while True:
        rows = connection.execute(
            f"SELECT tenant_id, rid, {kind}, patient_id, body FROM {table} WHERE rid > ? AND deleted = 0"
            f" ORDER BY rid LIMIT {_BATCH}",
            (last,),
        ).fetchall()
        if not rows:
            return
        yield from rows
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


def _index(
    connection: Connection,
    tenant: int,
    rid: int,
    kind: str,
    patient: str,
    resource: Any,
    base_url: str,
) -> None:
    rows = rows_of(kind, extract(resource, base_url), patient or None)
    if kind == "Observation":
        connection.execute(_HOT, (*rows.span, *rows.hot, rid))
    else:
        connection.execute(_PLAIN, (*rows.span, rid))
    write_rows(connection, [Indexed(tenant, rid, patient, rows, resource)])


def _teller(connection: Connection) -> Callable[[int], None]:
    """A connection → what tells a terminal how far it has come."""
    if not sys.stderr.isatty():
        return lambda _: None
    whole = sum(
        connection.execute(f"SELECT count(*) FROM {table} WHERE deleted = 0").fetchone()[0]
        for table in ("resource", "observation")
    )

    def say(done: int) -> None:
        if done % _BATCH == 0 or done == whole:
            end = "\n" if done == whole else ""
            sys.stderr.write(f"\rindexing {done:,} of {whole:,} resources{end}")
            sys.stderr.flush()

    return say
