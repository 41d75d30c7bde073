"""Which modifiers each type of search parameter takes.

Source: http://hl7.org/fhir/R4/search.html#modifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.fhir.search.definitions import Definition, Kind

MODIFIERS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "string": ("missing", "exact", "contains"),
    "token": ("missing", "not", "text", "in", "not-in", "below", "above", "of-type"),
    "reference": ("missing", "identifier", "below", "above", "[type]"),
    "date": ("missing",),
    "number": ("missing",),
    "quantity": ("missing",),
    "uri": ("missing", "below", "above"),
    "composite": (),
}
"""Kind → its modifiers, those of the specification."""

PREFIXED: Final = frozenset({"date", "number", "quantity"})
"""The kinds whose values take a prefix."""

_UNANSWERED: Final = {
    "http://hl7.org/fhir/SearchParameter/AuditEvent-entity": ("missing", "identifier")
}
"""Canonical URL of a parameter → modifiers that are not answered: the log has no column that says so."""

_CANONICAL: Final = frozenset({"canonical", "uri"})
_COLUMNS: Final = frozenset({"_id", "_lastUpdated"})
_CODED: Final = frozenset({"CodeableConcept", "Coding", "code"})
_TEXTED: Final = frozenset({"CodeableConcept", "Coding", "Identifier"})


def is_canonical(definition: Definition) -> bool:
    """Whether a reference parameter leads to resources by their canonical URL."""
    return any(path.kind in _CANONICAL for path in definition.paths)


def modifiers_of(definition: Definition, kinds: frozenset[str]) -> tuple[str, ...]:
    """A parameter and the FHIR types its values have → the modifiers it takes.

    Shape: those of its kind that can mean something for such values: `of-type` for identifiers, `below` for codes and
    canonicals.
    """
    if definition.name in _COLUMNS:
        return ()
    unfit = {
        "of-type": "Identifier" not in kinds,
        "text": not kinds & _TEXTED,
        "in": not kinds & _CODED,
        "not-in": not kinds & _CODED,
        "below": definition.kind != "uri" and not kinds & (_CODED | _CANONICAL),
        "above": definition.kind != "uri" and not kinds & (_CODED | {"uri"}),
        "identifier": "Reference" not in kinds,
        "[type]": "Reference" not in kinds,
    }
    refused = _UNANSWERED.get(definition.url, ())
    return tuple(
        each
        for each in MODIFIERS[definition.kind]
        if not unfit.get(each, False) and each not in refused
    )
