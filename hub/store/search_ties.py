"""Several keys, the first of which an index gives: the others only part what is alike by it, so few rows are compared.

A page of rows behind the last one, by the first key alone, tells how far the page by all keys can reach; between the two lie
the page and what is alike at its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from hub.fhir.search.query import Cursor, SearchQuery, SortValue
from hub.store.connection import Connection
from hub.store.layout import FAR
from hub.store.search_order import walk_of
from hub.store.search_page import Row
from hub.store.search_plan import Plan
from hub.store.search_sql import Sql

_LAST: Final = (1 << 63) - 1
Rows = Callable[[Connection, Plan, SearchQuery, int], list[Row]]


def within_reach(
    connection: Connection, chosen: Plan, query: SearchQuery, limit: int, rows: Rows
) -> Plan:
    """A plan, a query with several keys and a number → the same plan with no more rows than may be on that page."""
    single = replace(query, order=query.order[:1], cursor=None)
    walk = walk_of(chosen, single)
    if len(query.order) < 2 or walk is None or not walk.column:
        return chosen
    column = walk.column.removeprefix("+").removesuffix(" || ''")
    start: SortValue = None
    if query.cursor is not None:
        start = query.cursor.keys[0]
        if start is None:  # what has no date comes last, and nothing tells where it ends
            return chosen if query.back else _with(chosen, [Sql(f"{column} = {FAR}")])
        # Beyond all that is alike: behind a row id that no row has
        beyond = -1 if walk.descending != query.back else _LAST
        single = replace(single, cursor=Cursor((start,), beyond))
    found = rows(connection, chosen, single, limit)
    end = found[limit - 1][0][0] if len(found) >= limit else None
    if walk.dated and end == FAR:
        end = None
    descending = walk.descending != query.back
    bounds = _bounds(column, start, end, descending=descending, dated=walk.dated, back=query.back)
    return _with(chosen, bounds)


def _bounds(
    column: str, start: SortValue, end: SortValue, *, descending: bool, dated: bool, back: bool
) -> list[Sql]:
    """From where to where the first key may lie, None = open: → conditions on its column."""
    low, high = (end, start) if descending else (start, end)
    found: list[Sql] = []
    if low is not None:
        found.append(Sql(f"{column} >= ?", (low,)))
    undated = dated and end is None and not back
    if high is not None:
        open_end = f" OR {column} = {FAR}" if undated and descending else ""
        found.append(Sql(f"({column} <= ?{open_end})", (high,)))
    elif dated and not undated:
        found.append(Sql(f"{column} < {FAR}"))
    return found


def _with(chosen: Plan, more: Iterable[Sql]) -> Plan:
    return replace(chosen, where=[*chosen.where, *more])
