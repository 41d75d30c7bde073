"""Searches over references: chains, `_has` and compartments, as semi-joins within the tenant and the Permit's rows.

Every step names its own tenant and its own row filter: nothing is found through what the caller may not see.
Source: http://hl7.org/fhir/R4/search.html#chaining, #has; http://hl7.org/fhir/R4/compartmentdefinition.html.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from hub.fhir.search.compartments import compartment_parameters
from hub.fhir.search.definitions import definitions_for
from hub.fhir.search.query import Chain, Clause, Filter, ReferenceValue, Reverse, TokenValue
from hub.fhir.subject import finds_owner
from hub.store import search_hot as hot
from hub.store.index_keys import cut_key, param_id
from hub.store.layout import layout_of
from hub.store.opened import opened
from hub.store.search_contained import contained, entries, of_rows
from hub.store.search_filters import Place, condition, names_patient
from hub.store.search_sql import FALSE, TRUE, Sql, all_of, among, any_of

_PLAIN: Final = ("", "exact", "in", "below", "above", "identifier", "of-type", "text")


def visible(place: Place, *, led: bool = False, patient: str | None = None) -> Sql:
    """A place → that a row is of its type, of its tenant, not deleted and opened by the Permit.

    Shape: `led` when row ids are listed: the plus keeps the engine from walking all rows of the tenant instead; `patient`
    the one that all rows belong to, where the search names one.
    """
    typed = layout_of(place.type).typed
    own = Sql(
        _of_tenant(place.row, typed=typed, led=led),
        (place.tenant, place.type) if typed else (place.tenant,),
    )
    return all_of((own, opened(place, patient)))


@cache
def _of_tenant(row: str, *, typed: bool, led: bool) -> str:
    """That a row is of a tenant, of a type where several share the table, and not deleted."""
    kind = f" AND {row}.type = ?" if typed else ""
    return f"({'+' if led else ''}{row}.tenant_id = ?{kind} AND {row}.deleted = 0)"


def leads(place: Place, condition: Sql) -> bool:
    """A condition → whether it lists the row ids of a place."""
    return condition.text.startswith(f"{place.row}.rid IN (")


def _found(place: Place, inner: Clause) -> Sql:
    """A place and a clause → the whole condition on its rows."""
    return _open(place, clause(place, inner))


def _open(place: Place, wanted: Sql) -> Sql:
    return all_of((visible(place, led=leads(place, wanted)), wanted))


def clause(place: Place, one: Clause) -> Sql:
    """Any clause → its condition, in the form that is best when nothing else narrows the rows."""
    if isinstance(one, Chain):
        return chain(place, one)
    if isinstance(one, Reverse):
        return reverse(place, one)
    return leading(place, one)


def leading(place: Place, one: Filter) -> Sql:
    """A filter → its condition as `rid IN (…)` where an index can list the rows, so that they are the start."""
    if one.modifier not in _PLAIN or one.kind == "composite" or place.type == "AuditEvent":
        return condition(place, one)
    found = [_listed(place, one, name) for name in one.names]
    if any(each is None for each in found):
        return condition(place, one)
    return of_rows(place, [each for each in found if each is not None])


def _listed(place: Place, one: Filter, name: str) -> Sql | None:
    """A filter and a parameter → a SELECT of the row ids, or None when an index does not list them."""
    if name in ("_id", "_lastUpdated"):
        return None
    if place.type == "Observation" and one.modifier == "text":
        return None
    if one.kind == "reference" and finds_owner(place.type, name):
        return None if any(map(names_patient, one.values)) else entries(place, one, name)
    if place.type != "Observation" or not hot.answers(name):
        return entries(place, one, name)
    if name == "code":
        tokens = [v for v in one.values if isinstance(v, TokenValue) and v.code is not None]
        if len(tokens) == len(one.values):
            return Sql(
                "SELECT c.rid FROM observation_code c WHERE c.tenant_id = ? AND ", (place.tenant,)
            ) + any_of(map(hot.series_token, tokens))
    return _uncommon(place, one, name)


def _uncommon(place: Place, one: Filter, name: str) -> Sql | None:
    """A status or category that few observations have → a SELECT by the index of the uncommon ones."""
    common = hot.COMMON.get(name)
    codes = [v.code for v in one.values if isinstance(v, TokenValue)]
    if one.modifier or common is None or None in codes or common in codes or not codes:
        return None
    few = Sql(
        f"SELECT o.rid FROM observation o WHERE o.tenant_id = ? AND o.{name} <> '{common}' AND ",
        (place.tenant,),
    ) + all_of((among(f"o.{name}", codes), hot.condition("o", one, name)))
    if not hot.has_rows(name):
        return few
    return few + Sql(" UNION ALL ") + entries(place, one, name)


def chain(place: Place, one: Chain) -> Sql:
    """`param:Type.inner` → that the row refers to a resource for which the inner clause holds, or contains one."""
    targets = _Targets(place)
    found, selects = targets.ways(place, one)
    if selects:
        found.append(of_rows(place, selects, targets.tables))
    return any_of(found)


class _Targets:
    """What the links of one chain lead to: each set of stored resources is a table before the statement.

    It is asked for once, whatever ways lead there: from what is stored, from what is contained, by id and by URL.
    """

    __slots__ = ("_names", "_permit", "_row", "tables")

    def __init__(self, place: Place) -> None:
        """The rows that the chain begins at."""
        self._permit, self._row = place.permit, place.row
        self._names: dict[tuple[str, Clause], str] = {}
        self.tables: list[Sql] = []

    def ways(self, place: Place, one: Chain) -> tuple[list[Sql], list[Sql]]:
        """Rows and a chain from them → conditions of which one must hold, or one of these SELECTs of row ids give the row."""
        found: list[Sql] = []
        selects: list[Sql] = []
        for kind in one.types:
            if kind == "Patient" and finds_owner(place.type, one.param):
                found.append(_of_owner(place, one))
            else:
                defined = (place.type, one.param)
                selects += self._follow(place, defined, one.param, kind, one.inner)
                selects += contained(place, one, kind, self._follow)
        return found, selects

    def _follow(
        self, place: Place, defined: tuple[str, str], name: str, kind: str, inner: Clause
    ) -> list[Sql]:
        """A parameter (the type and name of its definition, its name in the index), the type it leads to and a clause on that.

        Shape: SELECTs of row ids.
        """
        table, number = self._table(kind, inner), param_id(place.type, name)
        by_id = Sql(
            f"SELECT x.rid FROM {table} s CROSS JOIN index_text x"
            f" WHERE x.tenant_id = ? AND x.param = ? AND x.value = '{kind}/' || s.id",
            (place.tenant, number),
        )
        if not _canonical(*defined) or "url" not in definitions_for(kind):
            return [by_id]
        by_url = Sql(
            f"SELECT x.rid FROM {table} s CROSS JOIN index_text u CROSS JOIN index_text x WHERE u.tenant_id = ?"
            " AND u.rid = s.rid AND u.param = ? AND x.tenant_id = ? AND x.param = ? AND x.value = u.value"
            " AND (x.extra = 0 OR x.extra = u.extra)",
            (place.tenant, param_id(kind, "url"), place.tenant, number),
        )
        return [by_id, by_url]

    def _table(self, kind: str, inner: Clause) -> str:
        """A type and what must hold → the name of the table of those resources, with their row id and id."""
        known = self._names.get((kind, inner))
        if known is not None:
            return known
        target = Place(self._permit, kind, f"{self._row}s")
        if isinstance(inner, Chain):
            found, selects = self.ways(target, inner)
            wanted = any_of([*found, *([of_rows(target, selects)] if selects else [])])
        else:
            wanted = clause(target, inner)
        name = f"{self._row}_{len(self.tables)}"
        s = target.row
        head = Sql(f"{name} AS (SELECT {s}.rid, {s}.id FROM {layout_of(kind).table} {s} WHERE ")
        self.tables.append(head + _open(target, wanted) + Sql(")"))
        self._names[kind, inner] = name
        return name


def _of_owner(place: Place, one: Chain) -> Sql:
    """A chain to the patient that the row belongs to → the condition on the column."""
    target = Place(place.permit, "Patient", f"{place.row}s")
    s = target.row
    wanted = _found(target, one.inner)
    table = layout_of("Patient").table
    head = Sql(f"{place.row}.patient_id IN (SELECT {s}.id FROM {table} {s} WHERE ")
    return head + wanted + Sql(")")


def _canonical(resource_type: str, param: str) -> bool:
    definition = definitions_for(resource_type).get(param)
    return definition is not None and any(path.kind == "canonical" for path in definition.paths)


def reverse(place: Place, one: Reverse) -> Sql:
    """`_has:type:param:inner` → that a resource for which the inner clause holds refers to the row."""
    source = Place(place.permit, one.type, f"{place.row}s")
    s = source.row
    wanted = _found(source, one.inner)
    table = layout_of(one.type).table
    if place.type == "Patient" and finds_owner(one.type, one.param):
        return (
            Sql(f"{place.row}.id IN (SELECT {s}.patient_id FROM {table} {s} WHERE ")
            + wanted
            + Sql(")")
        )
    number = param_id(one.type, one.param)
    by_id = (
        Sql(
            f"{place.row}.id IN (SELECT substr(x.value, {len(place.type) + 2}) FROM {table} {s} CROSS JOIN index_text x WHERE "
        )
        + wanted
        + Sql(
            f" AND x.tenant_id = ? AND x.rid = {s}.rid AND x.param = ?"
            f" AND x.value >= '{place.type}/' AND x.value < '{place.type}0')",
            (place.tenant, number),
        )
    )
    if not _canonical(one.type, one.param) or "url" not in definitions_for(place.type):
        return by_id
    head = Sql(
        f"{place.row}.rid IN (SELECT u.rid FROM {table} {s} CROSS JOIN index_text x CROSS JOIN index_text u WHERE "
    )
    by_url = Sql(
        f" AND x.tenant_id = ? AND x.rid = {s}.rid AND x.param = ? AND u.tenant_id = ? AND u.param = ? AND u.value = x.value"
        " AND (x.extra = 0 OR x.extra = u.extra))",
        (place.tenant, number, place.tenant, param_id(place.type, "url")),
    )
    return any_of((by_id, head + wanted + by_url))


def compartment(place: Place, owner: str) -> Sql:
    """`Type/id` → that the row is in that compartment: it is the resource itself or refers to it as the table says."""
    kind, _, here = owner.partition("/")
    itself = Sql(f"{place.row}.id = ?", (here,)) if place.type == kind else FALSE
    params = compartment_parameters(kind).get(place.type, ())
    parts: list[Sql] = []
    numbers: list[int] = []
    for param in params:
        if kind == "Patient" and finds_owner(place.type, param):
            parts.append(_owned(place, here))
        else:
            numbers.append(param_id(place.type, param))
    if numbers:
        parts.append(
            Sql("SELECT x.rid FROM index_text x WHERE x.tenant_id = ? AND ", (place.tenant,))
            + all_of((among("x.param", numbers), Sql("x.value = ?", (cut_key(owner),))))
        )
    if not parts:
        return itself
    return any_of((itself, of_rows(place, list(dict.fromkeys(parts)))))


def _owned(place: Place, patient: str) -> Sql:
    layout = layout_of(place.type)
    own = Sql("o.type = ?", (place.type,)) if layout.typed else TRUE
    head = Sql(
        f"SELECT o.rid FROM {layout.table} o WHERE o.tenant_id = ? AND o.patient_id = ?",
        (place.tenant, patient),
    )
    return head if own is TRUE else head + Sql(" AND ") + own


def named_list(place: Place, value: TokenValue | ReferenceValue) -> Sql:
    """`_list=id` → that the row stands in that List."""
    here = value.target.removeprefix("List/") if isinstance(value, ReferenceValue) else value.code
    inner = Filter("_id", "id", (TokenValue(None, here),))
    return reverse(place, Reverse("List", "item", inner))
