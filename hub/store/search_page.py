"""What a search has found, read forwards or backwards → a page, and where the pages beside it start."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from hub.fhir.requests import Stored
from hub.fhir.search.query import Cursor, Page, SearchQuery, SortValue
from hub.store.audit_facts import ROW, with_events

_COLUMNS: Final = "r.id, r.version, r.updated, r.patient_id, r.body"
Row = tuple[tuple[SortValue, ...], int, Stored]
"""One match: the values of the sort keys, the row id, the resource."""


def columns(kind: str) -> str:
    """A type → what is fetched of a row r: id, version, time, patient and body, and behind them what an AuditEvent is built of."""
    return ROW if kind == "AuditEvent" else _COLUMNS


def shown(kind: str, rows: Iterable[Any]) -> Iterable[Any]:
    """A type and rows that end with its `columns` → the same ending with id, version, time, patient and the resource as it is shown."""
    return with_events(rows) if kind == "AuditEvent" else rows


def page_of(
    query: SearchQuery, found: list[Row], total: int | None, place: Callable[[Row], Cursor]
) -> Page:
    """A query, one row more than its page has where there are so many, and how a row's place is told → the page.

    Shape: a page goes on behind its last row. The page before ends with the row that it starts behind, so that one cursor
    says both; read backwards it is the row beyond that tells where the next one back ends.
    """
    shown, beyond = found[: query.count], found[query.count :]
    matches = tuple([stored for _, _, stored in (shown[::-1] if query.back else shown)])
    if query.back:
        return Page(matches, query.cursor, total, previous=place(beyond[0]) if beyond else None)
    if not beyond and query.cursor is None and total is None:
        total = len(matches)
    following = place(shown[-1]) if beyond else None
    return Page(matches, following, total, previous=query.cursor)
