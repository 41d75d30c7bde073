"""What a search has found, read forwards or backwards → a page, and where the pages beside it start."""

from __future__ import annotations

from collections.abc import Callable

from hub.fhir.requests import Stored
from hub.fhir.search.query import Cursor, Page, SearchQuery, SortValue

Row = tuple[tuple[SortValue, ...], int, Stored]
"""One match: the values of the sort keys, the row id, the resource."""


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
