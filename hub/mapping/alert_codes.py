"""Zones, reasons and states of alerts as the codes that FHIR and VKP use.

Source: dho/thresholds.md §3.5, §5.7, §7.2; fhir-no/vkp-dho.md (alert-code, severity-level, triage).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Extension
from hub.mapping import urls
from hub.thresholds.alarm import Alert, State

Severity = Literal["high", "moderate", "low"]


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """§3.5. Shape: `level` of vkp-severity-level, `triage` of vkp-triage; both with their displays."""

    severity: Severity | None
    level: str
    level_display: str
    triage: str
    triage_display: str
    name: str


ZONE_ROWS: Final[dict[str, ZoneRow]] = {
    "red": ZoneRow("high", "30", "Alvorlig", "R", "red", "rød"),
    "yellow": ZoneRow("moderate", "20", "Moderat", "Y", "yellow", "gul"),
    "green": ZoneRow("low", "10", "Normal", "G", "green", "grønn"),
    # BL means "expectant": never for measurements that are only observed
    "black": ZoneRow(None, "0", "Ikke rapportert", "NR", "not reported", "svart"),
    "none": ZoneRow(None, "0", "Ikke rapportert", "NR", "not reported", "ingen"),
}

ALERT_NAMES: Final = {
    "5": "Digital hjemmeoppfølging",
    "5.1": "Oppsummerende varsel",
    "5.2.1": "Måledata rapportert",
    "5.2.2": "Skjemabesvarelse",
    "5.2.3": "Annen handling utført",
    "5.3": "Inaktiv pasient",
    "5.3.1": "Manglende skjemabesvarelse",
    "5.3.2": "Måling ikke rapportert",
}
EQUIPMENT: Final = "device:"
"""What equipment says of itself is neither a value nor a form (thresholds.md §5.13)."""
# First part of the reason → VKP alert code; what is not here is about a reported value
_BY_REASON: Final = {
    "combination": "5.1",
    "missing": "5.3.2",
    "questionnaire": "5.2.2",
    "symptom": "5.2.2",
    "score": "5.2.1",
    "plan": "5",
    "admin": "5",
}

# What was expected, by the first part of its name → kind of missing; what is not here is a value (§5.7). A symptom that the patient
# does not tell of is neither a value with a LOINC code nor a form: only that the patient is silent can be said
_MISSING: Final = {"form": "5.3.1", "sym": "5.3"}


def vkp_alert_code(reason: str, measure: str = "") -> str:
    """A reason such as `absolute.low`, and what was measured or expected → code of vkp-alert-code."""
    code = _BY_REASON.get(reason.partition(".")[0], "5.2.1")
    if code == "5.2.1" and measure.startswith(EQUIPMENT):
        return "5.2.3"
    return _MISSING.get(measure.partition(":")[0], code) if code == "5.3.2" else code


def alert_concept(alert: Alert) -> CodeableConcept:
    """An alert → its code: VKP's kind of alert, then the rule's own reason."""
    code = vkp_alert_code(alert.reason, alert.measure)
    return CodeableConcept(
        coding=(
            Coding(system=urls.VKP_ALERT_CODES, code=code, display=ALERT_NAMES[code]),
            Coding(system=urls.REASON_CODES, code=alert.reason),
        )
    )


def zone_extensions(zone: str) -> tuple[Extension, ...]:
    """A zone → the extensions of a DetectedIssue that tell it in our words, VKP's severity and VKP's triage."""
    row = ZONE_ROWS[zone]
    level = Coding(system=urls.VKP_SEVERITY_CODES, code=row.level, display=row.level_display)
    triage = Coding(system=urls.VKP_TRIAGE, code=row.triage, display=row.triage_display)
    return (
        Extension(url=urls.ZONE, valueCode=zone),
        Extension(url=urls.SEVERITY_LEVEL, valueCoding=level),
        Extension(url=urls.TRIAGE, valueCoding=triage),
    )


@dataclass(frozen=True, slots=True)
class StateRow:
    """§7.2. Shape: `issue` None = as before, or preliminary; `task` None = as before."""

    issue: Literal["preliminary", "final", "cancelled", "entered-in-error"] | None
    task: Literal["requested", "accepted", "in-progress", "completed", "cancelled"]
    flag: Literal["active", "inactive"]


STATE_ROWS: Final[dict[State, StateRow]] = {
    "open": StateRow(None, "requested", "active"),
    "acknowledged": StateRow(None, "accepted", "active"),
    "mitigated": StateRow("final", "in-progress", "active"),
    "closed": StateRow("final", "completed", "inactive"),
    "auto-resolved": StateRow("cancelled", "cancelled", "inactive"),
    "withdrawn": StateRow("entered-in-error", "cancelled", "inactive"),
}

ENDINGS: Final[dict[State, str]] = {
    "auto-resolved": "Varselet løste seg selv: målingene er godt innenfor grønn sone igjen",
    "withdrawn": "Trukket tilbake: målingen varselet bygde på er rettet eller trukket",
}
"""State → why the Task was cancelled, in words."""
