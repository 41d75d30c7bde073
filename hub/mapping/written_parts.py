"""What a Communication carries beside its words (a plan to approve, values for a trend) → a text a doctor can read.

Source: dialogmelding.md (TekstNotatInnhold), HISD 1155 (XHTML in messages); dho/thresholds.md §2.3 (bands).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final

from hub.emessage.datatypes import FormattedText, html, xhtml
from hub.emessage.xml import Node
from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.fhir_to_plan import read_plan
from hub.mapping.message_words import clean, left_out, local_clock, table_of, to_rows
from hub.mapping.observation_to_measurement import observation_to_measurement
from hub.thresholds.measurement import Measurement
from hub.thresholds.measures import name_of
from hub.thresholds.plan import Band, Rule
from hub.thresholds.reason import render_number, render_unit

_ZONES: Final = {"red": "rød", "yellow": "gul", "green": "grønn", "black": "svart"}
_YEARS: Final = 36_500


def formatted(words: str, sections: Sequence[Node]) -> FormattedText:
    """Words and what stands below them → the text field: plain when nothing stands below."""
    if not sections:
        return FormattedText((words,)) if words else FormattedText()
    lines: list[Node | str] = []
    for line in words.splitlines():
        lines += [html("p", line), "\n"] if line.strip() else []
    for section in sections:
        lines += [section, "\n"]
    return xhtml(*lines)


def plan_sections(
    plan: CarePlan, requests: dict[str, ServiceRequest], zone: tzinfo
) -> tuple[Node, ...]:
    """A self-care plan with its requests → its title, its words, and every limit it sets."""
    found = read_plan(plan, requests, zone).value
    lines: list[Node | str] = []
    if plan.description:
        lines += ["\n", html("li", clean(plan.description))]
    for rule in found.rules if found is not None else ():
        for line in _limits(rule):
            lines += ["\n", html("li", line)]
    if found is not None:
        lines += ["\n", html("li", f"Gjelder fra {local_clock(found.valid_from, zone)}")]
    title = html("h3", clean(plan.title) or "Egenbehandlingsplan")
    return (title, html("ul", *lines, "\n")) if lines else (title,)


def _limits(rule: Rule) -> Iterable[str]:
    """A rule → a line for each value it judges: 'SpO2: rød under 88 %, gul 88 - 92 %'."""
    name = name_of(rule.measure) if rule.measure else rule.id
    unit = render_unit(rule.unit) if rule.unit else ""
    for part, bands in ((None, rule.bands), *rule.components.items()):
        told = ", ".join(_band(band, unit) for band in bands)
        if told:
            yield clean(f"{name}{f' ({part})' if part else ''}: {told}")
    if not rule.bands and not rule.components:
        yield clean(f"{name}: regel av typen {rule.kind}")


def _band(band: Band, unit: str) -> str:
    parts = (
        ("over", band.gt),
        ("fra og med", band.ge),
        ("under", band.lt),
        ("til og med", band.le),
    )
    told = " ".join(f"{word} {_number(value)}" for word, value in parts if value is not None)
    return f"{_ZONES.get(band.zone, band.zone)} {told or 'alle verdier'} {unit}".strip()


def _number(value: Decimal) -> str:
    return render_number(value)


def trend_sections(
    observations: Iterable[Observation], now: datetime, zone: tzinfo
) -> tuple[Node, ...]:
    """Observations → the table of their values, newest first."""
    read: list[tuple[Measurement, str]] = []
    for each in observations:
        found = observation_to_measurement(each, resource_id=each.id or "", version=1, received=now)
        if found.value is not None:
            read.append((found.value, ""))
    rows = to_rows(read, now=now, days=_YEARS)
    if not rows:
        return ()
    more = left_out(rows)
    title = html("h3", "Målinger")
    return (title, table_of(rows, zone), *((html("p", more),) if more else ()))
