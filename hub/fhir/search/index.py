"""Resource → the values it is found by.

Source: http://hl7.org/fhir/R4/search.html#token, #reference, #date.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import MAXYEAR, UTC, date, datetime, timedelta, tzinfo
from functools import cache
from operator import attrgetter
from typing import Any, Final, cast

from msgspec import Struct

from hub.fhir.models.checks import reference_type
from hub.fhir.search.dates import LOCAL
from hub.fhir.search.definitions import Kind, Path, definitions_for

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND: Final = 1_000_000
EARLIEST: Final = -62_135_596_800_000_000
LATEST: Final = 253_402_300_800_000_000
"""The ends of an open Period. Units: microseconds since 1970, UTC; the years 1 and 10000."""

_COLUMNS: Final = frozenset({"_id", "_lastUpdated"})  # every row has them; they are no index values
_LAST_DAY: Final = date.max.toordinal()
_DAY: Final = 10  # characters of a date without time


class IndexEntry(Struct, frozen=True, gc=False):
    """One value a resource is found by.

    Shape, by kind:
    token: `system` and `code`, with the `text` shown for it as written (`:text`; fold.py folds it); a concept's text that
    none of its codings carries comes as an entry of `text` alone. An identifier's type and value come as a further token
    of the parameter `identifier:of-type`: the type's `system`, and `type|value` as `code`.
    reference: `target` as `Type/id` with the `type`, or an absolute URL or canonical; `version` of a versioned or canonical
    reference. The identifier of a reference is an entry of its own: `system`, `code` and no `target` (`:identifier`).
    date: half-open [`start`, `end`).
    string: `text` as written and `folded` without case and accents.
    number, quantity: closed [`low`, `high`]; quantity: its `system` and `code`, `text` the unit shown, and when the unit is
    UCUM and known, `base_unit` with [`base_low`, `base_high`] in it, else `base_unit` None.
    uri: `target`.
    `slot`: 0 at the resource itself, else which of the repeated elements (from 1) the value stands in, for parameters that
    are components of a composite: components match when they hold for the same slot.
    Units: microseconds since 1970, UTC; numbers in the unit shown and in UCUM's base units.
    """

    param: str
    kind: Kind
    system: str | None = None
    code: str | None = None
    text: str | None = None
    target: str | None = None
    start: int = 0
    end: int = 0
    folded: str | None = None
    type: str | None = None
    version: str | None = None
    low: float = 0.0
    high: float = 0.0
    base_unit: str | None = None
    base_low: float = 0.0
    base_high: float = 0.0
    slot: int = 0


class Extraction(Struct):
    """One extraction under way. Shape: `base_url` is "" or ends in a slash."""

    base_url: str
    zone: tzinfo
    found: list[IndexEntry]


Extractor = Callable[[str, Any, Path, Extraction], None]


def extract(resource: Any, base_url: str = "", zone: tzinfo = LOCAL) -> tuple[IndexEntry, ...]:
    """A decoded resource → its index entries, each once.

    Shape: `base_url` is taken off absolute references to this server; a date without time is a day in `zone`.
    `_id` and `_lastUpdated` are columns of every row and give no entries.
    Drops: a concept without a code; a Timing without events or bounds; local (#) references.
    """
    run = Extraction(f"{base_url}/" if base_url else "", zone, [])
    for name, getter, path, extractor in _plan(type(resource).__name__):
        value = getter(resource)
        if value is not None and value != ():
            _enter(name, value, path, path.steps[1:], extractor, run)
    return tuple(dict.fromkeys(run.found))


@cache
def _plan(resource_type: str) -> tuple[tuple[str, Callable[[Any], Any], Path, Extractor], ...]:
    return tuple(
        (d.name, attrgetter(path.steps[0]), path, _EXTRACTORS[d.kind])
        for d in definitions_for(resource_type).values()
        for path in d.paths
        if d.name not in _COLUMNS and d.kind in _EXTRACTORS
    )


def _enter(
    name: str,
    value: Any,
    path: Path,
    rest: tuple[str, ...],
    extractor: Extractor,
    run: Extraction,
) -> None:
    """A value, or an array of them, with the steps still to go → entries in `run`."""
    if isinstance(value, tuple):
        for item in cast("tuple[Any, ...]", value):
            if item is not None:
                _enter(name, item, path, rest, extractor, run)
    elif rest:
        inner = getattr(value, rest[0])
        if inner is not None:
            _enter(name, inner, path, rest[1:], extractor, run)
    elif path.condition is None or getattr(value, path.condition[0]) == path.condition[1]:
        extractor(name, value, path, run)


def _tokens(param: str, value: Any, path: Path, run: Extraction) -> None:
    add = run.found.append
    match path.kind:
        case "CodeableConcept":
            for coding in value.coding:
                if coding.code is not None:
                    shown = value.text or coding.display
                    add(IndexEntry(param, "token", coding.system, coding.code, shown))
        case "Identifier":
            if value.value is not None:
                add(IndexEntry(param, "token", value.system, value.value))
        case "Coding":
            if value.code is not None:
                add(IndexEntry(param, "token", value.system, value.code, value.display))
        case "ContactPoint":
            if value.value is not None:
                add(IndexEntry(param, "token", None, value.value))
        case "boolean":
            add(IndexEntry(param, "token", None, "true" if value else "false"))
        case _:
            add(IndexEntry(param, "token", None, str(value)))


def _references(param: str, value: Any, path: Path, run: Extraction) -> None:
    if path.kind != "Reference":
        run.found.append(IndexEntry(param, "reference", target=value))
        return
    target: str | None = value.reference
    if target is None:
        _logical(param, value, path, run)
        return
    if run.base_url:
        target = target.removeprefix(run.base_url)
    if target[0] == "#" or (path.target and reference_type(target) != path.target):
        return
    if "/_history/" in target:
        target = target.partition("/_history/")[0]
    run.found.append(IndexEntry(param, "reference", target=target))


def _logical(param: str, value: Any, path: Path, run: Extraction) -> None:
    identifier = value.identifier
    if identifier is None or identifier.value is None:
        return
    if path.target and value.type not in {None, path.target}:
        return
    entry = IndexEntry(param, "reference", identifier.system, identifier.value)
    run.found.append(entry)


def _dates(param: str, value: Any, path: Path, run: Extraction) -> None:
    match path.kind:
        case "Period":
            span = _period(value, run.zone)
        case "Timing":
            span = _timing(value, run.zone)
        case "string":
            span = None
        case _:
            span = date_range(value, run.zone)
    if span is not None:
        run.found.append(IndexEntry(param, "date", start=span[0], end=span[1]))


def _period(value: Any, zone: tzinfo) -> tuple[int, int] | None:
    if value.start is None and value.end is None:
        return None
    start = EARLIEST if value.start is None else date_range(value.start, zone)[0]
    end = LATEST if value.end is None else date_range(value.end, zone)[1]
    return start, end


def _timing(value: Any, zone: tzinfo) -> tuple[int, int] | None:
    spans = [date_range(event, zone) for event in value.event if event is not None]
    bounds = value.repeat.boundsPeriod if value.repeat is not None else None
    whole = _period(bounds, zone) if bounds is not None else None
    spans += [whole] if whole is not None else []
    return (min(s for s, _ in spans), max(e for _, e in spans)) if spans else None


def date_range(text: str, zone: tzinfo = LOCAL) -> tuple[int, int]:
    """A date, dateTime or instant as FHIR writes them → the half-open range it covers.

    Shape: a year covers the year, a second the second, a fraction as much as its last digit; a day, month or year is one
    in `zone`. A leap second counts as the first of the next minute.
    Units: microseconds since 1970, UTC.
    """
    if len(text) <= _DAY:
        return _partial(text, zone)
    leap = text[17:19] == "60"
    at = datetime.fromisoformat(f"{text[:17]}59{text[19:]}" if leap else text)
    start = (at - _EPOCH) // _MICROSECOND + (_SECOND if leap else 0)
    if text[19] != ".":
        return start, start + _SECOND
    digits = len(text) - 20 - len(text[20:].lstrip("0123456789"))
    return start, start + 10 ** max(6 - digits, 0)


def _partial(text: str, zone: tzinfo) -> tuple[int, int]:
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, 1, 1)[:3]
    start = datetime(year, month, day, tzinfo=zone)
    if len(parts) == 1:
        year += 1
    elif len(parts) == 2:
        year, month = year + month // 12, month % 12 + 1
    elif start.toordinal() < _LAST_DAY:
        following = start.date() + timedelta(days=1)
        year, month, day = following.year, following.month, following.day
    else:
        year += 1
    begins = (start - _EPOCH) // _MICROSECOND
    if year > MAXYEAR:
        return begins, LATEST
    return begins, (datetime(year, month, day, tzinfo=zone) - _EPOCH) // _MICROSECOND


_EXTRACTORS: Final[dict[Kind, Extractor]] = {
    "token": _tokens,
    "reference": _references,
    "date": _dates,
}
