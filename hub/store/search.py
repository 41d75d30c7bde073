"""SearchQuery → SQL and one page of rows; keyset paging, so that page k costs what page 1 costs.

A search that names a patient and a code walks the series index (patient, code, time); others start from the table or from
the token index. Source: http://hl7.org/fhir/R4/search.html#prefix for the meaning of each prefix on ranges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from hub.fhir.requests import Stored
from hub.fhir.search.dates import from_clock
from hub.fhir.search.query import (
    Cursor,
    DateValue,
    Filter,
    Page,
    ReferenceValue,
    SearchQuery,
    TokenValue,
    Value,
)
from hub.fhir.subject import finds_owner
from hub.policy import Permit
from hub.store.connection import Connection
from hub.store.layout import FAR, layout_of

# prefix → condition on (range start, range end) of the row; bound values in the order named
_DATE_SQL: Final = {
    "eq": ("({f} >= ? AND {t} <= ? AND {f} < ?)", "seE"),
    "ne": ("NOT ({f} >= ? AND {t} <= ?)", "se"),
    "gt": ("({t} > ?)", "e"),
    "lt": ("({f} < ?)", "s"),
    "ge": ("({f} >= ? OR {t} > ?)", "se"),
    "le": ("({f} < ? AND ({f} < ? OR {t} <= ?))", "ese"),
    "sa": ("({f} >= ?)", "e"),
    "eb": ("({t} <= ? AND {f} < ?)", "ss"),
    "ap": ("({f} < ? AND {t} > ?)", "es"),
}


_FIRST_SYSTEM: Final = (
    "NOT EXISTS (SELECT 1 FROM token_index y WHERE y.tenant_id = t.tenant_id AND y.type = t.type AND y.param = t.param"
    " AND y.code = t.code AND y.rid = t.rid AND y.system < t.system)"
)


@dataclass(slots=True)
class _Sql:
    """SQL under construction: what is selected from, and the conditions with their values."""

    source: str
    where: list[str] = field(default_factory=list[str])
    values: list[object] = field(default_factory=list[object])
    date_from: str = "r.date_from"
    date_to: str = "r.date_to"
    rid: str = "r.rid"

    def add(self, condition: str, *values: object) -> None:
        """One more condition that must hold."""
        self.where.append(condition)
        self.values.extend(values)


def search(connection: Connection, permit: Permit, query: SearchQuery) -> Page:
    """A parsed query → one page; rows of other tenants do not exist here."""
    sql = _build(permit, query)
    if query.count == 0:
        (total,) = connection.execute(
            f"SELECT count(DISTINCT {sql.rid}) FROM {sql.source} WHERE {' AND '.join(sql.where)}",
            sql.values,
        ).fetchone()
        return Page((), None, total)
    key = _sort_column(query, sql)
    _after(sql, query, key)
    order = "DESC" if _descends(query) else "ASC"
    text = (
        f"SELECT {key}, {sql.rid}, r.id, r.version, r.updated, r.patient_id, r.body FROM {sql.source}"
        f" WHERE {' AND '.join(sql.where)} ORDER BY {key} {order}"
        + ("" if key == sql.rid else f", {sql.rid} {order}")
        + f" LIMIT {query.count + 1}"
    )
    rows = connection.execute(text, sql.values).fetchall()
    more = len(rows) > query.count
    rows = rows[: query.count]
    matches = tuple(
        [
            Stored(
                query.resource_type,
                rid_id,
                version,
                from_clock(updated),
                body,
                False,
                patient or None,
            )
            for _, _, rid_id, version, updated, patient, body in rows
        ]
    )
    if not more:
        return Page(matches, None, len(matches) if query.cursor is None else None)
    last = rows[-1]
    return Page(matches, Cursor((last[0],), last[1]))


def _descends(query: SearchQuery) -> bool:
    return bool(query.order) and query.order[0].descending


def _sort_column(query: SearchQuery, sql: _Sql) -> str:
    match query.order[0].param if query.order else "":
        case "_lastUpdated":
            return "r.updated"
        case "date":
            return sql.date_from
        case "_id":
            return "r.id"
        case _:
            return sql.rid


def _after(sql: _Sql, query: SearchQuery, key: str) -> None:
    """Continue behind the cursor: (key, rid) in the order of the sort."""
    if query.cursor is None:
        return
    sign = "<" if _descends(query) else ">"
    if key == sql.rid:
        sql.add(f"{key} {sign} ?", query.cursor.row)
    elif key == "r.id":
        table = layout_of(query.resource_type).table
        sql.add(f"r.id {sign} (SELECT id FROM {table} WHERE rid = ?)", query.cursor.row)
    else:
        sql.add(f"({key}, {sql.rid}) {sign} (?, ?)", query.cursor.keys[0], query.cursor.row)


def _build(permit: Permit, query: SearchQuery) -> _Sql:
    tenant, kind = permit.filter.tenant_id, query.resource_type
    layout = layout_of(kind)
    filters = list(query.filters)
    patient = _take_patient(filters, kind)
    series = _take_series(filters) if kind == "Observation" else None
    if series is not None:
        source = "observation_code c CROSS JOIN observation r"
        sql = _Sql(source, date_from="c.date_from", date_to="c.date_to", rid="c.rid")
        sql.add("c.tenant_id = ? AND c.code = ?", tenant, series.code)
        if patient is not None:
            sql.add("c.patient_id = ?", patient)
        if series.system is None:
            sql.add("c.repeats = 0")
        else:
            sql.add("c.system = ?", series.system)
        sql.add("r.rid = c.rid")
    else:
        sql = _lead(tenant, kind, filters, layout.table, has_patient=patient is not None)
        if patient is not None:
            sql.add("r.patient_id = ?", patient)
    sql.add("r.deleted = 0")
    for one in filters:
        _condition(sql, tenant, kind, one)
    if permit.filter.patient_ids is not None:
        marks = ", ".join("?" * len(permit.filter.patient_ids))
        sql.add(f"r.patient_id IN ({marks})", *sorted(permit.filter.patient_ids))
    return sql


def _take_patient(filters: list[Filter], kind: str) -> str | None:
    """One filter on exactly the patient that owns the resource is taken out and leads the search."""
    for one in filters:
        value = one.values[0]
        if (
            isinstance(value, ReferenceValue)
            and len(one.values) == 1
            and value.target.startswith("Patient/")
            and finds_owner(kind, one.param)
        ):
            filters.remove(one)
            return value.target[8:]
    return None


def _take_series(filters: list[Filter]) -> TokenValue | None:
    for one in filters:
        if one.param == "code" and len(one.values) == 1:
            value = one.values[0]
            if isinstance(value, TokenValue) and value.code is not None:
                filters.remove(one)
                return value
    return None


def _lead(tenant: int, kind: str, filters: list[Filter], table: str, *, has_patient: bool) -> _Sql:
    """Start from the token index when one single token narrows the search, else from the table itself."""
    typed = table == "resource"
    lead = (
        None
        if has_patient
        else next((f for f in filters if f.param == "identifier" and len(f.values) == 1), None)
    )
    if lead is None and not has_patient and kind != "Observation":
        lead = next((f for f in filters if f.kind == "token" and len(f.values) == 1), None)
    value = lead.values[0] if lead else None
    if lead is not None and isinstance(value, TokenValue) and value.code is not None:
        filters.remove(lead)
        sql = _Sql(f"token_index t CROSS JOIN {table} r")
        sql.add(
            "t.tenant_id = ? AND t.type = ? AND t.param = ? AND t.code = ?",
            tenant,
            kind,
            lead.param,
            value.code,
        )
        if value.system is not None:
            sql.add("t.system = ?", value.system)
        else:  # one code may stand there under several systems: the first of them leads
            sql.add(_FIRST_SYSTEM)
        sql.add("r.rid = t.rid")
    else:
        sql = _Sql(f"{table} r")
        sql.add("r.tenant_id = ?", tenant)
    if typed:
        sql.add("r.type = ?", kind)
    return sql


def _condition(sql: _Sql, tenant: int, kind: str, one: Filter) -> None:
    parts: list[str] = []
    values: list[object] = []
    for value in one.values:
        text, bound = _one(sql, tenant, kind, one, value)
        parts.append(text)
        values.extend(bound)
    sql.add(f"({' OR '.join(parts)})", *values)


def _one(sql: _Sql, tenant: int, kind: str, one: Filter, value: Value) -> tuple[str, list[object]]:
    if isinstance(value, DateValue):
        columns = (
            ("r.updated", "r.updated + 1")
            if one.param == "_lastUpdated"
            else (sql.date_from, sql.date_to)
        )
        return _date(value, *columns, dated=one.param != "_lastUpdated")
    if isinstance(value, ReferenceValue):
        if value.target.startswith("Patient/"):
            inner, bound = _token_exists(tenant, kind, one.param, TokenValue("", value.target))
            return f"(r.patient_id = ? OR {inner})", [value.target[8:], *bound]
        return _token_exists(tenant, kind, one.param, TokenValue("", value.target))
    assert isinstance(value, TokenValue)
    if one.kind == "id":
        return "r.id = ?", [value.code]
    if kind == "Observation" and one.param == "code":
        return _code_exists(value)
    return _token_exists(tenant, kind, one.param, value)


def _date(value: DateValue, start: str, end: str, *, dated: bool) -> tuple[str, list[object]]:
    text, order = _DATE_SQL[value.prefix]
    bound: list[object] = [
        {"s": value.start, "e": value.end, "E": value.end}[letter] for letter in order
    ]
    sql = text.format(f=start, t=end)
    if dated:
        sql = f"({sql} AND {start} < {FAR})"
    return sql, bound


def _token_exists(
    tenant: int, kind: str, param: str, value: TokenValue
) -> tuple[str, list[object]]:
    sql = "EXISTS (SELECT 1 FROM token_index x WHERE x.tenant_id = ? AND x.type = ? AND x.rid = r.rid AND x.param = ?"
    bound: list[object] = [tenant, kind, param]
    if value.code is not None:
        sql += " AND x.code = ?"
        bound.append(value.code)
    if value.system is not None:
        sql += " AND x.system = ?"
        bound.append(value.system)
    return sql + ")", bound


def _code_exists(value: TokenValue) -> tuple[str, list[object]]:
    sql = (
        "EXISTS (SELECT 1 FROM observation_code x WHERE x.tenant_id = r.tenant_id AND x.patient_id = r.patient_id"
        " AND x.rid = r.rid AND x.date_from = r.date_from"
    )
    bound: list[object] = []
    if value.code is not None:
        sql += " AND x.code = ?"
        bound.append(value.code)
    if value.system is not None:
        sql += " AND x.system = ?"
        bound.append(value.system)
    return sql + ")", bound
