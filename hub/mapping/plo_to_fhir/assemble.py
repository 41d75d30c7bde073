"""A PLO message, laid out piece by piece → the draft of everything it creates and changes.

Both PLO messages that are read go this way: envelope and shared head are the same, only the content differs.
Source: plo.md §3 and §4; http://hl7.org/fhir/R4/composition.html.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hub.emessage import msghead
from hub.emessage.plo.components import TidsfestetHendelse, UtskrevetTil
from hub.fhir.models.r4.composition import (
    Composition,
    CompositionEvent,
    CompositionRelatesTo,
    CompositionSection,
)
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Period, Reference
from hub.fhir.models.r4.encounter import EncounterDiagnosis
from hub.mapping.codes import content, point, to_concept, uuid_identifier, words
from hub.mapping.draft import Context, Created, Desk, Draft
from hub.mapping.message_to_communication import message_meta, to_communication
from hub.mapping.message_to_documents import unread_documents
from hub.mapping.narrative import local_time, shown, yes_no
from hub.mapping.organisation import party_reference
from hub.mapping.plo_to_fhir.notes import section_of
from hub.mapping.plo_to_fhir.settle import Arrival, Settled, other_patient, settle, to_arrival
from hub.mapping.plo_to_fhir.shared_head import Payload, lay_head, to_attesters, to_authors
from hub.mapping.plo_to_fhir.tasks import REVIEW_WITHDRAWN, to_task
from hub.mapping.series import message_key, to_series_key
from hub.mapping.stay import StayEvent
from hub.problems import Problem, ProblemCode, Translation

Lay = Callable[[Desk], tuple[EncounterDiagnosis, ...]]
"""Lays a message's own content on the desk and tells the diagnoses of the stay."""


def to_draft(
    message: msghead.MsgHead,
    payload: Payload,
    context: Context,
    events: tuple[StayEvent, ...],
    lay: Lay,
    *,
    topic: CodeableConcept | None = None,
    kind: Coding | None = None,
) -> Translation[Draft]:
    """A message, the events it tells of a stay and how to lay out its content → Draft.

    Shape: `topic` is what the content is said to be, `kind` a further code of the document's type.
    Problems: PATIENT_DOUBTFUL when an earlier message of the series is about another patient (nothing may be stored);
    CONTENT_ODD for an attachment that only the raw message holds.
    """
    info = message.msg_info
    arrival = to_arrival(
        info, payload.informasjon_om_forsendelsen.forsendelsesstatus.v, events, context
    )
    desk = _desk(info, arrival, context)
    diagnoses = lay(desk)
    lay_head(payload, desk)
    composition = desk.add(_composition(message, payload, arrival, desk, kind))
    shipment = payload.informasjon_om_forsendelsen
    before = len(desk.created)
    communication = desk.add(
        to_communication(message, desk, context, shipment, topic=topic, composition=composition)
    )
    # The documents and the Communication tell of the message itself, whatever becomes of its content
    kept = frozenset(c.full_url for c in desk.created[before:])
    settled = settle(arrival, tuple(desk.created), diagnoses, context, kept)
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
    message: msghead.MsgHead, payload: Payload, arrival: Arrival, desk: Desk, kind: Coding | None
) -> Composition:
    info = message.msg_info
    issued = point(message.document[0].ref_doc.issue_date)
    code = to_concept(info.type, "8279")
    codings = (*(code.coding if code else ()), *((kind,) if kind else ()))
    title = shown(code) or "E-melding"
    earlier = info.conversation_ref
    replaces = arrival.action == "replace" and earlier is not None
    return Composition(
        identifier=uuid_identifier(message_key(info.msg_id)),
        status="final",
        type=CodeableConcept(coding=codings, text=title),
        subject=desk.patient,
        encounter=desk.encounter,
        date=issued or arrival.sent,
        author=to_authors(payload, desk),
        title=f"Kansellering: {title}" if arrival.action == "cancel" else title,
        attester=to_attesters(payload),
        relatesTo=(
            CompositionRelatesTo(
                code="replaces",
                targetIdentifier=uuid_identifier(message_key(earlier.ref_to_parent)),
            ),
        )
        if replaces and earlier
        else (),
        event=tuple(desk.events),
        section=tuple(desk.sections),
        contained=desk.contained.listed(),
    )


def lay_events(
    events: tuple[TidsfestetHendelse, ...], title: str, desk: Desk, told: UtskrevetTil | None = None
) -> None:
    """Dated events → events of the Composition with code and time, and a section that says all of them in words."""
    for event in events:
        code = to_concept(event.hendelsekode, "9121")
        at = point(event.tidspunkt_for_hendelse)
        desk.events.append(
            CompositionEvent(
                code=(code or words("Hendelse"),), period=Period(start=at) if at else None
            )
        )
    entries = (desk.encounter,) if desk.encounter else ()
    desk.section(
        section_of(title, entries=entries, lines=[*map(_event_line, events), _destination(told)])
    )


def _event_line(event: TidsfestetHendelse) -> str:
    time = event.tidspunkt_for_hendelse.v
    when = local_time(point(event.tidspunkt_for_hendelse)) or time
    place = content(event.sted_for_hendelse.sted_hendelse) if event.sted_for_hendelse else None
    parts = (
        shown(to_concept(event.hendelsekode, "9121")),
        content(event.beskrivelse_av_hendelse),
        when,
        f"anslag: {yes_no(event.anslag).lower()}",
        place,
        content(event.merknad),
    )
    return ", ".join(p for p in parts if p)


def _destination(told: UtskrevetTil | None) -> str:
    if told is None:
        return ""
    parts = (
        shown(to_concept(told.ut_til, "8408")),
        shown(to_concept(told.uttilstand, "8431")),
        content(told.merknad),
    )
    return "Utskrevet til: " + ", ".join(p for p in parts if p)


def section_with(title: str, text: str | None) -> CompositionSection | None:
    """A title and a remark → section, or None when there is no remark."""
    said = content(text)
    return section_of(title, lines=[said]) if said else None
