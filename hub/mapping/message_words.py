"""Words for outgoing e-messages: text that XML can carry, times and values as a Norwegian reads them, the 14-day table.

Source: XML 1.0 §2.2 (Char); HISD 1155 (XHTML subset in text fields); dho/thresholds.md §11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from hub.emessage.datatypes import html
from hub.emessage.xml import Node
from hub.thresholds.measurement import Component, Measurement, parse_decimal
from hub.thresholds.measures import name_of
from hub.thresholds.reason import render_number, render_unit
from hub.thresholds.spans import local_time

TABLE_DAYS: Final = 14
MAX_ROWS: Final = 200
"""More rows than this nobody reads; the newest are shown, and how many were left out is said."""

_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLANKS: Final = re.compile(r"\s+")
_ZONES: Final = {
    "red": "rød",
    "yellow": "gul",
    "green": "grønn",
    "black": "bare observert",
    "none": "ikke vurdert",
    "invalid": "ikke vurdert",
}
_HIDDEN: Final = frozenset({"retracted", "duplicate", "superseded"})
_SHORT: Final = {"systolic": "overtrykk", "diastolic": "undertrykk", "map": "middeltrykk"}
_COMPARATORS: Final = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}


def clean(text: str | None) -> str:
    """Any text → one line that XML can carry; a character it cannot becomes �."""
    if text and text.isprintable() and "  " not in text:
        return text.strip()  # what the rest would give: no blank but the space is printable, and nothing that is illegal
    return _BLANKS.sub(" ", _ILLEGAL.sub("\ufffd", text or "")).strip()


def local_clock(at: datetime, zone: tzinfo) -> str:
    """An instant → 02.03.2026 kl. 08:00."""
    local = local_time(at, zone)
    return f"{local:%d.%m.%Y} kl. {local:%H:%M}"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One value of the table, as it was received. Shape: `zone` in Norwegian, "" when not judged."""

    at: datetime
    measure: str
    value: str
    zone: str


def to_rows(
    series: Iterable[tuple[Measurement, str]], *, now: datetime, days: int = TABLE_DAYS
) -> tuple[TableRow, ...]:
    """Measurements with their zones (newest versions) → the rows of the last days, newest first.

    Drops: retracted, duplicate and superseded values, and those without any content.
    """
    first = now - timedelta(days=days)
    rows: list[TableRow] = []
    for measurement, zone in series:
        at = measurement.effective or measurement.received
        if zone in _HIDDEN or not measurement.has_content or not first <= at <= now:
            continue
        rows.append(
            TableRow(
                at, name_of(measurement.measure), shown_value(measurement), _ZONES.get(zone, "")
            )
        )
    rows.sort(key=lambda row: row.at, reverse=True)
    return tuple(rows)


def shown_value(measurement: Measurement) -> str:
    """A measurement → its value as received, in Norwegian writing."""
    if measurement.components:
        return _shown_panel(measurement)
    if measurement.value is not None:
        sign = _COMPARATORS.get(measurement.comparator or "", "")
        return f"{sign} {_number(measurement.value)} {_unit(measurement.unit)}".strip()
    if measurement.code is not None:
        return clean(measurement.code)
    if measurement.items:
        return f"{len(measurement.items)} svar"
    return "mangler"


def _shown_panel(measurement: Measurement) -> str:
    parts = {part.name: part for part in measurement.components}
    upper, lower = parts.get("systolic"), parts.get("diastolic")
    if (
        upper is not None
        and lower is not None
        and upper.unit == lower.unit
        and upper.value is not None
        and lower.value is not None
    ):
        numbers = "/".join(_sign(measurement, p) + _number(p.value or "") for p in (upper, lower))
        return f"{numbers} {_unit(upper.unit)}".strip()
    return ", ".join(
        f"{_SHORT.get(p.name, p.name)} {_sign(measurement, p)}{_number(p.value or 'mangler')} {_unit(p.unit)}".strip()
        for p in measurement.components
    )


def _sign(measurement: Measurement, part: Component) -> str:
    sign = _COMPARATORS.get(part.comparator or measurement.comparator or "", "")
    return f"{sign} " if sign else ""


def _number(text: str) -> str:
    number = parse_decimal(text)
    if number is None or not -30 <= number.adjusted() <= 30:
        return clean(text)
    return render_number(number)


def _unit(unit: str | None) -> str:
    return clean(render_unit(unit)) if unit else ""


def table_of(rows: Sequence[TableRow], zone: tzinfo) -> Node:
    """Rows → an XHTML table that is readable also when the tags are taken away: one line per row, cells apart."""
    shown = rows[:MAX_ROWS]
    judged = any(row.zone for row in shown)
    heads = ("Tidspunkt", "Måling", "Verdi", *(("Sone",) if judged else ()))
    lines: list[Node | str] = ["\n", _row("th", heads)]
    for row in shown:
        cells = (local_clock(row.at, zone), row.measure, row.value, row.zone)
        lines += ["\n", _row("td", cells[: len(heads)])]
    return html("table", *lines, "\n")


def left_out(rows: Sequence[TableRow]) -> str:
    """Rows → the sentence about those that the table does not show, "" when it shows all."""
    more = len(rows) - MAX_ROWS
    return (
        f"Tabellen viser de {MAX_ROWS} nyeste; {more} eldre målinger er utelatt."
        if more > 0
        else ""
    )


def _row(tag: str, cells: Sequence[str]) -> Node:
    content: list[Node | str] = []
    for number, cell in enumerate(cells):
        if number:
            content.append(" ")
        content.append(html(tag, cell) if cell else html(tag, "-"))
    return html("tr", *content)
