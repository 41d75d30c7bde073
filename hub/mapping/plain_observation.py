"""An Observation of one number with its UCUM unit and an instant → its Measurement in one step; everything else is left to the whole way.

Nearly all that devices send is of this kind. What is not certain beforehand (parts, another value than a Quantity, a unit that is
not UCUM's, a time that is none) gives None here; `observation_to_measurement` then reads it. Where this gives a Measurement, it is
the same: tests/unit/mapping/test_plain_observation.py holds them beside each other.
Source: dho/thresholds.md §2.6, §4.2-4.4, §16.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime
from typing import Final

from hub.fhir.models.r4.observation import Observation
from hub.mapping import urls
from hub.mapping.measure_codes import MEASURE_OF, TYMPANIC
from hub.mapping.observation_context import to_context
from hub.thresholds.measurement import Measurement

_DAY: Final = 10
_OFFSET: Final = frozenset("+-")


def plain_measurement(
    observation: Observation, resource_id: str, version: int, received: datetime
) -> Measurement | None:
    """One Observation version and when the hub got it → its Measurement where it is plain; None: read it the whole way.

    Shape: one function, because it is called for every value that comes in.
    """
    quantity, text, status = observation.valueQuantity, observation.effectiveDateTime, observation.status  # fmt: skip
    if (
        quantity is None
        or quantity.value is None
        or quantity.code is None
        or quantity.system != urls.UCUM
        or text is None
        or len(text) <= _DAY
        or not (text[-1] == "Z" or text[-6] in _OFFSET)
        or not status
        or observation.component
        or observation.dataAbsentReason is not None
    ):
        return None
    measure: str | None = None
    told = bool(observation.extension) or observation.bodySite is not None
    for coding in observation.code.coding:
        pair = (coding.system, coding.code)
        key, told = MEASURE_OF.get(pair), told or pair in TYMPANIC
        if key is None and coding.system == urls.MEASURE_CODES:
            return None
        if measure is None:
            measure = key
        elif key is not None and key != measure:
            return None
    if measure is None:
        return None
    try:
        effective = datetime.fromisoformat(text)
    except ValueError:
        return None
    if effective.tzinfo is None or not MINYEAR < effective.year < MAXYEAR:
        return None
    given = observation.identifier
    identifiers = tuple([f"{each.system or ''}|{each.value}" for each in given if each.value])
    device = observation.device
    named = None if device is None else device.identifier
    if named is not None and named.value:
        own = f"{named.system or ''}|{named.value}"
    else:
        own = None if device is None else device.reference
    return Measurement(
        *(resource_id, measure, effective, received, status, version, identifiers, own),
        *(str(quantity.value), quantity.code, quantity.comparator),
        context=to_context(observation, measure) if told else {},
    )
