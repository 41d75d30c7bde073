"""Receivers that a message names by organisation number alone → the HER-ids under which we know them.

Source: identifiers-and-codes.md ("older messages carry ENH beside HER, or only ENH").
"""

from __future__ import annotations

from hub.emessage.envelope import Envelope
from hub.fhir.reading import read_stored
from hub.flows.store_draft import Desk
from hub.mapping.urls import ENH, HER
from hub.ports import Unit


def own_numbers(unit: Unit, desk: Desk, envelope: Envelope) -> dict[str, frozenset[str]]:
    """An envelope → for each organisation number that stands where a HER-id should, the HER-ids of the Organizations with it."""
    asked: set[str] = set()
    for party in (addressee.party for addressee in envelope.receivers):
        asked |= {party.entity_number} if party.her_id is None else set()
        asked |= {party.unit_number} if party.unit_her_id is None else set()
    return {number: _her_ids(unit, desk, number) for number in sorted(asked - {""})}


def _her_ids(unit: Unit, desk: Desk, number: str) -> frozenset[str]:
    permit, found = desk.permit("read", "Organization"), set[str]()
    for key in unit.fhir.find_by_identifier(permit, "Organization", ENH, number):
        stored = unit.fhir.load(permit, "Organization", key)
        if stored is not None and not stored.deleted:
            known = read_stored(stored.body, "Organization")
            found |= {i.value for i in known.identifier if i.system == HER and i.value}
    return frozenset(found)
