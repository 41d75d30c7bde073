"""`_sort` and where the next page starts: a walk down an index where one gives the order, else the keys of every match.

What has no value for a key comes last, ascending and descending alike; the row id makes every order whole, so that a page
starts exactly behind the last one whatever others write meanwhile.
Source: http://hl7.org/fhir/R4/search.html#sort.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hub.fhir.models import struct_for
from hub.fhir.models.elements import elements_of
from hub.fhir.search.definitions import definitions_for
from hub.fhir.search.query import Cursor, SearchQuery, SortKey, SortValue
from hub.fhir.subject import finds_owner
from hub.problems import ProblemCode, fail
from hub.store import search_hot as hot
from hub.store.index_keys import param_id
from hub.store.layout import FAR
from hub.store.search_filters import Place
from hub.store.search_plan import Plan
from hub.store.search_sql import TRUE, Sql, all_of, among, any_of

_VALUE: Final = {"date": ("index_date", "start"), "number": ("index_number", "value_low"), "quantity": ("index_number", "value_low")}  # fmt: skip


class Walk(Struct, frozen=True):
    """An order that one column and the row id give.

    Shape: `column` "" = the row id alone; `dated`: FAR stands for none; `back`: turned round, with the row it starts from.
    """

    column: str
    rid: str
    descending: bool
    dated: bool = False
    back: bool = False

    def after(self, cursor: Cursor) -> tuple[Sql, ...]:
        """A cursor → the rows behind it, in stretches that follow each other.

        In the series index the row id is a column like others, and the engine seeks to both at once. Elsewhere two for a column
        that rows share: it seeks to the row id only among those of one value, and thousands of rows may be of one millisecond.
        """
        sign = "<" if self.descending else ">"
        rows = f"{sign}=" if self.back else sign
        key = cursor.keys[0] if cursor.keys else None
        if not self.column or key is None:
            return (Sql(f"{self.rid} {rows} ?", (cursor.row,)),)
        if self.column == "c.date_from" and self.rid == "c.rid":
            return (Sql(f"(c.date_from, c.rid) {rows} (?, ?)", (key, cursor.row)),)
        tied = Sql(f"{self.column} = ? AND {self.rid} {rows} ?", (key, cursor.row))
        return tied, Sql(f"{self.column} {sign} ?", (key,))

    @property
    def key(self) -> str:
        """What a row's place in the order is told by, beside its row id."""
        return self.column or ("NULL" if self.dated else self.rid)

    @property
    def sorts(self) -> bool:
        """Whether the engine sorts what it finds: no index gives the order where the search starts."""
        column = self.column
        return column.startswith("+") or self.rid.startswith("+") or column.endswith("''")

    @property
    def order(self) -> str:
        """What stands behind ORDER BY."""
        way = "DESC" if self.descending else "ASC"
        return f"{self.column} {way}, {self.rid} {way}" if self.column else f"{self.rid} {way}"


def stretches(walk: Walk, cursor: Cursor | None, *, back: bool = False) -> list[tuple[Walk, Sql]]:
    """A walk and where it goes on → what follows each other, each one range of the index.

    Descending by date: those without one, which FAR stands for, come after all others.
    """
    if back:
        return _turned(walk, cursor)
    if not (walk.dated and walk.descending):
        parts = (TRUE,) if cursor is None else walk.after(cursor)
        return [(walk, part) for part in parts]
    found: list[tuple[Walk, Sql]] = []
    undated, last = Sql(f"{walk.column} = {FAR}"), Walk("", walk.rid, descending=True, dated=True)
    if cursor is None:
        found.append((walk, Sql(f"{walk.column} < {FAR}")))
    elif cursor.keys[0] is not None:
        found += [(walk, part) for part in walk.after(cursor)]
    else:
        return [(last, undated + Sql(" AND ") + part) for part in last.after(cursor)]
    return [*found, (last, undated)]


def _turned(walk: Walk, cursor: Cursor | None) -> list[tuple[Walk, Sql]]:
    """As `stretches`, the other way: what comes last comes first."""
    turned = replace(walk, descending=not walk.descending, back=True)
    parts = (TRUE,) if cursor is None else turned.after(cursor)
    if not (walk.dated and walk.descending):
        return [(turned, part) for part in parts]
    given, none = Sql(f"{walk.column} < {FAR}"), Sql(f"{walk.column} = {FAR}")
    if cursor is not None and cursor.keys[0] is not None:
        return [(turned, given + Sql(" AND ") + part) for part in parts]
    undated = Walk("", walk.rid, descending=False, dated=True, back=True)
    return [*((undated, none + Sql(" AND ") + part) for part in parts), (turned, given)]


def walk_of(plan: Plan, query: SearchQuery) -> Walk | None:
    """A plan and its query → the walk that gives the order, or None when the keys of all matches must be compared."""
    if not query.order:
        return _natural(plan)
    key = query.order[0]
    if len(query.order) > 1:
        return None
    column = {"_id": "r.id", "_lastUpdated": "r.updated"}.get(key.param)
    dated = key.param == "date" and date_is_column(plan.place.type)
    if dated:
        column = plan.dates[0]
    if column is None:
        return None
    if plan.natural not in (
        column,
        "r.id",
    ):  # the start must not be given up for an index in the order asked for
        column = f"{column} || ''" if key.param == "_id" else f"+{column}"
    elif plan.natural == "r.id" and key.param == "_id":
        column = "r.id"
    return Walk(column, plan.rid, key.descending, dated)


def _natural(plan: Plan) -> Walk:
    if plan.natural is None:
        return Walk("", f"+{plan.rid}", descending=False)
    return Walk(plan.natural, plan.rid, descending=False)


@cache
def date_is_column(resource_type: str) -> bool:
    """A type → whether its `date` has one value at most, which is then the one in the columns of every row."""
    if resource_type in ("Observation", "AuditEvent"):
        return True
    definition = definitions_for(resource_type).get("date")
    if definition is None:
        return False
    elements = elements_of(struct_for(resource_type))
    return all(
        len(path.steps) == 1 and not elements[path.steps[0].rstrip("_")].many
        for path in definition.paths
    ) and (len(definition.paths) == 1)


def key_sql(place: Place, key: SortKey) -> Sql:
    """One key of `_sort` → the scalar it compares: the lowest value ascending, the highest descending, NULL for none."""
    row = place.row
    if key.param == "_id":
        return Sql(f"{row}.id")
    if key.param == "_lastUpdated":
        return Sql(f"{row}.updated")
    if key.param == "date" and date_is_column(place.type):
        return Sql(f"nullif({row}.date_from, {FAR})")
    names = key.indexed or (key.param,)
    found = _of_entries(place, key, names)
    if key.kind == "reference" and finds_owner(place.type, key.param):
        owner = f"CASE WHEN {row}.patient_id <> '' THEN 'Patient/' || {row}.patient_id END"
        return Sql(f"coalesce({owner}, ") + found + Sql(")")
    for name in names:
        if place.type == "Observation" and hot.answers(name):
            found = _either(found, _of_column(row, key, name), descending=key.descending)
    return found


def _of_entries(place: Place, key: SortKey, names: tuple[str, ...]) -> Sql:
    table, column = _VALUE.get(key.kind, ("index_text", "value"))
    if key.descending and column == "value_low":
        column = "value_high"
    pick = "max" if key.descending else "min"
    numbers = [param_id(place.type, name) for name in names]
    return (
        Sql(
            f"(SELECT {pick}(x.{column}) FROM {table} x WHERE x.tenant_id = ? AND x.rid = {place.row}.rid AND ",
            (place.tenant,),
        )
        + among("x.param", numbers)
        + Sql(")")
    )


def _of_column(row: str, key: SortKey, name: str) -> Sql:
    pick = "max" if key.descending else "min"
    match name:
        case "code":
            return Sql(
                f"(SELECT {pick}(c.code) FROM observation_code c WHERE c.tenant_id = {row}.tenant_id"
                f" AND c.patient_id = {row}.patient_id AND c.rid = {row}.rid AND c.date_from = {row}.date_from)"
            )
        case "value-quantity":
            return Sql(f"{row}.value_{'high' if key.descending else 'low'}")
        case "date":
            return Sql(f"nullif({row}.date_from, {FAR})")
        case _:
            return Sql(f"nullif({row}.{name}, '')")


def _either(one: Sql, other: Sql, *, descending: bool) -> Sql:
    """Two scalars → the lower or the higher of those that are there."""
    sign = ">" if descending else "<"
    return (
        Sql("CASE WHEN ")
        + one
        + Sql(" IS NULL OR ")
        + other
        + Sql(f" {sign} ")
        + one
        + Sql(" THEN ")
        + other
        + Sql(" ELSE ")
        + one
        + Sql(" END")
    )


_TYPES: Final = {"id": (str,), "date": (int,), "number": (int, float), "quantity": (int, float)}


def check_cursor(cursor: Cursor, order: tuple[SortKey, ...], natural: str | None) -> None:
    """A cursor and the order it is used in → nothing when it can be of that order. Problems: BAD_PARAMETER."""
    types: list[tuple[type, ...]]
    if order:
        types = [_TYPES.get(key.kind, (str,)) for key in order]
    elif natural == "r.id":
        types = [(str,)]
    else:
        types = [(int,)]
    fits = len(cursor.keys) == len(types) and all(
        key is None or isinstance(key, each) for key, each in zip(cursor.keys, types, strict=True)
    )
    if not fits:
        raise fail(
            ProblemCode.BAD_PARAMETER, "_cursor is not one that this server gave here", "_cursor"
        )


def after_keys(order: tuple[SortKey, ...], cursor: Cursor, *, back: bool = False) -> Sql:
    """The keys and a cursor → the rows behind it, by the columns k0, k1 … and rid of an inner SELECT q.

    Shape: `back` gives the row itself and those before it.
    """
    ways: list[Sql] = []
    same: list[Sql] = []
    for number, key in enumerate(order):
        column, value = f"q.k{number}", cursor.keys[number]
        if value is not None:
            sign = "<" if key.descending != back else ">"
            missing = "" if back else f" OR {column} IS NULL"
            behind = Sql(f"({column} {sign} ?{missing})", (value,))
            ways.append(all_of([*same, behind]))
        elif back:
            ways.append(all_of([*same, Sql(f"{column} IS NOT NULL")]))
        same.append(_equal(column, value))
    sign = "<" if order[0].descending != back else ">"
    ways.append(all_of([*same, Sql(f"q.rid {sign}{'=' * back} ?", (cursor.row,))]))
    return any_of(ways)


def _equal(column: str, value: SortValue) -> Sql:
    return Sql(f"{column} IS NULL") if value is None else Sql(f"{column} = ?", (value,))


def order_keys(order: tuple[SortKey, ...], *, back: bool = False) -> str:
    """The keys → what stands behind ORDER BY, in the same terms; `back` turns it round."""
    ways = ["DESC" if key.descending != back else "ASC" for key in order]
    last = " DESC" * back
    parts = [f"(q.k{n} IS NULL){last}, q.k{n} {way}" for n, way in enumerate(ways)]
    return ", ".join([*parts, f"q.rid {ways[0]}"])
