"""What stands around a referral 2.0 ↔ CareTeam, Composition.author, Communication, Consent and Task.

Source: poKomponent-v2.0.xsd, Henvisning-v2.0.xsd (VurderingAvHenvisning, Consent); lists 8254, 8329, 8330, 9064.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.henvisning import Henvisning
from hub.mapping.letter.people import ORGANISATION, PROFESSIONAL
from hub.mapping.letter.sheaf import Shelf
from hub.mapping.letter.urls import APPROVED, GIVEN_BY, LETTER_PARTS, NOTE, RELATION
from hub.mapping.message_urls import CONSENT_CATEGORY, CONSENT_SCOPE, CONSENT_STATUS, TASK_CODES
from hub.mapping.two_way import (
    Json,
    Line,
    Room,
    Shape,
    Slice,
    extension,
    filled,
    get_at,
    kinds_of,
    put_leaf,
)
from hub.mapping.two_way_codes import CONCEPT
from hub.mapping.two_way_values import BOOLEAN, DAY, TEXT

_NOTE: Final = Line("merknad", extension(NOTE, "valueString"), TEXT)
_MEMBER: Final = Shape((_NOTE,))
_UNITS: Final = (
    ("tilknyttet_enhet", "kontaktenhet", ORGANISATION, "Organization"),
    ("kontaktperson_helsepersonell", "kontaktperson", PROFESSIONAL, "PractitionerRole"),
)


def put_team(body: Henvisning, room: Room) -> Json | None:
    """The units and professionals to contact → CareTeam, or None when there are none."""
    members: list[Json] = []
    for name, inner, lens, _ in _UNITS:
        for one in getattr(body, name):
            member: Json = {"member": lens.put(getattr(one, inner), room)}
            members.append(_MEMBER.put(one, member, room))
    if not members:
        return None
    return {
        "resourceType": "CareTeam",
        "status": "active",
        "name": "Kontakter oppgitt i meldingen",
        "subject": dict(room.patient),
        "participant": members,
    }


def get_team(team: Json, room: Room, cls: type) -> Json:
    """A CareTeam → the units and professionals to contact."""
    kinds, found = kinds_of(cls), dict[str, list[Any]]()
    for participant in team.get("participant") or ():
        target = room.resolve(participant.get("member"))
        for name, inner, lens, resource in _UNITS:
            if target is None or target["resourceType"] != resource:
                continue
            party = lens.get(participant["member"], room, kinds_of(kinds[name])[inner])
            beside = _MEMBER.get(participant, room, kinds[name])
            found.setdefault(name, []).append(filled(kinds[name], {**beside, inner: party}))
    return {name: tuple(values) for name, values in found.items()}


_AUTHOR: Final = Shape(
    (
        Line("godkjent_dato", extension(APPROVED, "valueDate"), DAY),
        Line("type_relasjon", extension(RELATION, "valueCodeableConcept"), CONCEPT),
        _NOTE,
    )
)


def put_author(value: Any, room: Room) -> Json:
    """Who answers for the message → an author of its Composition."""
    return _AUTHOR.put(value, dict(PROFESSIONAL.put(value.ansvarlig_rapport, room)), room)


def get_authors(composition: Json, room: Room, cls: type) -> tuple[Any, ...]:
    """A Composition → those who answer for the message."""
    found: list[Any] = []
    for author in composition.get("author") or ():
        person = PROFESSIONAL.get(author, room, kinds_of(cls)["ansvarlig_rapport"])
        if person is not None:
            found.append(
                filled(cls, {**_AUTHOR.get(author, room, cls), "ansvarlig_rapport": person})
            )
    return tuple(found)


_SENT: Final = Shape(
    (
        Line("opplysning", ("topic",), CONCEPT),
        Line("dato_sendt", ("sent",), DAY),
        Line("merknad", (Slice("note"), "text"), TEXT),
    )
)
_RECEIVER: Final = Shape(
    (Line("type_mottaker", (Slice("type"),), CONCEPT), Line("navn_mottaker", ("name",), TEXT))
)


def put_sent_document(value: Any, room: Room) -> Json:
    """Whether a document was sent, and to whom → Communication."""
    node: Json = {
        "resourceType": "Communication",
        "status": "completed" if value.ja_nei else "not-done",
        "subject": dict(room.patient),
    }
    _SENT.put(value, node, room)
    receiver = _RECEIVER.put(value, {"resourceType": "Organization"}, room)
    if len(receiver) > 1:
        receiver.setdefault("name", "Navn ikke oppgitt")
        node["recipient"] = [room.contain(receiver)]
    return node


def get_sent_document(node: Json, room: Room, cls: type) -> Any:
    """Communication → whether a document was sent, and to whom."""
    target = room.resolve(next(iter(node.get("recipient") or ()), None)) or {}
    told = _RECEIVER.get(target, room, cls)
    if told.get("navn_mottaker") == "Navn ikke oppgitt":
        del told["navn_mottaker"]
    return filled(
        cls, {**_SENT.get(node, room, cls), **told, "ja_nei": node.get("status") == "completed"}
    )


_CONSENT: Final = Shape(
    (
        Line("consent_status", extension(CONSENT_STATUS, "valueCodeableConcept"), CONCEPT),
        Line("consent_date", ("dateTime",), DAY),
        Line("merknad", extension(NOTE, "valueString"), TEXT),
        Line("given_by", extension(GIVEN_BY, "valueString"), TEXT),
    )
)


def put_consent(value: Any, room: Room) -> Json:
    """Who has consented to the referral → Consent."""
    node: Json = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {
            "coding": [
                {"system": CONSENT_SCOPE, "code": "patient-privacy", "display": "Privacy Consent"}
            ]
        },
        "category": [
            {
                "coding": [
                    {"system": CONSENT_CATEGORY, "code": "infa", "display": "information access"}
                ]
            }
        ],
        "patient": dict(room.patient),
        "policyRule": {"text": "Samtykke til henvisning"},
    }
    return _CONSENT.put(value, node, room)


def get_consent(node: Json, room: Room, cls: type) -> Any:
    """Consent → who has consented."""
    return filled(cls, _CONSENT.get(node, room, cls))


# The assessment of the referral by an earlier receiver (rettighetsvurdering)

_ASSESSMENT: Final = "referral-assessment"
_OUTCOMES: Final = (
    ("fritt_sykehusvalg", "free-choice-of-hospital", "valueBoolean", BOOLEAN),
    ("ventetid_sluttkode", "waiting-time-end", "valueCodeableConcept", CONCEPT),
    ("forlops_id", "pathway-id", "valueString", TEXT),
    ("rett_til_helsehjelp", "right-to-health-care", "valueBoolean", BOOLEAN),
    ("utfall_av_vurdering", "outcome", "valueCodeableConcept", CONCEPT),
)


def put_assessment(value: Any, referral: Json, room: Room) -> Json:
    """VurderingAvHenvisning → a completed Task with the dates and the outcome as its output."""
    outputs: list[Json] = []
    for one in value.dato_mottak_og_vurdering:
        output: Json = {"type": CONCEPT.put(one.type_dato, room)}
        put_leaf(output, "valueDate", DAY.put(one.dato, room))
        outputs.append(output)
    for name, code, place, lens in _OUTCOMES:
        held = getattr(value.opplysninger, name, None)
        if held is not None:
            output = {"type": {"coding": [{"system": LETTER_PARTS, "code": code}]}}
            put_leaf(output, place, lens.put(held, room))
            outputs.append(output)
    title = "Vurdering av henvisningen"
    return {
        "resourceType": "Task",
        "status": "completed",
        "intent": "order",
        "code": {
            "coding": [{"system": TASK_CODES, "code": _ASSESSMENT, "display": title}],
            "text": title,
        },
        "focus": referral,
        "for": dict(room.patient),
        "output": outputs,
    }


def get_assessment(shelf: Shelf, cls: type) -> Any:
    """The resources of a referral → VurderingAvHenvisning, or None when there is none."""
    task = next((n for n in shelf.resources.values() if _is_assessment(n)), None)
    if task is None:
        return None
    room, kinds = shelf.room(task), kinds_of(cls)
    date, told = kinds["dato_mottak_og_vurdering"], kinds["opplysninger"]
    dates: list[Any] = []
    found: Json = {}
    for output in task.get("output") or ():
        row = next((r for r in _OUTCOMES if r[1] == _code(output["type"], LETTER_PARTS)), None)
        here = get_at(output, (row[2] if row else "valueDate",))
        if here is None:
            continue
        if row is not None:
            found[row[0]] = row[3].get(here, room, kinds_of(told)[row[0]])
        else:
            kind = CONCEPT.get(output["type"], room, kinds_of(date)["type_dato"])
            dates.append(filled(date, {"type_dato": kind, "dato": DAY.get(here, room, str)}))
    outcome = {"opplysninger": filled(told, found)} if found else {}
    return filled(cls, {"dato_mottak_og_vurdering": tuple(dates), **outcome})


def _is_assessment(node: Json) -> bool:
    return (
        node["resourceType"] == "Task" and _code(node.get("code") or {}, TASK_CODES) == _ASSESSMENT
    )


def _code(concept: Json, system: str) -> str:
    codings: list[Json] = concept.get("coding") or []
    return next((str(c.get("code")) for c in codings if c.get("system") == system), "")
