"""All versions of a resource, a type or everything, newest first; keyset paging over current and former versions.

Current versions lie in the tables of their types, former ones in `history`. Each source is walked down its own index and
gives at most one page; the engine merges them in its own order of texts.
"""

from __future__ import annotations

from typing import Any, Final

from hub.fhir.history import HistoryCursor, HistoryEntry, HistoryPage, HistoryQuery
from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.requests import Stored
from hub.fhir.search.dates import from_micros
from hub.policy import Permit
from hub.store.audit_facts import ROW, rid_of, with_events
from hub.store.connection import Connection
from hub.store.layout import layout_of
from hub.store.opened import opened, opened_types
from hub.store.search_filters import Place
from hub.store.search_sql import Sql

_COLUMNS: Final = "{type} AS type, x.id, x.version, x.updated, x.patient_id, x.deleted, x.body"
# Whether the version before was a deletion: it always lies in history
_RESTORED: Final = (
    "(SELECT p.deleted FROM history p WHERE p.tenant_id = x.tenant_id AND p.type = {type} AND p.id = x.id"
    " AND p.version = x.version - 1) AS restored"
)
_NEXT_FORMER: Final = (
    "(SELECT n.updated FROM history n WHERE n.tenant_id = x.tenant_id AND n.type = x.type AND n.id = x.id"
    " AND n.version = x.version + 1)"
)
_NEXT_SHARED: Final = "(SELECT n.updated FROM resource n WHERE n.tenant_id = x.tenant_id AND n.type = x.type AND n.id = x.id)"
_NEXT_OBSERVATION: Final = (
    "(SELECT n.updated FROM observation n WHERE n.tenant_id = x.tenant_id AND n.id = x.id)"
)
_HOT: Final = {
    "observation": "CAST('Observation' AS TEXT)",
    "audit_event": "CAST('AuditEvent' AS TEXT)",
}
_BY_TIME: Final = "updated DESC, type DESC, id DESC, version DESC"
_BY_VERSION: Final = "version DESC"


def history(connection: Connection, permit: Permit, query: HistoryQuery) -> HistoryPage:
    """A history read → one page; rows of other tenants do not exist here."""
    if query.count == 0:
        return HistoryPage((), None, _count(connection, permit, query))
    if query.type == "AuditEvent":
        return _log_history(connection, permit, query)
    values: list[object] = []
    order = _BY_VERSION if query.id else _BY_TIME
    sources = [_source(table, permit, query, order, values) for table in _tables(query)]
    statement = (
        " UNION ALL ".join(f"SELECT * FROM ({s}) s{n}" for n, s in enumerate(sources))
        + f" ORDER BY {order} LIMIT {query.count + 1}"
    )
    rows = connection.execute(statement, values).fetchall()
    entries = tuple(_entry(row) for row in rows[: query.count])
    if len(rows) <= query.count:
        return HistoryPage(entries, None)
    kind, resource_id, version, updated = rows[query.count - 1][:4]
    return HistoryPage(entries, HistoryCursor(updated, kind, resource_id, version))


def _count(connection: Connection, permit: Permit, query: HistoryQuery) -> int:
    """A history read → how many versions there are."""
    values: list[object] = []
    counts = [
        f"(SELECT count(*) FROM {table} x WHERE {_where(table, permit, query, values)})"
        for table in _tables(query)
    ]
    return connection.execute(f"SELECT {' + '.join(counts)}", values).fetchone()[0]


def _log_history(connection: Connection, permit: Permit, query: HistoryQuery) -> HistoryPage:
    """The access log, newest first: it only grows and nothing in it changes, so its row ids are its order."""
    rule = opened(Place(permit, "AuditEvent", "r"))
    where: list[str] = ["r.tenant_id = ?", rule.text]
    values: list[object] = [permit.filter.tenant_id, *rule.values]
    until = None if query.current is None else query.current[1]
    for condition, value in (
        ("r.updated >= ?", query.since),
        ("r.updated < ?", until),
        ("r.rid < ?", None if query.cursor is None else query.cursor.updated),
        ("r.rid = ?", rid_of(query.id) if query.id else None),
        ("r.id = ?", query.id or None),
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    rows = connection.execute(
        f"SELECT r.rid, r.deleted, {ROW} FROM audit_event r WHERE {' AND '.join(where)}"
        f" ORDER BY r.rid DESC LIMIT {query.count + 1}",
        values,
    ).fetchall()
    entries = tuple(
        _entry(("AuditEvent", here, version, updated, patient, deleted, body, False))
        for _, deleted, here, version, updated, patient, body in with_events(rows[: query.count])
    )
    if len(rows) <= query.count:
        return HistoryPage(entries, None)
    return HistoryPage(entries, HistoryCursor(rows[query.count - 1][0], "AuditEvent", "", 1))


def _tables(query: HistoryQuery) -> tuple[str, ...]:
    if query.type:
        return layout_of(query.type).table, "history"
    return "resource", "observation", "history"


def _source(
    table: str, permit: Permit, query: HistoryQuery, order: str, values: list[object]
) -> str:
    """A table → the SELECT of its versions; the values it binds are added to `values`."""
    columns = f"{_COLUMNS}, {_RESTORED}".format(type=_HOT.get(table, "x.type"))
    where = _where(table, permit, query, values)
    return f"SELECT {columns} FROM {table} x WHERE {where} ORDER BY {order} LIMIT {query.count + 1}"


def _where(table: str, permit: Permit, query: HistoryQuery, values: list[object]) -> str:
    """A table → what its versions must fulfil; the values it binds are added to `values`."""
    kind = _HOT.get(table, "x.type")
    rule = _opened(table, permit, query)
    where = ["x.tenant_id = ?", rule.text]
    values += (permit.filter.tenant_id, *rule.values)
    for name, wanted in (("type", query.type), ("id", query.id)):
        if wanted and name == "id" and table == "audit_event":
            where.append("x.rid = ?")
            values.append(rid_of(wanted))
        if wanted and not (name == "type" and table in _HOT):
            where.append(f"x.{name} = ?")
            values.append(wanted)
    if query.since is not None:
        where.append("x.updated >= ?")
        values.append(query.since)
    if query.current is not None:
        start, end = query.current
        where.append("x.updated < ?")
        values.append(end)
        if table == "history":  # a former version was current until the next one came
            where.append(f"{_next(query)} > ?")
            values.append(start)
    if query.cursor is not None:
        where += _after(query, query.cursor, kind, values)
    return " AND ".join(where)


def _opened(table: str, permit: Permit, query: HistoryQuery) -> Sql:
    """That a version is of a resource that the Permit opens: each table has the patient and the writer beside."""
    former = table == "history"
    if table in _HOT:
        return opened(Place(permit, "Observation" if table == "observation" else "AuditEvent", "x"))
    if query.type:
        return opened(Place(permit, query.type, "x"), former=former)
    return opened_types(Place(permit, "", "x"), sorted(RESOURCE_TYPES), former=former)


def _next(query: HistoryQuery) -> str:
    """When the next version came, of a row of `history`."""
    current = {"Observation": (_NEXT_OBSERVATION,), "": (_NEXT_SHARED, _NEXT_OBSERVATION)}
    found = current.get(query.type, (_NEXT_SHARED,))
    if len(found) == 2:
        last = f"CASE x.type WHEN 'Observation' THEN {_NEXT_OBSERVATION} ELSE {_NEXT_SHARED} END"
    else:
        last = found[0]
    return f"coalesce({_NEXT_FORMER}, {last})"


def _after(
    query: HistoryQuery, cursor: HistoryCursor, kind: str, values: list[object]
) -> list[str]:
    if query.id:
        values.append(cursor.version)
        return ["x.version < ?"]
    # The first condition says nothing new; it lets the index on `updated` begin where the page begins
    values += [cursor.updated, cursor.updated, cursor.type, cursor.id, cursor.version]
    return ["x.updated <= ?", f"(x.updated, {kind}, x.id, x.version) < (?, ?, ?, ?)"]


def _entry(row: Any) -> HistoryEntry:
    kind, resource_id, version, updated, patient, deleted, body, restored = row
    stored = Stored(
        kind, resource_id, version, from_micros(updated), body, bool(deleted), patient or None
    )
    return HistoryEntry(stored, bool(restored))
