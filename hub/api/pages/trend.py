"""One measure of a patient over the last days, with the limits that held meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from hub.api.pages.layout import moment, zone_mark, zone_word
from hub.api.pages.patients import bands_of, book_of, entries_at, name_of_person
from hub.api.pages.trend_chart import Point, Stretch, render_chart
from hub.api.pages.visit import Visit
from hub.fhir.reading import read_stored
from hub.flows.mark_for_judging import read_measurement
from hub.html import Html, el, join, link, table
from hub.mapping.message_words import shown_value
from hub.ports import JudgeMark
from hub.thresholds.bands import compile_bands
from hub.thresholds.book import Book
from hub.thresholds.measurement import Measurement, parse_decimal
from hub.thresholds.measures import BY_CODE, MEASURES, name_of
from hub.thresholds.plan import Band, Rule
from hub.thresholds.reason import render_unit
from hub.thresholds.units import CONVERSIONS

SPANS: Final = (14, 90, 365)
"""The first is shown close up, the second when nothing is asked for. Units: days."""
MOST_POINTS: Final = 3000
MOST_ROWS: Final = 500
_HIDDEN: Final = frozenset({"duplicate", "retracted", "superseded"})
_PRESSURES: Final = ("systolic", "diastolic")
_SIDES: Final = {">": 1, ">=": 1, "<": -1, "<=": -1}
"""Comparator → the side on which the true value lies."""
_PLURALS: Final = {"rød": "røde", "gul": "gule", "grønn": "grønne", "svart": "svarte"}
_SHORT: Final = {"systolic": "overtrykk", "diastolic": "undertrykk", "pulse_pressure": "pulstrykk"}


def measure_of_code(code: str) -> str | None:
    """`spo2`, `59408-5` or `http://loinc.org|59408-5` → the measure's key, None when it is unknown or no number."""
    system, bar, bare = code.rpartition("|")
    key = code
    if code not in MEASURES:
        pairs = ((s, c) for s, c in BY_CODE if c == bare and (not bar or s == system))
        found = next(pairs, None)
        key = BY_CODE[found] if found else ""
    row = MEASURES.get(key)
    return key if row is not None and not row.coded else None


def trend_page(visit: Visit, patient_id: str, code: str, span: str) -> tuple[str, Html] | None:
    """A patient, a measure by key or code and how many days → title and page, None when one of them is unknown."""
    days = int(span) if span in map(str, SPANS) else SPANS[1]
    stored = visit.stored("Patient", patient_id)
    measure = measure_of_code(code)
    if stored is None or measure is None:
        return None
    visit.note(patient_id, stored)
    start = visit.now - timedelta(days=days)
    marks = _standing(visit.unit.judgements.since(visit.tenant_id, patient_id, start))
    book = book_of(visit, patient_id).book
    unit = unit_of(book, measure, visit.now)
    own = [m for m in marks if m.measure == measure and m.at <= visit.now][-MOST_POINTS:]
    points = [
        point
        for mark in own
        for point in points_of(read_measurement(mark.input), mark.at, mark.zone, measure, unit)
    ]
    stretches = list(stretches_of(book, measure, unit, start, visit.now))
    name = name_of_person(read_stored(stored.body, "Patient"))
    title = f"{name_of(measure)} siste {days} dager"
    told = _told(own)
    return f"{name}: {name_of(measure)}", join(
        el("p", link(f"Til {name}", f"/patients/{patient_id}")),
        _tabs(patient_id, measure, days, sorted({m.measure for m in marks} | {measure})),
        el("p", told, id="fortalt"),
        el(
            "figure",
            el(
                "div",
                render_chart(f"{title}. {told}", points, stretches, start, visit.now),
                class_="svgbox",
                tabindex="0",
            ),
            el("figcaption", _caption(unit, stretches)),
        ),
        _rows(own),
        el("p", link("Serien som FHIR", _fhir(visit.base_url, patient_id, measure))),
    )


def _standing(marks: Sequence[JudgeMark]) -> list[JudgeMark]:
    """Marks of all versions → the newest of each observation that still stands, by time."""
    newest: dict[str, JudgeMark] = {}
    for mark in marks:
        held = newest.get(mark.observation_id)
        if held is None or mark.version > held.version:
            newest[mark.observation_id] = mark
    return sorted(
        (m for m in newest.values() if m.zone not in _HIDDEN), key=lambda m: (m.at, m.seq)
    )


def unit_of(book: Book, measure: str, now: datetime) -> str:
    """The unit of the limits in force, else the usual one of the measure."""
    units = (r.unit for r, _, _ in _limits(book, measure, now) if r.unit)
    return next(units, MEASURES["systolic" if measure == "bp" else measure].unit)


def _limits(book: Book, measure: str, at: datetime) -> Iterator[tuple[Rule, str, Sequence[Band]]]:
    """A book, a measure and an instant → (rule, component in short, bands) of the limits on it."""
    for entry in entries_at(book, at).values():
        rule = entry.rule
        of_part = measure == "bp" and rule.measure in _PRESSURES
        if entry.judge is None or not (of_part or (rule.measure or "bp") == measure):
            continue
        for name, bands in bands_of(rule):
            part = name or (rule.measure or "" if of_part else "")
            if bands and name != "pulse_pressure":
                guard = "vern" if entry.origin == "floor" else ""
                yield rule, f"{_SHORT.get(part, part)} {guard}".strip(), bands


def points_of(
    measurement: Measurement, at: datetime, zone: str, measure: str, unit: str
) -> Iterator[Point]:
    """A value, its instant and zone → its points: one, or upper and lower pressure; none where no number of a known unit was sent."""
    shown = shown_value(measurement)
    for series, (name, value, given, comparator) in enumerate(_numbers(measurement, measure)):
        number = parse_decimal(value)
        convert = CONVERSIONS.get((name, given or "", unit))
        if number is None or convert is None or not -30 <= number.adjusted() <= 30:
            continue
        yield Point(at, convert(number), zone, shown, series, _SIDES.get(comparator or "", 0))


def _numbers(
    measurement: Measurement, measure: str
) -> Iterator[tuple[str, str | None, str | None, str | None]]:
    whole = measurement.comparator
    if measure != "bp":
        yield measure, measurement.value, measurement.unit, whole
        return
    parts = {part.name: part for part in measurement.components}
    for name in _PRESSURES:
        part = parts.get(name)
        if part is None:
            yield name, None, None, None
        else:
            yield name, part.value, part.unit, part.comparator or whole


def stretches_of(
    book: Book, measure: str, unit: str, start: datetime, end: datetime
) -> Iterator[Stretch]:
    """A book → the limits on the measure, each from when it held to when it was replaced."""
    turns = [start, *(at for at in book.starts if start < at < end), end]
    for first, last in pairwise(turns):
        for rule, part, bands in _limits(book, measure, first):
            if rule.unit == unit:
                yield Stretch(first, last, compile_bands(bands), part)


def _told(marks: Sequence[JudgeMark]) -> str:
    """The series in words, for those who do not see the chart."""
    if not marks:
        return "Ingen målinger."
    counts = Counter(mark.zone for mark in marks)
    order = ("red", "yellow", "green", "black", "none", "invalid", "")
    zones = ", ".join(
        f"{counts[zone]} {_several(zone, counts[zone])}" for zone in order if counts[zone]
    )
    last = marks[-1]
    return (
        f"{len(marks)} målinger: {zones}. Den siste er {shown_value(read_measurement(last.input))}"
        f" ({zone_word(last.zone)})."
    )


def _several(zone: str, count: int) -> str:
    word = zone_word(zone)
    return _PLURALS.get(word, word) if count != 1 else word


def _caption(unit: str, stretches: Sequence[Stretch]) -> str:
    shapes = "Trekant er rød, firkant gul, rund grønn (svart: bare observert, hvit: uten grense)."
    lines = " Stiplet linje er grensen som gjaldt da." if stretches else " Ingen grenser gjelder."
    shown = render_unit(unit)
    return f"{f'Enhet {shown}. ' if shown else ''}{shapes}{lines}"


def _tabs(patient_id: str, measure: str, days: int, others: Sequence[str]) -> Html:
    base = f"/patients/{patient_id}/trend"
    measures = [
        (name_of(key), f"{base}?code={key}&days={days}", key == measure)
        for key in others
        if key in MEASURES and not MEASURES[key].coded
    ]
    spans = [(f"{n} dager", f"{base}?code={measure}&days={n}", n == days) for n in SPANS]
    return join(_tab_row("Målinger", measures), _tab_row("Tidsrom", spans))


def _tab_row(name: str, tabs: Sequence[tuple[str, str, bool]]) -> Html:
    shown = [
        el("li", link(text, href, **({"aria_current": "page"} if here else {})))
        for text, href, here in tabs
    ]
    return el("nav", el("ul", shown, class_="tabs"), aria_label=name)


def _rows(marks: Sequence[JudgeMark]) -> Html:
    shown = list(reversed(marks))[:MOST_ROWS]
    rows = [
        (moment(m.at), shown_value(read_measurement(m.input)), zone_mark(m.zone)) for m in shown
    ]
    text = f"Verdiene som tabell ({len(shown)} nyeste)"
    heads = ("Tidspunkt", "Verdi", "Sone")
    return el("details", el("summary", text), table("Verdier", heads, rows, "Ingen målinger."))


def _fhir(base_url: str, patient_id: str, measure: str) -> str:
    codes = MEASURES[measure].codes
    code = f"&code={codes[0][0]}|{codes[0][1]}" if codes else ""
    return f"{base_url}/Observation?patient={patient_id}{code}&_sort=date&_count=365"
