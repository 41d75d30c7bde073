"""StartDateTime and EndDateTime of letters ↔ Period, and the onset and end of a Condition.

Source: http://hl7.org/fhir/R4/datatypes.html#Period (per-1: the start is not after the end).
"""

from __future__ import annotations

from typing import Any, Final

from hub.mapping.message_urls import END_AS_SENT
from hub.mapping.times import is_before
from hub.mapping.two_way import Json, Leaf, Lens, Room, get_at, kinds_of, put_leaf
from hub.mapping.two_way_values import TIME

START: Final = "start_date_time"
END: Final = "end_date_time"


def put_period(value: Any, room: Room) -> Json:
    """A value with start and end → Period; an end before the start stands in an extension."""
    node: Json = {}
    start, end = getattr(value, START, None), getattr(value, END, None)
    first = TIME.put(start, room) if start is not None else None
    last = TIME.put(end, room) if end is not None else None
    if first is not None:
        put_leaf(node, "start", first)
    if last is not None and first is not None and _crossed(first, last):
        odd: Json = {"url": END_AS_SENT}
        put_leaf(odd, "valueDateTime", last)
        node["extension"] = [odd]
    elif last is not None:
        put_leaf(node, "end", last)
    return node


def _crossed(first: Leaf, last: Leaf) -> bool:
    return bool(first.value and last.value and is_before(last.value, first.value))


def get_period(node: Json, room: Room, cls: type) -> Json:
    """Period → the fields start and end."""
    kinds, found = kinds_of(cls), dict[str, Any]()
    odd = next((e for e in node.get("extension") or () if e.get("url") == END_AS_SENT), None)
    places = ((START, get_at(node, ("start",))), (END, get_at(node, ("end",))))
    for name, here in places:
        if here is not None:
            found[name] = TIME.get(here, room, kinds[name])
    if odd is not None and END not in found:
        found[END] = TIME.get(get_at(odd, ("valueDateTime",)), room, kinds[END])
    return found


PERIOD_FIELDS: Final = Lens(lambda v, room: put_period(v, room) or None, get_period)
"""StartDateTime and EndDateTime ↔ Period."""


def put_onset(value: Any, node: Json, room: Room) -> bool:
    """A value with start and end, and its Condition → whether the two are told as onset and abatement."""
    period = put_period(value, room)
    if "extension" in period:
        return False
    for part, name in (("start", "onsetDateTime"), ("end", "abatementDateTime")):
        for mark in ("", "_"):
            if f"{mark}{part}" in period:
                node[f"{mark}{name}"] = period[f"{mark}{part}"]
    return True


def get_onset(node: Json, room: Room, cls: type) -> Json:
    """A Condition → the fields start and end."""
    names = {"onsetDateTime": "start", "abatementDateTime": "end"}
    held = {
        f"{mark}{new}": node[f"{mark}{old}"]
        for old, new in names.items()
        for mark in ("", "_")
        if f"{mark}{old}" in node
    }
    return get_period(held, room, cls)
