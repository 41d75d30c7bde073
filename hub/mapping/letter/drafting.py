"""The resources of a letter as JSON trees → the draft of all that it changes; and a record → JSON trees.

A letter is part of a series like any message: a change replaces what the earlier one made, a cancellation withdraws it.
Source: epikrise-henvisning.md ("Rules"); architecture D2, D4, D7.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec.structs import force_setattr

from hub.emessage.msghead import MsgHead
from hub.fhir import codec
from hub.fhir.models.r4.communication import CommunicationPayload
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.reading import read_tree
from hub.mapping.draft import Context, Created, Desk, Draft
from hub.mapping.letter.sheaf import Sheaf, Shelf
from hub.mapping.message_to_communication import message_meta, to_envelope
from hub.mapping.message_to_documents import as_sent_patient, to_original, unread_documents
from hub.mapping.narrative import Contained
from hub.mapping.organisation import party_reference
from hub.mapping.plo_to_fhir.settle import Arrival, other_patient, settle, to_arrival
from hub.mapping.plo_to_fhir.tasks import REVIEW_WITHDRAWN, TaskKind, to_task
from hub.mapping.record import Record
from hub.mapping.series import to_series_key
from hub.mapping.times import to_instant
from hub.mapping.two_way import Json
from hub.problems import Problem, ProblemCode, Translation

_READ: Final = msgspec.json.Decoder(float_hook=Decimal)

Put = Callable[[Sheaf], Json]
"""Lays the resources of a letter into a sheaf; gives its Communication, which is not in it yet."""


def to_draft(
    message: MsgHead, status: str | None, context: Context, put: Put, task: TaskKind, focus: str
) -> Translation[Draft]:
    """A letter as MsgHead, its status (7309), how to lay it out, and the Task it asks for (about this kind) → Draft.

    Problems: PATIENT_DOUBTFUL when an earlier letter of the series is about another patient; CONTENT_ODD for an
    attachment that only the raw message holds.
    """
    arrival = to_arrival(message.msg_info, status, (), context)
    desk = _desk(message, arrival, context)
    sheaf = Sheaf({"reference": f"Patient/{context.patient_id}", "type": "Patient"}, context.new_id)
    node = put(sheaf)
    content = [Created(url, _struct(made, desk)) for url, made in sheaf.made.items()]
    kept = _keep(node, desk, message, context)
    if arrival.action != "cancel":
        about = next((c for c in content if type(c.resource).__name__ == focus), kept[-1])
        reference = Reference(reference=about.full_url, type=type(about.resource).__name__)
        desk.add(to_task(task, desk, focus=reference))
    letter = kept[-1].full_url
    made = (*content, *kept, *desk.created)
    told = frozenset(c.full_url for c in kept)
    return Translation(
        _settle(arrival, made, told, desk, context, message, letter), _problems(message, context)
    )


Lay = Callable[[Json, Json, Sheaf], tuple[Json, Json]]
"""Sender, receiver and sheaf → references to the Composition and the ServiceRequest that were laid into it."""


def in_msg_head(
    message: MsgHead,
    status: str | None,
    context: Context,
    lay: Lay,
    mark: Callable[[Json], object],
    task: TaskKind,
) -> Translation[Draft]:
    """A letter inside a MsgHead, how to lay out its payload and to mark its Communication, and the Task it asks for → Draft.

    Problems: as `to_draft`.
    """
    arrival = to_arrival(message.msg_info, status, (), context)
    desk = _desk(message, arrival, context)
    sheaf = Sheaf({"reference": f"Patient/{context.patient_id}", "type": "Patient"}, context.new_id)
    parties = (_logical(desk.sender), _logical(desk.receiver))
    references = lay(*parties, sheaf)
    content = [Created(url, _struct(made, desk)) for url, made in sheaf.made.items()]
    contained = Contained()
    envelope = to_envelope(message, desk, context, contained)
    told: Json = {"resourceType": "Communication", "status": "completed"}
    mark(told)
    marks = read_tree(told)
    payload = tuple(
        CommunicationPayload(contentReference=Reference(reference=r["reference"]))
        for r in references
    )
    whole = msgspec.structs.replace(
        envelope,
        extension=(*marks.extension, *envelope.extension),
        basedOn=(Reference(reference=references[1]["reference"], type="ServiceRequest"),),
        payload=(*payload, *envelope.payload),
        contained=contained.listed(),
    )
    letter = desk.add(whole).reference or ""
    kept = list(desk.created)
    if arrival.action != "cancel":
        about = Reference(reference=references[1]["reference"], type="ServiceRequest")
        desk.add(to_task(task, desk, focus=about))
    made = (*content, *desk.created)
    held = frozenset(c.full_url for c in kept)
    draft = _settle(arrival, made, held, desk, context, message, letter)
    return Translation(draft, _problems(message, context))


def _logical(party: Reference) -> Json:
    node: Json = {"display": party.display} if party.display else {}
    number = party.identifier
    if number is not None and number.value:
        system: Json = {"system": number.system} if number.system else {}
        node["identifier"] = {**system, "value": number.value}
    return node


def _desk(message: MsgHead, arrival: Arrival, context: Context) -> Desk:
    info = message.msg_info
    return Desk(
        patient=Reference(reference=f"Patient/{context.patient_id}", type="Patient"),
        encounter=None,
        sender=party_reference(info.sender.organisation),
        receiver=party_reference(info.receiver.organisation),
        sent=arrival.sent,
        meta=message_meta(info),
        new_id=context.new_id,
    )


def _struct(node: Json, desk: Desk) -> Any:
    """A JSON tree → the struct, marked with the message it came from."""
    resource = read_tree(node)
    given = resource.meta
    if given is None:
        force_setattr(resource, "meta", desk.meta)
        return resource
    fields = ("profile", "security", "tag")
    told = {n: v for n in fields if (v := getattr(given, n))}
    return msgspec.structs.replace(resource, meta=msgspec.structs.replace(desk.meta, **told))


def _keep(node: Json, desk: Desk, message: MsgHead, context: Context) -> list[Created]:
    """What tells of the letter itself, whatever becomes of its content: its bytes and its Communication."""
    original = to_original(message, desk, context, as_sent_patient(message, desk))
    url = f"urn:uuid:{desk.new_id()}"
    stored = Created(url, msgspec.structs.replace(original, meta=desk.meta))
    payload = [*(node.get("payload") or ()), {"contentReference": {"reference": url}}]
    whole = {**node, "payload": payload, "received": to_instant(context.received)}
    if "sent" not in whole and "_sent" not in whole:
        whole["sent"] = to_instant(context.received)
    return [stored, Created(f"urn:uuid:{desk.new_id()}", _struct(whole, desk))]


def _settle(
    arrival: Arrival,
    made: tuple[Created, ...],
    kept: frozenset[str],
    desk: Desk,
    context: Context,
    message: MsgHead,
    letter: str,
) -> Draft:
    settled = settle(arrival, made, (), context, kept)
    create = list(settled.created)
    if settled.started:
        tasks = tuple(Reference(reference=f"Task/{t.id}", type="Task") for t in settled.started)
        about = Reference(reference=letter, type="Communication")
        review = to_task(REVIEW_WITHDRAWN, desk, focus=about, inputs=tasks)
        meta = msgspec.structs.replace(review, meta=desk.meta)
        create.append(Created(f"urn:uuid:{desk.new_id()}", meta))
    return Draft(
        arrival.action,
        arrival.effect,
        to_series_key(message.msg_info),
        tuple(create),
        settled.update,
        letter,
    )


def _problems(message: MsgHead, context: Context) -> tuple[Problem, ...]:
    odd = "An attached XML document is kept in the raw message only"
    found = [
        Problem(ProblemCode.CONTENT_ODD, odd, f"/Message/*/RefDoc[{place}]/Content")
        for place in unread_documents(message)
    ]
    if other_patient(context):
        detail = "An earlier letter of the same series is about another patient"
        found.append(Problem(ProblemCode.PATIENT_DOUBTFUL, detail, "/Message"))
    return tuple(found)


def open_record(record: Record) -> tuple[Json, Shelf]:
    """A record → its Communication and all its resources as JSON trees."""
    trees = {key: _READ.decode(codec.encode(r)) for key, r in record.resources.items()}
    _ = record.communication
    return trees[record.message], Shelf(trees)
