"""Parties of letters are remembered, and are the same as if they were made anew."""

from __future__ import annotations

from typing import Any

from hub.emessage.datatypes import CS
from hub.emessage.epikrise import Epikrise
from hub.emessage.namespaces import EPIKRISE_1_2
from hub.fhir import codec
from hub.fhir.reading import read_tree
from hub.mapping.letter.parties import PARTY
from hub.mapping.two_way import Room
from tests.letter_generator import LETTERS, letter
from tests.message_generator import changed


def sender(name: str = "Sykehuset") -> Any:
    row = next(r for r in LETTERS if r.namespace == EPIKRISE_1_2)
    made: Epikrise = letter(row, 3, 0.5)
    party = made.serv_rprt.requester
    assert party is not None
    held = party.hcp
    part = "inst" if held.inst is not None else "hc_prof"
    named = changed(getattr(held, part), name=name, id="91393", type_id=CS(v="HER"))
    return changed(party, hcp=changed(held, **{part: named}))


def room(*contained: Any) -> Room:
    return Room(list(contained), dict, lambda _: None, {})


OTHER = {"resourceType": "Organization", "id": "organization-1", "name": "En annen"}


def made(where: Room) -> list[bytes]:
    """What a room contains, as JSON."""
    structs = (c if not isinstance(c, dict) else read_tree(c) for c in where.contained)
    return [codec.encode(c) for c in structs]


def test_a_party_is_contained_under_the_ids_of_its_place() -> None:
    first, second, third = room(), room(OTHER), room(OTHER)
    one, other, again = (PARTY.put(sender(), r) for r in (first, second, third))

    assert other == again
    assert one["reference"] != other["reference"]
    assert made(second) == made(third)
    assert len(first.contained) == len(second.contained) - 1


def test_a_reference_that_is_filled_further_is_nobody_elses() -> None:
    one = PARTY.put(sender(), room())
    one["display"] = "changed"
    one.setdefault("extension", []).append({"url": "urn:x"})
    other = PARTY.put(sender(), room())

    assert other["display"] != "changed"
    assert {"url": "urn:x"} not in other.get("extension", [])


def test_a_party_whose_name_has_changed_is_made_anew() -> None:
    PARTY.put(sender(), room())
    there = room()
    PARTY.put(sender("Legevakten"), there)

    assert any(b"Legevakten" in c for c in made(there))
