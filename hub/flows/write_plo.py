"""A Communication that points to a Composition → the PLO message it asks for, in the edition its receiver takes.

Source: plo.md §2 to §5; docs/adr/0023 (sent by being saved).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from hub.emessage.message_types import find
from hub.emessage.msghead import MsgHead
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.communication_request import CommunicationRequest
from hub.fhir.models.r4.composition import Composition, CompositionSection
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.document_reference import DocumentReference
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.medication import Medication
from hub.fhir.models.r4.patient import Patient
from hub.flows.attach import attach
from hub.flows.letter_desk import LetterDesk
from hub.flows.sent_series import Written, change_for, find_standing
from hub.flows.store_draft import Desk
from hub.mapping.fhir_to_message import to_message
from hub.mapping.fhir_to_plo.edition_1_5 import as_1_5
from hub.mapping.fresh_message import Fresh, message_type, to_record
from hub.mapping.fresh_plo.message import PloLetter, to_plo
from hub.mapping.letter.fresh_letter import change_of, entries_of
from hub.mapping.message_parties import to_patient_block
from hub.mapping.organisation import her_id
from hub.mapping.plo.journal import name_of
from hub.mapping.record import Record
from hub.mapping.registry import MAPPERS, Row
from hub.mapping.sent_message import conversation_of
from hub.ports import Unit
from hub.problems import HubError, Problem, ProblemCode

_NEWEST: Final = "PLO 1.6"


def write_plo(
    unit: Unit,
    desk: Desk,
    fresh: Fresh,
    patient: Patient,
    msg_id: str,
    partners: Mapping[str, str],
) -> Written:
    """What a message is made of, the patient and its number → the message. Problems: OUTPUT_INVALID."""
    reader = LetterDesk(unit, desk, patient)
    told, kind = fresh.communication, message_type(fresh.communication)
    _, problem = to_patient_block(patient)
    if problem is not None:
        raise HubError(problem)
    composition = reader.told(told, Composition, "DocumentReference")
    status = change_of(composition)
    if status is None:
        raise _fault("Meldingen er ikke ferdig (status final)", "Composition.status")
    receiver = fresh.receiver.party_her_id if fresh.receiver is not None else None
    change, earlier = change_for(
        find_standing(unit, desk, told, receiver),
        withdrawn=status == "C",
        amended=status == "M",
        where="Composition.status",
    )
    letter = _letter(reader, fresh, composition, change)
    record = _envelope(reader, fresh, msg_id, earlier)
    message = to_message(record, to_plo(letter, _row(kind, _NEWEST).payload))
    her = receiver_of_message(message)
    edition = partners.get(her, _NEWEST)
    row = _row(kind, edition)
    if edition != _NEWEST:
        message = as_1_5(to_message(record, to_plo(letter, row.payload)))
    return Written(row.write(message), her, change, earlier)


def receiver_of_message(message: MsgHead) -> str:
    """A message → the HER-id of level 2 that it goes to. Problems: OUTPUT_INVALID when the receiver has none."""
    organisation = message.msg_info.receiver.organisation
    levels = (organisation.organisation, organisation.healthcare_professional, organisation)
    numbers = (her_id(level.ident) for level in levels if level is not None)
    found = next((number for number in numbers if number), None)
    if found is None:
        raise _fault("Mottakeren har ingen HER-id", "Communication.recipient")
    return found


def _row(kind: str, edition: str) -> Row:
    """A type and an edition → the row that writes it; a type that an edition does not have goes in the newest."""
    rows = {
        found.standard: row
        for (type_, namespace), row in MAPPERS.items()
        if type_ == kind and (found := find(type_, namespace)) is not None
    }
    return rows.get(edition) or rows[_NEWEST]


def _envelope(
    reader: LetterDesk, fresh: Fresh, msg_id: str, earlier: Communication | None
) -> Record:
    """What a message is made of and the latest of its series → the record of its envelope, with its attachments."""
    resources, kind = dict(fresh.resources), message_type(fresh.communication)
    for part in fresh.communication.payload:
        document = reader.read(part.contentReference, DocumentReference)
        if document is not None and part.contentReference is not None:
            reference = part.contentReference.reference or ""
            resources |= attach(reader.unit, reader.desk, reference, document, kind)
    record = to_record(_with(fresh, resources), msg_id, reader.desk.setting.at)
    series = conversation_of(earlier)
    if series is None:
        return record
    parent, first = series
    message = replace(record.communication, inResponseTo=(parent,), partOf=(first,))
    return Record({**record.resources, record.message: message}, record.message)


def _with(fresh: Fresh, resources: dict[str, Any]) -> Fresh:
    """What a message is made of → the same with these resources, and its words taken out of the envelope's payload."""
    told = fresh.communication
    parts = tuple(p for p in told.payload if p.contentReference is not None)
    return dataclasses.replace(
        fresh, communication=replace(told, payload=parts), resources=resources
    )


def _letter(reader: LetterDesk, fresh: Fresh, composition: Composition, change: str) -> PloLetter:
    told = fresh.communication
    entries, resources = _listed(reader, composition)
    authors = (reader.professional(author) for author in composition.author)
    return PloLetter(
        kind=message_type(told),
        change=change,
        communication=told,
        composition=composition,
        patient=reader.patient,
        sender=fresh.sender,
        sent=reader.desk.setting.at,
        new_id=reader.desk.new_id,
        stay=reader.read(composition.encounter, Encounter),
        responsible=tuple(author for author in authors if author is not None),
        entries=entries,
        words="\n".join(p.contentString for p in told.payload if p.contentString),
        question=_question(reader, fresh.earlier),
        resources=resources,
    )


def _listed(reader: LetterDesk, composition: Composition) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A Composition → what its plain sections list, in order; and everything it lists, by reference."""
    resources: dict[str, Any] = {}
    for reference in (*entries_of(composition.section), *_encounter(composition)):
        found = reader.any(Reference(reference=reference))
        if found is None:
            if reference.startswith("#"):
                continue
            raise _fault(f"{reference} er ikke her", "Composition.section.entry")
        resources[reference] = found
        resources.update(_beside(reader, found))
    contained: tuple[Any, ...] = composition.contained
    inside = {f"#{c.id}": c for c in contained}
    plain = [each for s in composition.section for each in _plain(s)]
    known = {**resources, **inside}
    return tuple(known[r] for r in dict.fromkeys(plain) if r in known), resources


def _encounter(composition: Composition) -> tuple[str, ...]:
    stay = composition.encounter
    return (stay.reference,) if stay is not None and stay.reference else ()


def _plain(section: CompositionSection) -> Iterator[str]:
    """What a section lists that is not laid out as a message's own."""
    if name_of(section) is not None:
        return
    yield from (entry.reference for entry in section.entry if entry.reference)
    for inner in section.section:
        yield from _plain(inner)


def _beside(reader: LetterDesk, resource: Any) -> dict[str, Any]:
    """What a resource is not whole without: the drug of a medication, by reference."""
    reference = getattr(resource, "medicationReference", None)
    drug = reader.read(reference, Medication)
    return {reference.reference: drug} if drug is not None and reference is not None else {}


def _question(reader: LetterDesk, earlier: Communication | None) -> CommunicationRequest | None:
    """The message that is answered → the question it asks, or None when it asks none."""
    parts = earlier.payload if earlier is not None else ()
    found = (reader.read(p.contentReference, CommunicationRequest) for p in parts)
    return next((f for f in found if f is not None), None)


def _fault(detail: str, where: str) -> HubError:
    return HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, where))
