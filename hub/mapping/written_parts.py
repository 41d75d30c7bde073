"""What a Communication carries beside its words (a plan to approve, values for a trend) → a text a doctor can read.

Source: dialogmelding.md (TekstNotatInnhold), HISD 1155 (XHTML in messages); dho/thresholds.md §2.3 (bands).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Final

from hub.emessage.datatypes import FormattedText, html, xhtml
from hub.emessage.xml import Node
from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.fhir_to_plan import read_plan
from hub.mapping.message_words import clean, left_out, local_clock, table_of, to_rows
from hub.mapping.observation_parts import observation_to_measurements
from hub.mapping.rule_words import rule_lines
from hub.thresholds.measurement import Measurement

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
        for line in rule_lines(rule):
            lines += ["\n", html("li", line)]
    if found is not None:
        lines += ["\n", html("li", f"Gjelder fra {local_clock(found.valid_from, zone)}")]
    title = html("h3", clean(plan.title) or "Egenbehandlingsplan")
    return (title, html("ul", *lines, "\n")) if lines else (title,)


def trend_sections(
    observations: Iterable[Observation], now: datetime, zone: tzinfo
) -> tuple[Node, ...]:
    """Observations → the table of their values, newest first."""
    read: list[tuple[Measurement, str]] = []
    for each in observations:
        found = observation_to_measurements(
            each, resource_id=each.id or "", version=1, received=now
        )
        read += [(one, "") for one in found]
    rows = to_rows(read, now=now, days=_YEARS)
    if not rows:
        return ()
    more = left_out(rows)
    title = html("h3", "Målinger")
    return (title, table_of(rows, zone), *((html("p", more),) if more else ()))
