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


@dataclass(frozen=True, slots=True)
class TextValue:
    """A text to look for. Shape: as written; the store folds case and accents, but not for `:exact`."""

    text: str


@dataclass(frozen=True, slots=True)
class NumberValue:
    """A prefix and the range [`low`, `high`) that the number's written precision covers, with the number itself."""

    prefix: Prefix
    number: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class QuantityValue:
    """A number with its unit.

    Shape: `system` and `code` as asked (None: any; `code` alone matches code or unit); `canonical` the same in base units
    when the unit is UCUM and known, to find 0.5 kg by 500 g. Units: those written; those of UCUM's base.
    """

    number: NumberValue
    system: str | None
    code: str | None
    canonical: NumberValue | None = None
    canonical_unit: str = ""


@dataclass(frozen=True, slots=True)
class UriValue:
    """A URI. Shape: exactly this one, or what is below or above it by the modifier."""

    uri: str


@dataclass(frozen=True, slots=True)
class OfTypeValue:
    """`system|code|value` of an identifier's type and value (`:of-type`)."""

    system: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class CodesValue:
    """The codes of a value set or of a branch of a code system (`:in`, `:not-in`, `:below`, `:above` on tokens)."""

    codes: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class MissingValue:
    """`:missing`. Shape: `missing` true finds those without a value."""

    missing: bool


@dataclass(frozen=True, slots=True)
class CompositeValue:
    """One value per component, all of which must hold in the same place of the resource."""

    parts: tuple[Filter, ...]


Value = (
    TokenValue
    | DateValue
    | ReferenceValue
    | IdentifierValue
    | TextValue
    | NumberValue
    | QuantityValue
    | UriValue
    | OfTypeValue
    | CodesValue
    | MissingValue
    | CompositeValue
)
Kind = Literal[
    "token", "date", "reference", "id", "string", "number", "quantity", "uri", "composite"
]
Modifier = Literal[
    "",
    "missing",
    "exact",
    "contains",
    "not",
    "text",
    "in",
    "not-in",
    "below",
    "above",
    "identifier",
    "of-type",
]


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter: any of its values must match (repeated parameters are several filters: all must match).

    Shape: `:[type]` on a reference has become part of the values.
    """

    param: str
    kind: Kind
    values: tuple[Value, ...]
    modifier: Modifier = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """`param:Type.inner=…`: a reference to a resource of one of `types`, for which `inner` holds."""

    param: str
    types: tuple[str, ...]
    inner: Clause


@dataclass(frozen=True, slots=True)
class Reverse:
    """`_has:type:param:inner=…`: a resource of `type` refers here by `param`, and `inner` holds for it."""

    type: str
    param: str
    inner: Clause


Clause = Filter | Chain | Reverse


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of `_sort`."""

    param: str
    kind: Kind
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Include:
    """`_include` or `_revinclude`. Shape: `source` and `param` may be `*`; `target` "" = any; `iterate` = also of what is included."""

    source: str
    param: str
    target: str = ""
    reverse: bool = False
    iterate: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page starts: after this (sort key, row id). Units: as the sort column."""

    key: int
    row: int


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search. Shape: `sort` is _id, _lastUpdated or date; `count` rows a page at most."""

    resource_type: str
    filters: tuple[Filter, ...]
    sort: str
    descending: bool
    count: int
    cursor: Cursor | None = None
    total: bool = False
    clauses: tuple[Chain | Reverse, ...] = ()
    order: tuple[SortKey, ...] = ()
    includes: tuple[Include, ...] = ()
    types: tuple[str, ...] = ()
    """System and compartment searches: the types searched; `resource_type` is "" then."""
    compartment: str = ""
    """`Type/id` of the compartment searched in, or ""."""


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
