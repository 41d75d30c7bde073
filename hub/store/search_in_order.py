"""A search that starts in another order than the one asked for, where too many match to sort them: the next rows are looked at.

A code that every third value has fills a page after some hundred rows, however many values there are. What is not found so lies far
apart, and is sorted after all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hub.fhir.search.query import SearchQuery
from hub.store.connection import Connection
from hub.store.layout import layout_of
from hub.store.search_filters import condition
from hub.store.search_links import visible
from hub.store.search_order import Walk, stretches
from hub.store.search_page import Row
from hub.store.search_plan import Plan
from hub.store.search_sql import Sql, all_of

LOOKED: Final = (256, 2_048, 8_192)
"""How many rows are looked at in the order asked for, one part behind the other."""
AT_FIRST: Final = 5
"""How many for each row that is wanted in the first part: what ends a page that began in another stretch needs fewer."""
FEW: Final = 1_000
"""How many matches are sooner sorted than more than the first part is looked at."""

Fetch = Callable[[Sql, str], list[Row]]
"""A statement that gives keys (k0) and row ids, and their order → the matches."""


class _Looking(Struct, frozen=True):
    """A search on its way: where it is read, its plan, what a row must fulfil, and how what was found is fetched."""

    connection: Connection
    chosen: Plan
    wanted: Sql
    fetch: Fetch

    @property
    def table(self) -> str:
        """The table of the rows."""
        return layout_of(self.chosen.place.type).table


def rows_in_order(
    connection: Connection, chosen: Plan, walk: Walk, query: SearchQuery, limit: int, fetch: Fetch
) -> list[Row] | None:
    """A plan, the order that it does not give, and a number → that many matches; None where all are better sorted."""
    if chosen.natural != "" or query.clauses or any(f.param == "_list" for f in query.filters):
        return None
    filters = (condition(chosen.place, one) for one in query.filters)
    looking = _Looking(
        connection, chosen, all_of([*filters, visible(chosen.place, led=True)]), fetch
    )
    found: list[Row] = []
    for each, part in stretches(_on_rows(walk), query.cursor, back=query.back):
        more = _look(looking, each, part, limit - len(found))
        if more is None:
            return None
        found += more
        if len(found) >= limit:
            break
    return found


def _on_rows(walk: Walk) -> Walk:
    """An order that the engine would have to sort by → the same as an index of the table gives it."""
    column = walk.column.removeprefix("+").removesuffix(" || ''").replace("c.", "r.")
    return replace(walk, column=column, rid="r.rid")


def _are_many(looking: _Looking) -> bool:
    """Whether the start has more entries than are sorted at once."""
    chosen, start = looking.chosen, looking.chosen.where[0]
    text = f"SELECT 1 FROM {chosen.source} WHERE {start.text} ORDER BY {chosen.rid} LIMIT 1 OFFSET {FEW}"
    return looking.connection.execute(text, start.values).fetchone() is not None


def _look(looking: _Looking, walk: Walk, part: Sql, limit: int) -> list[Row] | None:
    """A stretch of rows in order and a number → so many matches or all there are; None when too many rows were looked at."""
    found: list[Row] = []
    way = "DESC" if walk.descending else "ASC"
    offset = 0
    first = min(LOOKED[0], AT_FIRST * limit)
    for looked in (first, *LOOKED[1:]):
        rows = _rows(looking, walk, part, f"LIMIT {looked} OFFSET {offset}")
        matches = (
            Sql(f"SELECT s.k0, s.rid FROM ({rows.text}) s", rows.values)
            + Sql(f" CROSS JOIN {looking.table} r WHERE r.rid = s.rid AND ")
            + looking.wanted
            + Sql(f" ORDER BY s.k0 {way}, s.rid {way} LIMIT {limit - len(found)}")
        )
        found += looking.fetch(matches, f"q.k0 {way}, q.rid {way}")
        offset += looked
        if len(found) >= limit or _is_end(looking, walk, part, offset):
            return found
        if offset == first and not _are_many(looking):
            return None
    return None


def _rows(looking: _Looking, walk: Walk, part: Sql, which: str) -> Sql:
    """A stretch → its rows, told by the index alone."""
    place = looking.chosen.place
    typed = layout_of(place.type).typed
    own = Sql(
        f"r.tenant_id = ?{' AND r.type = ?' * typed} AND ",
        (place.tenant, place.type) if typed else (place.tenant,),
    )
    return (
        Sql(f"SELECT {walk.key} AS k0, r.rid AS rid FROM {looking.table} r WHERE ")
        + own
        + part
        + Sql(f" ORDER BY {walk.order} {which}")
    )


def _is_end(looking: _Looking, walk: Walk, part: Sql, offset: int) -> bool:
    """Whether a stretch has no more rows than those that were looked at."""
    rest = _rows(looking, walk, part, f"LIMIT 1 OFFSET {offset}")
    return looking.connection.execute(rest.text, rest.values).fetchone() is None
