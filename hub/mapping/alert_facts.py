"""A stored DetectedIssue → the facts of the alert that a person is told: value, limit, plan, times.

Source: dho/thresholds.md §11; our extensions of `alert_to_detected_issue.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.fhir.models.r4.datatypes import Extension, Quantity
from hub.fhir.models.r4.detected_issue import DetectedIssue, DetectedIssueEvidence
from hub.mapping import urls
from hub.mapping.fhir_parts import extension
from hub.mapping.fhir_time import to_instant
from hub.thresholds.measures import name_of
from hub.thresholds.reason import render_number, render_unit

_OSLO: Final = ZoneInfo("Europe/Oslo")
_FLAGS: Final = {
    "late": "målingen kom inn sent",
    "historical": "målingen er eldre enn 14 dager",
    "on-hold": "oppfølgingen er satt på pause",
    "amended": "målingen er rettet",
    "recomputed": "varselet er regnet om",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """One alert in words. Shape: "" and None for what is not known; `remarks` are the flags, spelled out."""

    text: str
    zone: str
    measure: str = ""
    value: str = ""
    limit: str = ""
    effective: datetime | None = None
    raised: datetime | None = None
    source: str = ""
    approved_by: str = ""
    remarks: str = ""
    observations: tuple[str, ...] = ()


def alert_facts(issue: DetectedIssue) -> AlertFacts:
    """A DetectedIssue made by the hub → its facts, told by the evidence that gave the zone (the earliest of the worst)."""
    zone = extension(issue.extension, urls.ZONE)
    worst = (zone.valueCode if zone else None) or ""
    lead = _lead(issue, worst)
    parts = {} if lead is None else _parts(lead)
    basis = extension(issue.extension, urls.ALERT)
    flags = [e.valueCode or "" for e in basis.extension if e.url == "flag"] if basis else []
    measure = _string(parts, "measure")
    return AlertFacts(
        text=issue.detail or "",
        zone=worst,
        measure=name_of(measure) if measure else "",
        value=_received(parts),
        limit=_limit(parts),
        effective=_instant(parts, "effective"),
        raised=to_instant(issue.identifiedDateTime, _OSLO),
        source=_string(parts, "source"),
        approved_by=_approver(parts),
        remarks=", ".join(_FLAGS[flag] for flag in flags if flag in _FLAGS),
        observations=tuple(
            ref.reference.removeprefix("Observation/")
            for ref in issue.implicated
            if ref.reference and ref.reference.startswith("Observation/")
        ),
    )


def _lead(issue: DetectedIssue, zone: str) -> DetectedIssueEvidence | None:
    told = [e for e in issue.evidence if _string_code(_parts(e), "zone") == zone]
    return min(told, key=lambda e: _time(_parts(e)), default=None)


def _time(parts: Mapping[str, Extension]) -> str:
    at = _instant(parts, "effective")
    return at.astimezone(UTC).isoformat() if at else ""


def _parts(evidence: DetectedIssueEvidence) -> dict[str, Extension]:
    firing = extension(evidence.extension, urls.FIRING)
    return {part.url: part for part in firing.extension} if firing else {}


def _string(parts: Mapping[str, Extension], name: str) -> str:
    return (parts[name].valueString or "") if name in parts else ""


def _string_code(parts: Mapping[str, Extension], name: str) -> str:
    return (parts[name].valueCode or "") if name in parts else ""


def _instant(parts: Mapping[str, Extension], name: str) -> datetime | None:
    return to_instant(parts[name].valueDateTime, _OSLO) if name in parts else None


def _received(parts: Mapping[str, Extension]) -> str:
    value, unit = _string(parts, "receivedValue"), _string(parts, "receivedUnit")
    if not value:
        return ""
    shown = f"{value.replace('.', ',')} {render_unit(unit)}".rstrip()
    judged = parts.get("value")
    if judged is None or judged.valueQuantity is None or judged.valueQuantity.code in (unit, None):
        return shown
    return f"{shown} (omregnet {_quantity(judged.valueQuantity, trim=True)})"


def _limit(parts: Mapping[str, Extension]) -> str:
    limit = parts.get("limit")
    if limit is None or limit.valueQuantity is None:
        return ""
    return f"{_string(parts, 'limitSign')} {_quantity(limit.valueQuantity)}".strip()


def _quantity(quantity: Quantity, *, trim: bool = False) -> str:
    """A Quantity → as shown; `trim` takes away the zeros that a conversion leaves behind."""
    if quantity.value is None:
        return ""
    number = quantity.value.normalize() if trim else quantity.value
    return f"{render_number(number)} {render_unit(quantity.code or '')}".rstrip()


def _approver(parts: Mapping[str, Extension]) -> str:
    part = parts.get("approvedBy")
    found = part.valueReference if part is not None else None
    return (found.display or "") if found is not None else ""
