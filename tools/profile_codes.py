"""The code systems of profiles/, written as FSH from the tables the hub judges and stores by: they cannot say something else.

Source: hub/thresholds (kinds, measures, zones), hub/mapping (alert states), hub/flows/people_tasks.py.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hub.flows.people_tasks import NAMES
from hub.mapping.alert_codes import STATE_ROWS, ZONE_ROWS
from hub.thresholds.forms_table import FORMS, Form
from hub.thresholds.measures_table import ROWS
from hub.thresholds.rules.registry import KINDS
from hub.thresholds.zones import BAND_ZONES

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
Rows = Iterable[tuple[str, str]]

_KINDS = {
    "absolute": "bands on the value",
    "composite_bp": "bands on systolic and diastolic pressure, and their difference",
    "delta": "change against a baseline",
    "trend": "slope over a window",
    "n_of_m": "n of the last m values",
    "average": "mean over days (home blood pressure)",
    "missing": "a value that did not come in time",
    "stale_plan": "a plan whose review is overdue",
    "questionnaire": "an answer or the sum of a form",
    "symptom": "a coded answer",
    "score": "a score of several values (NEWS2)",
    "combination": "several rules within a span",
}
_SIDES = (("low", "below a limit"), ("high", "above a limit"))
_PARTS = ("systolic", "diastolic", "pulse_pressure")
_REASONS = (
    *((f"absolute.{side}", f"Value {text}") for side, text in _SIDES),
    ("absolute.gap", "Value between bands that leave a gap"),
    *((f"bp.{part}.{side}", f"{part} {text}") for part in _PARTS for side, text in _SIDES),
    ("delta.up", "Risen too much"),
    ("delta.down", "Fallen too much"),
    ("trend.up", "Rising"),
    ("trend.down", "Falling"),
    ("n_of_m", "Too many of the last values"),
    *(
        (f"average.{part}.{side}", f"Mean of {part} {text}")
        for part in (*_PARTS[:2], *(row[0] for row in ROWS if row[0] not in _PARTS))
        for side, text in _SIDES
    ),
    ("missing", "A value that was expected did not come"),
    ("plan.review-overdue", "The plan should have been reviewed"),
    ("plan.none", "No plan is in force"),
    ("questionnaire.item", "An answer"),
    ("questionnaire.total", "The sum of a form"),
    ("questionnaire.unanswered", "A question of safety was left blank"),
    ("symptom", "A symptom"),
    ("symptom.unknown", "A symptom code the plan does not know"),
    ("score.aggregate", "The sum of a score"),
    ("score.single", "One part of a score"),
    ("combination", "Several rules together"),
    ("admin.after-end", "A value after the follow-up ended"),
    ("technical.battery", "Battery low"),
    ("technical.clock-skew", "The time of measuring lies in the future"),
    ("technical.no-time", "No time of measuring"),
    ("technical.code-conflict", "Codes that mean different measures"),
    ("technical.data-absent", "No value"),
    ("technical.device-error", "The device reports an error"),
    ("technical.implausible", "A value outside what can be"),
    ("technical.implausible-repeat", "Two such values within an hour"),
    ("technical.incomplete", "A part is missing"),
    ("technical.rule", "A rule that cannot be used"),
    ("technical.unit", "A unit that is missing or not known"),
)
_TASKS = {
    "clinical-alert": "Følg opp varsel",
    "technical-alert": "Følg opp teknisk varsel",
    "acknowledge": "Kvittert",
    "mitigate": "Tiltak utført",
    "close": "Avsluttet",
    "snooze": "Utsatt",
    "snoozed": "Utsatt til",
    "reminded": "Minnet på",
    "escalated": "Sendt videre",
}


def code_systems() -> str:
    """Nothing → FSH of the code systems and value sets."""
    zones = [(zone, ZONE_ROWS[zone].name) for zone in sorted(BAND_ZONES)]
    kinds = [(kind, _KINDS[kind]) for kind in KINDS]
    measures = [(row[0], row[2]) for row in ROWS]
    return "\n".join(
        (
            _system("DhoZoneCodes", "dho-zone", "Zones", zones),
            _set("DhoZones", "dho-zones", "Zones", "dho-zone"),
            _system("DhoRuleKindCodes", "dho-rule-kind", "Kinds of rules", kinds),
            _set("DhoRuleKinds", "dho-rule-kinds", "Kinds of rules", "dho-rule-kind"),
            _system(
                "DhoPlanModeCodes",
                "dho-plan-mode",
                "Modes of a plan",
                (("active", "judges and raises alerts"), ("observe", "only notes the zones")),
            ),
            _set("DhoPlanModes", "dho-plan-modes", "Modes of a plan", "dho-plan-mode"),
            _system(
                "DhoAlertStateCodes",
                "dho-alert-state",
                "States of an alert",
                [(state, state) for state in STATE_ROWS],
            ),
            _set("DhoAlertStates", "dho-alert-states", "States of an alert", "dho-alert-state"),
            _system("DhoReasonCodes", "dho-alert-reason", "Reasons of alerts", _REASONS),
            _system("DhoTaskCodeSystem", "dho-task", "Tasks", {**_TASKS, **NAMES}.items()),
            _set("DhoTaskCodes", "dho-tasks", "Tasks", "dho-task"),
            _system("DhoMeasureCodes", "dho-measure", "Measures", measures),
        )
    )


def questionnaires() -> str:
    """Nothing → FSH of the Questionnaires: their structure and points; the questions' texts belong to their owners."""
    return "\n".join(_questionnaire(form) for form in FORMS)


def _questionnaire(form: Form) -> str:
    lines = [
        f"Instance: {form.key.replace('_', '-')}",
        "InstanceOf: Questionnaire",
        f'Title: "{form.title}"',
        "Usage: #definition",
        f'* url = "https://dho-hub.example/fhir/Questionnaire/{form.key}"',
        '* version = "0.1.0"',
        f'* title = "{form.title}"',
        "* status = #draft",
        "* subjectType = #Patient",
        f'* copyright = "{form.licence}"',
        f'* description = "Structure and points only. Source: {form.source}. Read in the source: {form.checked}. Needs clinical sign-off."',
    ]
    for number in range(form.questions):
        path = f"* item[{number}]"
        lines += [
            f'{path}.linkId = "{number + 1}"',
            f'{path}.text = "{form.title}, {number + 1}"',
            f"{path}.type = #choice",
        ]
        for place, points in enumerate(range(form.low, form.high + 1)):
            option = f"{path}.answerOption[{place}]"
            lines += [
                f'{option}.valueCoding = $Points#{points} "{points}"',
                f'{option}.valueCoding.extension.url = "{ORDINAL}"',
                f"{option}.valueCoding.extension.valueDecimal = {points}",
            ]
    return "\n".join(lines) + "\n"


def _system(name: str, id_: str, title: str, rows: Rows) -> str:
    lines = [f"CodeSystem: {name}", f"Id: {id_}", f'Title: "{title}"', "* ^caseSensitive = true"]
    lines += ["* ^experimental = false", *(f'* #"{code}" "{text}"' for code, text in rows)]
    return "\n".join(lines) + "\n"


def _set(name: str, id_: str, title: str, system: str) -> str:
    return "\n".join(
        (
            f"ValueSet: {name}",
            f"Id: {id_}",
            f'Title: "{title}"',
            "* ^experimental = false",
            f"* include codes from system https://dho-hub.example/fhir/CodeSystem/{system}",
            "",
        )
    )
