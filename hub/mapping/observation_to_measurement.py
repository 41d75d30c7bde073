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
from hub.mapping.measure_codes import (
    ACVPU,
    MEASURE_OF,
    MISPRINTED_WEIGHT,
    OXYGEN_FLOW,
    SOLE_UNIT,
)
from hub.mapping.observation_context import to_context
from hub.problems import Problem, ProblemCode, Translation
from hub.thresholds.measurement import Component, Measurement, resolve_effective
from hub.thresholds.measures import is_coded, is_measure

PANEL: Final = "bp"
_WEIGHT: Final = "weight"
PANEL_PARTS: Final = frozenset({"systolic", "diastolic", "map"})
_UNSUPPORTED: Final = "unsupported"
_UNKNOWN: Final = "unknown"
_DECLINED: Final = "asked-declined"
_MISPRINT: Final = Problem(
    ProblemCode.CONTENT_ODD,
    "LOINC 29563-7 is a misprint that circulates: it was read as body weight, 29463-7",
    "Observation.code",
)
_NOT_A_NUMBER: Final = tuple(
    f"value{kind}" for kind in ("Range", "Ratio", "SampledData", "Time", "DateTime", "Period")
)

Holder = Observation | ObservationComponent
# value, unit, comparator, code, data_absent_reason
Content = tuple[str | None, str | None, str | None, str | None, str | None]
_EMPTY: Final[Content] = (None, None, None, None, None)
_SAID: Final = slice(0, 4)
"""What is said beside the reason why nothing is."""


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
    time at all (`effective` None). A panel whose own code is unknown is what its parts are: blood pressure, or the measure of the
    first among them. A panel's reason for having no value is not one of its parts; where no part has a value, theirs is the panel's.
    Problems: CONTENT_ODD, a warning, for the misprinted code of body weight.
    Drops: components of other measures, which observation_parts.py reads; performer, note, referenceRange.
    """
    measure, conflict = measure_of(observation.code)
    parts: tuple[Component, ...] = ()
    content: Content | None = None
    if observation.component:
        measure, parts, clash = _read_panel(measure, observation.component)
        conflict = conflict or clash
        if measure is None:
            measure, conflict = _first_part(observation.component)
        content = _of_components(observation, measure, parts) if measure is not None else None
    if measure is None:
        return _NOTHING
    content = content or content_of(measure, observation)
    effective, date_only = _effective(observation, timezone)
    measurement = Measurement(
        id=resource_id,
        measure=measure,
        effective=effective,
        received=received,
        status=observation.status or _UNKNOWN,
        version=version,
        identifiers=_identifiers(observation) if observation.identifier else (),
        device=None if observation.device is None else _device(observation),
        value=content[0],
        unit=content[1],
        comparator=content[2],
        components=parts,
        code=content[3],
        context=to_context(observation, measure),
        data_absent_reason=content[4],
        date_only=date_only,
        code_conflict=conflict,
    )
    if measure == _WEIGHT and _is_misprint(observation.code):
        return Translation(measurement, (_MISPRINT,))
    return Translation(measurement)


def content_of(measure: str, holder: Holder) -> Content:
    """A measure and who holds its value → what it says."""
    if holder.dataAbsentReason is not None:
        return (None, None, None, None, _absent(holder.dataAbsentReason))
    if holder.valueQuantity is not None:
        return _of_quantity(measure, holder.valueQuantity)
    return _other_value(measure, holder)


def says_something(holder: Holder) -> bool:
    """Who may hold a value → whether there is one of any kind, or a reason why there is none."""
    return content_of(PANEL, holder) != _EMPTY


def _of_components(
    observation: Observation, measure: str, parts: tuple[Component, ...]
) -> Content | None:
    """What the components say of the whole; None where it says so itself."""
    if measure == PANEL and parts:
        if any(part.value is not None for part in parts):
            return _EMPTY
        told = [_absent(c.dataAbsentReason) for c in observation.component if c.dataAbsentReason]
        own = observation.dataAbsentReason
        reasons = [_absent(own)] if own is not None else [r for r in told if r != _DECLINED] or told
        return (None, None, None, None, reasons[0]) if reasons else _EMPTY
    holder = component_of(observation, measure)
    return None if holder is None else content_of(measure, holder)


def component_of(observation: Observation, measure: str) -> ObservationComponent | None:
    """An Observation and the measure it is of → the component that holds its value; None where it has one itself, or parts.

    What stands beside a code that the hub does not know is no value of its first component's measure.
    """
    if measure == PANEL:
        return None
    known = measure_of(observation.code)[0] is not None
    if known and content_of(measure, observation)[_SAID] != _EMPTY[_SAID]:
        return None
    found = (c for c in observation.component if measure_of(c.code)[0] == measure)
    return next(found, None)


_NOTHING: Final[Translation[Measurement | None]] = Translation(None)


def measure_of(concept: CodeableConcept) -> tuple[str | None, bool]:
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
    """The panel's measure and its components → measure, parts, whether two claim the same place."""
    parts: dict[str, Component] = {}
    conflict = False
    for each in components:
        key, clash = measure_of(each.code)
        if key not in PANEL_PARTS:
            continue
        conflict = conflict or clash or key in parts
        if key not in parts:
            parts[key] = _part(key, each)
    if measure is None and parts:
        measure = PANEL
    if measure != PANEL:
        return measure, (), conflict
    return measure, tuple(parts.values()), conflict


def _first_part(components: Iterable[ObservationComponent]) -> tuple[str | None, bool]:
    """The components of a panel of unknown code → the measure of the first, and whether its codings disagree; a flow of oxygen comes last."""
    found = [measure_of(each.code) for each in components]
    known = [each for each in found if each[0] is not None]
    return next((each for each in known if each[0] != OXYGEN_FLOW), (None, False))


def _part(measure: str, component: ObservationComponent) -> Component:
    content = content_of(measure, component)
    return Component(measure, content[0], content[1], content[2])


def _of_quantity(measure: str, quantity: Quantity) -> Content:
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


def _other_value(measure: str, holder: Holder) -> Content:
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


def _of_text(measure: str, text: str) -> Content:
    if is_coded(measure):
        return (None, None, None, text, None)
    return (text, SOLE_UNIT.get(measure), None, None, None)


def _of_concept(measure: str, concept: CodeableConcept) -> Content:
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


def _identifiers(observation: Observation) -> tuple[str, ...]:
    return tuple([f"{i.system or ''}|{i.value}" for i in observation.identifier if i.value])


def _device(observation: Observation) -> str | None:
    """The device's identity: its business identifier, which every sender shares, else the resource it points to."""
    device = observation.device
    if device is None:
        return None
    if device.identifier is not None and device.identifier.value:
        return f"{device.identifier.system or ''}|{device.identifier.value}"
    return device.reference
