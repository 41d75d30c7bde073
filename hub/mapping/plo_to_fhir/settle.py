"""What an arriving message does to what is here: the stay it speaks of, its series, the Tasks that hang on them.

Source: plo.md §3 (series, out-of-order arrival, "link them by patient + organisation"), architecture D7.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hub.emessage import msghead
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Reference
from hub.fhir.models.r4.encounter import Encounter, EncounterDiagnosis
from hub.fhir.models.r4.task import Task
from hub.mapping.codes import content
from hub.mapping.draft import Action, Context, Created, Effect
from hub.mapping.message_to_communication import message_uri
from hub.mapping.message_urls import TASK_CODES
from hub.mapping.organisation import her_id, logical_reference
from hub.mapping.plo_to_fhir.tasks import RECEIVE_PATIENT, is_kind
from hub.mapping.series import Withdrawn, decide_effect, message_key, sent_at, to_action, withdraw
from hub.mapping.stay import (
    NOT_READY,
    READY,
    StayEvent,
    events_of,
    find_stay,
    new_stay,
    readiness,
    with_events,
)

_CALLED_OFF = "called-off"
_NOT_BEGUN = frozenset({"draft", "requested", "received", "accepted", "ready"})
_OPEN = _NOT_BEGUN | {"in-progress", "on-hold"}


class Arrival(msgspec.Struct, frozen=True):
    """A message as it meets what is here.

    Shape: `uri` names the message, `family` all messages of its series, itself included; `stay` is the Encounter it
    speaks of as it is stored (or new and empty, when `stay_url` is a urn:uuid), None when it speaks of none.
    """

    action: Action
    effect: Effect
    uri: str
    sent: str
    family: frozenset[str]
    events: tuple[StayEvent, ...]
    stay: Encounter | None
    stay_url: str | None

    @property
    def is_new_stay(self) -> bool:
        """Whether the stay has yet to be created."""
        return self.stay is not None and self.stay.id is None

    @property
    def encounter(self) -> Reference | None:
        """How the other resources refer to the stay."""
        return Reference(reference=self.stay_url, type="Encounter") if self.stay_url else None


def to_arrival(
    info: msghead.MsgInfo, status: str | None, events: tuple[StayEvent, ...], context: Context
) -> Arrival:
    """A message's envelope, its status (7309) and the events it tells → how it meets what is here."""
    action, sent, uri = to_action(status), sent_at(info, context.received), message_uri(info)
    effect = decide_effect(action, info.msg_id, sent, context.series)
    family = frozenset(
        {uri, *(f"urn:uuid:{message_key(m.msg_id)}" for m in context.series.messages)}
    )
    stay = _of_family(context.stays, family)
    if stay is None and effect == "in-force" and events:
        stay = find_stay(context.stays, her_id(info.sender.organisation.ident) or "", events)
        if stay is None:
            stay = _empty_stay(info, context)
    url = None
    if stay is not None:
        url = f"Encounter/{stay.id}" if stay.id else f"urn:uuid:{context.new_id()}"
    return Arrival(action, effect, uri, sent, family, events, stay, url)


def _of_family(stays: tuple[Encounter, ...], family: frozenset[str]) -> Encounter | None:
    return next((s for s in stays if any(e.message in family for e in events_of(s))), None)


def _empty_stay(info: msghead.MsgInfo, context: Context) -> Encounter:
    outer = info.sender.organisation
    inner = outer.organisation
    provider = logical_reference("Organization", outer.ident, outer.organisation_name)
    patient = Reference(reference=f"Patient/{context.patient_id}", type="Patient")
    return new_stay(patient, provider, content(inner.organisation_name) if inner else None)


class Settled(msgspec.Struct, frozen=True):
    """What a message changes of what is here. Shape: `stay` is the new stay to create, if there is one."""

    stay: Encounter | None
    update: tuple[msgspec.Struct, ...]
    created: tuple[Created, ...]
    started: tuple[Task, ...]


def settle(
    arrival: Arrival,
    created: tuple[Created, ...],
    diagnoses: tuple[EncounterDiagnosis, ...],
    context: Context,
    kept: frozenset[str],
) -> Settled:
    """An arrival and what its message made → the stay, everything withdrawn, and the Tasks as they must stand now.

    Shape: `kept` are the full_urls that tell of the message itself and stay whatever becomes of its content.
    """
    gone = _withdraw_stored(arrival, context)
    stay = _settle_stay(arrival, gone, diagnoses)
    tasks = _settle_tasks(arrival, stay, gone, context)
    own = _withdraw_created(arrival, created, kept)
    changed = {_key(r): r for r in gone.changed} | {_key(t): t for t in tasks}
    if stay is not None and not arrival.is_new_stay and stay != arrival.stay:
        changed[_key(stay)] = stay
    word = readiness(stay) if stay is not None else None
    if word is not None and word.message != arrival.uri:
        own = tuple(_called_off_at_birth(c, word) for c in own)
    return Settled(
        stay if arrival.is_new_stay else None, tuple(changed.values()), own, gone.started
    )


def _key(resource: msgspec.Struct) -> str:
    return f"{type(resource).__name__}/{getattr(resource, 'id', None)}"


def _withdraw_stored(arrival: Arrival, context: Context) -> Withdrawn:
    if arrival.action == "cancel":
        return withdraw(context.series.resources, "cancelled")
    if arrival.action == "replace" and arrival.effect == "in-force":
        return withdraw(context.series.resources, "replaced")
    return Withdrawn((), ())


def _withdraw_created(
    arrival: Arrival, created: tuple[Created, ...], kept: frozenset[str]
) -> tuple[Created, ...]:
    if arrival.effect == "in-force":
        return created
    why = "cancelled" if arrival.effect == "withdrawn" else "replaced"
    spared = kept if arrival.action == "cancel" else frozenset[str]()
    return tuple(
        c
        if c.full_url in spared
        else msgspec.structs.replace(c, resource=_no_longer(c.resource, why))
        for c in created
    )


def _no_longer(resource: msgspec.Struct, why: str) -> msgspec.Struct:
    done = withdraw((resource,), "cancelled" if why == "cancelled" else "replaced").changed
    return done[0] if done else resource


def _settle_stay(
    arrival: Arrival, gone: Withdrawn, diagnoses: tuple[EncounterDiagnosis, ...]
) -> Encounter | None:
    """The stay with the events that count now, and with the diagnoses that do."""
    stay = arrival.stay
    if stay is None:
        return None
    if arrival.effect == "superseded":
        return stay
    others = [e for e in events_of(stay) if e.message not in arrival.family]
    counting = arrival.events if arrival.effect == "in-force" else ()
    withdrawn = {_key(r) for r in gone.changed}
    kept = tuple(d for d in stay.diagnosis if d.condition.reference not in withdrawn)
    found = with_events(stay, (*others, *counting))
    return msgspec.structs.replace(
        found, diagnosis=(*kept, *(diagnoses if arrival.effect == "in-force" else ()))
    )


def _settle_tasks(
    arrival: Arrival, stay: Encounter | None, gone: Withdrawn, context: Context
) -> Iterable[Task]:
    """Tasks to receive the patient: the one of the hospital's latest word stands, the others are called off.

    Shape: not ready calls off whatever is open; a newer readiness calls off what nobody has begun; a Task called off
    comes back when the word that called it off is taken back.
    """
    if stay is None or stay.id is None or arrival.effect == "superseded":
        return
    withdrawn = {_key(r) for r in gone.changed}
    word = readiness(stay)
    for task in context.tasks:
        ours = task.encounter is not None and task.encounter.reference == f"Encounter/{stay.id}"
        if word is None or not (ours and is_kind(task, RECEIVE_PATIENT)) or _key(task) in withdrawn:
            continue
        if word.kind == READY and task.meta is not None and task.meta.source == word.message:
            if _was_called_off(task):
                yield msgspec.structs.replace(task, status="requested", statusReason=None)
        elif task.status in (_OPEN if word.kind == NOT_READY else _NOT_BEGUN):
            yield _called_off(task, word)


def _called_off(task: Task, word: StayEvent) -> Task:
    text = (
        "Pasienten er meldt av som utskrivningsklar"
        if word.kind == NOT_READY
        else "En nyere melding om utskrivningsklar pasient gjelder"
    )
    reason = Coding(system=TASK_CODES, code=_CALLED_OFF, display=text)
    return msgspec.structs.replace(
        task, status="cancelled", statusReason=CodeableConcept(coding=(reason,), text=text)
    )


def _was_called_off(task: Task) -> bool:
    codes = task.statusReason.coding if task.statusReason else ()
    return task.status == "cancelled" and any(c.code == _CALLED_OFF for c in codes)


def _called_off_at_birth(created: Created, word: StayEvent) -> Created:
    """A message that a later one has already overtaken makes its Task called off."""
    task = created.resource
    if isinstance(task, Task) and is_kind(task, RECEIVE_PATIENT) and task.status in _OPEN:
        return msgspec.structs.replace(created, resource=_called_off(task, word))
    return created


def other_patient(context: Context) -> bool:
    """Whether an earlier message of the series is about another patient than this one."""
    here = f"Patient/{context.patient_id}"
    return any(
        r.subject is not None and r.subject.reference not in (None, here)
        for r in context.series.resources
        if isinstance(r, Communication)
    )
