"""Where a search starts: the one index whose rows are walked, with all other filters as conditions on them.

A search that names a patient and a code walks the series index (patient, code, time); one that names a patient walks
that patient's rows; one that names a token walks its entries in the index; others start from the table. Both engines
read the same statement; a column behind `+` or `|| ''` is one that must not lead.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from hub.fhir.search.query import Filter, ReferenceValue, SearchQuery, TokenValue, UriValue
from hub.fhir.subject import finds_owner
from hub.store import search_hot as hot
from hub.store.index_keys import cut_key, param_id, text_number
from hub.store.layout import layout_of
from hub.store.search_filters import Place, condition, names_patient
from hub.store.search_links import clause, compartment, leading, leads, named_list, visible
from hub.store.search_sql import Sql, all_of, any_of

# Which parameter leads when several could: those that few resources share come first
_FEW: Final = ("identifier", "url", "name", "family", "email", "phone", "telecom")
_MANY: Final = (
    "status",
    "category",
    "active",
    "gender",
    "intent",
    "priority",
    "_security",
    "_profile",
)
_FIRST: Final = (
    " AND NOT EXISTS (SELECT 1 FROM index_text y WHERE y.tenant_id = t.tenant_id AND y.rid = t.rid AND y.param = t.param"
    " AND y.value = t.value AND (y.extra < t.extra OR (y.extra = t.extra AND y.slot < t.slot)){same})"
)


_FEW_VALUES: Final = 12
"""How many values a search may name whose plan is remembered."""
_MOST_KNOWN: Final = 512
"""How many plans are remembered."""


class Plan(Struct):
    """A search as SQL, but for its order.

    Shape: `source` is what stands behind FROM, the rows of bodies under the alias r; `natural` the order in which the
    start gives its rows: a column before the row id, or "" when it is the row id alone, None when it has none.
    """

    place: Place
    source: str
    natural: str | None
    rid: str = "r.rid"
    dates: tuple[str, str] = ("r.date_from", "r.date_to")
    where: list[Sql] = field(default_factory=list[Sql])
    patient: str | None = None
    """The one patient all matches belong to, where the search names one."""

    @property
    def timed(self) -> bool:
        """Whether the walk itself tells the time of each row, so that a row at another time is never fetched."""
        return self.natural == "c.date_from"

    @property
    def condition(self) -> Sql:
        """All conditions."""
        return all_of(self.where)


def plan(place: Place, query: SearchQuery) -> Plan:
    """A query on one type → where it starts, and its conditions."""
    chosen = _known(place, query) if _comes_again(query) else _begun(place, query)
    for one in query.filters:
        if one.param == "_list":
            wanted = [v for v in one.values if isinstance(v, TokenValue | ReferenceValue)]
            chosen.where.append(any_of(named_list(place, v) for v in wanted))
    chosen.where += [clause(place, other) for other in query.clauses]
    led = chosen.natural is None and any(leads(place, part) for part in chosen.where)
    chosen.where.append(visible(place, led=led, patient=chosen.patient))
    return chosen


def _begun(place: Place, query: SearchQuery) -> Plan:
    """A query → its start, and the conditions of its filters: of the Permit they take the tenant alone."""
    filters = [f for f in query.filters if f.param != "_list"]
    chosen = _start(place, filters, layout_of(place.type).table, query)
    if query.compartment:
        chosen.where.append(compartment(place, query.compartment))
    for one in filters:
        timed = chosen.timed and one.param == "date" and not one.modifier
        chosen.where.append(hot.condition("c", one, "date") if timed else condition(place, one))
    return chosen


def _comes_again(query: SearchQuery) -> bool:
    """A search → whether its start is remembered: a short one by filters alone, as a reader that looks again asks it."""
    if query.clauses or query.compartment or not query.filters:
        return False
    return all(one.kind != "composite" and one.modifier == "" for one in query.filters) and (
        sum([len(one.values) for one in query.filters]) <= _FEW_VALUES
    )


_plans: Final[dict[tuple[int, str, str, tuple[Filter, ...]], Plan]] = {}


def _known(place: Place, query: SearchQuery) -> Plan:
    """As `_begun`, worked out once for each tenant; what the Permit opens is no part of it."""
    key = (place.tenant, place.type, place.row, query.filters)
    known = _plans.get(key)
    if known is None:
        known = _begun(place, query)
        if len(_plans) >= _MOST_KNOWN:
            _plans.clear()
        _plans[key] = known
    return replace(known, place=place, where=[*known.where])


def _start(place: Place, filters: list[Filter], table: str, query: SearchQuery) -> Plan:
    """The start; filters that it answers are taken out of the list."""
    if any(f.param == "_id" for f in filters):
        return Plan(place, f"{table} r", "r.id")
    patient = _patient(place, filters)
    if patient is not None:
        series = next(filter(_is_series, filters), None) if place.type == "Observation" else None
        if series is not None:
            filters.remove(series)
            return _along_series(place, patient, series)
        start = Plan(place, f"{table} r", "r.date_from", patient=patient)
        start.where.append(Sql("r.patient_id = ?", (patient,)))
        return start
    if query.compartment:
        return Plan(place, f"{table} r", None)
    return _by_value(place, filters, table, query)


def _by_value(place: Place, filters: list[Filter], table: str, query: SearchQuery) -> Plan:
    """No patient is named: the filter that few resources fulfil leads."""
    for one in sorted(filters, key=_rank):
        if place.type == "Observation" and _is_series(one):
            filters.remove(one)
            return _along_series(place, None, one)
        walk = _walk(place, one, table)
        if walk is not None:
            filters.remove(one)
            return walk
        if one.modifier in ("not", "not-in", "missing", "contains") or one.param == "_lastUpdated":
            continue
        listed = leading(place, one)
        if ".rid IN (" in listed.text or one.kind == "reference":
            filters.remove(one)
            start = Plan(place, f"{table} r", None)
            start.where.append(listed)
            return start
    if query.clauses:
        return Plan(place, f"{table} r", None)
    return Plan(place, f"{table} r", "r.seq" if place.type == "AuditEvent" else "r.id")


def _rank(one: Filter) -> int:
    if one.param in _FEW:
        return 0
    if one.param in _MANY:
        return 3
    return 1 if one.kind in ("token", "reference", "uri", "string") else 2


def _patient(place: Place, filters: list[Filter]) -> str | None:
    """One filter on exactly the patient that owns the resource is taken out and leads the search."""
    for one in filters:
        value = one.values[0]
        if (
            len(one.values) == 1
            and not one.modifier
            and one.kind == "reference"
            and names_patient(value)
            and finds_owner(place.type, one.param)
        ):
            filters.remove(one)
            return value.target[8:]
    return None


def _is_series(one: Filter) -> bool:
    """A filter on Observation → whether it names one code of the series index."""
    if one.param != "code" or len(one.values) != 1 or one.modifier:
        return False
    value = one.values[0]
    return isinstance(value, TokenValue) and value.code is not None


def _along_series(place: Place, patient: str | None, one: Filter) -> Plan:
    series = one.values[0]
    assert isinstance(series, TokenValue)
    natural = "c.date_from" if patient is not None else ""
    source = "observation_code c CROSS JOIN observation r"
    start = Plan(place, source, natural, "c.rid", patient=patient)
    start.dates = ("c.date_from", "c.date_to")
    own = Sql("c.tenant_id = ?", (place.tenant,))
    if patient is not None:
        own += Sql(" AND c.patient_id = ?", (patient,))
    own += Sql(" AND c.code = ?", (cut_key(series.code or ""),))
    if series.system is None:
        own += Sql(" AND c.repeats = 0")
    else:
        own += Sql(" AND c.system = ?", (series.system,))
    start.where.append(own + Sql(" AND r.rid = c.rid"))
    return start


def _walk(place: Place, one: Filter, table: str) -> Plan | None:
    """A filter on one exact code, reference or URL → its index entries walked in the order of the rows."""
    if one.kind not in ("token", "reference", "uri") or one.modifier or len(one.values) != 1:
        return None
    if len(one.names) != 1 or place.type == "AuditEvent":
        return None
    (name,) = one.names
    if place.type == "Observation" and hot.answers(name):
        return None
    value = one.values[0]
    if one.kind == "reference" and finds_owner(place.type, name) and names_patient(value):
        return None
    found = _exact(value)
    if found is None:
        return None
    code, extra = found
    text = "t.tenant_id = ? AND t.param = ? AND t.value = ?"
    bound: tuple[object, ...] = (place.tenant, param_id(place.type, name), code)
    if extra is not None:
        text, bound = f"{text} AND t.extra = ?", (*bound, extra)
    same = " AND y.extra = t.extra" if extra is not None else ""
    start = Plan(place, f"index_text t CROSS JOIN {table} r", "", "t.rid")
    start.where.append(Sql(f"{text} AND r.rid = t.rid{_FIRST.format(same=same)}", bound))
    return start


def _exact(value: object) -> tuple[str, int | None] | None:
    """A value → the text it is found by and the number of its system or version, None = any."""
    match value:
        case TokenValue(code=str(code)):
            return cut_key(code), None if value.system is None else text_number(value.system)
        case ReferenceValue():
            version = text_number(value.version) if value.version else None
            return cut_key(value.target), version
        case _:
            return _exact_uri(value) if isinstance(value, UriValue) else None


def _exact_uri(value: UriValue) -> tuple[str, int | None]:
    return cut_key(value.uri), text_number(value.version) if value.version else None
