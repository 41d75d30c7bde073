"""Persons, professionals and organisations as Henvisning 2.0 writes them (felleskomponent1) ↔ FHIR actors.

Source: felleskomponent1.xsd; lists 3101, 9034, 9040, 9043, 9060, 9061; fhir-no/no-basis.md.
"""

from __future__ import annotations

from typing import Any, Final

from hub.mapping.letter.identity import IDENT, get_address, put_address
from hub.mapping.letter.recurring_parties import remembered_party
from hub.mapping.letter.urls import BIRTH_YEAR, NEXT_OF_KIN, NOTE, WORKPLACE
from hub.mapping.message_urls import MIDDLE_NAME, NATIONALITY
from hub.mapping.two_way import (
    WHOLE,
    Json,
    Lens,
    Line,
    Room,
    Shape,
    Slice,
    extension,
    filled,
    get_at,
    kinds_of,
)
from hub.mapping.two_way_codes import CONCEPT, as_sent, concept
from hub.mapping.two_way_values import BOOLEAN, DAY, POINT, TEXT, YEAR
from hub.mapping.urls import VOLVEN

GENDERS: Final = {"0": "unknown", "1": "male", "2": "female", "9": "other"}


def _put_names(value: Any, _room: Room) -> Json | None:
    node: Json = {}
    if value.family_name:
        node["family"] = value.family_name
    if value.given_name:
        node["given"] = [value.given_name]
    if value.middle_name:
        node["extension"] = [{"url": MIDDLE_NAME, "valueString": value.middle_name}]
    return node or None


def _get_names(node: Json, _room: Room, _cls: Any) -> Json:
    middle = get_at(node, extension(MIDDLE_NAME, "valueString"))
    given, family = " ".join(node.get("given") or ()), node.get("family")
    if not given and not family and node.get("text"):
        family = node["text"]
    found = {
        "family_name": family,
        "given_name": given,
        "middle_name": middle.value if middle else None,
    }
    return {name: text for name, text in found.items() if text}


def _put_point(value: Any, room: Room) -> Json:
    node = POINT.put(value.tele_address, room)
    return _KIND.put(value, node, room)


def _get_point(node: Json, room: Room, kind: Any) -> Any:
    found = {**_KIND.get(node, room, kind), "tele_address": POINT.get(node, room, None)}
    return filled(kind, {k: v for k, v in found.items() if v is not None})


_KIND: Final = Shape((Line("type_telecom", as_sent("9061"), concept("9061")),))
_TELECOM: Final = Lens(_put_point, _get_point)
_ADDRESS: Final = Lens(put_address, get_address)

PARTS: Final = Shape(
    (
        Line(WHOLE, (Slice("name"),), Lens(_put_names, _get_names)),
        Line("date_of_birth", ("birthDate",), DAY),
        Line("sex", as_sent("3101"), concept("3101")),
        Line("nationality", extension(NATIONALITY, "valueCodeableConcept"), concept("9043")),
        Line("ident", (Slice("identifier"),), IDENT, many=True),
        Line("address", (Slice("address"),), _ADDRESS),
        Line("tele_com", (Slice("telecom"),), _TELECOM, many=True),
    )
)


def put_person(value: Any, node: Json, room: Room) -> Json:
    """A Person or HealthcareProfessional → what is said of the person, put into the node."""
    PARTS.put(value, node, room)
    if value.sex is not None and value.sex.v in GENDERS:
        node["gender"] = GENDERS[value.sex.v]
    return node


def get_person(node: Json, room: Room, cls: type) -> Json:
    """A RelatedPerson or Practitioner → the fields of a person."""
    found = PARTS.get(node, room, cls)
    code = next((c for c, gender in GENDERS.items() if gender == node.get("gender")), None)
    if code is not None and (
        "sex" not in found or GENDERS.get(found["sex"].v or "") != node["gender"]
    ):
        found["sex"] = kinds_of(cls)["sex"](v=code)
    return found


# Professionals and organisations, contained where they are told of

_ROLE: Final = Shape((Line("role_to_patient", (Slice("code"),), CONCEPT),))
_CATEGORY: Final = Shape(
    (Line("type_healthcare_professional", (Slice("qualification"), "code"), concept("9060")),)
)


def _put_professional(value: Any, room: Room) -> Json:
    practitioner = put_person(value, {"resourceType": "Practitioner"}, room)
    _CATEGORY.put(value, practitioner, room)
    role: Json = {"resourceType": "PractitionerRole", "practitioner": room.contain(practitioner)}
    shown = " ".join(p for p in (value.given_name, value.family_name) if p)
    reference = room.contain(_ROLE.put(value, role, room))
    return {**reference, "display": shown} if shown.strip() else reference


def _get_professional(reference: Json, room: Room, kind: type) -> Any:
    role = room.resolve(reference)
    if role is None:
        return None
    person = (
        role if role["resourceType"] == "Practitioner" else room.resolve(role.get("practitioner"))
    )
    found = get_person(person or {}, room, kind) | _CATEGORY.get(person or {}, room, kind)
    return filled(kind, found | _ROLE.get(role, room, kind))


PROFESSIONAL: Final = remembered_party(
    Lens(_put_professional, _get_professional, "contained PractitionerRole and Practitioner")
)
"""HealthcareProfessional ↔ Reference."""

_ORGANISATION: Final = Shape(
    (
        Line("type_organisation", (Slice("type"),), CONCEPT),
        Line("organisation_name", ("name",), TEXT),
        Line("ident", (Slice("identifier"),), IDENT, many=True),
        Line("address", (Slice("address"),), _ADDRESS),
        Line("tele_com", (Slice("telecom"),), _TELECOM, many=True),
    )
)


def _put_organisation(value: Any, room: Room) -> Json:
    """The innermost level is who is meant; each is part of the one around it."""
    above: Json | None = None
    inner = value
    while inner is not None:
        node: Json = {"resourceType": "Organization"}
        if above is not None:
            node["partOf"] = above
        above = room.contain(_ORGANISATION.put(inner, node, room))
        inner = inner.organisation
    return above or {}


def _get_organisation(reference: Json, room: Room, kind: type) -> Any:
    levels: list[Json] = []
    here = room.resolve(reference)
    while here is not None and len(levels) < 20:
        levels.append(here)
        here = room.resolve(here["partOf"]) if "partOf" in here else None
    found: Any = None
    for level in levels:
        found = filled(
            kind,
            {**_ORGANISATION.get(level, room, kind), **({"organisation": found} if found else {})},
        )
    return found


ORGANISATION: Final = remembered_party(
    Lens(_put_organisation, _get_organisation, "contained Organization, innermost level")
)
"""Organisation ↔ Reference."""


# People around the patient


def _relationship(number: str) -> tuple[Slice]:
    return (Slice("relationship", {"coding": [{"system": f"{VOLVEN}{number}"}]}),)


RELATED: Final = Shape(
    (
        Line("slektskap", _relationship("9033"), concept("9033")),
        Line("omsorgsfunksjon", _relationship("9050"), concept("9050")),
        Line("fodselsar_mindrearig_parorende", extension(BIRTH_YEAR, "valueDate"), YEAR),
        Line("narmeste_parorende", extension(NEXT_OF_KIN, "valueBoolean"), BOOLEAN),
        Line("stilling_rolle", (Slice("relationship"), "text"), TEXT),
        Line("arbeidssted", extension(WORKPLACE, "valueString"), TEXT),
        Line("occupation_role", (Slice("relationship"), "text"), TEXT),
        Line("working_place", extension(WORKPLACE, "valueString"), TEXT),
        Line("merknad", extension(NOTE, "valueString"), TEXT),
    )
)


def put_related(value: Any, room: Room) -> Json:
    """A next of kin or a contact of the patient → RelatedPerson."""
    node: Json = {"resourceType": "RelatedPerson", "patient": dict(room.patient)}
    RELATED.put(value, node, room)
    return put_person(value.referanseperson, node, room)


def get_related(node: Json, room: Room, cls: type) -> Any:
    """RelatedPerson → a next of kin or a contact of the patient."""
    inner = kinds_of(cls)["referanseperson"]
    person = filled(inner, get_person(node, room, inner))
    return filled(cls, {**RELATED.get(node, room, cls), "referanseperson": person})
