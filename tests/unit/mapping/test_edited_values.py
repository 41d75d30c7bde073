"""A value that is changed in FHIR is found in the message written from it: every value, one at a time, of every type."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from hub.emessage.message_types import MessageType
from hub.fhir import codec
from hub.fhir.reading import read_stored
from hub.mapping.record import Record
from hub.mapping.round_trip import write_back
from tests.message_generator import generated
from tests.round_trips import BOTH_WAYS, row_of, to_record

# Types whose every value is tried; those of PLO are tried in fhir_to_plo/.
JOINED = tuple(kind for kind in BOTH_WAYS if kind.root == "Dialogmelding")

# What FHIR says besides the message: a change there changes no message, and why.
DERIVED = {
    r".*\.(resourceType|id|reference|url)": "how FHIR hangs together",
    r".*\.(subject|requester|patient|contentReference|(recipient|author|partOf|inResponseTo)\[\d+\])\.type": "how FHIR hangs together",
    r".*\.meta\.source": "where the resource came from",
    r".*\.(status|intent|active|received|authoredOn|size)": "FHIR's own book-keeping",
    r"Task\..*": "what a person here is asked to do",
    r"Binary\.contentType|Binary\.securityContext.*": "copies what the DocumentReference says",
    r".*\.(sender|recipient|author|requester|subject|patient|for|practitioner|organization|partOf"
    r"|sourcePatientInfo|valueReference|contentReference|basedOn)(\[\d+\])?\.(display|identifier.*)": "tells readers whom a reference means",
    r".*\.text\.(status|div|extension.*)": "the formatted form of the text beside it",
    r".*\.coding\[0\]\.system": "the list of a code: implied, or an OID like any other",
    r".*\.(meta\.tag\[\d+\]|format|valueCoding)\.system": "the list of a code that its element implies",
    r".*\.identifier(\[\d+\])?\.(system|assigner\.display)|.*\.masterIdentifier\.system": "follows from the kind of identifier",
    r".*\.(category\[\d+\]|valueCodeableConcept|code|type)\.text": "shows the name of the code",
    r".*\._(birthDate|start|end|creation|sent|value|valueDate|valueDateTime|contentType)\..*": "the sender's writing of the value beside it",
    r".*\.address\[\d+\]\.extension\[\d+\]\.valueCodeableConcept\.coding\[0\]\.code": "the sender's code for the value beside it",
    r".*\._district\.extension\[0\]\.valueCoding\.display": "the sender's name of the district beside it",
    r".*\.date": "copies when the document was made",
    r".*\.valueCode": "why there is no value",
}


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


def is_derived(path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in DERIVED)


def bodies_of(record: Record) -> dict[str, Any]:
    return {key: msgspec.json.decode(codec.encode(r)) for key, r in record.resources.items()}


def written(kind: MessageType, bodies: dict[str, Any], message: str) -> str:
    return write_back(row_of(kind), record_of(bodies, message)).decode()


# A note after the first one says again what the message's own Communication says.
OF_A_PART = r"Communication\.(category|sent|sender|recipient|partOf).*"


def told(bodies: dict[str, Any], message: str) -> list[tuple[str, Any, Any]]:
    """The values that say something of the message."""
    return [
        found
        for full_url, body in bodies.items()
        for found in leaves(body, body["resourceType"])
        if not is_derived(found[0])
        and (full_url == message or not re.fullmatch(OF_A_PART, found[0]))
    ]


@pytest.mark.parametrize("kind", JOINED, ids=lambda kind: f"{kind.type}-{kind.standard}")
def test_every_open_value_that_is_changed_in_fhir_is_found_in_the_message(
    kind: MessageType,
) -> None:
    """All at once; what another change hides is changed alone."""
    lost: list[str] = []
    for seed in range(4):
        record = to_record(kind, generated(kind, seed))
        bodies, changes = bodies_of(record), []
        for number, (path, holder, key) in enumerate(told(bodies, record.message)):
            old = holder[key]
            if of_list(key, old) is None:
                holder[key], sought = edited(key, old, number)
                changes.append((path, holder, key, old, holder[key], sought))
        after = written(kind, bodies, record.message)
        hidden = [change for change in changes if change[-1] not in after]
        for _, holder, key, old, _, _ in changes:
            holder[key] = old
        for path, holder, key, old, new, sought in hidden:
            holder[key] = new
            if sought not in written(kind, bodies, record.message):
                lost.append(f"{path} = {old!r}")
            holder[key] = old

    assert lost == []


@pytest.mark.parametrize("kind", JOINED, ids=lambda kind: f"{kind.type}-{kind.standard}")
def test_every_code_of_a_closed_list_that_is_changed_in_fhir_changes_the_message(
    kind: MessageType,
) -> None:
    record = to_record(kind, generated(kind, 5))
    bodies, lost = bodies_of(record), list[str]()
    before = written(kind, bodies, record.message)
    for path, holder, key in told(bodies, record.message):
        old = holder[key]
        other = of_list(key, old)
        if other is not None:
            holder[key] = other
            if before == written(kind, bodies, record.message):
                lost.append(f"{path} = {old!r}")
            holder[key] = old

    assert lost == []


def test_every_reason_why_a_value_may_change_nothing_is_needed() -> None:
    paths = [
        path
        for kind in JOINED
        for seed in range(3)
        for body in bodies_of(to_record(kind, generated(kind, seed))).values()
        for path, _, _ in leaves(body, body["resourceType"])
    ]

    assert [] == [
        pattern for pattern in DERIVED if not any(map(re.compile(pattern).fullmatch, paths))
    ]
