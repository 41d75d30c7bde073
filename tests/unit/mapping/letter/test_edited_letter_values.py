"""A value of a letter that is changed in FHIR is found in the letter written from it: all of them, of every type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.mapping.record import Record
from hub.mapping.registry import MAPPERS
from hub.mapping.round_trip import read_for_trip, to_record, write_back
from hub.mapping.urls import BASE, LOINC
from tests.edited_values import bodies_of, leaves, lost, record_of
from tests.letter_generator import LETTERS, letter_bytes
from tests.message_generator import generated
from tests.message_town import NOW
from tests.round_trips import to_record as to_referral_record

REFERRALS = [row for row in MESSAGE_TYPES if row.standard == "Henvisning 2.0"]

# What FHIR says besides the letter: a change there changes no letter, and why.
DERIVED = {
    r".*\.address(\[\d+\])?\.extension\[\d+\]\.valueCodeableConcept\..*": "the sender's code for the use and country beside it (tried by themselves)",
    r".*\.(resourceType|id|reference|url)": "how FHIR hangs together",
    r".*\.(status|intent|mode|use|active|received|rank|lifecycleStatus|criticality|comparator|language|priority|gender)": "FHIR's own book-keeping, or a closed list of FHIR",
    r".*\.meta\..*": "where the resource came from",
    r"Task\..*": "what a person here is asked to do",
    r".*\.(subject|patient|for|requester|performer(\[\d+\])?|encounter|context|sender|recipient\[\d+\]|partOf|supportingInfo\[\d+\]|individual|member|managingOrganization|valueReference|author\[\d+\]|contentReference|entry\[\d+\]|basedOn\[\d+\])\.(type|display|identifier\..*)": "tells readers whom a reference means",
    r".*\.text\.(status|div)": "the formatted form of what stands in the entries, or of a text (tried by itself)",
    r".*\.(coding\[\d+\]|format)\.system": "the list of a code: implied, or an OID like any other",
    r".*\._\w+(\[\d+\])?\..*": "the sender's writing of the value beside it",
    r"Composition\..*title|CareTeam\.name|Composition\.type\.text|.*\.code\.text": "a heading for readers",
    r"Composition\.date": "copies when the referral was made",
    r".*\.identifier\[\d+\]\.type\.text": "whose number it is",
    r"Communication\.recipient\[\d+\]\.extension\[\d+\]\.valueCodeableConcept\.coding\[0\]\.(code|display)": "that a receiver gets a copy",
    r".*\.country": "a code of a list (tried by itself)",
    r"Encounter\.identifier\[\d+\]\.value": "a whole number in the letter",
    r"RelatedPerson\.extension\[\d+\]\.valueDate": "a year alone (the year of the date is written)",
    r"Consent\.(policyRule|scope|category).*": "the same in every consent to a referral",
    r".*\.valueCode": "why there is no value",
    r".*\.identifier(\[\d+\])?\.system": "follows from the kind of identifier",
}


def letter_record(row: MessageType, seed: int) -> Record:
    mapped, reading = read_for_trip(letter_bytes(row, seed, 0.6, repeats=1))
    return to_record(mapped, reading, FixedClock(NOW).new_id, NOW)


OF_A_REFERRAL = {
    "Composition",
    "ServiceRequest",
    "Condition",
    "RelatedPerson",
    "CareTeam",
    "Flag",
    "Observation",
    "MedicationStatement",
    "Consent",
}
# Codes of ours, or of FHIR itself, that say what kind of section or resource something is.
KINDS = (BASE, "http://terminology.hl7.org/", LOINC)


def is_told(path: str, holder: Any) -> bool:
    if isinstance(holder, dict) and str(holder.get("system", "")).startswith(KINDS):
        return False
    return not any(re.fullmatch(pattern, path) for pattern in DERIVED)


def unseen(row: MessageType, record: Record) -> list[str]:
    bodies = bodies_of(record)
    mapped = MAPPERS[(row.type, row.namespace)]
    told = [
        place
        for body in bodies.values()
        if row.root == "Message" or body["resourceType"] in OF_A_REFERRAL
        for place in leaves(body, body["resourceType"])
        if is_told(place[0], place[1])
    ]
    assert len(told) > 20
    return lost(told, lambda: write_back(mapped, record_of(bodies, record.message)).decode())


@pytest.mark.parametrize("row", LETTERS, ids=lambda row: row.standard)
def test_every_value_of_a_letter_that_is_changed_in_fhir_is_found_in_the_letter(
    row: MessageType,
) -> None:
    assert [] == [path for seed in range(2) for path in unseen(row, letter_record(row, seed))]


@pytest.mark.parametrize("row", REFERRALS, ids=lambda row: row.type)
def test_every_value_of_a_referral_that_is_changed_in_fhir_is_found_in_the_referral(
    row: MessageType,
) -> None:
    """Its envelope is that of a dialogue message, and tried with those (`test_edited_values.py`)."""
    records = [to_referral_record(row, generated(row, seed)) for seed in range(3)]

    assert [] == [path for record in records for path in unseen(row, record)]


CHANGED = {
    ("use", "home"): ("work", 'V="WP" DN="Arbeidsadresse"'),
    ("use", "work"): ("home", 'V="H" DN="Bostedsadresse"'),
    ("country", None): ("SE", '<Country V="SE"'),
}


@pytest.mark.parametrize("row", LETTERS, ids=lambda row: row.standard)
def test_the_use_and_country_of_an_address_that_are_changed_in_fhir_are_those_of_the_letter(
    row: MessageType,
) -> None:
    assert [path for seed in range(3) for path in addresses(row, letter_record(row, seed))] != []


def addresses(row: MessageType, record: Record) -> Iterator[str]:
    """A letter → the places of uses and countries in it, each seen to be written when it is changed."""
    bodies = bodies_of(record)

    def written() -> str:
        return write_back(
            MAPPERS[(row.type, row.namespace)], record_of(bodies, record.message)
        ).decode()

    before = written()
    for body in bodies.values():
        for path, holder, key in list(leaves(body, body["resourceType"])):
            old = holder[key]
            new, sought = CHANGED.get((key, old)) or CHANGED.get((key, None)) or (None, "")
            if new is None or not re.search(r"\.address(\[\d+\])?\.\w+$", path):
                continue
            holder[key] = new
            assert written().count(sought) == before.count(sought) + 1, path
            holder[key] = old
            yield path
