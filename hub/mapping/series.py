"""A message, its changes and its cancellation: what the arriving one does to what is here, in whatever order they come.

Source: plo.md §3 ("Out-of-order arrival is expected … must end in the cancelled/changed state"), hodemelding.md rules
2 and 3, HISD 1154.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from hub.emessage import msghead
from hub.fhir.models.r4.allergy_intolerance import AllergyIntolerance
from hub.fhir.models.r4.appointment import Appointment
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.datatypes import CodeableConcept
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.goal import Goal
from hub.fhir.models.r4.related_person import RelatedPerson
from hub.fhir.models.r4.task import Task
from hub.mapping.codes import concept
from hub.mapping.draft import Action, Effect, SeriesKey, SeriesMessage, StoredSeries
from hub.mapping.message_urls import (
    ALLERGY_VERIFICATION,
    CODE_AS_SENT,
    CONDITION_VERIFICATION,
    STAY_EVENT,
)
from hub.mapping.organisation import her_id
from hub.mapping.times import order_key, to_date_time, to_instant
from hub.mapping.urls import URI_SYSTEM, VOLVEN

Why = Literal["cancelled", "replaced"]

_ACTIONS: Final[dict[str, Action]] = {"N": "new", "M": "replace", "C": "cancel"}
_REASONS: Final[dict[Why, str]] = {
    "cancelled": "Avsenderen har kansellert meldingen",
    "replaced": "Avsenderen har erstattet meldingen med en endret melding",
}
_OPEN_TASKS: Final = frozenset({"draft", "requested", "received", "accepted", "ready"})
_STARTED_TASKS: Final = frozenset({"in-progress", "on-hold", "completed", "failed"})


def to_action(status: str | None) -> Action:
    """Forsendelsesstatus (7309) → what the message asks for; anything but M and C is a new message.

    A (Tillegg) is forbidden since HISD 1154:2018; as an addition it takes nothing away, so it is read as new.
    """
    return _ACTIONS.get(status or "", "new")


def to_series_key(info: msghead.MsgInfo) -> SeriesKey:
    """MsgInfo → the series the message belongs to: it begins one unless it refers to an earlier message."""
    reference = info.conversation_ref
    first = reference.ref_to_conversation if reference is not None else info.msg_id
    return SeriesKey(her_id(info.sender.organisation.ident) or "", message_key(first))


def message_key(msg_id: str) -> str:
    """A MsgId as written → the form it is compared in: braces and blanks away, lower case."""
    return "".join(msg_id.split()).strip("{}").lower()


def decide_effect(action: Action, msg_id: str, sent: str, stored: StoredSeries) -> Effect:
    """An arriving message and its stored series → what becomes of its own content.

    Shape: a cancellation withdraws the series whenever it came; of the others the latest change counts (a first message
    is older than every change, two changes go by GenDate).
    """
    others = [m for m in stored.messages if m.msg_id != message_key(msg_id)]
    if action == "cancel" or any(m.action == "cancel" for m in others):
        return "withdrawn"
    changes = [m for m in others if m.action == "replace"]
    if action == "new":
        return "superseded" if changes else "in-force"
    return "superseded" if any(order_key(m.sent) > order_key(sent) for m in changes) else "in-force"


def to_series_message(communication: Communication) -> SeriesMessage | None:
    """A stored Communication → the message of a series it stands for, or None when it stands for none."""
    msg_id = next(
        (i.value for i in communication.identifier if i.system == URI_SYSTEM and i.value), None
    )
    status = next(
        (e.valueCodeableConcept for e in communication.extension if e.url == CODE_AS_SENT), None
    )
    if msg_id is None or status is None:
        return None
    codes = [c.code for c in status.coding if c.system == f"{VOLVEN}7309"]
    return SeriesMessage(
        msg_id.removeprefix("urn:uuid:"),
        to_action(codes[0] if codes else None),
        communication.sent or "",
    )


def stored_series(resources: Sequence[msgspec.Struct]) -> StoredSeries:
    """Everything stored of a series, Communications among it → StoredSeries."""
    messages = (to_series_message(r) for r in resources if isinstance(r, Communication))
    return StoredSeries(tuple(m for m in messages if m is not None), tuple(resources))


def sent_at(info: msghead.MsgInfo, received: datetime) -> str:
    """MsgInfo and when it came → GenDate as FHIR dateTime; when it came, should GenDate be no time that FHIR can hold."""
    return to_date_time(info.gen_date) or to_instant(received)


class Withdrawn(msgspec.Struct, frozen=True):
    """What withdrawing did. Shape: `started` are Tasks that somebody had begun: they stand, and a person must be told."""

    changed: tuple[msgspec.Struct, ...]
    started: tuple[Task, ...]


def withdraw(resources: Iterable[msgspec.Struct], why: Why) -> Withdrawn:
    """Resources of a series → the same as no longer valid; what is so already is left out.

    Shape: Encounters with events of logistics messages are not touched (stay.py takes the events away), Communications only when the series is cancelled, a
    Task only while nobody has begun it.
    """
    changed: list[msgspec.Struct] = []
    started: list[Task] = []
    for resource in resources:
        if isinstance(resource, Task) and resource.status in _STARTED_TASKS:
            started.append(resource)
            continue
        rule = _RULES.get(type(resource).__name__)
        new = rule(resource, why) if rule else None
        if new is not None and new != resource:
            changed.append(new)
    return Withdrawn(tuple(changed), tuple(started))


def _status(value: str, field: str = "status") -> Callable[[Any, Why], msgspec.Struct]:
    return lambda resource, _why: msgspec.structs.replace(resource, **{field: value})


def _condition(resource: Condition, _why: Why) -> Condition:
    # con-5: no clinical status beside entered-in-error
    verified = concept(CONDITION_VERIFICATION, "entered-in-error", "Entered in Error")
    return msgspec.structs.replace(resource, clinicalStatus=None, verificationStatus=verified)


def _allergy(resource: AllergyIntolerance, _why: Why) -> AllergyIntolerance:
    # ait-2: no clinical status beside entered-in-error
    verified = concept(ALLERGY_VERIFICATION, "entered-in-error", "Entered in Error")
    return msgspec.structs.replace(resource, clinicalStatus=None, verificationStatus=verified)


def _task(resource: Task, why: Why) -> Task:
    if resource.status not in _OPEN_TASKS:
        return resource
    return msgspec.structs.replace(
        resource, status="cancelled", statusReason=CodeableConcept(text=_REASONS[why])
    )


def _request(resource: Any, why: Why) -> msgspec.Struct:
    return msgspec.structs.replace(
        resource, status="entered-in-error" if why == "cancelled" else "revoked"
    )


def _communication(resource: Communication, why: Why) -> Communication:
    # A message that was replaced was sent all the same; a cancelled one may have named the wrong patient
    if why == "replaced":
        return resource
    return msgspec.structs.replace(
        resource, status="entered-in-error", statusReason=CodeableConcept(text=_REASONS[why])
    )


def _appointment(resource: Appointment, _why: Why) -> Appointment:
    # app-3: only a proposed or cancelled appointment may lack its time
    return msgspec.structs.replace(
        resource, status="entered-in-error" if resource.start else "cancelled"
    )


def _related(resource: RelatedPerson, _why: Why) -> RelatedPerson:
    return msgspec.structs.replace(resource, active=False)


def _encounter(resource: Encounter, _why: Why) -> Encounter:
    # A stay that logistics messages tell of loses their events (stay.py); one that only a letter told of is withdrawn
    if any(e.url == STAY_EVENT for e in resource.extension):
        return resource
    return msgspec.structs.replace(resource, status="entered-in-error")


def _goal(resource: Goal, _why: Why) -> Goal:
    return msgspec.structs.replace(resource, lifecycleStatus="entered-in-error")


_IN_ERROR: Final = _status("entered-in-error")
_RULES: Final[dict[str, Callable[[Any, Why], msgspec.Struct]]] = {
    "AllergyIntolerance": _allergy,
    "Appointment": _appointment,
    "CareTeam": _IN_ERROR,
    "Communication": _communication,
    "Composition": _IN_ERROR,
    "Condition": _condition,
    "Consent": _IN_ERROR,
    "DeviceUseStatement": _IN_ERROR,
    "DocumentReference": _IN_ERROR,
    "Encounter": _encounter,
    "Flag": _IN_ERROR,
    "Goal": _goal,
    "MedicationAdministration": _IN_ERROR,
    "MedicationDispense": _IN_ERROR,
    "MedicationStatement": _IN_ERROR,
    "Observation": _IN_ERROR,
    "Procedure": _IN_ERROR,
    "RelatedPerson": _related,
    "ServiceRequest": _request,
    "Task": _task,
}
"""Resource type → how it is said that it no longer holds; every type a message mapper makes has a row."""
