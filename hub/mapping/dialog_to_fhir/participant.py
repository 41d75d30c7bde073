"""RollerRelatertNotat → who takes part in a note or a question: an extension with its persons and units contained.

FHIR has sender and recipient only; who wrote, who approved, whom to call and whom to reach at the receiver stand here.
Source: HIS 80603:2017, dialogmelding.md ("Contact data"); code lists 9057, 9034.
"""

from __future__ import annotations

from hub.emessage import dialogmelding, dialogmelding_1_0
from hub.emessage.datatypes import CV
from hub.fhir.models.r4.datatypes import Extension, Reference
from hub.mapping.codes import NOTHING_SAID, content, to_concept
from hub.mapping.message_urls import NOTE_PARTICIPANT
from hub.mapping.narrative import Contained
from hub.mapping.organisation import to_organization, to_related_person, to_role

AnyRole = dialogmelding.RollerRelatertNotat | dialogmelding_1_0.RollerRelatertNotat


def to_participants(
    roles: tuple[AnyRole, ...], contained: Contained, patient: Reference
) -> tuple[Extension, ...]:
    """Roles in a note → one extension each; persons and units go into `contained`."""
    return tuple(_participant(role, contained, patient) for role in roles)


def _participant(role: AnyRole, contained: Contained, patient: Reference) -> Extension:
    unit = role.tilknyttet_enhet if isinstance(role, dialogmelding.RollerRelatertNotat) else None
    parts = [
        *_concept("role", role.rolle_notat),
        *_concept("relation", role.role_to_patient),
    ]
    if unit is not None:
        where = to_organization(unit.kontaktenhet, contained)
        parts.append(Extension(url="unit", valueReference=where))
        said = content(unit.merknad)
        if said:
            parts.append(Extension(url="unitNote", valueString=said))
        parts += _person("unitContact", unit, contained, patient)
    parts += _person("actor", role, contained, patient)
    return Extension(url=NOTE_PARTICIPANT, extension=tuple(parts) or NOTHING_SAID)


def _concept(name: str, code: CV | None) -> list[Extension]:
    said = to_concept(code)
    return [Extension(url=name, valueCodeableConcept=said)] if said is not None else []


def _person(
    name: str,
    holder: AnyRole | dialogmelding.TilknyttetEnhet,
    contained: Contained,
    patient: Reference,
) -> list[Extension]:
    if holder.healthcare_professional is not None:
        who = to_role(holder.healthcare_professional, contained)
    elif holder.person is not None:
        who = contained.add(to_related_person(holder.person, patient))
    else:
        return []
    return [Extension(url=name, valueReference=who)]
