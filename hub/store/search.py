"""SearchQuery → SQL and one page of rows; keyset paging, so that page k costs what page 1 costs.

The parts: search_plan.py says where the walk starts, search_filters.py and search_links.py what must hold,
search_order.py in which order; search_system.py puts several types together, search_includes.py adds what belongs to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from hub.fhir.requests import Stored
from hub.fhir.search.dates import from_clock
from hub.fhir.search.query import Bodies, Cursor, Page, SearchQuery
from hub.fhir.stored_id import ids_of
from hub.policy import Permit
from hub.store.connection import Connection
from hub.store.layout import FAR, layout_of
from hub.store.search_filters import Place
from hub.store.search_in_order import rows_in_order
from hub.store.search_includes import included
from hub.store.search_links import visible
from hub.store.search_order import (
    Walk,
    after_keys,
    check_cursor,
    key_sql,
    order_keys,
    stretches,
    walk_of,
)
from hub.store.search_page import Row, columns, page_of, shown
from hub.store.search_plan import Plan, plan
from hub.store.search_sql import Sql, all_of
from hub.store.search_system import search_types
from hub.store.search_ties import within_reach

ESTIMATED: Final = 10_000
"""How far `_total=estimate` counts: more than anybody pages through, and some milliseconds."""


def search(connection: Connection, permit: Permit, query: SearchQuery) -> Page:
    """A parsed query → one page; rows of other tenants do not exist here."""
    if not query.resource_type:
        page = search_types(connection, permit, query, rows, count)
    else:
        page = _one_type(connection, permit, query)
    if query.includes and page.matches:
        return included(connection, permit, query, page)
    return page


def _one_type(connection: Connection, permit: Permit, query: SearchQuery) -> Page:
    chosen = plan(Place(permit, query.resource_type, "r"), query)
    counted = query.total or not query.count
    total = count(connection, chosen, query) if counted else None
    if not query.count:
        return Page((), None, total)
    if query.bodies and total is None:
        page = _bodies(connection, chosen, query)
        if page is not None:
            return page
    found = rows(connection, chosen, query, query.count + 1)
    return page_of(query, found, total, lambda row: Cursor(row[0], row[1]))


def count(connection: Connection, chosen: Plan, query: SearchQuery) -> int:
    """A plan and its query → how many rows match; an estimate goes no further than `ESTIMATED`."""
    wanted = chosen.condition
    if query.estimated:
        some = f"SELECT 1 FROM {chosen.source} WHERE {wanted.text} LIMIT {ESTIMATED}"
        return connection.execute(f"SELECT count(*) FROM ({some}) q", wanted.values).fetchone()[0]
    return connection.execute(
        f"SELECT count(*) FROM {chosen.source} WHERE {wanted.text}", wanted.values
    ).fetchone()[0]


def rows(connection: Connection, chosen: Plan, query: SearchQuery, limit: int) -> list[Row]:
    """A plan, its query and a number → that many matches behind the query's cursor, in order; or before it, backwards."""
    if query.cursor is not None:
        check_cursor(query.cursor, query.order, chosen.natural)
    walk = walk_of(chosen, query)
    if walk is None:
        return _by_keys(connection, chosen, query, limit)
    if walk.sorts:
        return _in_order(connection, chosen, walk, query, limit)
    kind = chosen.place.type
    found = _walked(connection, chosen, walk, query, limit, "{key}, {rid}, " + columns(kind))
    return [
        (
            (key,),
            rid,
            Stored(kind, here, version, from_clock(at), body, False, patient or None),
        )
        for key, rid, here, version, at, patient, body in shown(kind, found)
    ]


def _walked(
    connection: Connection,
    chosen: Plan,
    walk: Walk,
    query: SearchQuery,
    limit: int,
    columns: str,
) -> list[Any]:
    """The walk down an index, or back up: rows as it goes."""
    found: list[Any] = []
    for each, part in stretches(walk, query.cursor, back=query.back):
        if len(found) >= limit:
            break
        wanted = all_of([*chosen.where, part])
        text = (
            f"SELECT {columns.format(key=each.key, rid=each.rid)} FROM {chosen.source} WHERE {wanted.text}"
            f" ORDER BY {each.order} LIMIT {limit - len(found)}"
        )
        found += connection.execute(text, wanted.values).fetchall()
    return found


def _bodies(connection: Connection, chosen: Plan, query: SearchQuery) -> Page | None:
    """A plan of one patient, and a query that asks for no more than bodies → its page; None where no index gives the order.

    Nothing is made of a row but what the answer shows: the trend of a year is hundreds of rows.
    """
    walk = walk_of(chosen, query)
    if walk is None or walk.sorts or chosen.patient is None or chosen.place.type == "AuditEvent":
        return None
    if query.cursor is not None:
        check_cursor(query.cursor, query.order, chosen.natural)
    kind, most = chosen.place.type, query.count
    found = _walked(connection, chosen, walk, query, most + 1, "r.body")
    bodies: list[bytes] = list(chain.from_iterable(found))
    following, previous, beyond = None, query.cursor, bodies[most:]
    bodies = bodies[:most]
    if query.back:
        bodies.reverse()
        following, previous = query.cursor, None
    if beyond:
        (edge,) = ids_of(kind, beyond if query.back else bodies[-1:])
        place = _cursor_at(connection, chosen, walk, edge.decode())
        following, previous = (following, place) if query.back else (place, previous)
    total = len(bodies) if following is previous is None else None
    shown = Bodies(kind, chosen.patient, bodies)
    return Page((), following, total, bodies=shown, previous=previous)


def _cursor_at(connection: Connection, chosen: Plan, walk: Walk, resource_id: str) -> Cursor:
    """A resource → its place in the order."""
    table, key = layout_of(chosen.place.type).table, walk.key.replace("c.", "r.")
    wanted = all_of((Sql("r.id = ?", (resource_id,)), visible(chosen.place)))
    text = f"SELECT {key}, r.rid FROM {table} r WHERE {wanted.text}"
    value, rid = connection.execute(text, wanted.values).fetchone()
    missing = walk.dated and walk.descending and value == FAR
    return Cursor((None if missing else value,), rid)


def _in_order(
    connection: Connection, chosen: Plan, walk: Walk, query: SearchQuery, limit: int
) -> list[Row]:
    """One key that the start does not give: the rows in that order are looked at, or all matches are sorted."""

    def fetch(ordered: Sql, order: str) -> list[Row]:
        return _with_bodies(connection, chosen, ("k0",), ordered, order)

    found = rows_in_order(connection, chosen, walk, query, limit, fetch)
    return _by_sorting(connection, chosen, walk, query, limit) if found is None else found


def _by_sorting(
    connection: Connection, chosen: Plan, walk: Walk, query: SearchQuery, limit: int
) -> list[Row]:
    """One key that no index gives in this search: all matches are sorted, then the bodies of the page are fetched."""
    key = walk.column or "0"
    missing = f"CASE WHEN {key} = {FAR} THEN NULL ELSE {key} END" if walk.dated else key
    inner = (
        Sql(f"SELECT {missing} AS k0, {chosen.rid} AS rid FROM {chosen.source} WHERE ")
        + chosen.condition
    )
    after = Sql("1 = 1")
    if query.cursor is not None:
        after = _behind(query.cursor, descending=walk.descending, back=query.back)
    way, last = ("DESC" if walk.descending != query.back else "ASC"), " DESC" * query.back
    order = f"(q.k0 IS NULL){last}, q.k0 {way}, q.rid {way}"
    ordered = (
        Sql("SELECT q.k0, q.rid FROM (")
        + inner
        + Sql(") q WHERE ")
        + after
        + Sql(f" ORDER BY {order} LIMIT {limit}")
    )
    return _with_bodies(connection, chosen, ("k0",), ordered, order)


def _behind(cursor: Cursor, *, descending: bool, back: bool) -> Sql:
    sign = "<" if descending else ">"
    key = cursor.keys[0] if cursor.keys else None
    if back:
        sign = ">=" if descending else "<="
        if key is None:
            return Sql(f"(q.k0 IS NOT NULL OR q.rid {sign} ?)", (cursor.row,))
        return Sql(f"(q.k0, q.rid) {sign} (?, ?)", (key, cursor.row))
    if key is None:
        return Sql(f"(q.k0 IS NULL AND q.rid {sign} ?)", (cursor.row,))
    return Sql(f"((q.k0, q.rid) {sign} (?, ?) OR q.k0 IS NULL)", (key, cursor.row))


def _by_keys(connection: Connection, chosen: Plan, query: SearchQuery, limit: int) -> list[Row]:
    """Several keys, or one that stands in the index: the keys of all matches are compared, or of those that may be on the page."""
    chosen = within_reach(connection, chosen, query, limit, rows)
    inner = Sql(f"SELECT {chosen.rid} AS rid")
    for number, key in enumerate(query.order):
        inner += Sql(", ") + key_sql(chosen.place, key) + Sql(f" AS k{number}")
    inner += Sql(f" FROM {chosen.source} WHERE ") + chosen.condition
    keys = [f"k{number}" for number in range(len(query.order))]
    names = ", ".join(f"q.{key}" for key in keys)
    ordered = Sql(f"SELECT {names}, q.rid FROM (") + inner + Sql(") q")
    if query.cursor is not None:
        ordered += Sql(" WHERE ") + after_keys(query.order, query.cursor, back=query.back)
    order = order_keys(query.order, back=query.back)
    ordered += Sql(f" ORDER BY {order} LIMIT {limit}")
    return _with_bodies(connection, chosen, keys, ordered, order)


def _with_bodies(
    connection: Connection, chosen: Plan, keys: Sequence[str], ordered: Sql, order: str
) -> list[Row]:
    """A statement that gives the page's keys and row ids → the same with their resources, in one go."""
    kind = chosen.place.type
    names = ", ".join(f"q.{name}" for name in keys)
    text = (
        f"SELECT {names}, q.rid, {columns(kind)} FROM ({ordered.text}) q CROSS JOIN {layout_of(kind).table} r"
        f" WHERE r.rid = q.rid ORDER BY {order}"
    )
    return [
        (
            tuple(row[:-6]),
            row[-6],
            Stored(kind, row[-5], row[-4], from_clock(row[-3]), row[-1], False, row[-2] or None),
        )
        for row in shown(kind, connection.execute(text, ordered.values))
    ]
