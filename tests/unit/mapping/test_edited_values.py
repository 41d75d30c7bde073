"""A value that is changed in FHIR is found in the message written from it: every value, one at a time, of every type."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hub.emessage.message_types import MessageType
from hub.mapping.round_trip import write_back
from tests.edited_values import bodies_of, leaves, lost, of_list, record_of
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


def is_derived(path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in DERIVED)


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
    found: list[str] = []
    for seed in range(4):
        record = to_record(kind, generated(kind, seed))
        bodies = bodies_of(record)
        places = told(bodies, record.message)
        found += lost(places, lambda b=bodies, m=record.message: written(kind, b, m))

    assert found == []


@pytest.mark.parametrize("kind", JOINED, ids=lambda kind: f"{kind.type}-{kind.standard}")
def test_every_code_of_a_closed_list_that_is_changed_in_fhir_changes_the_message(
    kind: MessageType,
) -> None:
    record = to_record(kind, generated(kind, 5))
    bodies, unseen = bodies_of(record), list[str]()
    before = written(kind, bodies, record.message)
    for path, holder, key in told(bodies, record.message):
        old = holder[key]
        other = of_list(key, old)
        if other is not None:
            holder[key] = other
            if before == written(kind, bodies, record.message):
                unseen.append(f"{path} = {old!r}")
            holder[key] = old

    assert unseen == []


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
