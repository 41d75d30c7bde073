"""The fields of the rule kinds, as a table: what reads and writes rules walks it, so a new kind is a row here.

Shape: name in the exchange format → (field of Rule, kind of value). `bands`, `when` and the fields every rule has are
not here.
Source: dho/cases/README.md; dho/thresholds.md §5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

FieldType = Literal[
    "text", "integer", "decimal", "flag", "span", "texts", "zone", "answers", "ends", "escalate",
    "parts", "percent",
]  # fmt: skip
BandShape = Literal["one", "panel", "none"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. Shape: `words` the name a nurse knows it by; `choices` the texts or whole numbers allowed, all when empty."""

    name: str
    attribute: str
    type: FieldType
    words: str
    choices: tuple[str, ...] = ()


FIELDS: Final[dict[str, Field]] = {
    field.name: field
    for field in (
        Field("zone", "zone", "zone", "sone"),
        Field("window", "window", "span", "tidsrom"),
        Field("direction", "direction", "text", "retning", ("up", "down")),
        Field("baseline", "baseline", "text", "utgangspunkt", ("min", "max", "fixed", "first")),
        Field("fixed", "fixed", "decimal", "fast utgangsverdi"),
        Field("as", "as_percent", "percent", "prosent", ("percent",)),
        Field("min_points", "min_points", "integer", "minste antall verdier"),
        Field("min_span", "min_span", "span", "korteste tid mellom første og siste verdi"),
        Field("n", "n", "integer", "antall treff (n)"),
        Field("m", "m", "integer", "antall siste verdier (m)"),
        Field("where", "where", "ends", "grensen verdiene telles etter"),
        Field("window_days", "window_days", "integer", "antall døgn"),
        Field("drop_first_day", "drop_first_day", "flag", "utelat første døgn"),
        Field("min_readings", "min_readings", "integer", "minste antall målinger"),
        Field("min_days", "min_days", "integer", "minste antall døgn med målinger"),
        Field("times", "times", "texts", "klokkeslett"),
        Field(
            "days", "days", "texts", "ukedager", ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        ),
        Field("early", "early", "span", "hvor tidlig målingen kan tas"),
        Field("grace", "grace", "span", "hvor lenge det ventes"),
        Field("escalate", "escalate", "escalate", "opptrapping"),
        Field("form", "form", "text", "skjema"),
        Field("item", "item", "text", "spørsmål"),
        Field("items", "items", "texts", "spørsmålene i summen"),
        Field("total", "total", "flag", "sum"),
        Field("multiply", "multiply", "decimal", "faktor"),
        Field("reversed", "reversed", "flag", "omvendt skår"),
        Field("item_max", "item_max", "decimal", "høyeste svar på et spørsmål"),
        Field("map", "answers", "answers", "svar med soner"),
        Field("score", "score", "text", "skår", ("news2",)),
        Field("spo2_scale", "spo2_scale", "integer", "SpO2-skala", ("1", "2")),
        Field("within", "within", "span", "tidsrom"),
        Field("all", "parts", "parts", "reglene som må slå ut"),
    )
}


@dataclass(frozen=True, slots=True)
class KindFields:
    """What a rule kind is written with.

    Shape: `bands` "one" list of bands, "panel" of them by component, or "none"; `measure` and `unit` whether they must
    be given; `required` and `optional` are names of FIELDS.
    """

    bands: BandShape
    measure: bool
    unit: bool
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


KIND_FIELDS: Final[dict[str, KindFields]] = {
    "absolute": KindFields("one", measure=True, unit=True),
    "composite_bp": KindFields("panel", measure=False, unit=True),
    "delta": KindFields(
        "one", measure=True, unit=True, required=("direction",),
        optional=("window", "baseline", "fixed", "as"),
    ),
    "trend": KindFields(
        "one", measure=True, unit=True, required=("window", "min_points", "direction"),
        optional=("min_span",),
    ),
    "n_of_m": KindFields(
        "none", measure=True, unit=True, required=("n", "m", "where", "zone"), optional=("window",)
    ),
    "average": KindFields(
        "panel", measure=True, unit=True, required=("window_days", "min_readings", "min_days"),
        optional=("drop_first_day",),
    ),
    "missing": KindFields(
        "none", measure=True, unit=False, required=("times", "grace"),
        optional=("zone", "early", "days", "escalate"),
    ),
    "stale_plan": KindFields("none", measure=False, unit=False, optional=("zone",)),
    "questionnaire": KindFields(
        "one", measure=False, unit=False, required=("form",),
        optional=("item", "items", "total", "multiply", "reversed", "item_max"),
    ),
    "symptom": KindFields("none", measure=True, unit=False, required=("map",)),
    "score": KindFields(
        "one", measure=False, unit=False, required=("score", "within"), optional=("spo2_scale",)
    ),
    "combination": KindFields(
        "none", measure=False, unit=False, required=("all", "within", "zone")
    ),
}  # fmt: skip
"""Rule kind → its fields; the same kinds as rules/registry.py."""


def is_given(value: object) -> bool:
    """A field's value → whether the rule states it; a limit of 0 is stated (§1: falsy zeros lose limits)."""
    return value is not None and value is not False and value not in ((), {})
