"""A rule of a plan → the lines in which a doctor reads what it judges, with nothing of it left out that decides.

Source: dho/thresholds.md §2.3 (bands), §5 (rule kinds and their fields).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, cast

from hub.mapping.message_words import clean
from hub.thresholds.measures import name_of
from hub.thresholds.plan import Band, Rule, Where
from hub.thresholds.reason import render_number, render_span, render_unit
from hub.thresholds.rule_fields import FIELDS, KIND_FIELDS, Field, is_given
from hub.thresholds.spans import Span

_ZONES: Final = {"red": "rød", "yellow": "gul", "green": "grønn", "black": "svart"}
# Rule kind → what is said after the measure; "" for the kind that everybody means.
_KINDS: Final = {
    "absolute": "",
    "composite_bp": "Blodtrykk",
    "delta": "endring",
    "trend": "utvikling",
    "n_of_m": "flere av de siste målingene",
    "average": "gjennomsnitt",
    "missing": "manglende måling",
    "stale_plan": "Plan som ikke er gått gjennom",
    "questionnaire": "Skjema",
    "symptom": "symptom",
    "score": "Skår",
    "combination": "Flere funn samtidig",
}
_PARTS: Final = {
    "systolic": "overtrykk",
    "diastolic": "undertrykk",
    "map": "middeltrykk",
    "pulse_pressure": "pulstrykk",
}
_WORDS: Final = {
    "up": "opp",
    "down": "ned",
    "min": "laveste",
    "max": "høyeste",
    "first": "første",
    "fixed": "fast",
    "news2": "NEWS2",
    "mon": "mandag",
    "tue": "tirsdag",
    "wed": "onsdag",
    "thu": "torsdag",
    "fri": "fredag",
    "sat": "lørdag",
    "sun": "søndag",
}


def rule_lines(rule: Rule) -> Iterator[str]:
    """A rule → a line for each value it judges: "SpO2: rød under 88 %, gul fra og med 88 til under 92 %"."""
    kind = _KINDS.get(rule.kind, rule.kind)
    name = ", ".join(part for part in (name_of(rule.measure) if rule.measure else "", kind) if part)
    unit = render_unit(rule.unit) if rule.unit else ""
    beside = "; ".join(_fields(rule))
    told = False
    for part, bands in (("", rule.bands), *rule.components.items()):
        limits = ", ".join(f"{_zone(band.zone)} {_ends(band, unit)}".strip() for band in bands)
        if limits:
            told = True
            title = f"{name}, {_PARTS[part]}" if part in _PARTS else name
            yield clean(f"{title}: {limits}{f' ({beside})' if beside else ''}")
    if not told:
        yield clean(f"{name}: {beside}" if beside else name)


def _fields(rule: Rule) -> Iterator[str]:
    """The fields of its kind that a rule states, then when alone it holds."""
    kind = KIND_FIELDS.get(rule.kind)
    unit = render_unit(rule.unit) if rule.unit else ""
    for key in (*kind.required, *kind.optional) if kind is not None else ():
        field = FIELDS[key]
        value = getattr(rule, field.attribute)
        if is_given(value):
            yield _field(field, value, unit)
    if rule.when:
        yield "gjelder bare når " + " og ".join(f"{k} er {v}" for k, v in rule.when.items())


def _field(field: Field, value: Any, unit: str) -> str:
    if field.type in ("flag", "percent"):
        return field.words
    return f"{field.words} {_value(value, unit)}"


def _value(value: Any, unit: str) -> str:
    match value:
        case Span():
            return render_span(value)
        case Where():
            return _ends(value, unit)
        case Decimal() | int():
            return render_number(Decimal(value))
        case dict():
            answers = cast("dict[str, str]", value)
            return ", ".join(f"{answer}: {_zone(zone)}" for answer, zone in answers.items())
        case tuple():
            return ", ".join(_value(each, unit) for each in cast("tuple[Any, ...]", value))
        case str():
            return _WORDS.get(value) or _ZONES.get(value, value)
        case _ if hasattr(value, "count"):
            return f"etter {value.count} på rad: {_zone(value.zone)}"
        case _:
            return f"{value.rule} ({_zone(value.min_zone)} eller verre)"


def _zone(zone: str) -> str:
    return _ZONES.get(zone, zone)


def _ends(band: Band | Where, unit: str) -> str:
    """The ends of a band → "fra og med 88 til under 92 %"."""
    low, high = _low(band), _high(band)
    told = f"{low} {'til ' if low and high.startswith('under') else ''}{high}".strip()
    return f"{told or 'alle verdier'} {unit}".strip()


def _low(band: Band | Where) -> str:
    if band.gt is not None:
        return f"over {render_number(band.gt)}"
    return f"fra og med {render_number(band.ge)}" if band.ge is not None else ""


def _high(band: Band | Where) -> str:
    if band.lt is not None:
        return f"under {render_number(band.lt)}"
    return f"til og med {render_number(band.le)}" if band.le is not None else ""
