"""Clinical information of letters (InfItem) ↔ Condition, AllergyIntolerance, Procedure, Flag, MedicationStatement, Observation.

The type of the information (8233) stands in the section that lists it, and decides which resource it becomes.
Source: epikrise-henvisning.md; list 8233; Epikrise-v1.2.xsd, Henvisning-v1.1.xsd, Henvisning-v2.0.xsd (InfItem).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from hub.mapping.letter.coded import CODED, is_coded
from hub.mapping.letter.parties import PARTY
from hub.mapping.letter.results import get_result, put_result
from hub.mapping.letter.text import choose, from_narrative, has_markup, to_narrative, words_of
from hub.mapping.letter.times import PERIOD_FIELDS, get_onset, put_onset
from hub.mapping.letter.urls import (
    AMOUNT,
    DOSAGE_CODE,
    DURATION,
    FORM,
    NOTE,
    ORIGIN,
    PERIOD,
    RECORDED,
    RELATED_PARTY,
)
from hub.mapping.message_urls import (
    ALLERGY_CLINICAL,
    CONDITION_CATEGORY,
    CONDITION_CLINICAL,
    CONDITION_VERIFICATION,
)
from hub.mapping.two_way import (
    WHOLE,
    Json,
    Line,
    Path,
    Room,
    Shape,
    Slice,
    extension,
    filled,
    get_at,
    kinds_of,
)
from hub.mapping.two_way_codes import CONCEPT, concept
from hub.mapping.two_way_values import QUANTITY, TEXT, TIME
from hub.mapping.urls import FLAG_CATEGORY

MAIN: Final = "H"
"""Code of list 8233: the main diagnosis."""
DIAGNOSES: Final = frozenset({MAIN, "B"})
"""Codes of list 8233 for the diagnoses of the stay."""
_NOTE: Final = (Slice("note"), "text")

_MEDICATION: Final = Shape(
    (
        Line("drug_id", ("medicationCodeableConcept",), CONCEPT),
        Line("dosage_coded", extension(DOSAGE_CODE, "valueCodeableConcept"), CONCEPT),
        Line("comment", _NOTE, TEXT),
        Line("status", (Slice("statusReason"),), concept("7307")),
        Line("form", extension(FORM, "valueCodeableConcept"), CONCEPT),
        Line("route_of_adm", (Slice("dosage"), "route"), CONCEPT),
        Line("intended_duration", extension(DURATION, "valueQuantity"), QUANTITY),
        Line("quantity_supplied", extension(AMOUNT, "valueQuantity"), QUANTITY),
        Line("unit_dose", (Slice("dosage"), Slice("doseAndRate"), "doseQuantity"), QUANTITY),
        Line("dosage_text", (Slice("dosage"), "text"), TEXT),
    )
)
_STOPPED: Final = frozenset({"1", "2"})
_PERIOD: Final[dict[str, Path]] = {
    "AllergyIntolerance": ("onsetPeriod",),
    "Procedure": ("performedPeriod",),
    "Flag": ("period",),
    "MedicationStatement": ("effectivePeriod",),
}
_RECORDED: Final[dict[str, Path]] = {
    "Condition": ("recordedDate",),
    "AllergyIntolerance": ("recordedDate",),
    "MedicationStatement": ("dateAsserted",),
}


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}


_CONDITION: Final[Json] = {
    "resourceType": "Condition",
    "clinicalStatus": _concept(CONDITION_CLINICAL, "active", "Active"),
    "verificationStatus": _concept(CONDITION_VERIFICATION, "confirmed", "Confirmed"),
}
_OF_STAY: Final[Json] = {
    **_CONDITION,
    "category": [_concept(CONDITION_CATEGORY, "encounter-diagnosis", "Encounter Diagnosis")],
}
_PROCEDURE: Final[Json] = {"resourceType": "Procedure", "status": "completed"}
_FLAG: Final[Json] = {
    "resourceType": "Flag",
    "status": "active",
    "category": [_concept(FLAG_CATEGORY, "safety", "Safety")],
}
_KINDS: Final[dict[str, Json]] = {
    "H": _OF_STAY,
    "B": _OF_STAY,
    "ART": {
        **_CONDITION,
        "category": [_concept(CONDITION_CATEGORY, "problem-list-item", "Problem List Item")],
    },
    "CAVE": {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": _concept(ALLERGY_CLINICAL, "active", "Active"),
        "criticality": "unable-to-assess",
    },
    **dict.fromkeys(("MPRS", "OPIN", "PRS", "TB", "GBEH"), _PROCEDURE),
    **dict.fromkeys(("NB", "SM"), _FLAG),
}
_OBSERVATION: Final[Json] = {"resourceType": "Observation", "status": "final"}


def put_item(item: Any, room: Room) -> Json:
    """An InfItem → its resource; Observation for every type of information that FHIR has no other for."""
    if item.medication is not None:
        node = _put_medication(item.medication, room)
    elif item.result_item is not None:
        node = put_result(item.result_item, room)
    else:
        node = _put_told(item.observation, item.type, room)
    name: str = node["resourceType"]
    node["patient" if name == "AllergyIntolerance" else "subject"] = dict(room.patient)
    _put_times(item, node, room)
    _put_parties(item, node, room)
    return node


def get_item(node: Json, typed: Any, room: Room, cls: type) -> Any:
    """A resource and the type that its section says → the InfItem."""
    kinds, name = kinds_of(cls), node["resourceType"]
    found: Json = {} if typed is None else {"type": typed}
    if name == "MedicationStatement":
        medication = _MEDICATION.get(node, room, kinds["medication"])
        found["medication"] = filled(kinds["medication"], medication)
    elif name == "Observation" and _is_result(node):
        found["result_item"] = get_result(node, room, kinds["result_item"])
    else:
        found["observation"] = _get_told(node, room, kinds["observation"])
    return filled(cls, {**found, **_get_times(node, room, cls), **_get_parties(node, room, cls)})


def _is_result(node: Json) -> bool:
    """Results have a category; what is only told has none."""
    return bool(node.get("category"))


def _put_medication(value: Any, room: Room) -> Json:
    stopped = value.status is not None and value.status.v in _STOPPED
    status = "stopped" if stopped else "active"
    return _MEDICATION.put(value, {"resourceType": "MedicationStatement", "status": status}, room)


def _put_told(value: Any, typed: Any, room: Room) -> Json:
    code = (typed.v or "") if typed is not None else ""
    node = dict(_KINDS.get(code, _OBSERVATION))
    coded, description = getattr(value, "coded_descr", None), value.description
    words = words_of(description)
    if description is not None and words.strip() and (coded is not None or has_markup(description)):
        node["text"] = to_narrative(description)
    place = "code"
    if node["resourceType"] == "Observation":
        place = "valueCodeableConcept"
        node["code"] = {"text": (typed.dn or typed.v or "") if typed is not None else ""}
        if not node["code"]["text"].strip():
            node["code"]["text"] = "Klinisk opplysning"
    if coded is not None:
        node[place] = CODED.put(coded, room)
    elif words.strip():
        node.update({"valueString": words} if place != "code" else {"code": {"text": words}})
    if value.comment is not None:
        _comment(node).put(value, node, room)
    return node


_COMMENT: Final = Shape((Line("comment", _NOTE, TEXT),))
_COMMENT_OF_FLAG: Final = Shape((Line("comment", extension(NOTE, "valueString"), TEXT),))


def _comment(node: Json) -> Shape:
    return _COMMENT_OF_FLAG if node["resourceType"] == "Flag" else _COMMENT


def _get_told(node: Json, room: Room, cls: type) -> Any:
    kinds = kinds_of(cls)
    found = _comment(node).get(node, room, cls)
    said: Json | None = node.get(
        "valueCodeableConcept" if node["resourceType"] == "Observation" else "code"
    )
    if "coded_descr" in kinds and is_coded(said):
        found["coded_descr"] = CODED.get(said, room, kinds["coded_descr"])
        description = choose_narrative(node.get("text"), kinds["description"])
    else:
        words = node.get("valueString") or (said or {}).get("text") or _shown(said)
        description = choose(words, node.get("text"), kinds["description"])
    if description is not None:
        found["description"] = description
    return filled(cls, found)


def choose_narrative(narrative: Json | None, kind: Any) -> Any:
    """The narrative of a coded resource → the description beside the code."""
    formatted = from_narrative(narrative)
    return None if formatted is None else choose(words_of(formatted), narrative, kind)


def _shown(said: Json | None) -> str | None:
    return next((c.get("display") or c.get("code") for c in (said or {}).get("coding") or ()), None)


def _put_times(item: Any, node: Json, room: Room) -> None:
    name: str = node["resourceType"]
    if name == "Condition" and put_onset(item, node, room):
        if "abatementDateTime" in node:
            # con-4: who is rid of it has no active condition
            node["clinicalStatus"] = _concept(CONDITION_CLINICAL, "resolved", "Resolved")
    else:
        _period(name).put(item, node, room)
    _recorded(name).put(item, node, room)


@cache
def _period(name: str) -> Shape:
    place = _PERIOD.get(name, extension(PERIOD, "valuePeriod"))
    return Shape((Line(WHOLE, place, PERIOD_FIELDS),))


@cache
def _recorded(name: str) -> Shape:
    place = _RECORDED.get(name, extension(RECORDED, "valueDateTime"))
    return Shape((Line("org_date", place, TIME),))


def _get_times(node: Json, room: Room, cls: type) -> Json:
    name: str = node["resourceType"]
    place = _PERIOD.get(name, extension(PERIOD, "valuePeriod"))
    here = get_at(node, place)
    found: Json = PERIOD_FIELDS.get(here, room, cls) if here is not None else {}
    if name == "Condition" and here is None:
        found = get_onset(node, room, cls)
    return found | _recorded(name).get(node, room, cls)


def _put_parties(item: Any, node: Json, room: Room) -> None:
    parts = [(RELATED_PARTY, one) for one in getattr(item, "rel_hc_provider", ())]
    origin = getattr(item, "origin", None)
    for url, one in [*parts, *([(ORIGIN, origin)] if origin is not None else [])]:
        node.setdefault("extension", []).append(
            {"url": url, "valueReference": PARTY.put(one, room)}
        )


def _get_parties(node: Json, room: Room, cls: type) -> Json:
    kinds, found = kinds_of(cls), dict[str, Any]()
    told: list[Json] = node.get("extension") or []
    for url, name in ((RELATED_PARTY, "rel_hc_provider"), (ORIGIN, "origin")):
        if name in kinds:
            references = [e["valueReference"] for e in told if e.get("url") == url]
            parts = tuple(
                p for r in references if (p := PARTY.get(r, room, kinds[name])) is not None
            )
            if parts:
                found[name] = parts if name == "rel_hc_provider" else parts[0]
    return found
