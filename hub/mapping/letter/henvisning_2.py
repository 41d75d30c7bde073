"""Henvisning 2.0 ↔ FHIR: ServiceRequest, Composition with sections, the people around, assessment, pathways, consents.

The envelope is a MsgHead: `message_to_communication.py` and `fhir_to_message.py`.
Drops: nothing of the payload; what the envelope drops is stated there.
Source: HIS 80517:2017, epikrise-henvisning.md, Henvisning-v2.0.xsd; lists 7309, 8254, 8304, 9064; LOINC 57133-1.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.henvisning import Henvisning
from hub.emessage.msghead import MsgHead
from hub.mapping.draft import Context, Draft
from hub.mapping.fhir_to_message import to_message
from hub.mapping.letter.around import (
    get_assessment,
    get_authors,
    get_consent,
    get_sent_document,
    get_team,
    put_assessment,
    put_author,
    put_consent,
    put_sent_document,
    put_team,
)
from hub.mapping.letter.drafting import in_msg_head, open_record
from hub.mapping.letter.facts import get_facts, put_facts
from hub.mapping.letter.people import get_related, put_related
from hub.mapping.letter.person import get_precautions, listed, put_precautions
from hub.mapping.letter.referral import (
    get_clinical,
    get_referral,
    put_clinical,
    put_composition,
    put_referral,
)
from hub.mapping.letter.sections import new_section, say
from hub.mapping.letter.sheaf import Sheaf, Shelf, with_contained
from hub.mapping.letter.urls import BASIS, NOTE
from hub.mapping.plo_to_fhir.tasks import ASSESS_REFERRAL
from hub.mapping.record import Record
from hub.mapping.two_way import Json, Line, Room, Shape, Slice, extension, filled, kinds_of
from hub.mapping.two_way_codes import CONCEPT, as_sent, concept
from hub.mapping.two_way_values import TEXT
from hub.problems import Translation

_MESSAGE: Final = Shape((Line("serv_type", as_sent("7309"), concept("7309")),))
_REQUEST: Final = Shape(
    (Line("basis_for_health_services", extension(BASIS, "valueCodeableConcept"), concept("")),)
)
_CONTENT: Final = Shape(
    (
        Line("type_innhold", (Slice("category"),), CONCEPT),
        Line("merknad", extension(NOTE, "valueString"), TEXT),
    )
)
# Field → what its section is, its title, and whether it repeats
_FACTS: Final = (
    ("tilleggsopplysning_pasient", "about-patient", "Tilleggsopplysninger om pasienten"),
    ("opplysninger_om_individuell_plan", "individual-plan", "Individuell plan"),
    ("legemiddelgjennomgang", "medication-review", "Legemiddelgjennomgang"),
)
_PEOPLE: Final = (
    ("parorende_foresatt", "relative", "Pårørende og foresatte"),
    ("pasientrelatert_kontaktperson", "contact", "Kontaktpersoner"),
)
_LISTS: Final = (
    ("sendt_dokument", "sent-document", "Sendte dokumenter", put_sent_document, get_sent_document),
    ("consent", "consent", "Samtykke", put_consent, get_consent),
)


def put_body(body: Henvisning, sender: Json, receiver: Json, sheaf: Sheaf) -> tuple[Json, Json]:
    """A referral, who sends it to whom → its resources in the sheaf; references to its Composition and ServiceRequest."""
    sections = _put_sections(body, sheaf)
    room = sheaf.room()
    composition = put_composition(body, sections, sender, sheaf)
    authors = [put_author(one, room) for one in body.ansvar_for_rapport]
    if authors:
        composition["author"] = authors
    _CONTENT.put(body.type_innhold_i_melding, composition, room)
    whole = sheaf.add(with_contained(composition, room))
    request = put_referral(body, sender, receiver, sheaf)
    _REQUEST.put(body, request, sheaf.room())
    request["supportingInfo"] = [whole]
    asked = sheaf.add(request)
    if body.vurdering_av_henvisning is not None:
        sheaf.add(put_assessment(body.vurdering_av_henvisning, asked, sheaf.room()))
    return whole, asked


def _put_sections(body: Henvisning, sheaf: Sheaf) -> list[Json]:
    sections = put_clinical(body.inf_item, body, sheaf)
    sections += put_precautions(body.patient_precaution, sheaf)
    for name, kind, title in _FACTS:
        value = getattr(body, name)
        sections += _listing(
            kind, title, [_fact(value, kind, title, sheaf)] if value is not None else []
        )
    assisted = [i.assistert_kommunikasjon for i in body.info_assistert_kommunikasjon]
    title = "Assistert kommunikasjon"
    facts = [_fact(one, "assisted-communication", title, sheaf) for one in assisted]
    sections += _listing("communication", title, facts)
    for name, kind, title in _PEOPLE:
        entries = [
            _add(put_related(one, room := sheaf.room()), room, sheaf) for one in getattr(body, name)
        ]
        sections += _listing(kind, title, entries)
    for name, kind, title, put, _ in _LISTS:
        entries = [_add(put(one, room := sheaf.room()), room, sheaf) for one in getattr(body, name)]
        sections += _listing(kind, title, entries)
    team = put_team(body, room := sheaf.room())
    return sections + _listing("team", "Kontakter", [_add(team, room, sheaf)] if team else [])


def _listing(kind: str, title: str, entries: list[Json]) -> list[Json]:
    return [say({**new_section(kind, title), "entry": entries})] if entries else []


def _add(node: Json, room: Room, sheaf: Sheaf) -> Json:
    return sheaf.close(node, room)


def _fact(value: Any, kind: str, title: str, sheaf: Sheaf) -> Json:
    room = sheaf.room()
    return sheaf.close(put_facts(value, kind, title, room), room)


def get_body(node: Json, shelf: Shelf) -> Henvisning:
    """The Communication of a referral and the other resources → the referral."""
    room = shelf.room(node)
    references = [
        p["contentReference"] for p in node.get("payload") or () if "contentReference" in p
    ]
    nodes = [n for n in (shelf.find(r) for r in references) if n is not None]
    composition, request = _first(nodes, "Composition"), _first(nodes, "ServiceRequest")
    kinds = kinds_of(Henvisning)
    sections: list[Json] = composition.get("section") or []
    found = _MESSAGE.get(node, room, Henvisning)
    found |= get_referral(request, shelf.room(request), Henvisning)
    found |= _REQUEST.get(request, shelf.room(request), Henvisning)
    found |= get_clinical(sections, shelf, room, kinds["inf_item"], Henvisning)
    found |= _get_lists(sections, shelf)
    found["patient_precaution"] = get_precautions(sections, shelf, kinds["patient_precaution"])
    inner = shelf.room(composition)
    found["ansvar_for_rapport"] = get_authors(composition, inner, kinds["ansvar_for_rapport"])
    content = kinds["type_innhold_i_melding"]
    found["type_innhold_i_melding"] = filled(content, _CONTENT.get(composition, inner, content))
    found["vurdering_av_henvisning"] = get_assessment(shelf, kinds["vurdering_av_henvisning"])
    return filled(Henvisning, {k: v for k, v in found.items() if v not in (None, ())})


def _first(nodes: list[Json], name: str) -> Json:
    return next((n for n in nodes if n["resourceType"] == name), {"resourceType": name})


def _get_lists(sections: list[Json], shelf: Shelf) -> Json:
    kinds, found = kinds_of(Henvisning), dict[str, Any]()
    for name, kind, _ in _FACTS:
        nodes = listed(sections, kind, shelf)
        found[name] = get_facts(nodes[0], shelf.room(nodes[0]), kinds[name]) if nodes else None
    wrapper = kinds["info_assistert_kommunikasjon"]
    inner = kinds_of(wrapper)["assistert_kommunikasjon"]
    nodes = listed(sections, "communication", shelf)
    found["info_assistert_kommunikasjon"] = tuple(
        wrapper(assistert_kommunikasjon=get_facts(n, shelf.room(n), inner)) for n in nodes
    )
    for name, kind, _ in _PEOPLE:
        nodes = listed(sections, kind, shelf)
        found[name] = tuple(get_related(n, shelf.room(n), kinds[name]) for n in nodes)
    for name, kind, _, _, get in _LISTS:
        nodes = listed(sections, kind, shelf)
        found[name] = tuple(get(n, shelf.room(n), kinds[name]) for n in nodes)
    for team in listed(sections, "team", shelf):
        found |= get_team(team, shelf.room(team), Henvisning)
    return found


def to_fhir(message: MsgHead, payload: Henvisning, context: Context) -> Translation[Draft]:
    """A referral, its envelope and what is here of its series → Draft.

    Problems: PATIENT_DOUBTFUL, CONTENT_ODD (see `drafting.py`).
    """
    return in_msg_head(
        message,
        payload.serv_type.v,
        context,
        lambda sender, receiver, sheaf: put_body(payload, sender, receiver, sheaf),
        lambda node: _MESSAGE.put(payload, node, Room([], dict, lambda _: None, {})),
        ASSESS_REFERRAL,
    )


def from_fhir(record: Record) -> MsgHead:
    """The record of a referral → the whole message. Problems: OUTPUT_INVALID."""
    node, shelf = open_record(record)
    return to_message(record, get_body(node, shelf))
