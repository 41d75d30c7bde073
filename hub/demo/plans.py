"""The demo's self-care plans (egenbehandlingsplan): versions with limits in the exchange format, and their words.

Source: dho/cases/README.md (format dho-threshold-cases/1), dho/requirements.md 53 and 119–122.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub.demo.limits import (
    DIABETES_RULES,
    HEART_RULES,
    MAIN_RULES,
    PRESSURE_RULES,
    VALVE_RULES,
    Rule,
)
from hub.demo.people import DIABETES, DOCTORS, GP, GP_2, HEART, MAIN, PRESSURE, TRIAL, VALVE
from hub.demo.plan_texts import TEXTS
from hub.mapping.plan_text import PlanText

OSLO: Final = ZoneInfo("Europe/Oslo")
HISTORY_DAYS: Final = 90
TRIAL_DAYS: Final = 21
"""The first weeks are "black": observed only, until the plan is made with the GP (requirement 53)."""
TRIAL_PERSON_DAYS: Final = 10
"""The person on trial began this many days before the demo day."""

_COURSE: Final[tuple[tuple[str, tuple[Rule, ...], str], ...]] = (
    (MAIN, MAIN_RULES, GP),
    (HEART, HEART_RULES, GP),
    (DIABETES, DIABETES_RULES, GP_2),
    (VALVE, VALVE_RULES, GP_2),
    (PRESSURE, PRESSURE_RULES, GP_2),
)


@dataclass(frozen=True, slots=True)
class SelfCare:
    """One patient's plan through time.

    Shape: `text` is what the patient reads; `versions` are plan objects of the exchange format, oldest first;
    `approver` is the key of the GP.
    """

    person: str
    text: PlanText
    versions: tuple[dict[str, Any], ...]
    approver: str


def plans(day: date) -> dict[str, SelfCare]:
    """The demo day → every patient's plan: three black weeks, then the plan agreed with the GP; one is still on trial."""
    start = day - timedelta(days=HISTORY_DAYS)
    agreed = start + timedelta(days=TRIAL_DAYS)
    found: dict[str, SelfCare] = {}
    for key, rules, gp in _COURSE:
        black = _version(key, 1, start, "observe", rules, gp)
        black["valid_to"] = _midnight(agreed)
        versions = (black, _version(key, 2, agreed, "active", rules, gp))
        found[key] = SelfCare(key, TEXTS[key], versions, gp)
    begun = day - timedelta(days=TRIAL_PERSON_DAYS)
    trial = _version(TRIAL, 1, begun, "observe", MAIN_RULES[:2], GP)
    found[TRIAL] = SelfCare(TRIAL, TEXTS[TRIAL], (trial,), GP)
    return found


def _version(
    key: str, number: int, start: date, mode: str, rules: tuple[Rule, ...], gp: str
) -> dict[str, Any]:
    doctor = DOCTORS[gp]
    return {
        "id": f"ebp-{key}",
        "version": number,
        "valid_from": _midnight(start),
        "valid_to": None,
        "mode": mode,
        "safety_net": True,
        "last_review": start.isoformat(),
        "review_interval": "P3M",
        "approved_by": f"{doctor.given} {doctor.family}",
        "approved_at": _midnight(start),
        "rules": list(rules),
    }


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), OSLO).isoformat()
