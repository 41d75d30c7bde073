"""What every version of Henvisning says of the referral itself ↔ ServiceRequest, Conditions and sections of a Composition.

Source: epikrise-henvisning.md ("Henvisning"); lists 7309, 8231, 8233, 8304, 8311, 8455; HIS 80517:2014 and 2017.
"""

from __future__ import annotations

from typing import Any, Final

from hub.mapping.letter.coded import CODED, is_coded
from hub.mapping.letter.events import add_item, get_items, item_sections
from hub.mapping.letter.sections import get_text, of_kind, put_text
from hub.mapping.letter.sheaf import Sheaf, Shelf
from hub.mapping.letter.urls import PATHWAY, PAYMENT, PURPOSE, SERVICE_NOTE, SERVICE_TYPE
from hub.mapping.two_way import Json, Lens, Line, Room, Shape, Slice, extension, filled, kinds_of
from hub.mapping.two_way_codes import CONCEPT, as_sent, concept
from hub.mapping.two_way_extension import complex_extension
from hub.mapping.two_way_values import TEXT, TIME

EMERGENCY: Final = "0"
"""Code of list 8304: øyeblikkelig hjelp."""
_WORDS: Final = "Henvisning"
_PRIORITIES: Final = {
    EMERGENCY: "stat",
    **dict.fromkeys(("1H", "2H", "4H", "8H", "1"), "asap"),
    **dict.fromkeys(("2", "3", "7", "14", "PK"), "urgent"),
    **dict.fromkeys(("21", "30", "90", "180", "360", "N"), "routine"),
}
_CODES: Final = {
    "stat": (EMERGENCY, "Øyeblikkelig hjelp"),
    "asap": ("1", "Innen tjuefire timer"),
    "urgent": ("3", "Haster (elektiv)"),
    "routine": ("N", "Elektiv/Ordinær (elektiv)"),
}


def priority_code(priority: str) -> tuple[str, str]:
    """A FHIR request priority → code and name of list 8304."""
    return _CODES[priority]


def _put_service(value: Any, room: Room) -> Json:
    return CONCEPT.put(value, room)


def _get_service(node: Json, room: Room, kind: Any) -> Any:
    return CONCEPT.get(node, room, kind) if is_coded(node) or node.get("text") != _WORDS else None


REFERRAL: Final = Shape(
    (
        Line("issue_date", ("authoredOn",), TIME),
        Line("payment_cat", extension(PAYMENT, "valueCodeableConcept"), concept("")),
        Line("req_comment", (Slice("note"), "text"), TEXT),
        Line("msg_descr", (Slice("category"),), concept("8455")),
        Line("id", (Slice("identifier"), "value"), TEXT),
        Line("document_id", (Slice("identifier"), "value"), TEXT),
        Line("diagnosis", (Slice("reasonCode"),), CODED, many=True),
        Line(
            "pakkeforlop",
            (Slice("extension", {"url": PATHWAY}),),
            complex_extension(PATHWAY),
            many=True,
        ),
    )
)
_SERVICE: Final = Shape(
    (
        Line("serv_type", extension(SERVICE_TYPE, "valueCodeableConcept"), concept("7309")),
        Line("purpose", extension(PURPOSE, "valueCodeableConcept"), concept("")),
        Line("req_date", ("occurrenceDateTime",), TIME),
        Line("priority", as_sent("8304"), concept("8304")),
        Line("comment", extension(SERVICE_NOTE, "valueString"), TEXT),
    )
)
_KIND: Final = Shape(
    (
        Line("serv_id", ("code",), Lens(_put_service, _get_service)),
        Line("med_speciality", ("performerType",), CONCEPT),
        Line("adm_cat", as_sent("8240"), concept("8240")),
    )
)


def put_referral(body: Any, sender: Json, receiver: Json, sheaf: Sheaf) -> Json:
    """The body of a referral, its sender and receiver → ServiceRequest, not yet in the sheaf."""
    room = sheaf.room()
    node: Json = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": dict(sheaf.patient),
    }
    REFERRAL.put(body, node, room)
    asked = body.req_serv
    if asked is not None:
        _SERVICE.put(asked, node, room)
        if asked.priority is not None and asked.priority.v in _PRIORITIES:
            node["priority"] = _PRIORITIES[asked.priority.v]
        if getattr(asked, "service", None) is not None:
            _KIND.put(asked.service, node, room)
    node.setdefault("code", {"text": _WORDS})
    if requester := logical(sender):
        node["requester"] = requester
    if performer := logical(receiver):
        node["performer"] = [performer]
    return node


def logical(party: Json) -> Json:
    """A reference to a contained party → who it is, for other resources to say."""
    return {k: party[k] for k in ("identifier", "display") if k in party}


def get_referral(node: Json, room: Room, cls: type) -> Json:
    """A ServiceRequest → the fields of the body of a referral."""
    found = REFERRAL.get(node, room, cls)
    kind = kinds_of(cls)["req_serv"]
    asked = _SERVICE.get(node, room, kind)
    priority = _priority(node, asked.get("priority"), kinds_of(kind)["priority"])
    if priority is not None:
        asked["priority"] = priority
    if "service" in kinds_of(kind):
        inner = kinds_of(kind)["service"]
        service = _KIND.get(node, room, inner)
        if service:
            asked["service"] = filled(inner, service)
    if asked:
        found["req_serv"] = filled(kind, asked)
    return found


def _priority(node: Json, sent: Any, kind: type) -> Any:
    """The priority as sent, as long as FHIR's says the same."""
    told = node.get("priority")
    if told is None or (sent is not None and _PRIORITIES.get(sent.v or "") == told):
        return sent
    code = _CODES.get(str(told))
    return kind(v=code[0], dn=code[1]) if code is not None else sent


def put_clinical(items: tuple[Any, ...], body: Any, sheaf: Sheaf) -> list[Json]:
    """The clinical information, reasons and comments of a referral → sections; their resources are in the sheaf."""
    room = sheaf.room()
    sections = list(item_sections([(item, add_item(item, sheaf)) for item in items], room))
    sections += [
        put_text(r, "reason", "Begrunnelse", "8231", "text_code", room) for r in body.reason_as_text
    ]
    return sections + [
        put_text(c, "comment", "Kommentar", "8311", "coded_comment", room) for c in body.comment
    ]


def get_clinical(sections: list[Json], shelf: Shelf, room: Room, items: type, body: type) -> Json:
    """Sections → `items` (InfItem), `reason_as_text` and `comment`."""
    kinds = kinds_of(body)
    reasons, comments = of_kind(sections, "reason"), of_kind(sections, "comment")
    return {
        "inf_item": get_items(sections, shelf, room, items),
        "reason_as_text": tuple(
            get_text(s, "8231", "text_code", room, kinds["reason_as_text"]) for s in reasons
        ),
        "comment": tuple(
            get_text(s, "8311", "coded_comment", room, kinds["comment"]) for s in comments
        ),
    }


def put_composition(body: Any, sections: list[Json], sender: Json, sheaf: Sheaf) -> Json:
    """The body of a referral, its sections and who sent it → Composition without authors of its own, not yet in the sheaf."""
    node: Json = {
        "resourceType": "Composition",
        "status": "final",
        "type": {"coding": [dict(_REFERRAL_NOTE)], "text": _WORDS},
        "subject": dict(sheaf.patient),
        "author": [logical(sender) or {"display": "Avsender ikke oppgitt"}],
        "title": _WORDS,
    }
    _ISSUED.put(body, node, sheaf.room())
    return {**node, "section": sections} if sections else node


_ISSUED: Final = Shape((Line("issue_date", ("date",), TIME),))
_REFERRAL_NOTE: Final = {
    "system": "http://loinc.org",
    "code": "57133-1",
    "display": "Referral note",
}
