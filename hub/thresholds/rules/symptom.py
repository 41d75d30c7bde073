"""Rule kind `symptom`: an answer → the zone the plan's symptom table gives it.

Source: dho/thresholds.md §5.10, §6.6.
"""

from __future__ import annotations

from typing import Final

from hub.thresholds.measures import is_coded, is_measure
from hub.thresholds.plan import Rule
from hub.thresholds.rules.checks import measure_of
from hub.thresholds.rules.kind import Finding, Judge, Kind, Moment, Reading
from hub.thresholds.zones import ALERTING, BAND_ZONES


def _triggers(rule: Rule) -> tuple[str, ...]:
    return (measure_of(rule),)


def _faults(rule: Rule) -> tuple[str, ...]:
    if _is_off(rule):
        return ()
    measure = measure_of(rule)
    faults: list[str] = []
    if not is_measure(measure) or not is_coded(measure) or measure.startswith(("form:", "device:")):
        faults.append(f"{measure or '(mangler)'} er ikke et symptom eller en måling med svar.")
    faults += [
        f"Svaret {code} har en ukjent sone: {zone}."
        for code, zone in rule.answers.items()
        if zone not in BAND_ZONES
    ]
    return tuple(faults)


def _is_off(rule: Rule) -> bool:
    return not rule.answers


def _compile(rule: Rule) -> Judge | None:
    measure = measure_of(rule)

    def judge(reading: Reading, _: Moment) -> Finding | None:
        if reading.code is None:
            return None
        zone = rule.answers.get(reading.code)
        if zone is None:
            words = f"har svaret «{reading.code}», som ikke står i planen"
            return Finding("yellow", "symptom.unknown", measure, None, "", words=words)
        reason = "symptom" if zone in ALERTING else ""
        return Finding(zone, reason, measure, None, "", words=f"har svaret «{reading.code}»")

    return judge


SYMPTOM: Final = Kind(measure_of, _triggers, _faults, _is_off, _compile)
