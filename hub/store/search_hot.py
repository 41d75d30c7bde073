"""The parameters of an Observation that columns answer: its code by the series index, others by the row itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hub.fhir.search.fold import fold
from hub.fhir.search.query import (
    CodesValue,
    DateValue,
    Filter,
    QuantityValue,
    TextValue,
    TokenValue,
    Value,
)
from hub.store.index_keys import cut_key
from hub.store.index_rows import COLUMNS
from hub.store.layout import FAR
from hub.store.search_sql import FALSE, Sql, all_of, any_of
from hub.store.search_values import codes_sql, date_sql, escaped, like, quantity_sql, token_sql

_MORE: Final = frozenset(("category", "value-quantity"))
"""Those with values behind the first that stand in the index."""
COMMON: Final = {"status": "final", "category": "vital-signs"}
"""The values that most rows have; those with another one are found by an index of their own."""


def answers(name: str) -> bool:
    """A parameter of Observation → whether columns answer it."""
    return name in COLUMNS


def has_rows(name: str, values: Iterable[Value] = ()) -> bool:
    """One of those, and what is asked → whether the index may answer it too: values behind the first, systems without a code."""
    if name == "code":
        return any(isinstance(each, TokenValue) and each.code is None for each in values)
    return name in _MORE


def condition(row: str, one: Filter, name: str) -> Sql:
    """An alias, a filter and a parameter → that the columns match any of the values."""
    if name == "code":
        return _coded(row, one)
    return any_of(_one(row, name, value) for value in one.values)


def shown(row: str, one: Filter, name: str) -> Sql:
    """An alias, a filter with `:text` and any token parameter → that a text shown for it begins like one of the values."""
    return any_of(
        like(f"{row}.texts", f"%\n{escaped(name)}={escaped(fold(v.text))}%")
        for v in one.values
        if isinstance(v, TextValue)
    )


def shows(row: str, name: str) -> Sql:
    """An alias and any token parameter → that a text is shown for it."""
    return like(f"{row}.texts", f"%\n{escaped(name)}=%")


def present(row: str, name: str) -> Sql:
    """An alias and a parameter → that the columns have a value of it."""
    match name:
        case "date":
            return Sql(f"{row}.date_from < {FAR}")
        case "value-quantity":
            return Sql(f"{row}.value_low IS NOT NULL")
        case "code":
            return any_of((_series(row) + Sql(")"), shows(row, name)))
        case _:
            return any_of((Sql(f"{row}.{name} <> ''"), shows(row, name)))


def _one(row: str, name: str, value: Value) -> Sql:
    match value:
        case DateValue():
            return all_of(
                (
                    date_sql(value, f"{row}.date_from", f"{row}.date_to"),
                    Sql(f"{row}.date_from < {FAR}"),
                )
            )
        case QuantityValue():
            return all_of((Sql(f"{row}.value_low IS NOT NULL"), quantity_sql(value, f"{row}.")))
        case TokenValue() if name == "status":
            if value.system:
                return FALSE
            return (
                Sql(f"{row}.status = ?", (value.code,))
                if value.code
                else Sql(f"{row}.status <> ''")
            )
        case TokenValue():
            given = Sql(f"{row}.category <> ''")
            return all_of((given, token_sql(value, f"{row}.category", f"{row}.category_system")))
        case CodesValue():
            return codes_sql(
                value, f"{row}.{name}", f"{row}.category_system" if name == "category" else "0"
            )
        case _:
            return FALSE


def _series(row: str) -> Sql:
    return Sql(
        f"EXISTS (SELECT 1 FROM observation_code c WHERE c.tenant_id = {row}.tenant_id AND c.patient_id = {row}.patient_id"
        f" AND c.rid = {row}.rid AND c.date_from = {row}.date_from"
    )


def _coded(row: str, one: Filter) -> Sql:
    wanted = any_of(
        series_codes(value) if isinstance(value, CodesValue) else series_token(value)
        for value in one.values
        if isinstance(value, CodesValue | TokenValue)
    )
    return _series(row) + Sql(" AND ") + wanted + Sql(")")


def series_token(value: TokenValue) -> Sql:
    """A token → the condition on a row `c` of the series index."""
    parts: list[Sql] = []
    if value.code is not None:
        parts.append(Sql("c.code = ?", (cut_key(value.code),)))
    if value.system is not None:
        parts.append(Sql("c.system = ?", (value.system,)))
    return all_of(parts)


def series_codes(value: CodesValue) -> Sql:
    """Codes → the condition on a row `c` of the series index."""
    return codes_sql(value, "c.code", "c.system", number=False)
