"""Where an event took place (EventLocation, Location) ↔ Encounter.location and a contained Location.

Source: Epikrise-v1.2.xsd (EventLocation, Location, SubLocation, Inst).
"""

from __future__ import annotations

from typing import Any, Final

from hub.mapping.letter.identity import ADDRESS
from hub.mapping.letter.parties import INST, get_institution, name_at_least, put_institution_parts
from hub.mapping.letter.times import PERIOD_FIELDS
from hub.mapping.letter.urls import LOCATION_ROLE, SUB_LOCATION
from hub.mapping.two_way import WHOLE, Json, Line, Room, Shape, Slice, extension, filled, kinds_of
from hub.mapping.two_way_codes import concept
from hub.mapping.two_way_extension import at, complex_extension
from hub.mapping.two_way_values import TEXT

_LOCATION: Final = Shape(
    (
        Line("type", (Slice("type"),), concept("")),
        Line("description", ("description",), TEXT),
        Line("sub_location", at(SUB_LOCATION), complex_extension(SUB_LOCATION), many=True),
    )
)
_PLACE: Final = Shape(
    (
        Line(WHOLE, ("period",), PERIOD_FIELDS),
        Line("role", extension(LOCATION_ROLE, "valueCodeableConcept"), concept("")),
    )
)


def put_place(one: Any, room: Room) -> Json:
    """An EventLocation → an element of Encounter.location, its Location contained."""
    place: Json = {"resourceType": "Location"}
    _LOCATION.put(one.location, place, room)
    if one.location.address is not None:
        whole = ADDRESS.put(one.location.address, room)
        place |= {"address": whole["address"][0]} if "address" in whole else {}
        place |= {"telecom": whole["telecom"]} if "telecom" in whole else {}
    if one.location.inst is not None:
        top = INST.put(one.location.inst, {"resourceType": "Organization"}, room)
        name_at_least(top)
        place["managingOrganization"] = put_institution_parts(
            one.location.inst, room.contain(top), room, organization=True
        )
    node: Json = {"location": room.contain(place)}
    return _PLACE.put(one, node, room)


def get_place(node: Json, room: Room, kind: type) -> Any:
    """An element of Encounter.location → an EventLocation."""
    inner = kinds_of(kind)["location"]
    place = room.resolve(node.get("location")) or {}
    found = _LOCATION.get(place, room, inner)
    if "address" in place or "telecom" in place:
        owner = {
            k: v
            for k, v in (
                ("address", [place["address"]] if "address" in place else None),
                ("telecom", place.get("telecom")),
            )
            if v
        }
        found["address"] = ADDRESS.get(owner, room, kinds_of(inner)["address"])
    if "managingOrganization" in place:
        reference = place["managingOrganization"]
        target = room.resolve(reference) or {}
        up = target.get("organization") or target.get("partOf")
        whole = room.resolve(up) if up else target
        found["inst"] = get_institution(reference, whole or {}, room, kinds_of(inner)["inst"])
    return filled(kind, {**_PLACE.get(node, room, kind), "location": filled(inner, found)})
