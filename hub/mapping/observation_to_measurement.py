"""FHIR Observation → Measurement, the engine's view of one version of it.

Nothing is guessed or repaired here: what cannot be read goes to the engine as it stands, which then raises the technical
alert that the text names.
Source: dho/thresholds.md §2.6, §4.1-4.5, §16; FHIR R4 Observation; fhir-no/vitalsigns.md, vkp-dho.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.fhir.models.r4.datatypes import CodeableConcept, Quantity
from hub.fhir.models.r4.observation import Observation, ObservationComponent
from hub.mapping import urls
from hub.mapping.fhir_time import to_day, to_instant
from hub.mapping.measure_codes import ACVPU, MEASURE_OF, MISPRINTED_WEIGHT, SOLE_UNIT
from hub.mapping.observation_context import to_context
from hub.problems import Problem, ProblemCode, Translation
from hub.thresholds.measurement import Component, Measurement, resolve_effective
from hub.thresholds.measures import is_coded, is_measure

_PANEL: Final = "bp"
_PANEL_PARTS: Final = frozenset({"systolic", "diastolic", "map"})
_UNSUPPORTED: Final = "unsupported"
_UNKNOWN: Final = "unknown"
_MISPRINT: Final = Problem(
    ProblemCode.CONTENT_ODD,
    "LOINC 29563-7 is a misprint that circulates: it was read as body weight, 29463-7",
    "Observation.code",
)
_NOT_A_NUMBER: Final = (
    "valueRange",
    "valueRatio",
    "valueSampledData",
    "valueTime",
    "valueDateTime",
    "valuePeriod",
)

# value, unit, comparator, code, data_absent_reason
_Content = tuple[str | None, str | None, str | None, str | None, str | None]
_EMPTY: Final[_Content] = (None, None, None, None, None)


def observation_to_measurement(
    observation: Observation,
    *,
    resource_id: str,
    version: int,
    received: datetime,
    timezone: str = "Europe/Oslo",
) -> Translation[Measurement | None]:
    """One Observation version and when the hub got it → Measurement; None when it is of no known measure.

    Shape: a Period counts by its end (the moment the value is known), else by its start; a month or a year is no
    time at all (`effective` None); a panel whose own code is unknown is blood pressure when its parts are.
    Problems: CONTENT_ODD, a warning, for the misprinted code of body weight.
    Drops: components of other measures than the panel's own and the context they give; performer, note, referenceRange.
    """
    measure, conflict = _measure_of(observation.code)
    parts: tuple[Component, ...] = ()
    if observation.component:
        measure, parts, clash = _read_panel(measure, observation.component)
        conflict = conflict or clash
    if measure is None:
        return _NOTHING
    quantity = observation.valueQuantity
    content: _Content = _EMPTY
    if quantity is not None:
        content = _of_quantity(measure, quantity)
    elif not parts:
        content = _other_value(measure, observation)
    absent = content[4]
    if observation.dataAbsentReason is not None:
        absent = _absent(observation.dataAbsentReason)
    effective, date_only = _effective(observation, timezone)
    measurement = Measurement(
        id=resource_id,
        measure=measure,
        effective=effective,
        received=received,
        status=observation.status or _UNKNOWN,
        version=version,
        identifiers=tuple(
            f"{each.system or ''}|{each.value}" for each in observation.identifier if each.value
        ),
        device=None if observation.device is None else _device(observation),
        value=content[0],
        unit=content[1],
        comparator=content[2],
        components=parts,
        code=content[3],
        context=to_context(observation, measure),
        data_absent_reason=absent,
        date_only=date_only,
        code_conflict=conflict,
    )
    return Translation(measurement, (_MISPRINT,) if _is_misprint(observation.code) else ())


_NOTHING: Final[Translation[Measurement | None]] = Translation(None)


def _measure_of(concept: CodeableConcept) -> tuple[str | None, bool]:
    """A code → its measure, and whether its codings point to different ones (§16: never pick one silently)."""
    found: str | None = None
    conflict = False
    for coding in concept.coding:
        key = MEASURE_OF.get((coding.system, coding.code))
        if key is None and coding.system == urls.MEASURE_CODES and is_measure(coding.code or ""):
            key = coding.code  # form:, sym: and device: keys are open-ended
        if key is not None:
            conflict = conflict or (found is not None and key != found)
            found = found or key
    return found, conflict


def _is_misprint(concept: CodeableConcept) -> bool:
    return any(
        c.code == MISPRINTED_WEIGHT and c.system in urls.LOINC_ALIASES for c in concept.coding
    )


def _read_panel(
    measure: str | None, components: Iterable[ObservationComponent]
) -> tuple[str | None, tuple[Component, ...], bool]:
    """The panel's measure and its components → measure, parts, and whether two of them claim the same place."""
    parts: dict[str, Component] = {}
    conflict = False
    for each in components:
        key, clash = _measure_of(each.code)
        if key not in _PANEL_PARTS:
            continue
        conflict = conflict or clash or key in parts
        if key not in parts:
            value, unit, absent = _part(key, each)
            parts[key] = Component(key, value, unit) if not absent else Component(key)
    if measure is None and parts:
        measure = _PANEL
    return measure, (tuple(parts.values()) if measure == _PANEL else ()), conflict


def _part(measure: str, component: ObservationComponent) -> tuple[str | None, str | None, bool]:
    if component.dataAbsentReason is not None:
        return None, None, True
    quantity = component.valueQuantity
    if quantity is not None:
        # The engine's parts hold a number, no interval: the end of the interval is judged, never nothing
        content = _of_quantity(measure, quantity)
    else:
        content = _other_value(measure, component)
    return content[0], content[1], content[4] is not None


def _of_quantity(measure: str, quantity: Quantity) -> _Content:
    if quantity.value is None:
        return (None, None, None, None, _UNKNOWN)
    return (str(quantity.value), _unit(measure, quantity), quantity.comparator, None, None)


def _unit(measure: str, quantity: Quantity) -> str | None:
    """A Quantity → its UCUM unit (§4.4: never guess).

    The code counts when its system is UCUM. Otherwise the text counts as it stands: the engine takes it only where it
    is exactly a unit that the measure knows. Scores and counts have no unit but their own.
    """
    if quantity.system == urls.UCUM and quantity.code is not None:
        return quantity.code
    if quantity.unit is not None:
        return quantity.unit
    if quantity.code is None and quantity.system is None:
        return SOLE_UNIT.get(measure)
    return None


def _other_value(measure: str, holder: Observation | ObservationComponent) -> _Content:
    """Any value that is not a Quantity → content; numbers as text stay text (§4.3)."""
    if holder.valueCodeableConcept is not None:
        return _of_concept(measure, holder.valueCodeableConcept)
    if holder.valueString is not None:
        return _of_text(measure, holder.valueString)
    if holder.valueInteger is not None:
        return _of_text(measure, str(holder.valueInteger))
    if holder.valueBoolean is not None:
        return _of_text(measure, "yes" if holder.valueBoolean else "no")
    if any(getattr(holder, name) is not None for name in _NOT_A_NUMBER):
        return (None, None, None, None, _UNSUPPORTED)
    return _EMPTY


def _of_text(measure: str, text: str) -> _Content:
    if is_coded(measure):
        return (None, None, None, text, None)
    return (text, SOLE_UNIT.get(measure), None, None, None)


def _of_concept(measure: str, concept: CodeableConcept) -> _Content:
    codes = [c.code for c in concept.coding if c.code]
    if measure == "consciousness":
        letters = {ACVPU.get(code, code) for code in codes}
        known = letters & set(ACVPU.values())
        text = known.pop() if len(known) == 1 else next(iter(codes), None) or concept.text
    else:
        text = next(iter(codes), None) or concept.text
    if text is None:
        return (None, None, None, None, _UNKNOWN)
    return (None, None, None, text, None) if is_coded(measure) else (text, None, None, None, None)


def _absent(concept: CodeableConcept) -> str:
    return next((c.code for c in concept.coding if c.code), None) or concept.text or _UNKNOWN


def _effective(observation: Observation, timezone: str) -> tuple[datetime | None, bool]:
    text = observation.effectiveDateTime or observation.effectiveInstant
    if text is None:
        text = _other_time(observation)
        if text is None:
            return None, False
    if len(text) > 10 and not text.endswith("Z") and text[-6] not in "+-":
        return to_instant(text, ZoneInfo(timezone)), False
    at = to_instant(text, _NO_ZONE)
    if at is not None:
        return at, False
    return resolve_effective(to_day(text), timezone)


_NO_ZONE: Final = ZoneInfo("UTC")


def _other_time(observation: Observation) -> str | None:
    period = observation.effectivePeriod
    if period is not None:
        return period.end or period.start
    timing = observation.effectiveTiming
    if timing is not None and timing.event:
        return timing.event[-1]
    return None


def _device(observation: Observation) -> str | None:
    """The device's identity: its business identifier, which every sender shares, else the resource it points to."""
    device = observation.device
    if device is None:
        return None
    if device.identifier is not None and device.identifier.value:
        return f"{device.identifier.system or ''}|{device.identifier.value}"
    return device.reference
