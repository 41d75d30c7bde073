"""The limits of the demo's plans and the general limits, as rules of the format dho-threshold-cases/1.

Figures are invented for the story, not clinical advice; where a published band exists it is named beside the rule.
Source: dho/cases/README.md (format), dho/data/default-thresholds.csv.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, Literal

from hub.thresholds.case_rules import render_rule
from hub.thresholds.proposed_limits import proposed_limits

Zone = Literal["green", "yellow", "red"]
Rule = dict[str, Any]


def _bands(*bounds: tuple[Zone, str | None, str | None]) -> list[dict[str, Any]]:
    """Zones with their inclusive low and exclusive high end → bands of the format."""
    found: list[dict[str, Any]] = []
    for zone, low, high in bounds:
        band: dict[str, Any] = {"zone": zone}
        if low is not None:
            band["ge"] = Decimal(low)
        if high is not None:
            band["lt"] = Decimal(high)
        found.append(band)
    return found


def _absolute(
    key: str, measure: str, unit: str, *bounds: tuple[Zone, str | None, str | None]
) -> Rule:
    return {
        "id": key,
        "kind": "absolute",
        "measure": measure,
        "unit": unit,
        "bands": _bands(*bounds),
    }


def _pressure(key: str, systolic: list[dict[str, Any]], diastolic: list[dict[str, Any]]) -> Rule:
    return {
        "id": key,
        "kind": "composite_bp",
        "unit": "mm[Hg]",
        "bands": {"systolic": systolic, "diastolic": diastolic},
    }


# COPD grade 4 on oxygen: the target lies at 88-92 %, far below the general limit (NEWS2, SpO2 scale 2).
MAIN_RULES: Final = (
    _absolute(
        "kols-spo2", "spo2", "%", ("red", None, "88"), ("yellow", "88", "90"), ("green", "90", None)
    ),
    _absolute(
        "kols-puls",
        "pulse",
        "/min",
        ("red", None, "45"),
        ("yellow", "45", "55"),
        ("green", "55", "100"),
        ("yellow", "100", "120"),
        ("red", "120", None),
    ),
    _pressure(
        "kols-bt",
        _bands(
            ("red", None, "90"),
            ("yellow", "90", "100"),
            ("green", "100", "160"),
            ("yellow", "160", "180"),
            ("red", "180", None),
        ),
        _bands(("yellow", None, "50"), ("green", "50", "95"), ("yellow", "95", None)),
    ),
    _absolute(
        "kols-vekt",
        "weight",
        "kg",
        ("red", None, "56"),
        ("yellow", "56", "58"),
        ("green", "58", "64"),
        ("yellow", "64", "66"),
        ("red", "66", None),
    ),
    _absolute(
        "kols-temp",
        "temperature",
        "Cel",
        ("yellow", None, "35.5"),
        ("green", "35.5", "38"),
        ("yellow", "38", "39"),
        ("red", "39", None),
    ),
)
HEART_RULES: Final = (
    _absolute(
        "svikt-vekt",
        "weight",
        "kg",
        ("red", None, "65"),
        ("yellow", "65", "67"),
        ("green", "67", "72.5"),
        ("yellow", "72.5", "74"),
        ("red", "74", None),
    ),
    _absolute(
        "svikt-puls",
        "pulse",
        "/min",
        ("red", None, "45"),
        ("yellow", "45", "50"),
        ("green", "50", "100"),
        ("yellow", "100", "120"),
        ("red", "120", None),
    ),
    _pressure(
        "svikt-bt",
        _bands(
            ("red", None, "85"),
            ("yellow", "85", "95"),
            ("green", "95", "150"),
            ("yellow", "150", "180"),
            ("red", "180", None),
        ),
        _bands(("green", None, "95"), ("yellow", "95", None)),
    ),
)
# Bands of the ADA levels: below 3.0 and 3.9, above 13.9 and 10.0 mmol/L.
DIABETES_RULES: Final = (
    {
        "id": "diabetes-glukose",
        "kind": "absolute",
        "measure": "glucose",
        "unit": "mmol/L",
        "bands": [
            {"zone": "red", "lt": Decimal("3.0")},
            {"zone": "yellow", "ge": Decimal("3.0"), "lt": Decimal("3.9")},
            {"zone": "green", "ge": Decimal("3.9"), "le": Decimal("10.0")},
            {"zone": "yellow", "gt": Decimal("10.0"), "le": Decimal("16.0")},
            {"zone": "red", "gt": Decimal("16.0")},
        ],
    },
)
# Mechanical mitral valve: target 2.5-3.5 (ESC/EACTS 2021), the outer bounds set for this patient.
VALVE_RULES: Final = (
    {
        "id": "marevan-inr",
        "kind": "absolute",
        "measure": "inr",
        "unit": "{INR}",
        "bands": [
            {"zone": "red", "lt": Decimal("1.5")},
            {"zone": "yellow", "ge": Decimal("1.5"), "lt": Decimal("2.5")},
            {"zone": "green", "ge": Decimal("2.5"), "le": Decimal("3.5")},
            {"zone": "yellow", "gt": Decimal("3.5"), "lt": Decimal("5.0")},
            {"zone": "red", "ge": Decimal("5.0")},
        ],
    },
)
PRESSURE_RULES: Final = (
    _pressure(
        "bt-hjemme",
        _bands(
            ("red", None, "90"),
            ("yellow", "90", "105"),
            ("green", "105", "150"),
            ("yellow", "150", "180"),
            ("red", "180", None),
        ),
        _bands(
            ("yellow", None, "55"),
            ("green", "55", "95"),
            ("yellow", "95", "120"),
            ("red", "120", None),
        ),
    ),
)


def general_limits() -> tuple[Rule, ...]:
    """Nothing → limits for everyone: overridable ones until a personal plan stands, and floors nothing lifts.

    Source: NEWS2 single-parameter bands for the overridable ones; the floors are the story's own.
    """
    published = (
        *proposed_limits("news2-single", "adult, SpO2 scale 1"),
        *(rule for rule in proposed_limits("news2-single", "adult") if rule.measure == "pulse"),
    )
    floors = (
        _absolute("gulv-spo2", "spo2", "%", ("red", None, "80"), ("green", "80", None)),
        _absolute(
            "gulv-puls",
            "pulse",
            "/min",
            ("red", None, "35"),
            ("green", "35", "150"),
            ("red", "150", None),
        ),
    )
    return (
        *(render_rule(rule) for rule in published),
        *({**rule, "overridable": False} for rule in floors),
    )
