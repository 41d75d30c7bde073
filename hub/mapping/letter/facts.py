"""Short facts about the patient that a referral tells in fields → one Observation with a component for each field.

Source: poKomponent-v2.0.xsd (TilleggsopplysningPasient, OpplysningerOmIndividuellPlan, Legemiddelgjennomgang,
AssistertKommunikasjon); http://hl7.org/fhir/R4/observation.html.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.simple_types import DATE
from hub.emessage.table import table_of
from hub.mapping.letter.urls import DETAIL, LETTER_PARTS
from hub.mapping.two_way import Json, Room, filled, get_all, kinds_of
from hub.mapping.two_way_extension import at, get_typed, part_name, put_typed
from hub.mapping.urls import OBSERVATION_CATEGORY

_SOCIAL: Final[Json] = {
    "coding": [
        {"system": OBSERVATION_CATEGORY, "code": "social-history", "display": "Social History"}
    ]
}


def put_facts(value: Any, kind: str, title: str, room: Room) -> Json:
    """A class of simple fields, what it is and its title → Observation."""
    node: Json = {
        "resourceType": "Observation",
        "status": "final",
        "category": [_SOCIAL],
        "code": {
            "coding": [{"system": LETTER_PARTS, "code": kind, "display": title}],
            "text": title,
        },
        "subject": dict(room.patient),
    }
    cls: type = value.__class__
    for line in table_of(cls).fields:
        held = getattr(value, line.name)
        if held is None:
            continue
        name = part_name(line.name)
        inner = kinds_of(cls)[line.name]
        if _is_complex(inner):
            part: Json = {"url": f"{DETAIL}{name}"}
            put_typed(part, held, inner, room)
            node.setdefault("extension", []).append(part)
            continue
        label = line.kinds[0][0]
        component: Json = {
            "code": {"coding": [{"system": LETTER_PARTS, "code": name, "display": label}]}
        }
        put_typed(component, held, inner, room)
        _as_component(component)
        node.setdefault("component", []).append(component)
    return node


def _as_component(component: Json) -> None:
    """A component holds no date; a dateTime may be as coarse."""
    for mark in ("", "_"):
        if f"{mark}valueDate" in component:
            component[f"{mark}valueDateTime"] = component.pop(f"{mark}valueDate")


def _as_extension(component: Json, kind: Any) -> Json:
    if kind is not DATE:
        return component
    names = {"valueDateTime": "valueDate", "_valueDateTime": "_valueDate"}
    return {names.get(name, name): value for name, value in component.items()}


def _is_complex(kind: Any) -> bool:
    return isinstance(kind, type) and any(not f.is_attribute for f in table_of(kind).fields)


def get_facts(node: Json, room: Room, cls: type) -> Any:
    """An Observation made of such facts → the class."""
    found: Json = {}
    for line in table_of(cls).fields:
        name, inner = part_name(line.name), kinds_of(cls)[line.name]
        if _is_complex(inner):
            parts = get_all(node, at(f"{DETAIL}{name}"))
        else:
            parts = [c for c in node.get("component") or () if _code(c) == name]
        value = get_typed(_as_extension(parts[0], inner), inner, room) if parts else None
        if value is not None:
            found[line.name] = value
    return filled(cls, found)


def _code(component: Json) -> str:
    said: Json = component.get("code") or {}
    codings: list[Json] = said.get("coding") or []
    return next((str(c.get("code")) for c in codings if c.get("system") == LETTER_PARTS), "")


def is_facts(node: Json, kind: str) -> bool:
    """An Observation → whether it holds such facts of this kind."""
    return _code(node) == kind
