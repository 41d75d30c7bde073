"""Who takes part in a note or a question → RollerRelatertNotat: the way back of `dialog_to_fhir/participant.py`.

Source: HIS 80603:2017, dialogmelding.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hub.emessage import dialogmelding
from hub.fhir.models.r4.datatypes import Extension
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.fhir.models.r4.related_person import RelatedPerson
from hub.mapping.fhir_parts import extensions
from hub.mapping.fhir_to_code import to_cv
from hub.mapping.fhir_to_party import to_felles_organisation, to_person, to_professional
from hub.mapping.fhir_to_person import PAYLOAD
from hub.mapping.message_urls import NOTE_PARTICIPANT
from hub.mapping.record import Record


@dataclass(frozen=True, slots=True)
class Blocks:
    """The classes of one version. Shape: `units` whether a role may name a unit (1.1)."""

    role: Callable[..., Any]
    professional: Callable[..., Any]
    person: Callable[..., Any]
    units: bool


def to_roles(
    of: Iterable[Extension], record: Record, within: Any, blocks: Blocks
) -> tuple[Any, ...]:
    """The extensions of a note or question → its roles."""
    return tuple(_role(each, record, within, blocks) for each in extensions(of, NOTE_PARTICIPANT))


def _role(participant: Extension, record: Record, within: Any, blocks: Blocks) -> Any:
    parts = {part.url: part for part in participant.extension}
    found: dict[str, Any] = {
        "rolle_notat": to_cv(parts["role"].valueCodeableConcept) if "role" in parts else None,
        "role_to_patient": to_cv(parts["relation"].valueCodeableConcept)
        if "relation" in parts
        else None,
        **_person(parts.get("actor"), record, within, blocks),
    }
    if blocks.units:
        found["tilknyttet_enhet"] = _unit(parts, record, within, blocks)
    return blocks.role(**found)


def _unit(parts: dict[str, Extension], record: Record, within: Any, blocks: Blocks) -> Any:
    where = parts.get("unit")
    organisation = to_felles_organisation(where.valueReference if where else None, record, within)
    if organisation is None:
        return None
    note = parts.get("unitNote")
    return dialogmelding.TilknyttetEnhet(
        kontaktenhet=organisation,
        merknad=note.valueString if note else None,
        **_person(parts.get("unitContact"), record, within, blocks),
    )


def _person(part: Extension | None, record: Record, within: Any, blocks: Blocks) -> dict[str, Any]:
    reference = part.valueReference if part is not None else None
    role = record.find(reference, within, PractitionerRole)
    if role is not None:
        made = to_professional(role, record, within, blocks.professional, PAYLOAD)
        return {"healthcare_professional": made}
    person = record.find(reference, within, RelatedPerson)
    return {"person": to_person(person, blocks.person, PAYLOAD)} if person is not None else {}
