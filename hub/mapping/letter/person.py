"""The patient of a letter, as the sender tells, and the people and parties around ↔ Patient, Flag, RelatedPerson, CareTeam.

Source: epikrise-henvisning.md ("Patient"); Epikrise-v1.2.xsd, Henvisning-v1.1.xsd; lists 3101, 8116, 8254.
"""

from __future__ import annotations

from typing import Any, Final

from hub.mapping.letter.identity import ADDITIONAL, ADDRESS, identifier
from hub.mapping.letter.parties import get_with_relation, put_with_relation
from hub.mapping.letter.sections import new_section, of_kind, say
from hub.mapping.letter.sheaf import Sheaf, Shelf
from hub.mapping.letter.times import PERIOD_FIELDS
from hub.mapping.letter.urls import BASIS
from hub.mapping.message_urls import PATIENT_AS_SENT
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
    get_at,
    kinds_of,
    put_leaf,
)
from hub.mapping.two_way_codes import as_sent, concept
from hub.mapping.two_way_values import DAY, TEXT, TIME, leaf, unleaf
from hub.mapping.urls import FLAG_CATEGORY

_GENDERS: Final = {"0": "unknown", "1": "male", "2": "female", "9": "other"}


def _put_name(text: str, _room: Room) -> Json:
    """Letters write a name as one string, the family name first: "Danser, Line"."""
    family, _, given = text.partition(", ")
    if family.strip() and given.strip() and f"{family}, {given}" == text:
        return {"family": family, "given": [given]}
    node: Json = {}
    put_leaf(node, "text", leaf(text, lambda t: t if t.strip() else None, str))
    return node


def _get_name(node: Json, _room: Room, _kind: Any) -> str | None:
    here = get_at(node, ("text",))
    family, given = node.get("family"), " ".join(node.get("given") or ())
    if family or given:
        return ", ".join(part for part in (family, given) if part)
    return unleaf(here, lambda t: t if t.strip() else None, str) if here is not None else None


NAME: Final = Lens(_put_name, _get_name, "family, given")
"""A name as one string ↔ HumanName."""


def _own_number(owner: str) -> Path:
    return (Slice("identifier", {"use": "usual", "type": {"text": owner}}), "value")


PATIENT: Final = Shape(
    (
        Line("basis_for_health_services", extension(BASIS, "valueCodeableConcept"), concept("")),
        Line("sex", as_sent("3101"), concept("3101")),
        Line("date_of_birth", ("birthDate",), DAY),
        Line("date_of_death", ("deceasedDateTime",), TIME),
        Line("name", (Slice("name"),), NAME),
        Line("id_by_serv_provider", _own_number("Tjenesteyters id"), TEXT),
        Line("id_by_requester", _own_number("Henvisers id"), TEXT),
        Line(
            WHOLE, (Slice("identifier", {"use": "official"}),), identifier("off_id", "type_off_id")
        ),
        Line("additional_id", (Slice("identifier", {"use": "secondary"}),), ADDITIONAL, many=True),
        Line("address", (), ADDRESS),
    )
)
_RELATED: Final = Shape(
    (
        Line("relation", (Slice("relationship"),), concept("9033")),
        Line("name", (Slice("name"),), NAME),
        Line("rel_party_off_id", (Slice("identifier"), "value"), TEXT),
        Line("address", (), ADDRESS),
    )
)
_FLAG: Final[Json] = {
    "resourceType": "Flag",
    "status": "active",
    "category": [{"coding": [{"system": FLAG_CATEGORY, "code": "safety", "display": "Safety"}]}],
}
PRECAUTION: Final = Shape(
    (Line("precaution", ("code", "text"), TEXT), Line(WHOLE, ("period",), PERIOD_FIELDS))
)


def put_patient(patient: Any, reference: Json, room: Room) -> Json:
    """The patient as sent, and the reference to the matched one → subject of the Communication."""
    node = PATIENT.put(patient, {"resourceType": "Patient"}, room)
    if patient.sex is not None and patient.sex.v in _GENDERS:
        node["gender"] = _GENDERS[patient.sex.v]
    told = {"url": PATIENT_AS_SENT, "valueReference": room.contain(node)}
    return {"extension": [told], **reference}


def get_patient(subject: Json | None, room: Room, cls: type) -> Json:
    """The subject of a Communication → the fields of the patient: as sent, else as the record has the person."""
    told = get_at(subject or {}, extension(PATIENT_AS_SENT, "valueReference"))
    node = room.resolve(told if told is not None else subject)
    if node is None:
        return {}
    found = PATIENT.get(node, room, cls)
    code = next((c for c, gender in _GENDERS.items() if gender == node.get("gender")), None)
    if code is not None and (
        "sex" not in found or _GENDERS.get(found["sex"].v or "") != node["gender"]
    ):
        found["sex"] = kinds_of(cls)["sex"](v=code)
    return found


def put_precautions(values: tuple[Any, ...], sheaf: Sheaf) -> list[Json]:
    """PatientPrecautions → Flags in the sheaf, and the section that lists them, or nothing."""
    section = new_section("precaution", "Advarsler")
    for one in values:
        room = sheaf.room()
        node = PRECAUTION.put(one, {**_FLAG, "subject": dict(sheaf.patient), "code": {}}, room)
        section.setdefault("entry", []).append(sheaf.close(node, room))
    return [say(section, [v.precaution for v in values])] if values else []


def get_precautions(sections: list[Json], shelf: Shelf, cls: type) -> tuple[Any, ...]:
    """Sections → PatientPrecautions."""
    nodes = listed(sections, "precaution", shelf)
    return tuple(filled(cls, PRECAUTION.get(n, shelf.room(n), cls)) for n in nodes)


def listed(sections: list[Json], kind: str, shelf: Shelf) -> list[Json]:
    """Sections and what they are → the resources they list."""
    entries = (e for section in of_kind(sections, kind) for e in section.get("entry") or ())
    return [node for e in entries if (node := shelf.find(e)) is not None]


def put_related(values: tuple[Any, ...], sheaf: Sheaf) -> list[Json]:
    """PatientRelParties → RelatedPersons in the sheaf, and the section that lists them, or nothing."""
    section = new_section("related", "Pårørende")
    for one in values:
        room = sheaf.room()
        node = _RELATED.put(
            one, {"resourceType": "RelatedPerson", "patient": dict(sheaf.patient)}, room
        )
        section.setdefault("entry", []).append(sheaf.close(node, room))
    return [say(section, [v.name or "" for v in values])] if values else []


def get_related(sections: list[Json], shelf: Shelf, cls: type) -> tuple[Any, ...]:
    """Sections → PatientRelParties."""
    nodes = listed(sections, "related", shelf)
    return tuple(filled(cls, _RELATED.get(n, shelf.room(n), cls)) for n in nodes)


def put_team(values: tuple[Any, ...], sheaf: Sheaf) -> list[Json]:
    """PatRelHCPs → a CareTeam in the sheaf, and its section, or nothing."""
    if not values:
        return []
    room = sheaf.room()
    team: Json = {
        "resourceType": "CareTeam",
        "status": "active",
        "name": "Kontakter oppgitt i meldingen",
        "subject": dict(sheaf.patient),
        "participant": [_put_member(one, room) for one in values],
    }
    names = [p["member"].get("display") or "" for p in team["participant"]]
    section = new_section("team", "Kontakter")
    section["entry"] = [sheaf.close(team, room)]
    return [say(section, names)]


def _put_member(one: Any, room: Room) -> Json:
    member, relation = put_with_relation(one, room)
    node: Json = {"role": [relation], "member": member} if relation else {"member": member}
    return _MEMBER.put(one, node, room)


_MEMBER: Final = Shape((Line(WHOLE, ("period",), PERIOD_FIELDS),))


def get_team(sections: list[Json], shelf: Shelf, cls: type) -> tuple[Any, ...]:
    """Sections → PatRelHCPs."""
    found: list[Any] = []
    for team in listed(sections, "team", shelf):
        room = shelf.room(team)
        for participant in team.get("participant") or ():
            roles: list[Json] = participant.get("role") or []
            relation = roles[0] if roles else None
            one = get_with_relation(participant.get("member") or {}, relation, room, cls)
            if one is not None:
                period = PERIOD_FIELDS.get(participant.get("period") or {}, room, cls)
                values = {name: getattr(one, name) for name in kinds_of(cls)}
                found.append(cls(**{**values, **period}))
    return tuple(found)
