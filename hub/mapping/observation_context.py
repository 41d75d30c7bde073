"""The circumstances of a measurement that a rule may ask for (`when`): oxygen, body site.

What is not said stays unknown, and the engine then takes the more severe of the candidates (§5.1).
Source: dho/thresholds.md §5.1; fhir-no/vitalsigns.md (InspiredOxygen, body sites); LOINC 3151-8.
"""

from __future__ import annotations

from typing import Final

from hub.fhir.models.r4.datatypes import Extension, Quantity
from hub.fhir.models.r4.observation import Observation
from hub.mapping import urls
from hub.mapping.fhir_parts import extension
from hub.mapping.measure_codes import BODY_SITES, MEASURE_OF, OXYGEN_FLOW, TYMPANIC
from hub.thresholds.measurement import ContextValue

ON_OXYGEN: Final = "on_oxygen"
BODY_SITE: Final = "body_site"
_NO_CONTEXT: Final[dict[str, ContextValue]] = {}


def to_context(observation: Observation, measure: str) -> dict[str, ContextValue]:
    """An Observation → what is known of its circumstances.

    Shape: `on_oxygen` bool, from a component with the oxygen flow or the no-domain extension; when the two contradict
    each other it is left unknown. `body_site` a word of the table in measure_codes.py.
    """
    if not (
        observation.component
        or observation.extension
        or observation.bodySite is not None
        or measure == "temperature"
    ):
        return _NO_CONTEXT
    context: dict[str, ContextValue] = {}
    told = {*_from_components(observation), *_from_extension(observation)}
    if len(told) == 1:
        context[ON_OXYGEN] = told.pop()
    site = _body_site(observation)
    if site is not None:
        context[BODY_SITE] = site
    return context


def _from_components(observation: Observation) -> list[bool]:
    told: list[bool] = []
    for each in observation.component:
        if any(MEASURE_OF.get((c.system, c.code)) == OXYGEN_FLOW for c in each.code.coding):
            flowing = _is_flowing(each.valueQuantity)
            if flowing is not None:
                told.append(flowing)
    return told


def _from_extension(observation: Observation) -> list[bool]:
    oxygen = extension(observation.extension, urls.INSPIRED_OXYGEN)
    if oxygen is None:
        return []
    told: list[bool] = []
    on_air: Extension | None = extension(oxygen.extension, urls.INSPIRED_OXYGEN_ON_AIR)
    if on_air is not None and on_air.valueBoolean is not None:
        told.append(not on_air.valueBoolean)
    flow = extension(oxygen.extension, urls.INSPIRED_OXYGEN_FLOW)
    flowing = _is_flowing(flow.valueQuantity) if flow is not None else None
    if flowing is not None:
        told.append(flowing)
    return told


def _is_flowing(flow: Quantity | None) -> bool | None:
    """A flow in any unit → whether there is any; 0 is room air (oxygen_flow in the measure table)."""
    if flow is None or flow.value is None or flow.comparator in ("<", "<="):
        return None
    return flow.value > 0 if flow.value >= 0 else None


def _body_site(observation: Observation) -> str | None:
    if any((c.system, c.code) in TYMPANIC for c in observation.code.coding):
        return "ear"
    if observation.bodySite is None:
        return None
    for coding in observation.bodySite.coding:
        if coding.system == urls.SNOMED and coding.code in BODY_SITES:
            return BODY_SITES[coding.code]
    return None
