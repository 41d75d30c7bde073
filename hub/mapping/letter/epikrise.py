"""Epikrise 1.1 and 1.2 ↔ FHIR: Composition with sections, Encounters, clinical resources, the referral that is answered.

Drops: `drops.py`; white space inside base64; markup
that FHIR's narrative may not hold. A test holds every field of the codec against these tables.
Source: HIS 80226:2014, epikrise-henvisning.md; lists 7306, 7309, 8254, 8279, 8455; LOINC 18842-5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hub.emessage.epikrise import (
    EPIKRISES,
    Epikrise,
    RelServProvider,
    ServProvider,
    ServReq,
    ServRprt,
)
from hub.emessage.msghead import MsgHead
from hub.emessage.namespaces import EPIKRISE_1_1, EPIKRISE_1_2
from hub.emessage.table_build import render
from hub.mapping.draft import Context, Draft
from hub.mapping.letter.coded import CODED
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
from hub.mapping.letter.events import get_events, put_event
from hub.mapping.letter.parties import PARTY
from hub.mapping.letter.person import (
    get_patient,
    get_precautions,
    get_related,
    get_team,
    put_patient,
    put_precautions,
    put_related,
    put_team,
)
from hub.mapping.letter.sections import get_text, new_section, of_kind, put_text, say
from hub.mapping.letter.sheaf import Sheaf, Shelf, with_contained
from hub.mapping.letter.urls import RECEIVED_AT, REPORT_PRIORITY
from hub.mapping.plo_to_fhir.tasks import ASSESS_FOLLOW_UP
from hub.mapping.record import Record
from hub.mapping.two_way import Json, Line, Room, Shape, Slice, extension, filled, kinds_of
from hub.mapping.two_way_codes import as_sent, concept
from hub.mapping.two_way_values import TEXT, TIME
from hub.mapping.urls import LOINC
from hub.problems import Translation

Mapper = Callable[[MsgHead, Any, Context], Translation[Draft]]

VERSIONS: Final = {EPIKRISE_1_1: "v1.1 2006-09-23", EPIKRISE_1_2: "v1.2 2012-02-15"}
_STATUS: Final = {"P": "preliminary", "S": "preliminary", "A": "amended"}
_DISCHARGE_SUMMARY: Final = {"system": LOINC, "code": "18842-5", "display": "Discharge summary"}

_REPORT: Final = Shape(
    (
        Line("issue_date", ("date",), TIME),
        Line("appr_date", (Slice("attester", {"mode": "official"}), "time"), TIME),
        Line("status", as_sent("7306"), concept("7306")),
        Line("priority", extension(REPORT_PRIORITY, "valueCodeableConcept"), concept("")),
        Line("msg_descr", ("title",), TEXT),
        Line("serv_prov_id", ("identifier", "value"), TEXT),
    )
)
_REQUEST: Final = Shape(
    (
        Line("serv_type", as_sent("7309"), concept("7309")),
        Line("issue_date", ("authoredOn",), TIME),
        Line("receipt_date", extension(RECEIVED_AT, "valueDateTime"), TIME),
        Line("req_comment", (Slice("note"), "text"), TEXT),
        Line("msg_descr", (Slice("category"),), concept("8455")),
        Line("msg_descr_text", (Slice("category"), "text"), TEXT),
        Line("id", (Slice("identifier"), "value"), TEXT),
        Line("diagnosis", (Slice("reasonCode"),), CODED, many=True),
    )
)


def put_epikrise(message: Epikrise, namespace: str, sheaf: Sheaf) -> Json:
    """A letter and the namespace of its version → its resources in the sheaf; the Communication, not yet in it."""
    report, room = message.serv_rprt, sheaf.room()
    node: Json = {"resourceType": "Communication", "status": "completed"}
    MESSAGE.put(message, node, room)
    BODY.put(report, node, room)
    put_version(message, VERSIONS[namespace], node, room)
    node["subject"] = put_patient(report.patient, sheaf.patient, room)
    node["sender"] = PARTY.put(report.serv_provider, room)
    node["recipient"] = [
        PARTY.put(report.requester, room),
        *(as_copy(PARTY.put(copy, room)) for copy in report.copy_dest),
    ]
    documents = put_documents(report.ref_doc, sheaf)
    composition = sheaf.add(_put_composition(report, node["sender"], sheaf))
    node["payload"] = [{"contentReference": r} for r in (composition, *documents)]
    return with_contained(node, room)


def _put_composition(report: ServRprt, sender: Json, sheaf: Sheaf) -> Json:
    room = sheaf.room()
    sections = [s for request in report.serv_req for s in _put_request(request, sheaf)]
    events = [put_event(event, sheaf) for event in report.event]
    sections += [s for told in events for s in told]
    sections += put_precautions(report.patient.patient_precaution, sheaf)
    sections += put_related(report.patient.patient_rel_party, sheaf)
    sections += put_team(report.patient.pat_rel_hcp, sheaf)
    logical = {k: sender[k] for k in ("identifier", "display") if k in sender}
    authors = [PARTY.put(one, room) for one in report.rel_serv_provider]
    node: Json = {
        "resourceType": "Composition",
        "status": _STATUS.get(report.status.v or "", "final"),
        "type": {"coding": [_DISCHARGE_SUMMARY], "text": "Epikrise"},
        "subject": dict(sheaf.patient),
        "author": authors or [logical or {"display": "Avsender ikke oppgitt"}],
        "title": "Epikrise",
    }
    if events:
        node["encounter"] = events[0][0]["entry"][0]
    _REPORT.put(report, node, room)
    if sections:
        node["section"] = sections
    return with_contained(node, room)


def _put_request(request: ServReq, sheaf: Sheaf) -> list[Json]:
    room = sheaf.room()
    node: Json = {
        "resourceType": "ServiceRequest",
        "status": "completed",
        "intent": "order",
        "subject": dict(sheaf.patient),
    }
    _REQUEST.put(request, node, room)
    section = new_section("referral", "Henvisning")
    section["entry"] = [sheaf.close(node, room)]
    reasons = [
        put_text(r, "reason", "Begrunnelse", "8231", "text_code", room)
        for r in request.reason_as_text
    ]
    if reasons:
        section["section"] = reasons
    return [say(section, (d.concept.dn or d.concept.ot or "" for d in request.diagnosis))]


def get_epikrise(node: Json, shelf: Shelf, namespace: str) -> Epikrise:
    """The Communication of a letter, the other resources and the version to write → the letter."""
    room = shelf.room(node)
    references = [
        p["contentReference"] for p in node.get("payload") or () if "contentReference" in p
    ]
    found = MESSAGE.get(node, room, Epikrise)
    report = _get_report(node, references, shelf, room, namespace)
    version = get_version(node, VERSIONS[namespace])
    return filled(Epikrise, {**found, "mig_version": version, "serv_rprt": report})


def _get_report(
    node: Json, references: list[Json], shelf: Shelf, room: Room, namespace: str
) -> ServRprt:
    kinds = kinds_of(ServRprt)
    found = BODY.get(node, room, ServRprt)
    nodes = (shelf.find(reference) for reference in references)
    composition: Json = next(
        (n for n in nodes if n is not None and n["resourceType"] == "Composition"),
        {"resourceType": "Composition"},
    )
    inner = shelf.room(composition)
    found |= _REPORT.get(composition, inner, ServRprt)
    sections: list[Json] = composition.get("section") or []
    found["serv_req"] = tuple(
        _get_request(s, shelf, namespace) for s in of_kind(sections, "referral")
    )
    found["event"] = get_events(sections, shelf, inner, kinds["event"])
    found["patient"] = filled(
        kinds["patient"],
        {
            **get_patient(node.get("subject"), room, kinds["patient"]),
            "patient_precaution": get_precautions(
                sections, shelf, kinds_of(kinds["patient"])["patient_precaution"]
            ),
            "patient_rel_party": get_related(
                sections, shelf, kinds_of(kinds["patient"])["patient_rel_party"]
            ),
            "pat_rel_hcp": get_team(sections, shelf, kinds_of(kinds["patient"])["pat_rel_hcp"]),
        },
    )
    found["serv_provider"] = PARTY.get(node.get("sender") or {}, room, ServProvider)
    receivers = [
        PARTY.get(r, room, kinds["requester" if n == 0 else "copy_dest"])
        for n, r in enumerate(node.get("recipient") or ())
    ]
    found["requester"] = receivers[0] if receivers else None
    found["copy_dest"] = tuple(r for r in receivers[1:] if r is not None)
    authors = (PARTY.get(a, inner, RelServProvider) for a in composition.get("author") or ())
    found["rel_serv_provider"] = tuple(a for a in authors if a is not None)
    found["ref_doc"] = get_documents(references, shelf, kinds["ref_doc"])
    return filled(ServRprt, {k: v for k, v in found.items() if v not in (None, ())})


def _get_request(section: Json, shelf: Shelf, namespace: str) -> ServReq:
    node = shelf.find(next(iter(section.get("entry") or ()), None)) or {}
    room = shelf.room(node)
    found = _REQUEST.get(node, room, ServReq)
    found.pop("msg_descr" if namespace == EPIKRISE_1_1 else "msg_descr_text", None)
    reasons = of_kind(section.get("section") or [], "reason")
    found["reason_as_text"] = tuple(
        get_text(r, "8231", "text_code", room, kinds_of(ServReq)["reason_as_text"]) for r in reasons
    )
    return filled(ServReq, {k: v for k, v in found.items() if v not in (None, ())})


def reader(namespace: str) -> Mapper:
    """The namespace of a version → its mapper to FHIR."""

    def to_fhir(message: MsgHead, payload: Epikrise, context: Context) -> Translation[Draft]:
        status = payload.serv_rprt.serv_type.v
        return to_draft(
            message,
            status,
            context,
            lambda sheaf: put_epikrise(payload, namespace, sheaf),
            ASSESS_FOLLOW_UP,
            "Composition",
        )

    return to_fhir


def writer(namespace: str) -> Callable[[Record], Epikrise]:
    """The namespace of a version → its way back from the record of a letter."""

    def from_fhir(record: Record) -> Epikrise:
        node, shelf = open_record(record)
        return get_epikrise(node, shelf, namespace)

    return from_fhir


def render_epikrise(namespace: str) -> Callable[[Epikrise], bytes]:
    """The namespace of a version → what writes its document. Problems: OUTPUT_INVALID."""
    return lambda letter: render(letter, EPIKRISES[namespace])
