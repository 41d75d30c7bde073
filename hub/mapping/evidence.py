"""What an alert rests on ⇄ the resource it is: observations by their bare id, answered forms by `QuestionnaireResponse/id`.

A component that is a value of its own is named by `id#measure`. A missed time and an overdue plan are no resources and are named by an identifier.
Source: dho/cases/README.md (`slot:<instant>`, `plan:<version>`); fhir-no/vkp-dho.md (DetectedIssue.implicated).
"""

from __future__ import annotations

import re
from typing import Final

from hub.fhir.models.r4.datatypes import Identifier, Reference
from hub.mapping import urls
from hub.mapping.fhir_parts import target

_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_FORM: Final = "QuestionnaireResponse"
_PART: Final = "#"
_NAMED: Final = re.compile(rf"{_FORM}/[A-Za-z0-9\-.]{{1,64}}")


def evidence_of(resource_type: str, resource_id: str) -> str:
    """A resource that is judged → the name the engine knows it by."""
    return resource_id if resource_type == "Observation" else f"{resource_type}/{resource_id}"


def part_name(name: str, measure: str) -> str:
    """The name of an observation and the measure of a component that is a value of its own → that value's name."""
    return f"{whole_name(name)}{_PART}{measure}"


def whole_name(name: str) -> str:
    """The name of an observation or of a part of one → of the observation."""
    return name.partition(_PART)[0] if _PART in name and not name.startswith(_FORM) else name


def is_part(name: str) -> bool:
    """What an alert rests on → whether it is a part of an observation."""
    return name != whole_name(name) and is_observation(whole_name(name))


def is_observation(evidence: str) -> bool:
    """What an alert rests on → whether it is an observation."""
    return _ID.fullmatch(evidence) is not None


def resource_name(evidence: str) -> str | None:
    """What an alert rests on → `Type/id`, None for a missed time or a plan."""
    whole = whole_name(evidence)
    if is_observation(whole):
        return f"Observation/{whole}"
    return evidence if _NAMED.fullmatch(evidence) else None


def evidence_reference(evidence: str) -> Reference:
    """What an alert rests on → a reference; a missed time or a plan is named by identifier, a part by that as well."""
    name = resource_name(evidence)
    if name is not None and not is_part(evidence):
        return Reference(reference=name)
    named = Identifier(system=urls.ALERT_IDS, value=evidence)
    return Reference(reference=name, identifier=named)


def evidence_named(reference: Reference) -> str:
    """A reference of `evidence_reference` → what it names, "" when nothing."""
    told = reference.identifier
    if told is not None and told.system == urls.ALERT_IDS and told.value:
        return told.value
    there = target(reference)
    if there is not None:
        return evidence_of(*there) if there[0] in ("Observation", _FORM) else there[1]
    return (reference.identifier.value or "") if reference.identifier is not None else ""
