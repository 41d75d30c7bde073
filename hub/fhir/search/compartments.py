"""Which resources are in the compartment of a patient, an encounter, a practitioner, a related person or a device.

Source: http://hl7.org/fhir/R4/compartmentdefinition.html, generated into models/r4/search_parameters.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from hub.fhir.models.r4.search_parameters import COMPARTMENTS as _TABLE
from hub.fhir.search.definitions import definitions_for

COMPARTMENTS: Final = tuple(sorted(_TABLE))
"""The types that have a compartment."""

_SELF: Final = "{def}"


@cache
def compartment_parameters(compartment: str) -> Mapping[str, tuple[str, ...]]:
    """A compartment's type → the resource types in it → the parameters of which one must lead to it.

    Shape: () = the resource of the compartment itself, and only that one.
    """
    rows = [line.split() for line in _TABLE[compartment].strip().splitlines()]
    found = {
        kind: tuple(name for name in names if name in definitions_for(kind))
        for kind, *names in rows
    }
    return {kind: names for kind, names in found.items() if names} | {compartment: ()}
