"""A search over several types: of the whole system, or of all that is in a compartment.

Without an order the types follow one another, each in its own order; with one they are merged by the keys. The cursor
names the type it stands in before the keys.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from functools import cmp_to_key
from itertools import islice
from typing import Any, Final

from msgspec.structs import replace

from hub.fhir.search.compartments import compartment_parameters
from hub.fhir.search.query import Cursor, Page, SearchQuery, SortKey
from hub.policy import Permit
from hub.problems import ProblemCode, fail
from hub.store.connection import Connection
from hub.store.search_filters import Place
from hub.store.search_page import Row, page_of
from hub.store.search_plan import Plan, plan

Rows = Callable[[Connection, Plan, SearchQuery, int], list[Row]]
Count = Callable[[Connection, Plan, SearchQuery], int]
_LAST: Final = (1 << 63) - 1
_NEXT_TYPE: Final = (
    "SELECT type FROM resource WHERE tenant_id = ? AND type > ? ORDER BY type LIMIT 1"
)


def search_types(
    connection: Connection, permit: Permit, query: SearchQuery, rows: Rows, count: Count
) -> Page:
    """A query over types, and how rows of one plan are found and counted → one page."""
    kinds = _types(connection, permit, query)
    plans = {kind: plan(Place(permit, kind, "r"), _narrowed(query, kind)) for kind in kinds}
    total: int | None = None
    if query.total or not query.count:
        total = sum(count(connection, each, query) for each in plans.values())
    if not query.count:
        return Page((), None, total)
    at = _cursor(query, kinds)
    if query.order:
        found = _merged(connection, plans, query, at, rows)
    else:
        found = _in_turn(connection, plans, query, at, rows)
    return page_of(query, found, total, lambda row: Cursor((row[2].type, *row[0]), row[1]))


def _narrowed(query: SearchQuery, kind: str) -> SearchQuery:
    return replace(query, resource_type=kind)


def _types(connection: Connection, permit: Permit, query: SearchQuery) -> list[str]:
    """The types a query is about → those of them that have resources here, in order."""
    wanted = set(query.types)
    if query.compartment:
        inside = compartment_parameters(query.compartment.partition("/")[0])
        wanted = (wanted or set(inside)) & set(inside)
    present = present_types(connection, permit.filter.tenant_id)
    return (
        [kind for kind in present if not wanted or kind in wanted]
        if (wanted or not query.compartment)
        else []
    )


def present_types(connection: Connection, tenant: int) -> list[str]:
    """The types of which the tenant has resources; one step down an index for each."""
    found: list[str] = []
    row = connection.execute(_NEXT_TYPE, (tenant, "")).fetchone()
    while row is not None:
        found.append(row[0])
        row = connection.execute(_NEXT_TYPE, (tenant, row[0])).fetchone()
    for kind, table in (("Observation", "observation"), ("AuditEvent", "audit_event")):
        if connection.execute(
            f"SELECT 1 FROM {table} WHERE tenant_id = ? LIMIT 1", (tenant,)
        ).fetchone():
            found.append(kind)
    return sorted(found)


def _cursor(query: SearchQuery, kinds: Sequence[str]) -> tuple[str, Cursor] | None:
    """The query's cursor → the type it stands in and the cursor in that type. Problems: BAD_PARAMETER."""
    if query.cursor is None:
        return None
    kind, *keys = query.cursor.keys or (None,)
    if not isinstance(kind, str) or kind not in kinds:
        raise fail(ProblemCode.BAD_PARAMETER, "_cursor is not one that this server gave", "_cursor")
    return kind, Cursor(tuple(keys), query.cursor.row)


def _in_turn(
    connection: Connection,
    plans: dict[str, Plan],
    query: SearchQuery,
    at: tuple[str, Cursor] | None,
    rows: Rows,
) -> list[Row]:
    """One type after the other, until the page is full."""
    found: list[Row] = []
    for kind, each in reversed(plans.items()) if query.back else plans.items():
        if at is not None and (kind > at[0] if query.back else kind < at[0]):
            continue
        cursor = at[1] if at is not None and kind == at[0] else None
        own = replace(query, resource_type=kind, cursor=cursor)
        found += rows(connection, each, own, query.count + 1 - len(found))
        if len(found) > query.count:
            break
    return found


def _merged(
    connection: Connection,
    plans: dict[str, Plan],
    query: SearchQuery,
    at: tuple[str, Cursor] | None,
    rows: Rows,
) -> list[Row]:
    """A page's worth of each type from where the cursor stands, then the first of all of them.

    What is alike by all keys stands in the order of the types, which turns with the first key as row ids do.
    """
    turned = query.order[0].descending
    lists: list[list[Row]] = []
    for kind, each in plans.items():
        cursor = None
        if at is not None:
            stands, place = at
            before = kind > stands if turned else kind < stands
            beyond = 0 if turned else _LAST
            row = place.row if kind == stands else (beyond if before else _LAST - beyond)
            cursor = Cursor(place.keys, row)
        own = replace(query, resource_type=kind, cursor=cursor)
        lists.append(rows(connection, each, own, query.count + 1))
    rank = cmp_to_key(_comparison(query.order, turned=turned))
    merged = heapq.merge(*lists, key=rank, reverse=query.back)
    return list(islice(merged, query.count + 1))


def _comparison(order: tuple[SortKey, ...], *, turned: bool) -> Callable[[Row, Row], int]:
    def compare(one: Row, other: Row) -> int:
        for key, a, b in zip(order, one[0], other[0], strict=False):
            if a != b:
                if a is None or b is None:
                    return 1 if a is None else -1
                return _sign(a, b, turned=key.descending)
        place, there = (one[2].type, one[1]), (other[2].type, other[1])
        return _sign(place, there, turned=turned)

    return compare


def _sign(a: Any, b: Any, *, turned: bool) -> int:
    return (1 if a > b else -1 if a < b else 0) * (-1 if turned else 1)
