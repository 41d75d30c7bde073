"""What a search asks, as values: filters, order, page; and the answer's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

from hub.fhir.requests import Stored

OF_TYPE: Final = "{param}:of-type"
"""The name under which the types and values of a parameter's identifiers are indexed."""
PART_OF: Final = "{param}:part"
"""The name under which family names are indexed from each word behind the first."""
INSIDE: Final = "{param}#{type}"
"""The name before those of a contained resource's parameters, by the parameter that leads to it and its type."""
DEEPEST: Final = 2
"""How many contained resources a chain goes through from one to the next."""
Prefix = Literal["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]


class TokenValue(Struct, frozen=True):
    """`system|code`.

    Shape: `system` None = any, "" = none given in the resource; `code` None = any code of the system. With the modifier
    `below` a media type, with or without parameters, or the first half of one.
    """

    system: str | None
    code: str | None


class DateValue(Struct, frozen=True):
    """A prefix and the half-open range the written date covers. Units: microseconds since 1970, UTC."""

    prefix: Prefix
    start: int
    end: int


class ReferenceValue(Struct, frozen=True):
    """A reference as `Type/id`, or an absolute URL as the resource has it, of another server or canonical.

    Shape: `version` is that of a canonical `url|version`; "" = any version. With the modifier `below` of canonicals it is
    how the version begins: `1` is that of 1, 1.0 and 1.1.
    """

    target: str
    version: str = ""


class IdentifierValue(Struct, frozen=True):
    """A reference by the target's identifier (`patient.identifier` is not meant: that is a chain). Shape: `value` "" = any."""

    system: str | None
    value: str


class TextValue(Struct, frozen=True):
    """A text to look for. Shape: as written; the store folds case and accents, but not for `:exact`."""

    text: str


class NumberValue(Struct, frozen=True):
    """A prefix and the range [`low`, `high`) that the number's written precision covers, with the number itself.

    Shape: the target is a closed interval [l, h] (l = h for a number that is no Range). `eq` and `ne`: low <= l and h < high,
    or not so. `gt` h > number, `lt` l < number, `ge` h >= number, `le` l <= number, `sa` l > number, `eb` h < number.
    `ap`: [`low`, `high`] is the number with a tenth of it to either side, closed, and l <= high and h >= low.
    """

    prefix: Prefix
    number: float
    low: float
    high: float


class QuantityValue(Struct, frozen=True):
    """A number with its unit.

    Shape: `system` and `code` as asked (both None: any unit). `system` with `code`: both are the quantity's. `code` alone
    (`5.4||mg`): it is the quantity's code or its unit. `canonical` is the same in base units when `code` is a known UCUM
    unit, to find 0.5 kg by 500 g; it matches beside the former: either will do. Units: those written; those of UCUM's base.
    """

    number: NumberValue
    system: str | None
    code: str | None
    canonical: NumberValue | None = None
    canonical_unit: str = ""


class UriValue(Struct, frozen=True):
    """A URI.

    Shape: `version` is that of the resource which has this URL, "" = any. Exactly this one; `below`: this one and what goes on after the `/` behind it or at its end; `above`: this one and
    those it goes on from, cut before or behind a `/`.
    """

    uri: str
    version: str = ""


class OfTypeValue(Struct, frozen=True):
    """`system|code|value` of an identifier's type and value (`:of-type`).

    Shape: the index has it as a token of the parameter `identifier:of-type` with the type's `system` and the code
    `code|value`, see `OF_TYPE`.
    """

    system: str
    code: str
    value: str


class CodesValue(Struct, frozen=True):
    """The (system, code) pairs of a value set or of a branch of a code system (`:in`, `:not-in`, `:below`, `:above` on tokens).

    Shape: system "" = the resource gives none, as for elements of type code.
    """

    codes: frozenset[tuple[str, str]]


class MissingValue(Struct, frozen=True):
    """`:missing`. Shape: `missing` true finds those without a value."""

    missing: bool


class CompositeValue(Struct, frozen=True):
    """One filter of one value per component; they must hold for entries of one and the same `slot` of one resource.

    Shape: each filter is one of an ordinary parameter (`code`, `value-quantity`, …), so that composites need no entries
    of their own. `alone`: components that look elsewhere in the resource and hold whatever the slot.
    """

    parts: tuple[Filter, ...]
    alone: tuple[Filter, ...] = ()


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


class Filter(Struct, frozen=True):
    """One parameter: any of its values must match (repeated parameters are several filters: all must match).

    Shape: `:[type]` on a reference has become part of the values. `indexed`: the parameters whose entries answer this one
    (`combo-code`: `code` and `component-code`, any of them); () = its own. `not`, `not-in`: no entry of any of them
    matches any value. `missing`: none of them has an entry.
    """

    param: str
    kind: Kind
    values: tuple[Value, ...]
    modifier: Modifier = ""
    indexed: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters in the index that answer this one."""
        return self.indexed or (self.param,)


class Chain(Struct, frozen=True):
    """`param:Type.inner=…`: a reference to a resource of one of `types`, for which `inner` holds."""

    param: str
    types: tuple[str, ...]
    inner: Clause


class Reverse(Struct, frozen=True):
    """`_has:type:param:inner=…`: a resource of `type` refers here by `param`, and `inner` holds for it."""

    type: str
    param: str
    inner: Clause


Clause = Filter | Chain | Reverse


class SortKey(Struct, frozen=True):
    """One key of `_sort`.

    Shape: `_id` has the kind id, `_lastUpdated` date. Ascending by the lowest value of a resource (dates: the start),
    descending by its highest; what has no value comes last either way. Strings by their folded form, tokens by code.
    """

    param: str
    kind: Kind
    descending: bool = False
    indexed: tuple[str, ...] = ()


class Include(Struct, frozen=True):
    """`_include` or `_revinclude`. Shape: `source` and `param` may be `*`; `target` "" = any; `iterate` = also of what is included."""

    source: str
    param: str
    target: str = ""
    reverse: bool = False
    iterate: bool = False


SortValue = int | float | str | None


class Cursor(Struct, frozen=True):
    """A place in an order: the row `row` with these values of the keys of `order`. Units: as the columns.

    Shape: a page starts behind it; read backwards it ends with it.
    """

    keys: tuple[SortValue, ...]
    row: int


class SearchQuery(Struct, frozen=True):
    """A search. Shape: `order` () = as the rows came; `count` rows a page at most, 0 = the total alone."""

    resource_type: str
    filters: tuple[Filter, ...]
    count: int
    order: tuple[SortKey, ...] = ()
    cursor: Cursor | None = None
    back: bool = False
    """Whether the page ends with the row of the cursor: it is the one before the page that starts behind that row."""
    total: bool = False
    estimated: bool = False
    """Whether a total may stop at the number that the store counts to for an estimate."""
    clauses: tuple[Chain | Reverse, ...] = ()
    includes: tuple[Include, ...] = ()
    types: tuple[str, ...] = ()
    """System and compartment searches: the types searched, () = all; `resource_type` is "" then."""
    compartment: str = ""
    """`Type/id` of the compartment searched in, or ""; see compartments.py for what is in it."""
    included_most: int = 1000
    """How many resources the includes may add to a page."""
    bodies: bool = False
    """Whether ids and bodies are enough: the store may then give `Page.bodies` in place of matches."""


class Bodies(Struct, frozen=True):
    """Matches of one type and one patient, as they are stored: each body tells its id."""

    type: str
    patient_id: str
    rows: Sequence[bytes]


class Page(Struct, frozen=True):
    """One page of matches.

    Shape: `bodies` stands for `matches`, which is () then, where they were enough and the search names a patient; `next` None on the last page, `previous` on the first; `total` only when it was asked for; `included` each once and none that is a match;
    `cut` when the includes would have added more than they may.
    """

    matches: tuple[Stored, ...]
    next: Cursor | None
    total: int | None = None
    included: tuple[Stored, ...] = ()
    cut: bool = False
    bodies: Bodies | None = None
    previous: Cursor | None = None


class EverythingQuery(Struct, frozen=True):
    """What `$everything` is asked. Shape: `patient` "" = all patients. Units: microseconds since 1970, UTC."""

    patient: str
    count: int
    types: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None
    since: int | None = None
    cursor: Cursor | None = None


def named_patients(query: SearchQuery) -> frozenset[str]:
    """A search → the ids of the patients it names by patient or subject."""
    return frozenset(
        value.target[8:]
        for one in query.filters
        if one.param in ("patient", "subject")
        for value in one.values
        if isinstance(value, ReferenceValue) and value.target.startswith("Patient/")
    )


def is_long(query: SearchQuery) -> bool:
    """A search → whether it may take more than some milliseconds: it names neither a patient nor anything rare.

    Searches in one patient's rows, by id or by identifier are short; those over references, types, parts of texts, and
    totals are not.
    """
    if not query.resource_type or query.clauses or query.includes or query.compartment:
        return True
    if query.total or not query.count:
        return True
    if any(one.modifier == "contains" for one in query.filters):
        return True
    if any(one.param in ("_id", "identifier") for one in query.filters):
        return False
    # The access log has no index for an order but its own
    indexed = query.resource_type != "AuditEvent"
    plain = not query.order or (indexed and query.order[0].param in ("_id", "_lastUpdated"))
    return not named_patients(query) and (bool(query.filters) or not plain)
