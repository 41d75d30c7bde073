"""Tasks that an e-message puts before a person of the receiving service.

Source: architecture D7 (doubt makes a Task); plo.md §2 (who must act on what).
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Reference
from hub.fhir.models.r4.task import RequestPriorityCode, Task, TaskInput
from hub.mapping.codes import content, to_note, words
from hub.mapping.draft import Desk
from hub.mapping.message_urls import TASK_CODES


@dataclass(frozen=True, slots=True)
class TaskKind:
    """One kind of Task. Shape: `title` is what the person reads, `order` False when the municipality decides itself."""

    code: str
    title: str
    priority: RequestPriorityCode = "routine"
    order: bool = True


ASSESS_FOLLOW_UP = TaskKind(
    "assess-follow-up", "Vurder oppfølging hjemme etter utskriving", order=False
)
RECEIVE_PATIENT = TaskKind("receive-discharge-ready", "Ta imot utskrivningsklar pasient", "urgent")
CONFIRM_DEATH = TaskKind(
    "confirm-death", "Melding om dødsfall: bekreft, og avslutt oppfølgingen", "urgent"
)
ASSESS_REFERRAL = TaskKind("assess-referral", "Vurder henvisningen", "urgent")
REVIEW_WITHDRAWN = TaskKind(
    "review-withdrawn",
    "Meldingen er trukket tilbake etter at noen har handlet på den: se over",
    "urgent",
)


def is_kind(task: Task, kind: TaskKind) -> bool:
    """A stored Task → whether it is of this kind."""
    codings = task.code.coding if task.code else ()
    return any(c.system == TASK_CODES and c.code == kind.code for c in codings)


def to_task(
    kind: TaskKind,
    desk: Desk,
    *,
    focus: Reference | None = None,
    inputs: tuple[Reference, ...] = (),
    note: str | None = None,
) -> Task:
    """A kind of Task and what it is about → Task for the receiving service, asked for by the sender."""
    return Task(
        status="requested",
        intent="order" if kind.order else "proposal",
        priority=kind.priority,
        code=CodeableConcept(
            coding=(Coding(system=TASK_CODES, code=kind.code, display=kind.title),), text=kind.title
        ),
        description=kind.title,
        focus=focus,
        for_=desk.patient,
        encounter=desk.encounter,
        authoredOn=desk.sent,
        requester=desk.sender,
        owner=desk.receiver,
        note=to_note(content(note)),
        input=tuple(TaskInput(type=words("Grunnlag"), valueReference=i) for i in inputs),
    )
