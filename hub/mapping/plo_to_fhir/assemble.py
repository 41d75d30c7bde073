"""A PLO message, laid out by the tables of its blocks → the draft of everything it creates and changes.

Every PLO message that is read goes this way: envelope, head and blocks are the same, only what follows differs.
Source: plo.md §3 and §4; http://hl7.org/fhir/R4/composition.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from hub.emessage import msghead
from hub.fhir.models.r4.composition import (
    Composition,
    CompositionRelatesTo,
)
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Reference
from hub.fhir.models.r4.encounter import EncounterDiagnosis
from hub.mapping.both_ways.form import Pen
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.codes import concept, point, to_concept, uuid_identifier
from hub.mapping.draft import Context, Created, Desk, Draft
from hub.mapping.message_to_communication import message_meta, message_uri, to_communication
from hub.mapping.message_to_documents import unread_documents
from hub.mapping.message_urls import DIAGNOSIS_ROLE
from hub.mapping.narrative import shown
from hub.mapping.organisation import party_reference, professional_reference
from hub.mapping.plo.diagnoses import MAIN, OF_STAY
from hub.mapping.plo.messages import form_for
from hub.mapping.plo_to_fhir.settle import Arrival, Settled, other_patient, settle, to_arrival
from hub.mapping.plo_to_fhir.tasks import REVIEW_WITHDRAWN, to_task
from hub.mapping.series import message_key, sent_at, to_series_key
from hub.mapping.stay import StayEvent, to_stay_event
from hub.problems import Problem, ProblemCode, Translation

Payload = Any
"""A value of any of the PLO payload classes: they begin with the same elements."""
_DISCHARGE: Final = concept(DIAGNOSIS_ROLE, "DD", "Discharge diagnosis")
Further = Callable[[Desk], None]
"""Lays on the desk what follows from a message beside what it says: Tasks, Flags."""


def stay_events(
    message: msghead.MsgHead, payload: Payload, context: Context
) -> tuple[StayEvent, ...]:
    """The events of a stay that a report tells (OpplysningOpphold) → StayEvents."""
    info = message.msg_info
    return tuple(
        to_stay_event(told.tidsfestet_hendelse, message_uri(info), sent_at(info, context.received))
        for told in payload.opplysning_opphold
    )


def nothing_follows(_desk: Desk) -> None:
    """Nothing follows from the message beside what it says."""


def to_draft(
    message: msghead.MsgHead,
    payload: Payload,
    context: Context,
    events: tuple[StayEvent, ...],
    further: Further,
    *,
    topic: CodeableConcept | None = None,
    kind: Coding | None = None,
) -> Translation[Draft]:
    """A message, the events it tells of a stay and what follows from it → Draft.

    Shape: `topic` is what the content is said to be, `kind` a further code of the document's type.
    Problems: PATIENT_DOUBTFUL when an earlier message of the series is about another patient (nothing may be stored);
    CONTENT_ODD for an attachment that only the raw message holds.
    """
    info = message.msg_info
    arrival = to_arrival(
        info, payload.informasjon_om_forsendelsen.forsendelsesstatus.v, events, context
    )
    desk = _desk(info, arrival, context)
    pen, sheet = Pen(desk, desk.contained), Sheet(Composition)
    form_for(payload).fill(payload, sheet, pen)
    further(desk)
    composition = desk.add(_composition(message, payload, arrival, desk, kind, sheet))
    shipment = payload.informasjon_om_forsendelsen
    before = len(desk.created)
    communication = desk.add(
        to_communication(message, desk, context, shipment, topic=topic, composition=composition)
    )
    # The documents and the Communication tell of the message itself, whatever becomes of its content
    kept = frozenset(c.full_url for c in desk.created[before:])
    settled = settle(arrival, tuple(desk.created), _of_stay(arrival, desk), context, kept)
    draft = Draft(
        arrival.action,
        arrival.effect,
        to_series_key(info),
        _to_create(arrival, settled, desk, communication),
        settled.update,
        communication.reference or "",
    )
    return Translation(draft, _problems(message, context))


def _to_create(
    arrival: Arrival, settled: Settled, desk: Desk, communication: Reference
) -> tuple[Created, ...]:
    """What the message made, the stay in front when it is new, a Task at the end when somebody has acted in vain."""
    create = list(settled.created)
    if settled.stay is not None:
        assert arrival.stay_url is not None
        create.insert(
            0, Created(arrival.stay_url, msgspec.structs.replace(settled.stay, meta=desk.meta))
        )
    if settled.started:
        tasks = tuple(Reference(reference=f"Task/{t.id}", type="Task") for t in settled.started)
        review = to_task(REVIEW_WITHDRAWN, desk, focus=communication, inputs=tasks)
        create.append(
            Created(f"urn:uuid:{desk.new_id()}", msgspec.structs.replace(review, meta=desk.meta))
        )
    return tuple(create)


def _of_stay(arrival: Arrival, desk: Desk) -> tuple[EncounterDiagnosis, ...]:
    """The diagnoses on the desk → what the stay, if there is one, says of them: discharge diagnosis, rank 1 for the main."""
    if arrival.stay is None:
        return ()
    return tuple(
        EncounterDiagnosis(
            condition=Reference(reference=made.full_url, type="Condition"),
            use=_DISCHARGE,
            rank=1 if _is_main(made.resource) else None,
        )
        for made in desk.created
        if isinstance(made.resource, Condition) and OF_STAY in made.resource.category
    )


def _is_main(condition: Condition) -> bool:
    return any(e.url == MAIN and e.valueBoolean for e in condition.extension)


def _problems(message: msghead.MsgHead, context: Context) -> tuple[Problem, ...]:
    found = [
        Problem(
            ProblemCode.CONTENT_ODD,
            "An attached XML document is kept in the raw message only",
            f"/MsgHead/Document[{place + 1}]/RefDoc/Content",
        )
        for place in unread_documents(message)
    ]
    if other_patient(context):
        detail = "An earlier message of the same conversation is about another patient"
        found.append(
            Problem(ProblemCode.PATIENT_DOUBTFUL, detail, "/MsgHead/MsgInfo/ConversationRef")
        )
    return tuple(found)


def _desk(info: msghead.MsgInfo, arrival: Arrival, context: Context) -> Desk:
    return Desk(
        patient=Reference(reference=f"Patient/{context.patient_id}", type="Patient"),
        encounter=arrival.encounter,
        sender=party_reference(info.sender.organisation),
        receiver=party_reference(info.receiver.organisation),
        sent=arrival.sent,
        meta=message_meta(info),
        new_id=context.new_id,
    )


def _composition(
    message: msghead.MsgHead,
    payload: Payload,
    arrival: Arrival,
    desk: Desk,
    kind: Coding | None,
    sheet: Sheet,
) -> Composition:
    """What the payload made on the sheet, with the envelope's part → the Composition."""
    info = message.msg_info
    issued = point(message.document[0].ref_doc.issue_date)
    code = to_concept(info.type, "8279")
    codings = (*(code.coding if code else ()), *((kind,) if kind else ()))
    title = shown(code) or "E-melding"
    earlier = info.conversation_ref
    replaces = arrival.action == "replace" and earlier is not None
    sheet.update(
        identifier=uuid_identifier(message_key(info.msg_id)),
        status="final",
        type=CodeableConcept(coding=codings, text=title),
        subject=desk.patient,
        encounter=desk.encounter,
        date=issued or arrival.sent,
        author=_authors(payload, desk),
        title=f"Kansellering: {title}" if arrival.action == "cancel" else title,
        relatesTo=(
            CompositionRelatesTo(
                code="replaces",
                targetIdentifier=uuid_identifier(message_key(earlier.ref_to_parent)),
            ),
        )
        if replaces and earlier
        else (),
        contained=desk.contained.listed(),
        meta=desk.meta,
    )
    return sheet.close()


def _authors(payload: Payload, desk: Desk) -> tuple[Reference, ...]:
    """Who answers for the message → authors of its Composition; the sending party when nobody is named."""
    named = tuple(professional_reference(a.ansvarlig_rapport) for a in payload.ansvar_for_rapport)
    return named or (desk.sender,)
