"""Stays and contacts of an Epikrise (Event) ↔ Encounter, with sections for what is told of each.

Source: epikrise-henvisning.md ("Epikrise"); Epikrise-v1.2.xsd (Event); lists 7309, 8233, 8240, 8311.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from hub.mapping.letter.clinical import DIAGNOSES, MAIN, get_item, put_item
from hub.mapping.letter.coded import CODED
from hub.mapping.letter.parties import (
    get_with_relation,
    put_with_relation,
)
from hub.mapping.letter.places import get_place, put_place
from hub.mapping.letter.sections import get_text, heading_of, kind_of, new_section, put_text, say
from hub.mapping.letter.sheaf import Sheaf, Shelf
from hub.mapping.letter.text import plain_of
from hub.mapping.letter.times import PERIOD_FIELDS
from hub.mapping.letter.urls import (
    ASSOCIATED_REQUEST,
    DURATION,
    EVENT_RECIPIENT,
    PLANNED_EVENT,
    RELATED_PARTY,
    SECTION_CODE,
)
from hub.mapping.message_urls import ACT_CODE, DIAGNOSIS_ROLE
from hub.mapping.narrative import local_time
from hub.mapping.two_way import (
    Json,
    Lens,
    Line,
    Room,
    Shape,
    Slice,
    extension,
    filled,
    get_all,
    get_at,
    kinds_of,
)
from hub.mapping.two_way_codes import CONCEPT, as_sent, concept
from hub.mapping.two_way_extension import at, complex_extension
from hub.mapping.two_way_values import QUANTITY, TEXT

_CLASSES: Final = {
    "1": ("IMP", "inpatient encounter"),
    "4": ("VR", "virtual"),
    "6": ("VR", "virtual"),
}
_AMBULATORY: Final = ("AMB", "ambulatory")

_PERIOD: Final = Lens(
    PERIOD_FIELDS.put, lambda node, room, kind: filled(kind, PERIOD_FIELDS.get(node, room, kind))
)
_SERVICE: Final = Shape(
    (
        Line("serv_id", (Slice("type"),), CONCEPT),
        Line("med_specialty", ("serviceType",), CONCEPT),
        Line("adm_cat", as_sent("8240"), concept("8240")),
    )
)
_EVENT: Final = Shape(
    (
        Line("reported_event", ("period",), _PERIOD),
        Line("planned_event", at(PLANNED_EVENT), complex_extension(PLANNED_EVENT)),
        Line("serv_type", as_sent("7309"), concept("7309")),
        Line("recipient", extension(EVENT_RECIPIENT, "valueCodeableConcept"), concept("")),
        Line("priority", ("priority",), concept("")),
        Line("adm_outcome", ("hospitalization", "dischargeDisposition"), concept("")),
        Line("exp_duration", extension(DURATION, "valueQuantity"), QUANTITY),
        Line("id", (Slice("identifier"), "value"), TEXT),
        Line(
            "ass_request", at(ASSOCIATED_REQUEST), complex_extension(ASSOCIATED_REQUEST), many=True
        ),
    )
)


def put_event(event: Any, sheaf: Sheaf, within: Json | None = None) -> list[Json]:
    """An Event → its Encounter in the sheaf, and its sections: the event itself first, then what is told of it."""
    room = sheaf.room()
    node: Json = {
        "resourceType": "Encounter",
        "status": "planned" if event.planned_event is not None else "finished",
        "class": _class(event.service),
        "subject": dict(sheaf.patient),
    }
    if within is not None:
        node["partOf"] = within
    _EVENT.put(event, node, room)
    if event.service is not None:
        _SERVICE.put(event.service, node, room)
    for one in event.rel_serv_provider:
        node.setdefault("participant", []).append(_participant(one, room))
    for one in event.event_location:
        node.setdefault("location", []).append(put_place(one, room))
    items = [(item, add_item(item, sheaf)) for item in event.inf_item]
    diagnoses = [(item, ref) for item, ref in items if _is_diagnosis(item)]
    if diagnoses:
        node["diagnosis"] = [_diagnosis(item, ref) for item, ref in diagnoses]
    reference = sheaf.close(node, room)
    head = new_section("event", _title(node))
    head["entry"] = [reference]
    inner = [s for one in event.event for s in put_event(one, sheaf, reference)]
    if inner:
        head["section"] = inner
    sections = [say(head), *item_sections(items, room)]
    sections += [
        put_text(c, "comment", "Kommentar", "8311", "text_code", room) for c in event.comment
    ]
    sections += [_coded_comment(c, room) for c in event.coded_comment]
    return sections


def _class(service: Any) -> Json:
    level = service.adm_cat.v if service is not None and service.adm_cat is not None else None
    found, display = _CLASSES.get(level or "", _AMBULATORY)
    return {"system": ACT_CODE, "code": found, "display": display}


def _title(node: Json) -> str:
    period: Json = node.get("period") or {}
    days = [local_time((period.get(name) or "")[:10]) for name in ("start", "end")]
    when = "–".join(day for day in days if day)
    what = "Opphold" if node["class"]["code"] == "IMP" else "Kontakt"
    return f"{what} {when}".strip()


def _participant(one: Any, room: Room) -> Json:
    party, role = put_with_relation(one, room)
    node: Json = {"type": [role]} if role is not None else {}
    if party["reference"].startswith("#practitionerrole"):
        return {**node, "individual": party}
    return {**node, "extension": [{"url": RELATED_PARTY, "valueReference": party}]}


def _get_participant(node: Json, room: Room, kind: type) -> Any:
    party = node.get("individual")
    if party is None:
        party = next((e["valueReference"] for e in get_all(node, at(RELATED_PARTY))), None)
    if party is None:
        return None
    types: list[Json] = node.get("type") or []
    return get_with_relation(party, types[0] if types else None, room, kind)


def add_item(item: Any, sheaf: Sheaf) -> Json:
    """An InfItem → its resource in the sheaf; the reference to it."""
    room = sheaf.room()
    return sheaf.close(put_item(item, room), room)


def _is_diagnosis(item: Any) -> bool:
    return item.observation is not None and item.type is not None and item.type.v in DIAGNOSES


def _diagnosis(item: Any, reference: Json) -> Json:
    role = {"system": DIAGNOSIS_ROLE, "code": "DD", "display": "Discharge diagnosis"}
    node: Json = {"condition": reference, "use": {"coding": [role]}}
    return {**node, "rank": 1} if item.type.v == MAIN else node


def item_sections(items: list[tuple[Any, Json]], room: Room) -> Iterator[Json]:
    """Items of the same type that follow each other → one section."""
    for _, run in groupby(items, lambda pair: pair[0].type):
        parts = list(run)
        typed = parts[0][0].type
        section = new_section(
            "information", "Kliniske opplysninger", heading=typed, number="8233", room=room
        )
        section["entry"] = [reference for _, reference in parts]
        yield say(section, (item_words(item) for item, _ in parts))


def item_words(item: Any) -> str:
    """An InfItem → a line that a person reads."""
    if item.medication is not None:
        drug, dosage = item.medication.drug_id, item.medication.dosage_text
        return ": ".join(w for w in (drug.dn or drug.ot or drug.v, dosage) if w)
    if item.result_item is not None:
        found, value = item.result_item.clin_inv.id, item.result_item.num_result
        number = value.num_result_value if value is not None else None
        shown = f"{number.v or ''} {number.u or ''}".strip() if number is not None else ""
        return ": ".join(w for w in (found.dn or found.ot or found.v, shown) if w)
    coded = getattr(item.observation, "coded_descr", None)
    name = (coded.concept.dn or coded.concept.ot or coded.concept.v) if coded is not None else None
    return ": ".join(w for w in (name, plain_of(item.observation.description)) if w)


def _coded_comment(value: Any, room: Room) -> Json:
    section = new_section("coded-comment", "Kodet kommentar")
    section["extension"] = [{"url": SECTION_CODE, "valueCodeableConcept": CODED.put(value, room)}]
    return say(section, [value.concept.dn or value.concept.ot or value.concept.v or ""])


def get_events(sections: list[Json], shelf: Shelf, room: Room, cls: type) -> tuple[Any, ...]:
    """Sections of a letter → its Events: each begins with its own section and holds those after it."""
    runs: list[list[Json]] = []
    for section in sections:
        if kind_of(section) == "event":
            runs.append([])
        if runs and kind_of(section) in _OF_EVENT:
            runs[-1].append(section)
    return tuple(_get_event(run, shelf, room, cls) for run in runs)


_OF_EVENT: Final = frozenset({"event", "information", "comment", "coded-comment"})


def _get_event(run: list[Json], shelf: Shelf, room: Room, cls: type) -> Any:
    kinds, head = kinds_of(cls), run[0]
    node = shelf.find(next(iter(head.get("entry") or ()), None)) or {"resourceType": "Encounter"}
    inner = shelf.room(node)
    found = _EVENT.get(node, inner, cls)
    service = _SERVICE.get(node, inner, kinds["service"])
    if found or service or len(run) > 1:
        found["service"] = filled(kinds["service"], service)
    parties = (
        _get_participant(p, inner, kinds["rel_serv_provider"])
        for p in node.get("participant") or ()
    )
    found["rel_serv_provider"] = tuple(p for p in parties if p is not None)
    places = (get_place(p, inner, kinds["event_location"]) for p in node.get("location") or ())
    found["event_location"] = tuple(places)
    found["event"] = get_events(head.get("section") or [], shelf, room, cls)
    found["inf_item"] = get_items(run, shelf, room, kinds["inf_item"])
    texts = (s for s in run if kind_of(s) == "comment")
    found["comment"] = tuple(
        get_text(s, "8311", "text_code", room, kinds["comment"]) for s in texts
    )
    coded = (
        get_at(s, extension(SECTION_CODE, "valueCodeableConcept"))
        for s in run
        if kind_of(s) == "coded-comment"
    )
    found["coded_comment"] = tuple(CODED.get(c, room, kinds["coded_comment"]) for c in coded if c)
    return filled(cls, {k: v for k, v in found.items() if v not in (None, ())})


def get_items(sections: list[Json], shelf: Shelf, room: Room, cls: type) -> tuple[Any, ...]:
    """Sections → the InfItems they list, in order."""
    found: list[Any] = []
    for section in sections:
        if kind_of(section) != "information":
            continue
        typed = heading_of(section, "8233", kinds_of(cls)["type"], room)
        nodes = (shelf.find(entry) for entry in section.get("entry") or ())
        found += [get_item(n, typed, shelf.room(n), cls) for n in nodes if n is not None]
    return tuple(found)
