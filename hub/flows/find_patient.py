"""Who a message is about: the patients here that may be meant, and whether one of them certainly is.

Source: apprec.md (E36), identifiers-and-codes.md ("match on any, keep history"), hub.mapping.patient.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.fhir.models.r4.patient import Patient
from hub.fhir.reading import read_stored
from hub.fhir.search.dates import parse_date
from hub.fhir.search.query import Filter, SearchQuery
from hub.flows.store_draft import Desk
from hub.mapping.patient import Match, Unknown, match
from hub.mapping.patient_facts import H_NUMBER, PatientFacts
from hub.ports import Unit

_MOST_BORN_ON_A_DAY = 500


def find_patient(unit: Unit, desk: Desk, facts: PatientFacts, *, emergency: bool) -> Match:
    """What a message says of its patient → certain, doubtful, unknown, or not said well enough.

    Shape: who was born on the same day is looked at only when nobody has the number.
    """
    found = match(facts, list(_by_number(unit, desk, facts)), emergency=emergency)
    if not isinstance(found, Unknown):
        return found
    return match(facts, list(_by_birth_date(unit, desk, facts)), emergency=emergency)


def _by_number(unit: Unit, desk: Desk, facts: PatientFacts) -> Iterator[Patient]:
    permit = desk.permit("read", "Patient")
    numbers = (*facts.identifiers, *((H_NUMBER, value) for value in facts.h_numbers))
    ids: dict[str, None] = {}
    for system, value in numbers:
        ids.update(dict.fromkeys(unit.fhir.find_by_identifier(permit, "Patient", system, value)))
    for patient_id in ids:
        stored = unit.fhir.load(permit, "Patient", patient_id)
        if stored is not None and not stored.deleted:
            yield read_stored(stored.body, "Patient")


def _by_birth_date(unit: Unit, desk: Desk, facts: PatientFacts) -> Iterator[Patient]:
    permit = desk.permit("search", "Patient")
    for day in facts.birth_dates:
        born = Filter("birthdate", "date", (parse_date(day, "birthdate", desk.setting.at),))
        query = SearchQuery("Patient", (born,), count=_MOST_BORN_ON_A_DAY)
        for found in unit.fhir.search(permit, query).matches:
            yield read_stored(found.body, "Patient")
