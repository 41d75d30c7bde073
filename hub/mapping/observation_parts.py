"""FHIR Observation → every Measurement in it: its own, and one for each component that is a value of another measure.

Home devices send the pulse with the blood pressure or the saturation, the fat with the weight. Such a component is a value like any
other: it is judged by the rules of its measure, fills their times and stands in their windows, under a name of its own.
Source: dho/thresholds.md §2.6, §3.3, §4.1, §9.1, §13 S1, S8, §16; docs/adr/0056.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from hub.fhir.models.r4.observation import Observation, ObservationComponent
from hub.mapping.evidence import part_name
from hub.mapping.measure_codes import OXYGEN_FLOW
from hub.mapping.observation_to_measurement import (
    PANEL,
    PANEL_PARTS,
    component_of,
    content_of,
    measure_of,
    observation_to_measurement,
    says_something,
)
from hub.thresholds.measurement import Measurement

_MOST_IDENTIFIERS: Final = 32
"""How many identifiers of the whole a part carries: thousands of each would be millions to look for."""


def observation_to_measurements(
    observation: Observation, *, resource_id: str, version: int, received: datetime
) -> tuple[Measurement, ...]:
    """One Observation version and when the hub got it → its own Measurement first, then those of its parts; empty when it is of no known measure.

    Shape: a part shares everything with the whole but its measure, its value and its name, `id#measure`; the whole names its parts. A
    second part of one measure cannot be told from the first and is a code conflict, told of but not judged (§16).
    Drops: identifiers of a part beyond the first 32.
    """
    own = observation_to_measurement(
        observation, resource_id=resource_id, version=version, received=received
    ).value
    if own is None:
        return ()
    if len(observation.component) == len(own.components):  # all are parts of its own value
        return (own,)
    found: dict[str, Measurement] = {}
    for measure, clash, part in _others(observation, own):
        made = found.get(measure)
        if made is None:
            found[measure] = _part(own, measure, clash, part)
        elif not made.code_conflict:
            found[measure] = replace(made, code_conflict=True)
    return (replace(own, parts=tuple(found)), *found.values())


def _others(
    observation: Observation, own: Measurement
) -> Iterator[tuple[str, bool, ObservationComponent]]:
    """The components that are no part of the whole's own value → measure, whether their codings disagree, component."""
    holder = component_of(observation, own.measure)
    for each in observation.component:
        measure, conflict = measure_of(each.code)
        inside = own.measure == PANEL and measure in PANEL_PARTS
        if measure is not None and not inside and each is not holder:
            yield measure, conflict, each


def all_known(observation: Observation) -> bool:
    """An Observation → whether the hub knows every code in it, so that what it does not say was left out on purpose."""
    codes = (observation.code, *(part.code for part in observation.component))
    return all(measure_of(code)[0] is not None for code in codes[bool(observation.component) :])


def is_of_unknown_code(observation: Observation) -> bool:
    """An Observation → whether it has a value of its own, beside its components, and the hub does not know of what."""
    return measure_of(observation.code)[0] is None and says_something(observation)


def _part(
    own: Measurement, measure: str, conflict: bool, part: ObservationComponent
) -> Measurement:
    value, unit, comparator, code, absent = content_of(measure, part)
    return Measurement(
        id=part_name(own.id, measure),
        measure=measure,
        effective=own.effective,
        received=own.received,
        status=own.status,
        version=own.version,
        # Of the same measure it would be taken for another version of the whole (§4.1)
        identifiers=() if measure == own.measure else own.identifiers[:_MOST_IDENTIFIERS],
        device=own.device,
        value=value,
        unit=unit,
        comparator=comparator,
        code=code,
        context={} if measure == OXYGEN_FLOW else own.context,
        data_absent_reason=absent,
        date_only=own.date_only,
        code_conflict=conflict,
    )
