"""The demo's self-care plans (egenbehandlingsplan), their limits in the exchange format dho-threshold-cases/1.

Source: dho/cases/README.md (format), dho/requirements.md 53, 119–122 and 171.
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
    Zone,
)
from hub.demo.people import DIABETES, GP, GP_2, HEART, MAIN, PRESSURE, TRIAL, VALVE

OSLO: Final = ZoneInfo("Europe/Oslo")
HISTORY_DAYS: Final = 90
TRIAL_DAYS: Final = 21
"""The first weeks are "black": observed only, until the plan is made with the GP (requirement 53)."""


@dataclass(frozen=True, slots=True)
class ZoneText:
    """One row of the plan's zone table: what it feels like and what to do."""

    zone: Zone
    symptom: str
    action: str


@dataclass(frozen=True, slots=True)
class SelfCare:
    """What a plan says beside its limits.

    Shape: `versions` are plan objects of the exchange format, oldest first; `approver` is the key of the GP.
    """

    person: str
    title: str
    what_matters: str
    goals: tuple[str, ...]
    zones: tuple[ZoneText, ...]
    versions: tuple[dict[str, Any], ...]
    approver: str


def _version(
    key: str, number: int, start: date, end: date | None, mode: str, rules: tuple[Rule, ...]
) -> dict[str, Any]:
    return {
        "id": f"ebp-{key}",
        "version": number,
        "valid_from": _midnight(start).isoformat(),
        "valid_to": _midnight(end).isoformat() if end else None,
        "mode": mode,
        "safety_net": True,
        "last_review": start.isoformat(),
        "review_interval": "P3M",
        "rules": list(rules),
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), OSLO)


def _two_versions(key: str, day: date, rules: tuple[Rule, ...]) -> tuple[dict[str, Any], ...]:
    """The usual course: three weeks of black measurements, then the plan agreed with the GP."""
    start = day - timedelta(days=HISTORY_DAYS)
    agreed = start + timedelta(days=TRIAL_DAYS)
    return (
        _version(key, 1, start, agreed, "observe", rules),
        _version(key, 2, agreed, None, "active", rules),
    )


_STOP: Final = "Ring 113 ved tungpust i hvile eller brystsmerter."


def plans(day: date) -> dict[str, SelfCare]:
    """The demo day → every patient's plan; the one on trial is still observed only."""
    trial_start = day - timedelta(days=10)
    trial = (_version(TRIAL, 1, trial_start, None, "observe", MAIN_RULES[:2]),)
    return {
        MAIN: SelfCare(
            MAIN,
            "Egenbehandlingsplan KOLS og hjertesvikt",
            "Hytteturer på egen hånd, og krefter til barnebarna.",
            ("Én hyttetur i måneden", "Holde vekten over 60 kg", "Gå til postkassen hver dag"),
            (
                ZoneText("green", "Pusten er som vanlig.", "Ta faste medisiner og gå en tur."),
                ZoneText(
                    "yellow",
                    "Mer tungpust, mer slim eller hovne ankler.",
                    "Bruk behovsmedisin, hvil, mål på nytt etter en time. Oppfølgingstjenesten ringer.",
                ),
                ZoneText("red", "Tungpust i hvile eller forvirring.", _STOP),
            ),
            _two_versions(MAIN, day, MAIN_RULES),
            GP,
        ),
        HEART: SelfCare(
            HEART,
            "Egenbehandlingsplan hjertesvikt",
            "Stelle hagen og sove i egen seng.",
            ("Vekt mellom 67 og 72,5 kg",),
            (
                ZoneText("green", "Puster fritt, ingen hevelse.", "Vei deg hver morgen."),
                ZoneText(
                    "yellow", "Vekten stiger eller anklene hovner.", "Ring oppfølgingstjenesten."
                ),
                ZoneText("red", "Tungpust i hvile.", _STOP),
            ),
            _two_versions(HEART, day, HEART_RULES),
            GP,
        ),
        DIABETES: SelfCare(
            DIABETES,
            "Egenbehandlingsplan diabetes",
            "Gå på ski uten å bli redd for føling.",
            ("Sju av ti målinger mellom 3,9 og 10 mmol/L",),
            (
                ZoneText("green", "Føler deg bra.", "Fortsett som før."),
                ZoneText(
                    "yellow", "Skjelven, svett eller svært tørst.", "Mål på nytt, spis eller drikk."
                ),
                ZoneText("red", "Forvirret eller kaster opp.", "Ring 113."),
            ),
            _two_versions(DIABETES, day, DIABETES_RULES),
            GP_2,
        ),
        VALVE: SelfCare(
            VALVE,
            "Egenbehandlingsplan Marevan",
            "Reise til søsteren uten å lete opp et legekontor.",
            ("INR mellom 2,5 og 3,5",),
            (
                ZoneText("green", "Ingen blødning.", "Mål hver uke, ta avtalt dose."),
                ZoneText(
                    "yellow",
                    "Blåmerker eller neseblødning.",
                    "Oppfølgingstjenesten ringer om dosen.",
                ),
                ZoneText("red", "Blødning som ikke stanser.", "Ring 113."),
            ),
            _two_versions(VALVE, day, VALVE_RULES),
            GP_2,
        ),
        PRESSURE: SelfCare(
            PRESSURE,
            "Egenbehandlingsplan høyt blodtrykk",
            "Slippe å tenke på blodtrykket hver dag.",
            ("Under 135/85 i snitt",),
            (
                ZoneText("green", "Ingen plager.", "Mål morgen og kveld."),
                ZoneText("yellow", "Hodepine eller svimmel.", "Sitt fem minutter, mål på nytt."),
                ZoneText("red", "Sterk hodepine eller synsforstyrrelse.", "Ring 113."),
            ),
            _two_versions(PRESSURE, day, PRESSURE_RULES),
            GP_2,
        ),
        TRIAL: SelfCare(
            TRIAL,
            "Utprøving av digital hjemmeoppfølging, KOLS",
            "Finne ut om målingene hjelper.",
            ("Måle hver dag i tre uker",),
            (ZoneText("green", "Pusten er som vanlig.", "Mål hver morgen og kveld."),),
            trial,
            GP,
        ),
    }
