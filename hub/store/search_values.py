"""A search value → the condition on a row of the index table that holds values of its kind.

Source: http://hl7.org/fhir/R4/search.html#prefix, #token, #string, #uri, #quantity; the meaning of each value is told in
fhir/search/query.py.
"""

from __future__ import annotations

from typing import Final

from hub.fhir.search.fold import fold
from hub.fhir.search.query import (
    OF_TYPE,
    PART_OF,
    CodesValue,
    DateValue,
    Filter,
    IdentifierValue,
    MissingValue,
    NumberValue,
    OfTypeValue,
    QuantityValue,
    ReferenceValue,
    TextValue,
    TokenValue,
    UriValue,
    Value,
)
from hub.problems import ProblemCode, fail
from hub.store.index_keys import LAST, LONGEST, cut_key, param_id, text_number
from hub.store.index_rows import IDENTIFIER_OF, TEXT_OF
from hub.store.search_sql import FALSE, TRUE, Sql, all_of, among, any_of

TABLES: Final = {"date": "index_date", "number": "index_number", "quantity": "index_number"}
"""Kind → index table; all others stand in index_text."""

_PARTED: Final = frozenset(("family", "name"))
"""The parameters that find family names by each of their words."""

MOST_CODES: Final = 8000
"""How many codes a value set may have to be searched by: two values each in one statement."""

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
_NUMBER_SQL: Final = {
    "eq": ("({l} >= ? AND {h} < ?)", "lh"),
    "ne": ("NOT ({l} >= ? AND {h} < ?)", "lh"),
    "gt": ("({h} > ?)", "n"),
    "lt": ("({l} < ?)", "n"),
    "ge": ("({h} >= ?)", "n"),
    "le": ("({l} <= ?)", "n"),
    "sa": ("({l} > ?)", "n"),
    "eb": ("({h} < ?)", "n"),
    "ap": ("({l} <= ? AND {h} >= ?)", "hl"),
}


def index_name(one: Filter, name: str) -> str:
    """A filter and a parameter that answers it → the name its values stand under in the index."""
    if one.modifier == "text" and one.kind in ("token", "reference"):
        return TEXT_OF.format(param=name)
    if one.modifier == "of-type" and name == one.param:
        return OF_TYPE.format(param=name)
    if one.kind == "reference" and isinstance(one.values[0], IdentifierValue):
        return IDENTIFIER_OF.format(param=name)
    return name


def numbers_of(resource_type: str, one: Filter, name: str) -> list[int]:
    """A type, a filter and a parameter that answers it → the numbers its values stand under in the index."""
    number = param_id(resource_type, index_name(one, name))
    if one.kind == "string" and not one.modifier and name.rpartition(".")[2] in _PARTED:
        return [number, param_id(resource_type, PART_OF.format(param=name))]
    return [number]


def value_sql(one: Filter, x: str) -> Sql:
    """A filter and the alias of an index row → that the row matches any of the filter's values."""
    tokens = [v for v in one.values if isinstance(v, TokenValue) and v.code is not None]
    if (
        len(tokens) == len(one.values)
        and not one.modifier
        and all(t.system is None for t in tokens)
    ):
        return among(f"{x}.value", [cut_key(t.code or "") for t in tokens])
    return any_of(_one(one, value, x) for value in one.values)


def _one(one: Filter, value: Value, x: str) -> Sql:
    match value:
        case TokenValue() if one.modifier == "below":
            return _media(value.code or "", x)
        case TokenValue():
            return token_sql(value, f"{x}.value", f"{x}.extra")
        case IdentifierValue():
            token = TokenValue(value.system, value.value or None)
            return token_sql(token, f"{x}.value", f"{x}.extra")
        case OfTypeValue():
            token = TokenValue(value.system, f"{value.code}|{value.value}")
            return token_sql(token, f"{x}.value", f"{x}.extra")
        case CodesValue():
            return codes_sql(value, f"{x}.value", f"{x}.extra")
        case ReferenceValue():
            same = Sql(f"{x}.value = ?", (cut_key(value.target),))
            return all_of((same, _version(value.version, one.modifier, x)))
        case UriValue():
            return all_of((_uri(value.uri, one.modifier, x), _version(value.version, "", x)))
        case TextValue():
            return _text(value.text, one, x)
        case DateValue():
            return date_sql(value, f"{x}.start", f"{x}.finish")
        case NumberValue():
            return number_sql(value, f"{x}.value_low", f"{x}.value_high")
        case QuantityValue():
            return quantity_sql(value, f"{x}.")
        case _:
            assert isinstance(value, MissingValue), value
            return TRUE


def token_sql(value: TokenValue, code: str, system: str) -> Sql:
    """A token and the columns of code and system number → that they match."""
    parts: list[Sql] = []
    if value.code is not None:
        parts.append(Sql(f"{code} = ?", (cut_key(value.code),)))
    if value.system is not None:
        parts.append(Sql(f"{system} = ?", (text_number(value.system),)))
    return all_of(parts)


def codes_sql(value: CodesValue, code: str, system: str, *, number: bool = True) -> Sql:
    """Codes and the columns of code and system (as a number, or as it is) → that a row has one of them.

    Problems: TOO_COSTLY.
    """
    if len(value.codes) > MOST_CODES:
        raise fail(
            ProblemCode.TOO_COSTLY, f"A search takes at most {MOST_CODES} codes of a value set"
        )
    if not value.codes:
        return FALSE
    pairs = sorted(value.codes)
    row = "(?, CAST(? AS BIGINT))" if number else "(?, ?)"
    rows = ", ".join([row] * len(pairs))
    bound: list[object] = []
    for of_system, each in pairs:
        bound += (cut_key(each), text_number(of_system) if number else of_system)
    return Sql(f"({code}, {system}) IN (VALUES {rows})", tuple(bound))


def _media(kind: str, x: str) -> Sql:
    """A media type, or the first half of one → that a row has it, with whatever parameters behind it."""
    same = Sql(f"{x}.value = ?", (cut_key(kind),))
    signs = "; " if "/" in kind else "/"
    heads = [f"{kind}{sign}"[:LONGEST] for sign in signs]
    return any_of(
        (same, *[Sql(f"({x}.value >= ? AND {x}.value < ?)", (head, head + LAST)) for head in heads])
    )


def _version(version: str, modifier: str, x: str) -> Sql:
    """A version and the modifier → that a row is of it; with `below`, of one that begins so and goes on behind a sign."""
    same = Sql(f"{x}.extra = ?", (text_number(version),))
    if not version:
        return TRUE
    if modifier != "below":
        return same
    begins = f"substr(coalesce({x}.rest, ''), 1, {len(version) + 1})"
    return any_of((same, among(begins, [f"{version}{sign}" for sign in ".-+"])))


def _uri(uri: str, modifier: str, x: str) -> Sql:
    same = Sql(f"{x}.value = ?", (cut_key(uri),))
    if modifier == "below":
        head = f"{uri.removesuffix('/')}/"[:LONGEST]
        return any_of((same, Sql(f"({x}.value >= ? AND {x}.value < ?)", (head, head + LAST))))
    if modifier == "above":
        ends = [place for place, sign in enumerate(uri) if sign == "/"]
        above = [uri[:end] for place in ends for end in (place, place + 1)]
        return among(f"{x}.value", [cut_key(each) for each in dict.fromkeys([*above, uri])])
    return same


def _text(text: str, one: Filter, x: str) -> Sql:
    folded = fold(text).replace("\x00", "")
    head = folded[:LONGEST]
    if one.modifier == "exact":
        return Sql(f"({x}.value = ? AND {x}.extra = ?)", (head, text_number(text)))
    if one.modifier == "contains":
        return like(f"coalesce({x}.rest, {x}.value)", f"%{escaped(folded)}%")
    begins = Sql(f"({x}.value >= ? AND {x}.value < ?)", (head, head + LAST))
    if len(folded) <= LONGEST:
        return begins
    return all_of((begins, like(f"{x}.rest", f"{escaped(folded)}%")))


def like(column: str, pattern: str) -> Sql:
    """A column of folded text and a pattern → that they match."""
    return Sql(f"{column} LIKE ? ESCAPE '\\'", (pattern,))


def escaped(text: str) -> str:
    """A text → the same as part of a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def date_sql(value: DateValue, start: str, end: str) -> Sql:
    """A date with its prefix and the columns of a range → that they match."""
    text, order = _DATE_SQL[value.prefix]
    bound = {"s": value.start, "e": value.end, "E": value.end}
    return Sql(text.format(f=start, t=end), tuple(bound[letter] for letter in order))


def number_sql(value: NumberValue, low: str, high: str) -> Sql:
    """A number with its prefix and the columns of a closed interval → that they match."""
    text, order = _NUMBER_SQL[value.prefix]
    bound = {"n": value.number, "l": value.low, "h": value.high}
    return Sql(text.format(l=low, h=high), tuple(bound[letter] for letter in order))


def quantity_sql(value: QuantityValue, x: str) -> Sql:
    """A quantity and the prefix of the columns (`x.`) → that they match, as written or in base units."""
    parts = [number_sql(value.number, f"{x}value_low", f"{x}value_high")]
    if value.system is not None:
        parts.append(Sql(f"{x}value_system = ?", (text_number(value.system),)))
        if value.code is not None:
            parts.append(Sql(f"{x}value_code = ?", (text_number(value.code),)))
    elif value.code is not None:
        number = text_number(value.code)
        parts.append(Sql(f"({x}value_code = ? OR {x}value_unit = ?)", (number, number)))
    written = all_of(parts)
    if value.canonical is None:
        return written
    based = all_of(
        (
            Sql(f"{x}base_unit = ?", (text_number(value.canonical_unit),)),
            number_sql(value.canonical, f"{x}base_low", f"{x}base_high"),
        )
    )
    return any_of((written, based))
