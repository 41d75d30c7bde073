"""One rule of a plan or of the general limits → the repeating complex extension that carries it.

The rule's fields are sub-extensions; decimals stand as they are, and each end of a band is written with the letters of the
rule (gt, ge, lt, le), so that inclusive and exclusive ends survive.
Source: architecture D6; dho/thresholds.md §2.2, §2.3, §2.5, §5, §7.4, §7.5; dho/cases/README.md (field names).
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Final, cast

from hub.fhir.models.r4.datatypes import Duration, Extension, Reference
from hub.mapping import urls
from hub.mapping.rule_field_extensions import ENDS, write_fields
from hub.thresholds.measurement import ContextValue
from hub.thresholds.plan import Band, Rule

_APPROVER: Final = re.compile(
    r"(?:Practitioner|PractitionerRole|Organization)/[A-Za-z0-9.\-]{1,64}"
)
_UNITS: Final = {
    "h": (3_600_000_000, "timer"),
    "min": (60_000_000, "minutter"),
    "s": (1_000_000, "sekunder"),
}


def rule_to_extension(rule: Rule, sequence: int) -> Extension:
    """A rule and its place among the plan's rules (from 1) → the extension that carries it whole."""
    parts = [
        Extension(url="sequence", valueInteger=sequence),
        Extension(url="id", valueString=rule.id),
        Extension(url="kind", valueCode=rule.kind),
    ]
    if rule.measure is not None:
        parts.append(Extension(url="measure", valueCode=rule.measure))
    if rule.unit is not None:
        parts.append(Extension(url="unit", valueString=rule.unit))
    parts += [_band(band, None) for band in rule.bands]
    for component, bands in rule.components.items():
        parts.append(Extension(url="component", valueCode=component))
        parts += [_band(band, component) for band in bands]
    parts += write_fields(rule)
    parts += [_when(key, value) for key, value in rule.when.items()]
    return Extension(url=urls.RULE, extension=(*parts, *_life_cycle(rule)))


def _life_cycle(rule: Rule) -> list[Extension]:
    parts: list[Extension] = []
    if rule.quiet is not None:
        parts.append(Extension(url="quiet", valueDuration=_to_duration(rule.quiet)))
    if rule.auto_resolve is not None:
        count = Extension(url="count", valueInteger=rule.auto_resolve.count)
        margin = Extension(url="margin", valueDecimal=rule.auto_resolve.margin)
        parts.append(Extension(url="autoResolve", extension=(count, margin)))
    if rule.overridable is not None:
        parts.append(Extension(url="overridable", valueBoolean=rule.overridable))
    if rule.version is not None:
        parts.append(Extension(url="version", valueInteger=rule.version))
    if rule.approved_by is not None:
        parts.append(Extension(url="approvedBy", valueReference=to_approver(rule.approved_by)))
    return parts


def _band(band: Band, component: str | None) -> Extension:
    parts = [] if component is None else [Extension(url="component", valueCode=component)]
    parts.append(Extension(url="zone", valueCode=band.zone))
    for end in ENDS:
        value = cast("Decimal | None", getattr(band, end))
        if value is not None:
            parts.append(Extension(url=end, valueDecimal=value))
    return Extension(url="band", extension=tuple(parts))


def _when(key: str, value: ContextValue) -> Extension:
    parts = [Extension(url="key", valueString=key)]
    if isinstance(value, bool):
        parts.append(Extension(url="value", valueBoolean=value))
    elif value is not None:
        parts.append(Extension(url="value", valueString=value))
    return Extension(url="when", extension=tuple(parts))


def _to_duration(span: timedelta) -> Duration:
    """A time span → Duration in the largest of hours, minutes and seconds that divides it."""
    micros = span // timedelta(microseconds=1)
    unit = next((u for u, (length, _) in _UNITS.items() if micros % length == 0), "s")
    length, name = _UNITS[unit]
    value = Decimal(micros) / Decimal(length)
    return Duration(value=value, unit=name, system=urls.UCUM, code=unit)


def to_approver(approver: str) -> Reference:
    """Who approved, as the engine keeps it → a reference where it names a resource, else the name."""
    if _APPROVER.fullmatch(approver):
        return Reference(reference=approver)
    return Reference(display=approver)
