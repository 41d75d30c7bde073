"""Work for people: Tasks that the hub raises when it must not decide alone.

Shape of the texts: plain Norwegian, no personal data beyond what the reader of the Task may see.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from hub.fhir.models.r4.datatypes import CodeableConcept, Identifier, Period, Reference
from hub.fhir.models.r4.task import Task, TaskRestriction
from hub.fhir.requests import fhir_instant
from hub.mapping import urls
from hub.mapping.fhir_parts import concept

Kind = Literal[
    "match-patient",
    "match-series",
    "message-conflict",
    "message-taken-back",
    "new-number",
    "message-not-taken-in",
    "message-rejected",
    "no-receipt",
    "no-gp",
    "not-delivered",
    "not-sent",
    "plan-unreadable",
    "journal-not-written",
]
NAMES: dict[Kind, str] = {
    "match-patient": "Koble melding til pasient",
    "match-series": "Kansellering eller endring uten kjent melding",
    "message-taken-back": "Mottakeren kan ikke behandle meldingen",
    "new-number": "Nytt nummer for pasienten",
    "message-conflict": "Kjent meldings-id med annet innhold",
    "no-receipt": "Melding uten kvittering",
    "no-gp": "Rødt varsel uten fastlege å sende til",
    "not-delivered": "Melding ikke levert",
    "not-sent": "Melding som ikke kunne lages",
    "message-not-taken-in": "Mottatt melding er ikke tatt inn",
    "plan-unreadable": "Egenbehandlingsplan som ikke kan brukes",
    "journal-not-written": "Varsel som ikke er kommet i journalen",
}


def build_task(
    kind: Kind,
    text: str,
    now: datetime,
    *,
    focus: str | None = None,
    patient_id: str | None = None,
    about: str | None = None,
    owner: Reference | None = None,
    deadline: datetime | None = None,
    priority: Literal["urgent", "stat"] = "urgent",
) -> Task:
    """What a person must do and why → Task.

    Shape: `focus` `Type/id`; `about` the MsgId or alert it concerns; `deadline` when it must be done at the latest.
    """
    return Task(
        identifier=()
        if about is None
        else (Identifier(system="urn:ietf:rfc:3986", value=f"urn:uuid:{about}"),),
        status="requested",
        intent="order",
        priority=priority,
        code=CodeableConcept(
            coding=concept(urls.TASK_CODES, kind, NAMES[kind]).coding, text=NAMES[kind]
        ),
        description=text,
        focus=None if focus is None else Reference(reference=focus),
        for_=None if patient_id is None else Reference(reference=f"Patient/{patient_id}"),
        authoredOn=fhir_instant(now),
        lastModified=fhir_instant(now),
        requester=Reference(display="DHO-hub"),
        owner=owner,
        restriction=None
        if deadline is None
        else TaskRestriction(period=Period(end=fhir_instant(deadline))),
    )


def is_task(task: Task, kind: Kind) -> bool:
    """A Task → whether it is of this kind and still to be done."""
    codings = task.code.coding if task.code is not None else ()
    over = task.status in ("completed", "cancelled", "rejected", "failed", "entered-in-error")
    return not over and any(c.system == urls.TASK_CODES and c.code == kind for c in codings)
