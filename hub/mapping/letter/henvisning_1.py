"""Henvisning 1.0 and 1.1 → FHIR and back: ServiceRequest, Composition with sections, clinical resources, the people around.

Drops: `drops.py`; white space inside base64.
Source: HIS 80517:2005 and 2014, epikrise-henvisning.md; LOINC 57133-1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hub.emessage.henvisning_1 import HENVISNINGER, HenvisningMessage, Patient, ServReq
from hub.emessage.msghead import MsgHead
from hub.emessage.namespaces import HENVISNING_1_0, HENVISNING_1_1
from hub.emessage.table_build import render
from hub.mapping.draft import Context, Draft
from hub.mapping.letter.drafting import open_record, to_draft
from hub.mapping.letter.envelope import (
    BODY,
    MESSAGE,
    as_copy,
    get_documents,
    get_version,
    put_documents,
    put_version,
)
from hub.mapping.letter.facts import get_facts, is_facts, put_facts
from hub.mapping.letter.parties import PARTY
from hub.mapping.letter.people import get_related, put_related
from hub.mapping.letter.person import (
    get_patient,
    get_precautions,
    get_team,
    listed,
    put_patient,
    put_precautions,
    put_team,
)
from hub.mapping.letter.referral import (
    get_clinical,
    get_referral,
    put_clinical,
    put_composition,
    put_referral,
)
from hub.mapping.letter.sections import new_section, say
from hub.mapping.letter.sheaf import Sheaf, Shelf, with_contained
from hub.mapping.letter.urls import DETAIL
from hub.mapping.plo_to_fhir.tasks import ASSESS_REFERRAL
from hub.mapping.record import Record
from hub.mapping.two_way import Json, Line, Room, Shape, Slice, filled, kinds_of
from hub.mapping.two_way_extension import at, complex_extension
from hub.problems import Translation

VERSIONS: Final = {HENVISNING_1_0: "v1.0 2005-07-08", HENVISNING_1_1: "v1.1 2012-02-15"}


def _detail(name: str) -> Line:
    url = f"{DETAIL}{name.replace('_', '-')}"
    return Line(name, (Slice("extension", {"url": url}),), complex_extension(url), many=True)


def _single(name: str) -> Line:
    url = f"{DETAIL}{name.replace('_', '-')}"
    return Line(name, at(url), complex_extension(url))


# What only the referral of a child to psychiatry tells (BUP)
_AROUND: Final = Shape(
    (
        _detail("need_translator"),
        _single("care_situation"),
        _detail("pat_relperson"),
        _detail("pat_rel_inst"),
        _single("consent"),
    )
)
_PEOPLE: Final = (
    ("parorende_foresatt", "relative", "Pårørende og foresatte"),
    ("contact_person", "contact", "Kontaktpersoner"),
)


def put_message(message: HenvisningMessage, namespace: str, sheaf: Sheaf) -> Json:
    """A referral and the namespace of its version → its resources in the sheaf; the Communication, not yet in it."""
    body, room = message.serv_req, sheaf.room()
    node: Json = {"resourceType": "Communication", "status": "completed"}
    MESSAGE.put(message, node, room)
    BODY.put(body, node, room)
    put_version(message, VERSIONS[namespace], node, room)
    node["subject"] = put_patient(body.patient, sheaf.patient, room)
    node["sender"] = PARTY.put(body.requester, room)
    node["recipient"] = [
        PARTY.put(body.serv_provider, room),
        *(as_copy(PARTY.put(copy, room)) for copy in body.copy_dest),
    ]
    documents = put_documents(body.ref_doc, sheaf)
    sections = _put_sections(body, sheaf)
    composition = sheaf.add(put_composition(body, sections, node["sender"], sheaf))
    request = put_referral(body, node["sender"], node["recipient"][0], sheaf)
    _AROUND.put(body.patient, request, sheaf.room())
    request["supportingInfo"] = [composition]
    asked = sheaf.add(request)
    node["basedOn"] = [asked]
    node["payload"] = [{"contentReference": r} for r in (composition, asked, *documents)]
    return with_contained(node, room)


def _put_sections(body: ServReq, sheaf: Sheaf) -> list[Json]:
    patient = body.patient
    sections = put_clinical(patient.inf_item, body, sheaf)
    sections += put_precautions(patient.patient_precaution, sheaf)
    for name, kind, title in _PEOPLE:
        values: tuple[Any, ...] = getattr(patient, name)
        if values:
            section = new_section(kind, title)
            section["entry"] = [_close(put_related, one, sheaf) for one in values]
            sections.append(say(section))
    if patient.assistert_kommunikasjon:
        section = new_section("communication", "Assistert kommunikasjon")
        section["entry"] = [
            _close(_put_assisted, one, sheaf) for one in patient.assistert_kommunikasjon
        ]
        sections.append(say(section))
    return sections + put_team(patient.pat_rel_hcp, sheaf)


def _put_assisted(value: Any, room: Room) -> Json:
    return put_facts(value, "assisted-communication", "Behov for assistert kommunikasjon", room)


def _close(put: Callable[[Any, Room], Json], value: Any, sheaf: Sheaf) -> Json:
    room = sheaf.room()
    return sheaf.close(put(value, room), room)


def get_message(node: Json, shelf: Shelf, namespace: str) -> HenvisningMessage:
    """The Communication of a referral, the other resources and the version to write → the message."""
    room = shelf.room(node)
    references = [
        p["contentReference"] for p in node.get("payload") or () if "contentReference" in p
    ]
    nodes = [n for n in (shelf.find(r) for r in references) if n is not None]
    request = _first(nodes, "ServiceRequest")
    sections: list[Json] = _first(nodes, "Composition").get("section") or []
    kinds = kinds_of(ServReq)
    found = BODY.get(node, room, ServReq) | get_referral(request, shelf.room(request), ServReq)
    clinical = get_clinical(sections, shelf, room, kinds_of(Patient)["inf_item"], ServReq)
    around = _AROUND.get(request, shelf.room(request), Patient)
    people = _get_people(sections, shelf)
    patient = {
        **get_patient(node.get("subject"), room, Patient),
        **around,
        **people,
        "inf_item": clinical.pop("inf_item"),
        "patient_precaution": get_precautions(
            sections, shelf, kinds_of(Patient)["patient_precaution"]
        ),
        "pat_rel_hcp": get_team(sections, shelf, kinds_of(Patient)["pat_rel_hcp"]),
    }
    found |= clinical | {"patient": filled(Patient, _said(patient))}
    found["requester"] = PARTY.get(node.get("sender") or {}, room, kinds["requester"])
    receivers = [
        PARTY.get(r, room, kinds["copy_dest" if n else "serv_provider"])
        for n, r in enumerate(node.get("recipient") or ())
    ]
    found["serv_provider"] = receivers[0] if receivers else None
    found["copy_dest"] = tuple(r for r in receivers[1:] if r is not None)
    found["ref_doc"] = get_documents(references, shelf, kinds["ref_doc"])
    head = MESSAGE.get(node, room, HenvisningMessage)
    version = get_version(node, VERSIONS[namespace])
    body = filled(ServReq, _said(found))
    return filled(HenvisningMessage, {**head, "mig_version": version, "serv_req": body})


def _first(nodes: list[Json], name: str) -> Json:
    return next((n for n in nodes if n["resourceType"] == name), {"resourceType": name})


def _said(found: Json) -> Json:
    return {name: value for name, value in found.items() if value not in (None, ())}


def _get_people(sections: list[Json], shelf: Shelf) -> Json:
    kinds = kinds_of(Patient)
    found: Json = {}
    for name, kind, _ in _PEOPLE:
        nodes = listed(sections, kind, shelf)
        found[name] = tuple(get_related(n, shelf.room(n), kinds[name]) for n in nodes)
    nodes = [
        n for n in listed(sections, "communication", shelf) if is_facts(n, "assisted-communication")
    ]
    found["assistert_kommunikasjon"] = tuple(
        get_facts(n, shelf.room(n), kinds["assistert_kommunikasjon"]) for n in nodes
    )
    return found


Mapper = Callable[[MsgHead, Any, Context], Translation[Draft]]


def reader(namespace: str) -> Mapper:
    """The namespace of a version → its mapper to FHIR."""

    def to_fhir(
        message: MsgHead, payload: HenvisningMessage, context: Context
    ) -> Translation[Draft]:
        return to_draft(
            message,
            payload.serv_req.serv_type.v,
            context,
            lambda sheaf: put_message(payload, namespace, sheaf),
            ASSESS_REFERRAL,
            "ServiceRequest",
        )

    return to_fhir


def writer(namespace: str) -> Callable[[Record], HenvisningMessage]:
    """The namespace of a version → its way back from the record of a referral."""

    def from_fhir(record: Record) -> HenvisningMessage:
        node, shelf = open_record(record)
        return get_message(node, shelf, namespace)

    return from_fhir


def render_henvisning(namespace: str) -> Callable[[HenvisningMessage], bytes]:
    """The namespace of a version → what writes its document. Problems: OUTPUT_INVALID."""
    return lambda letter: render(letter, HENVISNINGER[namespace])
