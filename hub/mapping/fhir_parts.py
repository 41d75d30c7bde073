"""The small parts that every mapper to and from FHIR needs: codings, references, identifiers, extensions.

Source: FHIR R4 datatypes and extensibility (http://hl7.org/fhir/R4/extensibility.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from hub.fhir.models.r4.datatypes import (
    CodeableConcept,
    Coding,
    Extension,
    Identifier,
    Quantity,
    Reference,
)
from hub.mapping import urls

_LOCAL: Final = re.compile(
    r"(?:.*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[A-Za-z0-9.\-]{1,64})?"
)


def concept(
    system: str, code: str, display: str | None = None, text: str | None = None
) -> CodeableConcept:
    """One code → CodeableConcept."""
    return CodeableConcept(coding=(Coding(system=system, code=code, display=display),), text=text)


def reference(type_name: str, resource_id: str, display: str | None = None) -> Reference:
    """A resource of this hub → Reference to it."""
    return Reference(reference=f"{type_name}/{resource_id}", display=display)


def target(ref: Reference | None) -> tuple[str, str] | None:
    """A literal Reference → (type, id); None for logical, contained and missing ones."""
    if ref is None or ref.reference is None:
        return None
    match = _LOCAL.fullmatch(ref.reference)
    return (match.group(1), match.group(2)) if match else None


def identifier_value(identifiers: Iterable[Identifier], *systems: str) -> str | None:
    """Identifiers → the value of the first one of these systems, aliases of the systems included; blanks are taken away.

    An identifier that is marked old is passed over.
    """
    for each in identifiers:
        if each.value and each.use != "old" and urls.identifier_system(each.system) in systems:
            value = each.value.replace(" ", "")
            if value:
                return value
    return None


def has_code(concepts: Iterable[CodeableConcept], system: str, code: str) -> bool:
    """Concepts → whether one of them holds this code."""
    return any(c.system == system and c.code == code for each in concepts for c in each.coding)


def code_of(concept_: CodeableConcept | None, system: str) -> str | None:
    """A concept → its code in this system."""
    if concept_ is None:
        return None
    return next((c.code for c in concept_.coding if c.system == system and c.code), None)


def extensions(of: Iterable[Extension], url: str) -> Iterator[Extension]:
    """Extensions → those with this URL, in order."""
    return (each for each in of if each.url == url)


def extension(of: Iterable[Extension], url: str) -> Extension | None:
    """Extensions → the first with this URL."""
    return next(extensions(of, url), None)


def ucum(value: Decimal, unit: str) -> Quantity:
    """A number and a UCUM unit → Quantity."""
    return Quantity(value=value, unit=unit, system=urls.UCUM, code=unit)
