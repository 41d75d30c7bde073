"""A message and those it answers, or that answer it → joined by references, whichever of them came first.

Shape: the MsgId stays in the reference beside the place of the resource, for the way back into a message.
Source: hodemelding.md rule 3, dialogmelding.md (DIALOG_SVAR: ConversationRef to the question).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from hub.emessage.envelope import Envelope
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.reading import read_stored
from hub.flows.store_draft import Desk
from hub.mapping.draft import Created, Draft
from hub.mapping.series import message_key
from hub.mapping.series_links import answers_link
from hub.mapping.urls import URI_SYSTEM
from hub.ports import Unit


def join_earlier(unit: Unit, desk: Desk, draft: Draft, patient_id: str) -> Draft:
    """A draft → the same, with its Communications pointing at the messages of this patient that they answer and follow."""
    created = tuple(
        Created(c.full_url, _joined(unit, desk, c.resource, patient_id), c.data)
        if isinstance(c.resource, Communication)
        else c
        for c in draft.create
    )
    return replace(draft, create=created)


def join_later(unit: Unit, desk: Desk, envelope: Envelope, made: str, patient_id: str) -> None:
    """A message that was stored as `made` (Type/id) → those that came before it and answer it point at it."""
    for row in unit.inbox.linked(desk.actor.tenant_id, (answers_link(envelope.msg_id),)):
        for place in row.resources:
            kind, _, resource_id = place.partition("/")
            if kind != "Communication" or place == made:
                continue
            answer = _load(unit, desk, resource_id, patient_id)
            joined = (
                None if answer is None else _pointing(answer, message_key(envelope.msg_id), made)
            )
            if joined is not None and joined != answer:
                desk.update(unit.fhir, joined)


def _joined(unit: Unit, desk: Desk, message: Communication, patient_id: str) -> Communication:
    for reference in (*message.inResponseTo, *message.partOf):
        key = _key(reference)
        if key is None or reference.reference is not None:
            continue
        permit = desk.permit("read", "Communication")
        name = f"urn:uuid:{key}"
        ids = unit.fhir.find_by_identifier(permit, "Communication", URI_SYSTEM, name)
        found = [i for i in ids if _load(unit, desk, i, patient_id) is not None]
        if len(found) == 1:
            message = _pointing(message, key, f"Communication/{found[0]}")
    return message


def _load(unit: Unit, desk: Desk, resource_id: str, patient_id: str) -> Communication | None:
    permit = desk.permit("read", "Communication")
    stored = unit.fhir.load(permit, "Communication", resource_id)
    if stored is None or stored.deleted or stored.patient_id != patient_id:
        return None
    return read_stored(stored.body, "Communication")


def _pointing(message: Communication, key: str, place: str) -> Communication:
    return replace(
        message,
        inResponseTo=_with(message.inResponseTo, key, place),
        partOf=_with(message.partOf, key, place),
    )


def _with(references: Sequence[Reference], key: str, place: str) -> Any:
    return tuple(replace(r, reference=place) if _key(r) == key else r for r in references)


def _key(reference: Reference) -> str | None:
    """A reference by MsgId → the MsgId as it is compared, None for any other."""
    number = reference.identifier
    if number is None or number.system != URI_SYSTEM or not number.value:
        return None
    return number.value.removeprefix("urn:uuid:")
