"""Index entries of a resource → rows of the index tables, and the columns that answer for the hot parameters instead.

A row is written only for what no column answers: the patient a resource belongs to stands in every row of bodies, and an
Observation has its code in the series index and its status, category and quantity in columns of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from hub.fhir.search.fold import fold
from hub.fhir.search.index import IndexEntry
from hub.fhir.subject import finds_owner
from hub.store.index_keys import cut_key, cut_text, param_id, text_number
from hub.store.layout import FAR

TEXT_OF: Final = "{param}:text"
"""The name under which the texts shown for the tokens of a parameter are indexed."""
IDENTIFIER_OF: Final = "{param}:identifier"
"""The name under which the identifiers of logical references are indexed."""
PRESENT_OF: Final = "{param}:present"
"""The name under which it is indexed that a parameter has a value, where nothing finds it."""
COLUMNS: Final = frozenset(("code", "status", "category", "value-quantity", "date"))
"""The parameters of an Observation that its own columns answer, those of `category` behind the first excepted."""


NOTHING: Final[tuple[object, ...]] = ("", "", 0, None, None, 0, 0, 0, None, None, 0, "")
"""The columns of layout.HOT_COLUMNS, where an Observation has nothing; texts are `parameter=folded`, each between two ends of line."""


class Rows:
    """What a resource puts into the index. Shape: rows without tenant and row id; `codes` are (code, system) as they come."""

    __slots__ = ("codes", "dates", "hot", "numbers", "span", "texts")

    def __init__(self) -> None:
        """Nothing yet."""
        self.texts: list[tuple[object, ...]] = []
        self.dates: list[tuple[object, ...]] = []
        self.numbers: list[tuple[object, ...]] = []
        self.codes: list[tuple[str, str]] = []
        self.span: tuple[int, int] = (FAR, FAR)
        self.hot: tuple[object, ...] = NOTHING


def rows_of(resource_type: str, entries: Iterable[IndexEntry], patient_id: str | None) -> Rows:
    """The entries of a resource and its patient → what goes into the index."""
    rows = Rows()
    owner = f"Patient/{patient_id}"
    if resource_type == "Observation":
        _observation(rows, entries, owner)
        return rows
    for entry in entries:
        if _names_owner(resource_type, entry, owner):
            continue
        if entry.kind == "date" and entry.param == "date":
            rows.span = _wider(rows.span, entry)
        _row(resource_type, entry, rows)
    return rows


def _names_owner(resource_type: str, entry: IndexEntry, owner: str) -> bool:
    """Whether the column of the patient says all that an entry does: not which version of the patient was meant."""
    return entry.target == owner and not entry.version and _finds_owner(resource_type, entry.param)


@cache
def _finds_owner(resource_type: str, param: str) -> bool:
    return "#" not in param and finds_owner(resource_type, param)


def _wider(span: tuple[int, int], entry: IndexEntry) -> tuple[int, int]:
    if span[0] == FAR:
        return entry.start, entry.end
    return min(span[0], entry.start), max(span[1], entry.end)


def _observation(rows: Rows, entries: Iterable[IndexEntry], owner: str) -> None:
    """The hot path: what columns answer goes there, texts into one column; the rest is rows as of any type."""
    status, category, category_system = "", "", 0
    quantity: tuple[object, ...] | None = None
    lines = ""
    for entry in entries:
        param = entry.param
        if entry.text is not None and entry.kind == "token":
            line = _line(param, entry.text)
            if line not in lines:
                lines += line
        if entry.slot or param not in COLUMNS:
            if entry.target != owner or not _names_owner("Observation", entry, owner):
                _row("Observation", entry, rows, texts=False)
        elif param == "code" and entry.code is not None:
            rows.codes.append((cut_key(entry.code), entry.system or ""))
        elif param == "date" and entry.kind == "date":
            rows.span = _wider(rows.span, entry)
        elif param == "value-quantity" and quantity is None and entry.kind == "quantity":
            quantity = _quantity(entry)
        elif param == "status" and not status:
            status = cut_key(entry.code or "")
        elif param == "category" and not category and entry.code is not None:
            category, category_system = cut_key(entry.code), text_number(entry.system)
        elif entry.text is None or entry.kind != "token" or entry.system or entry.code is not None:
            _row("Observation", entry, rows, texts=False)
    rows.hot = (status, category, category_system, *(quantity or _NO_QUANTITY), lines)


@lru_cache(maxsize=4096)
def _line(param: str, text: str) -> str:
    folded = fold(text).replace("\n", " ").replace("\x00", "")
    return f"\n{param}={folded}\n"


_NO_QUANTITY: Final = (None, None, 0, 0, 0, None, None, 0)


def _quantity(entry: IndexEntry) -> tuple[object, ...]:
    """A number or quantity → the columns from value_low to base_unit."""
    unit = entry.base_unit
    return (
        entry.low,
        entry.high,
        text_number(entry.system),
        text_number(entry.code),
        text_number(entry.text),
        None if unit is None else entry.base_low,
        None if unit is None else entry.base_high,
        text_number(unit),
    )


def _row(kind: str, entry: IndexEntry, rows: Rows, *, texts: bool = True) -> None:
    """An entry → its rows; `texts` False where those shown for tokens stand in a column."""
    param, slot = entry.param, entry.slot
    match entry.kind:
        case "token":
            if entry.code is not None or entry.system:
                code, system = cut_key(entry.code or ""), text_number(entry.system)
                rows.texts.append((param_id(kind, param), slot, code, system, None))
            elif entry.text is None:
                rows.texts.append(
                    (param_id(kind, PRESENT_OF.format(param=param)), slot, "", 0, None)
                )
            if texts and entry.text is not None:
                head, rest = cut_text(fold(entry.text))
                number = param_id(kind, TEXT_OF.format(param=param))
                rows.texts.append((number, slot, head, 0, rest))
        case "string":
            head, rest = cut_text(entry.folded or "")
            exact = text_number(entry.text)
            rows.texts.append((param_id(kind, param), slot, head, exact, rest))
        case "reference" if entry.target is None:
            number = param_id(kind, IDENTIFIER_OF.format(param=param))
            code, system = cut_key(entry.code or ""), text_number(entry.system)
            rows.texts.append((number, slot, code, system, None))
        case "reference" | "uri":
            value, version = cut_key(entry.target or ""), text_number(entry.version)
            rows.texts.append((param_id(kind, param), slot, value, version, entry.version))
        case "date":
            rows.dates.append((param_id(kind, param), slot, entry.start, entry.end))
        case _:
            rows.numbers.append((param_id(kind, param), slot, *_quantity(entry)))
