"""A value of a PLO message that is changed in FHIR is found in the message written from it: all of them, of every type."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hub.emessage.message_types import MessageType
from tests.edited_values import bodies_of, edited, leaves, of_list
from tests.message_generator import generated
from tests.round_trips import BOTH_WAYS, to_record
from tests.unit.mapping.test_edited_values import is_derived, written

PLO = {kind.root: kind for kind in BOTH_WAYS if kind.standard == "PLO 1.6"}
PAYLOADS = tuple(PLO.values())

# What FHIR says besides the message: a change there changes no message, and why.
ALSO_DERIVED = {
    r".*\.(mode|system|created|dateAsserted|recordedDate|recordedOn|effectiveDateTime|end)": "FHIR's own book-keeping",
    r".*\.(encounter|context|informationSource|performer\[\d+\]|entry\[\d+\]|member|focus|actor|party|medicationReference|device|sender|requester|recipient\[\d+\]|supportingInfo\[\d+\]|basedOn\[\d+\]|request)\.(type|display|identifier.*)": "tells readers whom a reference means",
    r".*\.(medium|category|scope|clinicalStatus|verificationStatus|appointmentType|role\[0\]|measure|participant\[0\]|relatesTo).*": "the same in every resource of its kind",
    r"Composition\.(title|identifier|type|date|author|attester\[\d+\]\.party).*": "copies what the Communication says",
    r"Composition\.section.*\.(title|code\.coding\[0\]\.(code|display)|type|display)": "how a section is found again, or a heading for readers",
    r"Communication\.topic.*": "copies the category of the Composition",
    r"Encounter\.(class|extension|serviceProvider|serviceType|diagnosis|statusHistory|status).*": "worked out from the events of all messages",
    r"(Task|Flag|Patient)\..*": "what a person here is asked to do",
    r"CareTeam\.name": "the same in every resource of its kind",
    r"Observation\.(code|component\[\d+\]\.code)\..*": "what kind of fact it is",
    r".*\.(quantity\.unit|denominator.*|(dose|doseQuantity|numerator|valueQuantity|quantityQuantity)\.code)": "the unit of what is counted, or the code of a unit",
    r".*\.(periodUnit|frequency|dayOfWeek\[\d+\])": "closed lists of FHIR",
    r".*\.extension\[\d+\]\.valueCodeableConcept\..*": "the sender's code beside a coarser one",
    r".*\._[A-Za-z]+\..*|RelatedPerson\.extension\[0\]\.valueDate": "the sender's writing of the value beside it, or a year alone",
    r".*\.(security\[\d+\]\.(display|code)|lifecycleStatus|expressedBy\.display)|DeviceUseStatement\.contained\[0\]\.(type\.coding\[0\]\.(code|display)|identifier\[0\]\.value)|.*\.itemCodeableConcept\.coding.*": "the same in every resource of its kind",
    r"Observation\.(valueDateTime|note\[\d\]\.text|component\[0\]\.valueString)": "a death is told by an event of the Composition",
    r".*\.criticality|AllergyIntolerance\.type|ServiceRequest\.code\.text": "closed lists of FHIR, or words that follow from the block",
}


_CATEGORIES = {"Cave/allergier", "Legemidler", "Andre notater", "Uspesifisert"}


def is_open(key: Any, old: Any) -> bool:
    """Whether a value is of no closed list of FHIR or of the schema."""
    return of_list(key, old) is None and old not in _CATEGORIES


def is_told(path: str) -> bool:
    return not is_derived(path) and not any(re.fullmatch(p, path) for p in ALSO_DERIVED)


@pytest.mark.parametrize("kind", PAYLOADS, ids=lambda kind: kind.root)
def test_a_value_that_is_changed_in_fhir_is_found_in_the_message(kind: MessageType) -> None:
    """All at once; what another change hides is changed alone."""
    lost: list[str] = []
    for seed in range(2):
        record = to_record(kind, generated(kind, seed))
        bodies, changes = bodies_of(record), list[Any]()
        for body in bodies.values():
            for path, holder, key in leaves(body, body["resourceType"]):
                if is_told(path) and is_open(key, holder[key]):
                    old = holder[key]
                    holder[key], sought = edited(key, old, len(changes))
                    changes.append((path, holder, key, old, holder[key], sought))
        assert len(changes) > 20
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
