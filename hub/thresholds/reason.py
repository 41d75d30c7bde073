"""The one-line Norwegian text of an alert.

Source: dho/thresholds.md §11: "SpO2 86 % er under rød grense (< 88 %), EBP v2".
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from hub.thresholds.absence_words import ABSENCES
from hub.thresholds.measures import MEASURES, name_of
from hub.thresholds.spans import Span
from hub.thresholds.units import UNIT_NAMES

_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")
_NO_FRACTION: Final = re.compile(r"(?<=\d)\.(?!\w)")
_NO_WHOLE: Final = re.compile(r"(?<![\w.])\.(?=\d)")
_ZONES: Final = {"red": "rød", "yellow": "gul"}
_SIDES: Final = {"low": "under", "high": "over"}
_NAMES: Final = {"pulse_pressure": "Pulstrykk"}
_COMPARATORS: Final = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}

TECHNICAL: Final[dict[str, str]] = {
    "technical.unit": "{name}: {unit}, verdien {value} er ikke vurdert",
    "technical.unit-rule": "{name}: regelen {rule} har en enhet som ikke passer, den er ikke vurdert",
    "technical.implausible": "{name} {quantity} er ikke en mulig verdi: kontroller utstyr og måling",
    "technical.implausible-repeat": "{name}: to umulige verdier innen 60 minutter ({quantity}): se til pasienten",
    "technical.device-error": "{name}: utstyret meldte feil ({detail})",
    "technical.data-absent": "{name}: verdien mangler ({detail})",
    "technical.clock-skew": "{name}: måletidspunktet ligger etter mottak, klokken i utstyret må stilles",
    "technical.no-time": "{name}: måletidspunktet mangler, mottakstidspunktet er brukt",
    "technical.incomplete": "{name}: en del av målingen mangler, resten er vurdert",
    "technical.rule": "{name}: regelen {rule} kan ikke brukes slik den står, den er ikke vurdert",
    "technical.battery": "Lavt batteri i utstyret",
    "technical.code-conflict": "Kodene i målingen peker på ulike målinger: den er ikke vurdert",
    "plan.none": "{name}: pasienten har ingen gyldig egenbehandlingsplan, bare generelle grenser er brukt",
    "admin.after-end": "{name}: måling mottatt etter at oppfølgingen er avsluttet",
}
"""Reason → text of a technical alert; `technical.unit-rule` is the text when the rule's unit is at fault."""


def _limit(value: Decimal, name: str, unit: str) -> str:
    """A limit with the usual decimals of the measure, or as many as it has: 88, 3,0, 36,55."""
    row = MEASURES.get(name)
    usual = row.decimals if row is not None and row.unit == unit else 0
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0").ljust(usual, "0")
    return f"{whole},{fraction}" if fraction else whole


def render_written(text: str) -> str:
    """A value as it came → as a Norwegian reads it: 86.5, 86. and .5 are 86,5, 86 and 0,5; what is no number stays."""
    return _POINT.sub(",", _NO_WHOLE.sub("0.", _NO_FRACTION.sub("", text)))


def render_number(value: Decimal) -> str:
    """A decimal → as a Norwegian reads it: comma, no exponent."""
    return f"{value:f}".replace(".", ",")


def render_unit(unit: str) -> str:
    """UCUM → the unit as shown."""
    return UNIT_NAMES.get(unit, unit)


def render_quantity(value: Decimal, unit: str) -> str:
    """A decimal and its unit → as shown."""
    return f"{render_number(value)} {render_unit(unit)}".rstrip()


def render_comparator(comparator: str | None) -> str:
    """A comparator → the sign shown before a number, "" for none."""
    return f"{_COMPARATORS[comparator]} " if comparator else ""


def render_span(span: Span) -> str:
    """A span of time → "3 døgn", "24 timer"."""
    hours, rest = divmod(span.seconds, 3600)
    parts = (
        (span.months, "måned", "måneder"),
        (span.days, "døgn", "døgn"),
        (hours, "time", "timer"),
        (rest // 60, "minutt", "minutter"),
        (rest % 60, "sekund", "sekunder"),
    )
    return " ".join(f"{n} {one if n == 1 else more}" for n, one, more in parts if n) or "0 minutter"


def explain_firing(
    name: str,
    zone: str,
    reason: str,
    value: Decimal,
    unit: str,
    bound: tuple[str, Decimal] | None,
    comparator: str | None,
    received: tuple[str, str],
    source: str,
) -> str:
    """What a rule found → "SpO2 86 % er under rød grense (< 88 %), EBP v2".

    A value that was received in another unit is shown as received too.
    """
    label = _NAMES.get(name) or name_of(name)
    sign = render_comparator(comparator)
    shown = f"{label} {sign}{render_quantity(value, unit)}"
    if received[1] and received[1] != unit:
        as_came = f"{render_written(received[0])} {render_unit(received[1])}".rstrip()
        number = f"{_limit(value, name, unit)} {render_unit(unit)}".rstrip()
        shown = f"{label} {sign}{number} (mottatt {as_came})"
    side = reason.rsplit(".", 1)[-1]
    if side not in _SIDES:
        return f"{shown} faller i et hull mellom grensene, regnes som {_ZONES[zone]}, {source}"
    limit = ""
    if bound is not None:
        limit = f" ({bound[0]} {_limit(bound[1], name, unit)} {render_unit(unit)}".rstrip() + ")"
    verb = "er" if is_beyond(side, value, comparator, bound) else "kan være"
    return f"{shown} {verb} {_SIDES[side]} {_ZONES[zone]} grense{limit}, {source}"


def is_beyond(
    side: str, value: Decimal, comparator: str | None, bound: tuple[str, Decimal] | None
) -> bool:
    """A side ("low", "high"), a value and a limit → whether all that the value may be lies beyond it (§4.5), or only some of it."""
    if not comparator or bound is None:
        return True
    if comparator[0] != ("<" if side == "low" else ">"):
        return False
    sign, limit = bound
    if value == limit:
        return comparator in "<>" or sign not in "<>"
    return value < limit if side == "low" else value > limit


def explain_compared(
    name: str,
    words: str,
    zone: str,
    unit: str,
    bound: tuple[str, Decimal] | None,
    source: str,
) -> str:
    """What a rule compared, in words → "Vekt har økt 2,5 kg (fra 80,0 kg …): gul grense (> 2,0 kg), EBP v2"."""
    label = _NAMES.get(name) or name_of(name)
    limit = ""
    if bound is not None:
        limit = f" ({bound[0]} {_limit(bound[1], name, unit)} {render_unit(unit)}".rstrip() + ")"
    return f"{label} {words}: {_ZONES[zone]} grense{limit}, {source}"


def explain_technical(
    reason: str,
    measure: str,
    value: str = "",
    unit: str | None = None,
    detail: str = "",
    rule: str = "",
) -> str:
    """A technical reason and what is known → the line for the resource person."""
    shown = render_written(value) or "(mangler)"
    absent = reason == "technical.data-absent"
    return TECHNICAL[reason].format(
        name=name_of(measure),
        value=shown,
        quantity=f"{shown} {render_unit(unit or '')}".rstrip(),
        unit=f"enheten {render_unit(unit) or unit} er ukjent" if unit else "enheten mangler",
        detail=ABSENCES.get(detail, detail) if absent else detail,
        rule=rule,
    )
