"""Values of FHIR resources to be changed one by one, and what must then be seen in the message that is written from them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from hub.fhir import codec
from hub.fhir.reading import read_stored
from hub.mapping.record import Record


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """A JSON value → path, holder and key of every primitive in it."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        here = f"{path}.{key}" if isinstance(value, dict) else f"{path}[{key}]"
        if isinstance(part, dict | list):
            yield from leaves(part, here)
        elif part is not None:
            yield here, value, key


CODES = {
    "gender": ("female", "male"),
    "priority": ("routine", "urgent"),
    "use": ("work", "temp"),
    "system": ("email", "sms"),
    "type": ("postal", "physical"),
}
LISTED = frozenset(
    {"female", "male", "other", "unknown", "routine", "urgent", "asap", "stat", "home", "work"}
    | {"temp", "mobile", "old", "billing", "phone", "fax", "email", "pager", "url", "sms"}
    | {"postal", "physical", "both"}
)


def of_list(key: Any, old: Any) -> Any:
    """A boolean, or a value of a closed list of FHIR → another one; None for any other value."""
    if isinstance(old, bool):
        return not old
    if key not in CODES or old not in LISTED:
        return None
    first, second = CODES[key]
    return second if old == first else first


def edited(key: Any, old: Any, number: int) -> tuple[Any, str]:
    """An open value → another one, and what must then be seen in the message."""
    if not isinstance(old, str):
        return 40000 + number, str(40000 + number)
    day = f"{1900 + number // 300}-{1 + number % 300 // 25:02d}-{1 + number % 25:02d}"
    if re.fullmatch(r"\d{4}(-\d\d){0,2}", old):
        return day, day
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", old):
        return f"{day}T04:03:02+01:00", f"{day}T04:03:02"
    if old.startswith("urn:uuid:"):
        found = f"ed17ed00-0000-4000-8000-{number:012d}"
        return f"urn:uuid:{found}", found
    if old.startswith("urn:oid:"):
        return f"urn:oid:2.16.578.{50000 + number}", f"2.16.578.{50000 + number}"
    if key == "data":
        found = base64.b64encode(f"data{number:05d}".encode()).decode()
        return found, found
    found = f"application/x-{number}q" if key == "contentType" else f"Redigert{number}q"
    return found, found


def record_of(bodies: dict[str, Any], message: str) -> Record:
    made = {
        key: read_stored(msgspec.json.encode(body), body["resourceType"])
        for key, body in bodies.items()
    }
    return Record(made, message)


def bodies_of(record: Record) -> dict[str, Any]:
    return {key: msgspec.json.decode(codec.encode(r)) for key, r in record.resources.items()}


Place = tuple[str, Any, Any]
"""Path, holder and key of a value."""


def lost(places: Iterable[Place], written: Callable[[], str]) -> list[str]:
    """Values to change, and what writes the message again → the paths of those whose change is not seen in it.

    All are changed at once; what another change hides is changed alone.
    """
    changes: list[tuple[str, Any, Any, Any, Any, str]] = []
    for number, (path, holder, key) in enumerate(places):
        old = holder[key]
        if of_list(key, old) is None:
            holder[key], sought = edited(key, old, number)
            changes.append((path, holder, key, old, holder[key], sought))
    after = written()
    hidden = [change for change in changes if change[-1] not in after]
    for _, holder, key, old, _, _ in changes:
        holder[key] = old
    found: list[str] = []
    for path, holder, key, old, new, sought in hidden:
        holder[key] = new
        if sought not in written():
            found.append(f"{path} = {old!r}")
        holder[key] = old
    return found
