"""Chains into contained resources: their values stand in the index of the resource around them, under names of their own.

Source: http://hl7.org/fhir/R4/search.html#contained ("a chained condition will be evaluated inside contained resources").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from hub.fhir.search.query import DEEPEST, INSIDE, Chain, Clause, Filter, MissingValue
from hub.store import search_hot as hot
from hub.store.index_keys import param_id
from hub.store.index_rows import IDENTIFIER_OF, PRESENT_OF, TEXT_OF
from hub.store.search_filters import Place
from hub.store.search_sql import Sql, all_of, among, any_of
from hub.store.search_values import TABLES, numbers_of, value_sql

_COLUMNS: Final = frozenset(("_id", "_lastUpdated"))
_DENIED: Final = frozenset(("not", "not-in"))
_AT_ONCE: Final = 200
"""How many SELECTs stand in one UNION: SQLite takes 500."""
Follow = Callable[[Place, tuple[str, str], str, str, Clause], list[Sql]]
"""The rows that lead to a stored resource by a parameter: its definition's type and name, its name in the index."""


def of_rows(place: Place, selects: Sequence[Sql], tables: Sequence[Sql] = ()) -> Sql:
    """SELECTs of row ids, and the tables of their own that they ask → that the row is one of theirs."""
    head, parts = Sql(f"{place.row}.rid IN ("), list[Sql]()
    if tables:
        head += Sql("WITH ") + _listed(tables, ", ") + Sql(" ")
    for start in range(0, len(selects), _AT_ONCE):
        some = _listed(selects[start : start + _AT_ONCE], " UNION ALL ")
        parts.append(head + some + Sql(")"))
    return any_of(parts)


def _listed(parts: Sequence[Sql], between: str) -> Sql:
    return Sql(between.join(each.text for each in parts), tuple(v for each in parts for v in each.values))  # fmt: skip


def entries(place: Place, one: Filter, name: str) -> Sql:
    """A filter and a parameter in the index → a SELECT of the rows that have a matching entry."""
    table = "index_text" if one.modifier == "text" else TABLES.get(one.kind, "index_text")
    wanted = all_of((among("x.param", numbers_of(place.type, one, name)), value_sql(one, "x")))
    return Sql(f"SELECT x.rid FROM {table} x WHERE x.tenant_id = ? AND ", (place.tenant,)) + wanted


def contained(place: Place, one: Chain, kind: str, follow: Follow, depth: int = 1) -> list[Sql]:
    """A chain and one of the types it leads to → SELECTs of the rows that contain what it looks for.

    Shape: no deeper than the index goes: from contained to contained it would double with each link.
    Drops: composites, `_has`, `_id` and `_lastUpdated` inside: nothing refers to what is contained, and it has no time.
    """
    head = INSIDE.format(param=one.param, type=kind)
    inner = one.inner
    if isinstance(inner, Filter):
        return list(_filtered(place, head, inner))
    if not isinstance(inner, Chain):
        return []
    name = f"{head}.{inner.param}"
    found: list[Sql] = []
    for each in inner.types:
        found += follow(place, (kind, inner.param), name, each, inner.inner)
        if depth < DEEPEST:
            deeper = replace(inner, param=name)
            found += contained(place, deeper, each, follow, depth + 1)
    return found


def _filtered(place: Place, head: str, one: Filter) -> Iterator[Sql]:
    if one.kind == "composite" or one.param in _COLUMNS:
        return
    names = tuple(f"{head}.{name}" for name in one.names)
    here = replace(one, param=f"{head}.{one.param}", indexed=names)
    if one.modifier == "missing":
        wanted = any(isinstance(v, MissingValue) and v.missing for v in one.values)
        yield _each(place, head, _any_value(place, here), denied=wanted)
    elif one.modifier in _DENIED:
        yield _each(place, head, _matching(place, here), denied=True)
    elif place.type == "Observation" and one.modifier == "text":
        shown = any_of(hot.shown("o", here, name) for name in names)
        yield Sql("SELECT o.rid FROM observation o WHERE o.tenant_id = ? AND ", (place.tenant,)) + shown  # fmt: skip
    else:
        for name in names:
            yield entries(place, here, name)


def _each(place: Place, head: str, found: Sql, *, denied: bool) -> Sql:
    """That there is a contained resource of which something holds, or does not: entry `m` says that it is there."""
    there = param_id(place.type, PRESENT_OF.format(param=head))
    word = "NOT " if denied else ""
    start = f"SELECT m.rid FROM index_text m WHERE m.tenant_id = ? AND m.param = ? AND {word}("
    return Sql(start, (place.tenant, there)) + found + Sql(")")


def _matching(place: Place, one: Filter) -> Sql:
    numbers = [number for name in one.names for number in numbers_of(place.type, one, name)]
    return _beside(place, TABLES.get(one.kind, "index_text"), numbers, value_sql(one, "x"))


def _any_value(place: Place, one: Filter) -> Sql:
    """A filter → that the contained resource has any value of its parameters."""
    plain = [param_id(place.type, name) for name in one.names]
    told = (PRESENT_OF, TEXT_OF, IDENTIFIER_OF)
    beside = [param_id(place.type, each.format(param=name)) for name in one.names for each in told]
    table = TABLES.get(one.kind, "index_text")
    return any_of((_beside(place, table, plain), _beside(place, "index_text", beside)))


def _beside(place: Place, table: str, numbers: list[int], wanted: Sql | None = None) -> Sql:
    """That an entry of the same contained resource as `m` has one of the parameters, and what is wanted."""
    conditions = [among("x.param", numbers), *([wanted] if wanted else [])]
    head = f"EXISTS (SELECT 1 FROM {table} x WHERE x.tenant_id = ? AND x.rid = m.rid AND x.slot = m.slot AND "
    return Sql(head, (place.tenant,)) + all_of(conditions) + Sql(")")
