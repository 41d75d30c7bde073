"""What a plan says in words and in schedules, beside the limits the engine judges by.

Source: architecture D6; fhir-no/careplan-dbep.md model B; dho/cases/README.md (`times`, `days`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to measure. Shape: `times` are local "HH:MM"; `days` empty = every day."""

    times: tuple[str, ...]
    days: tuple[Day, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneText:
    """One colour in the patient's words: how it feels, and what to do."""

    zone: Literal["green", "yellow", "red"]
    symptom: str
    action: str


def _no_schedules() -> Mapping[str, Schedule]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanText:
    """The plan as the patient reads it.

    Shape: `matters` is "what matters to you"; `schedules` measure key (or form:…) → when.
    """

    title: str = "Egenbehandlingsplan"
    matters: str = ""
    goals: tuple[str, ...] = ()
    zones: tuple[ZoneText, ...] = ()
    schedules: Mapping[str, Schedule] = field(default_factory=_no_schedules)
