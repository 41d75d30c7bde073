"""What a search asks, as values: filters, order, page; and the answer's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hub.fhir.requests import Stored

Prefix = Literal["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]


@dataclass(frozen=True, slots=True)
class TokenValue:
    """`system|code`. Shape: `system` None = any, "" = none given in the resource; `code` None = any code of the system."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class DateValue:
    """A prefix and the half-open range the written date covers. Units: microseconds since 1970, UTC."""

    prefix: Prefix
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReferenceValue:
    """A reference as `Type/id`."""

    target: str


@dataclass(frozen=True, slots=True)
class IdentifierValue:
    """A reference by the target's identifier (`patient.identifier` is not meant: that is a chain)."""

    system: str | None
    value: str


Value = TokenValue | DateValue | ReferenceValue | IdentifierValue


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter: any of its values must match (repeated parameters are several filters: all must match)."""

    param: str
    kind: Literal["token", "date", "reference", "id"]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page starts: after this (sort key, row id). Units: as the sort column."""

    key: int
    row: int


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search on one type. Shape: `sort` is _id, _lastUpdated or date; `count` rows a page at most."""

    resource_type: str
    filters: tuple[Filter, ...]
    sort: str
    descending: bool
    count: int
    cursor: Cursor | None = None
    total: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of matches. Shape: `next` None on the last page; `total` only when it was asked for."""

    matches: tuple[Stored, ...]
    next: Cursor | None
    total: int | None = None


def named_patients(query: SearchQuery) -> frozenset[str]:
    """A search → the ids of the patients it names by patient or subject."""
    return frozenset(
        value.target[8:]
        for one in query.filters
        if one.param in ("patient", "subject")
        for value in one.values
        if isinstance(value, ReferenceValue) and value.target.startswith("Patient/")
    )
