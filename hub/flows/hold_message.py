"""A message that waits for a person: its Task, the time until which its receipt may wait, and the end of the waiting.

Source: emessage/apprec.md ("Sending duties" 3: within 96 hours of GenDate), architecture D7.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from hub.emessage.envelope import Envelope
from hub.emessage.read import Reading
from hub.fhir.reading import read_stored
from hub.fhir.requests import fhir_instant
from hub.fhir.search.query import Filter, ReferenceValue, SearchQuery
from hub.flows.people_tasks import Kind, build_task, is_task
from hub.flows.store_draft import Desk
from hub.mapping.series import message_key
from hub.mapping.times import to_instant_of
from hub.ports import Job, RawMessage, Unit

HELD_TOO_LONG: Final = "held_too_long"
LIMIT: Final = timedelta(hours=96)
_OVER: Final = frozenset(("completed", "cancelled", "rejected", "failed", "entered-in-error"))


def receipt_deadline(envelope: Envelope, received: datetime) -> datetime:
    """An envelope and when it came → until when its receipt may be held: 96 hours from GenDate.

    A GenDate that lies ahead of us, or cannot be read, is a clock that is wrong: then 96 hours from when it came.
    """
    made = to_instant_of(envelope.gen_date)
    begun = received if made is None or made > received else made
    return begun + LIMIT


def hold(unit: Unit, desk: Desk, raw: RawMessage, reading: Reading, reason: str) -> tuple[str, ...]:
    """A message and why it waits → its Task, urgent from the beginning for an emergency; `Type/id` of what was made."""
    envelope = reading.envelope
    assert envelope is not None
    now, emergency = desk.setting.at, reading.handling.emergency
    deadline = receipt_deadline(envelope, raw.received)
    binary = desk.keep(unit.fhir, raw.raw, None)
    task = build_task(
        "match-patient",
        _text(envelope, raw.claim_id, reason, emergency=emergency),
        now,
        focus=f"Binary/{binary.id}",
        about=message_key(envelope.msg_id),
        deadline=deadline,
        priority="stat" if emergency else "urgent",
    )
    stored = desk.create(unit.fhir, task)
    unit.outbox.add(Job(raw.tenant_id, HELD_TOO_LONG, stored.id), now, max(deadline, now))
    return (f"Binary/{binary.id}", f"Task/{stored.id}")


def _text(envelope: Envelope, claim_id: str, reason: str, *, emergency: bool) -> str:
    sent_by = envelope.sender.name if envelope.sender else ""
    answered = (
        "Den er en øyeblikkelig hjelp-henvisning og er kvittert som mottatt."
        if emergency
        else "Kvitteringen holdes tilbake til det er gjort, i høyst 96 timer fra meldingen ble laget."
    )
    return (
        f"{envelope.type_name or envelope.type} fra {sent_by or 'ukjent'} er ikke knyttet til en pasient: {reason}."
        f" Avgjør det med hub messages match, create eller reject, eller rett opp pasienten og kjør meldingen på nytt"
        f" (hub messages replay {claim_id}). {answered}"
    )


def escalate(unit: Unit, desk: Desk, task_id: str) -> None:
    """A Task whose message is still held at the deadline → it becomes urgent; nothing is sent by itself (D7)."""
    task = _open_task(unit, desk, task_id)
    if task is not None:
        desk.update(
            unit.fhir, replace(task, priority="stat", lastModified=fhir_instant(desk.setting.at))
        )


def settle(unit: Unit, desk: Desk, resources: tuple[str, ...], *, refused: bool) -> None:
    """What was made when a message was held → its Task is done: the message was taken in, or refused."""
    for place in resources:
        kind, _, task_id = place.partition("/")
        task = _open_task(unit, desk, task_id) if kind == "Task" else None
        if task is not None:
            status = "rejected" if refused else "completed"
            changed = replace(task, status=status, lastModified=fhir_instant(desk.setting.at))
            desk.update(unit.fhir, changed)


def end_tasks(unit: Unit, desk: Desk, patient_id: str, kind: Kind) -> None:
    """A patient and a kind of Task → the open ones are done."""
    own = Filter("patient", "reference", (ReferenceValue(f"Patient/{patient_id}"),))
    page = unit.fhir.search(desk.permit("search", "Task"), SearchQuery("Task", (own,), count=1000))
    for found in page.matches:
        task = read_stored(found.body, "Task")
        if is_task(task, kind):
            at = fhir_instant(desk.setting.at)
            desk.update(unit.fhir, replace(task, status="completed", lastModified=at))


def _open_task(unit: Unit, desk: Desk, task_id: str) -> Any:
    stored = unit.fhir.load(desk.permit("read", "Task"), "Task", task_id)
    if stored is None or stored.deleted:
        return None
    task = read_stored(stored.body, "Task")
    return None if task.status in _OVER else task
