"""Parties of letters (HCP and what is in it) ↔ contained Organization, PractitionerRole and Practitioner.

A department is an Organization that is part of its institution, a person in an institution a PractitionerRole there.
Source: Epikrise-v1.2.xsd and Henvisning-v1.1.xsd (HCP), HIS 1153 (two levels), identifiers-and-codes.md.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hub.mapping.letter.identity import ADDITIONAL, ADDRESS, identifier
from hub.mapping.letter.recurring_parties import remembered_party
from hub.mapping.letter.urls import (
    COPY_ROLE,
    FURTHER_PARTY,
    POSITION,
    RELATION,
    ROLE,
    SPECIALTY,
)
from hub.mapping.message_urls import METHOD
from hub.mapping.two_way import (
    WHOLE,
    Json,
    Lens,
    Line,
    Path,
    Room,
    Shape,
    Slice,
    extension,
    filled,
    get_all,
    get_at,
    inside,
    kinds_of,
    set_at,
)
from hub.mapping.two_way_codes import CONCEPT, concept
from hub.mapping.two_way_extension import at, complex_extension
from hub.mapping.two_way_values import TEXT
from hub.mapping.urls import HER

_OWN_ID: Final = Line(
    WHOLE, (Slice("identifier", {"use": "official"}),), identifier("id", "type_id")
)
_OTHER_IDS: Final = Line(
    "additional_id", (Slice("identifier", {"use": "secondary"}),), ADDITIONAL, many=True
)
_TYPE: Final = (Slice("type"),)

NO_NAME: Final = "Navn ikke oppgitt"
"""An Organization must have a name or an identifier (org-1); who has neither in the message is called this."""
_NAME: Final = Lens(
    TEXT.put,
    lambda found, room, kind: None if (name := TEXT.get(found, room, kind)) == NO_NAME else name,
)

INST: Final = Shape(
    (
        Line("name", ("name",), _NAME),
        Line("type", _TYPE, concept("9040")),
        _OWN_ID,
        _OTHER_IDS,
    )
)
DEPT: Final = Shape(
    (Line("type", _TYPE, concept("8624")), Line("name", ("name",), _NAME), _OWN_ID, _OTHER_IDS)
)
PERSON: Final = Shape((Line("name", (Slice("name"), "text"), TEXT), _OWN_ID, _OTHER_IDS))
PROFESSIONAL: Final = Shape(
    (
        *PERSON.lines,
        Line("qual", (Slice("qualification"),), inside("code", CONCEPT), many=True),
    )
)
_PROFESSION: Final = Shape(
    (
        Line("type", (Slice("code"),), concept("9060")),
        Line("position", extension(POSITION, "valueCodeableConcept"), CONCEPT),
    )
)


def _numbered(code: str) -> Path:
    part = {"use": "usual", "type": {"text": code}}
    return (Slice("identifier", part), "value")


_BESIDE: Final = Shape(
    (
        Line("party_id_by_requester", _numbered("Henvisers id"), TEXT),
        Line("party_id_by_serv_prov", _numbered("Tjenesteyters id"), TEXT),
        Line("address", (), ADDRESS),
    )
)
_SPECIALTY: Final = extension(SPECIALTY, "valueCodeableConcept")
_SPECIALTIES: Final = ("med_specialty", "med_speciality")


def put_party(party: Any, room: Room) -> Json:
    """An HCP → reference to its communication party: the department or person in it, else the institution."""
    if party.inst is None:
        return _put_professional(party, room)
    top: Json = {"resourceType": "Organization"}
    INST.put(party.inst, top, room)
    _BESIDE.put(party, top, room)
    _put_specialty(party, top, room)
    name_at_least(top)
    return put_institution_parts(party.inst, room.contain(top), room)


def name_at_least(organization: Json) -> None:
    """An Organization → the same with a name where it has neither name nor identifier."""
    if "name" not in organization and "identifier" not in organization:
        organization["name"] = NO_NAME


def put_institution_parts(
    inst: Any, whole: Json, room: Room, *, organization: bool = False
) -> Json:
    """An Inst whose Organization is contained → reference to its communication party, further ones in extensions.

    Shape: `organization` where no person may be referred to: then the institution is the party of its persons.
    """
    parts = [_put_dept(dept, whole, room) for dept in inst.dept]
    parts += [_put_person(person, whole, room) for person in inst.hc_person]
    if not parts:
        return _named(whole, inst, inst)
    if organization and not inst.dept:
        further = [{"url": FURTHER_PARTY, "valueReference": part} for part in parts]
        return {"extension": further, **_named(whole, inst, inst)}
    further = [{"url": FURTHER_PARTY, "valueReference": part} for part in parts[1:]]
    first = _named(parts[0], inst, (inst.dept or inst.hc_person)[0])
    return {**({"extension": further} if further else {}), **first}


def _named(reference: Json, inst: Any, part: Any) -> Json:
    """A reference that readers understand without looking into what is contained: the name, and the HER-id."""
    name = part.name or inst.name
    made = dict(reference)
    if name and not name.isspace():
        made["display"] = name
    number = part.id if part.type_id is not None and part.type_id.v == "HER" else None
    if number and not number.isspace():
        made["identifier"] = {"system": HER, "value": number.strip()}
    return made


def _put_specialty(party: Any, node: Json, room: Room) -> None:
    for name in _SPECIALTIES:
        if (value := getattr(party, name, None)) is not None:
            set_at(node, _SPECIALTY, CONCEPT.put(value, room))


def _put_dept(dept: Any, whole: Json, room: Room) -> Json:
    node: Json = {"resourceType": "Organization", "partOf": whole}
    DEPT.put(dept, node, room)
    name_at_least(node)
    return room.contain(node)


def _put_person(person: Any, whole: Json, room: Room) -> Json:
    practitioner = PERSON.put(person, {"resourceType": "Practitioner"}, room)
    role = {"resourceType": "PractitionerRole", "practitioner": room.contain(practitioner)}
    return room.contain({**role, "organization": whole})


def _put_professional(party: Any, room: Room) -> Json:
    practitioner: Json = {"resourceType": "Practitioner"}
    PROFESSIONAL.put(party.hc_prof, practitioner, room)
    _BESIDE.put(party, practitioner, room)
    role: Json = {"resourceType": "PractitionerRole", "practitioner": room.contain(practitioner)}
    _PROFESSION.put(party.hc_prof, role, room)
    _put_specialty(party, role, room)
    return _named(room.contain(role), party.hc_prof, party.hc_prof)


def get_party(reference: Json, room: Room, cls: type) -> Any:
    """A reference to a party → the HCP, or None when it leads nowhere."""
    target = room.resolve(reference)
    if target is None:
        return None
    kinds = kinds_of(cls)
    if target["resourceType"] == "PractitionerRole" and "organization" not in target:
        person = room.resolve(target.get("practitioner")) or {}
        found = {
            **PROFESSIONAL.get(person, room, kinds["hc_prof"]),
            **_PROFESSION.get(target, room, kinds["hc_prof"]),
        }
        beside = _BESIDE.get(person, room, cls)
        return filled(
            cls,
            {
                **beside,
                **_get_specialty(target, room, cls),
                "hc_prof": filled(kinds["hc_prof"], found),
            },
        )
    whole = _whole_of(target, room)
    inst = get_institution(reference, whole, room, kinds["inst"])
    beside = {**_BESIDE.get(whole, room, cls), **_get_specialty(whole, room, cls)}
    return filled(cls, {**beside, "inst": inst})


def _whole_of(target: Json, room: Room) -> Json:
    up = target.get("organization") or target.get("partOf")
    found = room.resolve(up) if up else None
    return found if found is not None else target


def get_institution(reference: Json, whole: Json, room: Room, cls: type) -> Any:
    """A reference to a party and the Organization it belongs to → the Inst with its departments and persons."""
    kinds = kinds_of(cls)
    further = [e["valueReference"] for e in get_all(reference, at(FURTHER_PARTY))]
    targets = [
        t for r in (reference, *further) if (t := room.resolve(r)) is not None and t is not whole
    ]
    depts = [t for t in targets if t["resourceType"] == "Organization"]
    roles = [t for t in targets if t["resourceType"] == "PractitionerRole"]
    found = INST.get(whole, room, cls)
    found["dept"] = tuple(filled(kinds["dept"], DEPT.get(d, room, kinds["dept"])) for d in depts)
    found["hc_person"] = tuple(
        filled(
            kinds["hc_person"],
            PERSON.get(room.resolve(r.get("practitioner")) or {}, room, kinds["hc_person"]),
        )
        for r in roles
    )
    return filled(cls, found)


def _get_specialty(node: Json, room: Room, cls: type) -> Json:
    name = next((n for n in _SPECIALTIES if n in kinds_of(cls)), None)
    here = get_at(node, _SPECIALTY)
    if name is None or here is None:
        return {}
    return {name: CONCEPT.get(here, room, kinds_of(cls)[name])}


# A party with its role: sender, receiver, copy receiver, origin, responsible, related to the patient

_TOLD: Final = Shape(
    (
        Line("role", extension(ROLE, "valueCodeableConcept"), concept("")),
        Line("relation", extension(RELATION, "valueCodeableConcept"), concept("8254")),
        Line("com_method", extension(METHOD, "valueCodeableConcept"), concept("8235")),
        Line("copy_dest_role", at(COPY_ROLE), complex_extension(COPY_ROLE), many=True),
    )
)


def _put_told(value: Any, room: Room) -> Json:
    made = put_party(value.hcp, room)
    node: Json = {"extension": list(made.get("extension") or ())}
    _TOLD.put(value, node, room)
    if not node["extension"]:
        del node["extension"]
    return {**{k: v for k, v in made.items() if k != "extension"}, **node}


def _get_told(node: Json, room: Room, kind: Any) -> Any:
    party = get_party(node, room, kinds_of(kind)["hcp"])
    if party is None:
        return None
    return filled(kind, {**_TOLD.get(node, room, kind), "hcp": party})


PARTY: Final = remembered_party(
    Lens(_put_told, _get_told, "contained Organization or PractitionerRole, with Practitioner")
)
"""A class that holds an HCP and what it does ↔ Reference."""


_RELATED: Final = concept("8254")


def put_with_relation(value: Any, room: Room) -> tuple[Json, Json | None]:
    """A class with an HCP and its relation (8254) → Reference, and the relation for the place that FHIR has for it."""
    made = PARTY.put(value, room)
    others = [e for e in made.get("extension") or () if e["url"] != RELATION]
    bare = {k: v for k, v in made.items() if k != "extension"}
    relation = _RELATED.put(value.relation, room) if value.relation is not None else None
    return ({"extension": others, **bare} if others else bare), relation


def get_with_relation(party: Json, relation: Json | None, room: Room, kind: Any) -> Any:
    """A Reference and the relation that stands beside it → the class, or None when the reference leads nowhere."""
    found = PARTY.get(party, room, kind)
    if found is None or relation is None:
        return found
    said = _RELATED.get(relation, room, kinds_of(kind)["relation"])
    return found if said is None else msgspec.structs.replace(found, relation=said)
