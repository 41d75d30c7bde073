"""Many rows by one statement on PostgreSQL: INSERT … SELECT FROM unnest, one array for each column.

One array costs the driver one value and the server one row source, however many rows there are. (COPY would cost less still, and
PostgreSQL refuses it for tables with row security.) The arrays are packed here: the driver's own packing asks each element for its
type. Source: PostgreSQL's binary format of arrays (src/backend/utils/adt/arrayfuncs.c, array_send).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from struct import Struct, pack
from typing import Any, Final

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

FROM_ROWS: Final = 3
"""From how many rows on an array for each column costs less than each row by itself."""
_INSERT: Final = re.compile(
    r"INSERT INTO (\w+) \(([^()]*)\) VALUES \(([^()]*)\)( ON CONFLICT DO NOTHING)?"
)
_TYPES: Final[dict[int, tuple[int, str]]] = {
    20: (1016, "q"),
    23: (1007, "i"),
    21: (1005, "h"),
    701: (1022, "d"),
    25: (1009, ""),
    17: (1001, ""),
}
"""Type of a column → the type of its array, and how its values are packed ("" = by their bytes)."""
_HEAD: Final = Struct(">iiIii")
_LENGTH: Final = Struct(">i").pack
_NULL: Final = _LENGTH(-1)


class _Array:
    """A packed array on its way to the server."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        """The bytes the server is to get."""
        self.data = data


def _array_type(number: int) -> type[_Array]:
    return type(f"Array{number}", (_Array,), {"__slots__": ()})


_ARRAYS: Final = {kind: _array_type(array) for kind, (array, _) in _TYPES.items()}


def register(connection: psycopg.Connection[Any]) -> None:
    """A connection → it can send packed arrays."""
    for kind, (array, _) in _TYPES.items():
        dumper = type(
            f"Dumper{array}", (Dumper,), {"format": Format.BINARY, "oid": array, "dump": _data}
        )
        connection.adapters.register_dumper(_ARRAYS[kind], dumper)


def _data(_: Any, value: _Array) -> bytes:
    return value.data


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT of many rows. Shape: `statement` has $1, $2 … for the arrays of `types`, in the order of a row's values."""

    table: str
    statement: bytes
    types: tuple[int, ...]


@lru_cache(maxsize=256)
def columns_of(sql: str) -> tuple[str, tuple[str, ...], tuple[str, ...], str] | None:
    """A statement → its table, columns, what goes into them (`?` or a constant) and the rest; None when it is no plain INSERT."""
    found = _INSERT.fullmatch(sql)
    if found is None:
        return None
    table, names, values, rest = found.groups(default="")
    columns = tuple(name.strip().strip('"') for name in names.split(","))
    inside = tuple(value.strip() for value in values.split(","))
    return (table, columns, inside, rest) if len(columns) == len(inside) else None


def plan(sql: str, types: Callable[[str], dict[str, int]]) -> Insert | None:
    """A statement and the types of a table's columns → the INSERT of many rows, None when it must go row by row."""
    parts = columns_of(sql)
    if parts is None:
        return None
    table, columns, values, rest = parts
    known = types(table)
    wanted = [
        known.get(name, 0) for name, value in zip(columns, values, strict=True) if value == "?"
    ]
    if not wanted or not set(wanted) <= _TYPES.keys():
        return None
    number = 0
    chosen: list[str] = []
    for value in values:
        if value == "?":
            number += 1
            chosen.append(f"u.c{number}")
        else:
            chosen.append(value)
    arrays = ", ".join(f"${n}" for n in range(1, number + 1))
    names = ", ".join(f"c{n}" for n in range(1, number + 1))
    told = ", ".join(f'"{name}"' for name in columns)
    statement = f"INSERT INTO {table} ({told}) SELECT {', '.join(chosen)} FROM unnest({arrays}) AS u({names}){rest}"
    return Insert(table, statement.encode(), tuple(wanted))


def arrays(insert: Insert, rows: Sequence[Sequence[Any]]) -> list[_Array]:
    """Rows of values → an array for each column."""
    return [
        _ARRAYS[kind](packed(kind, column))
        for kind, column in zip(insert.types, zip(*rows, strict=True), strict=True)
    ]


def packed(kind: int, values: Sequence[Any]) -> bytes:
    """The type of a column and its values → the array in PostgreSQL's binary form."""
    form = _TYPES[kind][1]
    head = _HEAD.pack(1, None in values, kind, len(values), 1)
    if form:
        size = Struct(form).size if form != "q" else 8
        if None in values:
            one = Struct(f">i{form}").pack
            return head + b"".join([_NULL if v is None else one(size, v) for v in values])
        return head + pack(
            f">{f'i{form}' * len(values)}", *chain.from_iterable(zip(repeat(size), values))
        )
    made: list[bytes] = [head]
    for value in values:
        if value is None:
            made.append(_NULL)
            continue
        data = value.encode() if kind == 25 else value
        made += (_LENGTH(len(data)), data)
    return b"".join(made)
