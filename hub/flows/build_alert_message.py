"""A red alert → the message to the GP, fixed as bytes and queued; nobody to send it to → a Task (walk (a), step 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from hub.emessage.table_build import render
from hub.fhir.interactions.prepare import Setting
from hub.fhir.models.r4.communication import Communication
from hub.flows.letterhead import letterhead_for, load, tail
from hub.flows.mark_for_judging import read_measurement
from hub.flows.people_tasks import build_task
from hub.flows.queue_message import Way, new_row, queue_message
from hub.flows.store_draft import Desk, job_actor
from hub.mapping.alert_communication import alert_to_communication
from hub.mapping.alert_facts import alert_facts
from hub.mapping.alert_to_detected_issue import OSLO
from hub.mapping.alert_to_dialogmelding import (
    MESSAGE_TYPE,
    AlertMessage,
    alert_to_dialogmelding,
    message_text,
)
from hub.mapping.gp import GpReceiver, gp_role_id, resolve_gp
from hub.mapping.message_words import TableRow, to_rows
from hub.mapping.own_party import OwnParty as Letterhead
from hub.ports import Job, JudgeMark, MessageRow, Unit, UnitOfWork
from hub.problems import HubError, Problem

_DAYS: Final = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class BuildAlertMessage:
    """Job: `subject` is the id of the DetectedIssue. Shape: `processing` of list 8113; `check` the official schemas."""

    store: UnitOfWork
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()
    processing: str = "P"
    check: Callable[[bytes], tuple[Problem, ...]] | None = None

    async def __call__(self, job: Job) -> None:
        """A job → message, Communication and its submission, or a Task, in one transaction with the end of the job."""
        await self.several((job,))

    async def several(self, jobs: Sequence[Job]) -> bool:
        """Jobs → what each of them asks for, in one transaction: everything is read first, then what was made goes in together."""

        def work(unit: Unit) -> None:
            for write in [self._ready(unit, job) for job in jobs]:
                write()
            for job in jobs:
                unit.outbox.done(job)

        await self.store.write(work)
        return True

    def tell(self, unit: Unit, job: Job, _reason: str) -> None:
        """A job that keeps failing, or was given up → a person must ring: a red may not wait for our own fault."""
        desk = self._desk(job)
        issue, patient = _find(unit, desk, job)
        if issue is not None and patient is not None and issue.severity == "high":
            text = "meldingen kunne ikke lages, det er en feil i huben"
            self._tell_nobody(unit, desk, issue, patient, text)

    def _desk(self, job: Job) -> Desk:
        setting = Setting(self.now(), self.base_url, self.tags)
        return Desk(job_actor("send", job.tenant_id), setting, self.new_id)

    def _ready(self, unit: Unit, job: Job) -> Callable[[], None]:
        """A job → what stores the message it asks for, or a Task; everything is read and made before."""
        desk = self._desk(job)
        issue, patient = _find(unit, desk, job)
        if issue is None or patient is None:
            return _nothing  # deleted with its patient: nobody is to be told
        if issue.status == "entered-in-error" or issue.severity != "high":
            return _nothing  # retracted or lowered before anything was sent (thresholds.md §9)
        receiver = self._receiver(unit, desk, patient, desk.setting.at)
        if isinstance(receiver, Problem):
            return partial(self._tell_nobody, unit, desk, issue, patient, receiver.detail)
        sender = letterhead_for(unit, desk, patient.managingOrganization)
        if sender is None:
            detail = "ingen egen tjeneste er satt opp som avsender"
            return partial(self._tell_nobody, unit, desk, issue, patient, detail)
        return self._message(unit, desk, issue, patient, sender, receiver)

    def _message(
        self,
        unit: Unit,
        desk: Desk,
        issue: Any,
        patient: Any,
        sender: Letterhead,
        receiver: GpReceiver,
    ) -> Callable[[], None]:
        now, msg_id = desk.setting.at, self.new_id()
        message = AlertMessage(
            facts=alert_facts(issue),
            patient=patient,
            sender=sender,
            receiver=receiver,
            rows=self._rows(unit, desk.actor.tenant_id, patient.id, now),
            processing=self.processing,
        )
        text = message_text(message, now, OSLO)
        translation = alert_to_dialogmelding(message, msg_id=msg_id, now=now, text=text)
        if translation.value is None:
            detail = "; ".join(p.detail for p in translation.problems)
            return partial(self._tell_nobody, unit, desk, issue, patient, detail)
        raw = render(translation.value)
        refused = self.check(raw) if self.check is not None else ()
        if refused:
            raise HubError(*refused)
        communication = alert_to_communication(
            message,
            issue_id=issue.id,
            patient_id=patient.id,
            msg_id=msg_id,
            now=now,
            communication_id=self.new_id(),
            text=text,
        )
        row = new_row(
            *(desk.actor.tenant_id, msg_id, MESSAGE_TYPE),
            *(Way(sender.service_her_id, receiver.party_her_id), raw, now),
            sent_for=issue.id,
            patient_id=patient.id,
            communication_id=communication.id or "",
        )
        return partial(_queue, unit, desk, communication, row)

    def _tell_nobody(self, unit: Unit, desk: Desk, issue: Any, patient: Any, detail: str) -> None:
        """No message can be sent: a person must ring instead (promise 1)."""
        text = (
            f"Rødt varsel er ikke sendt til fastlegen: {detail}. Kontakt fastlegen på annen måte."
        )
        task = build_task(
            "no-gp",
            text,
            desk.setting.at,
            focus=f"DetectedIssue/{issue.id}",
            patient_id=patient.id,
            owner=patient.managingOrganization,
        )
        desk.create(unit.fhir, task)

    def _receiver(
        self, unit: Unit, desk: Desk, patient: Any, now: datetime
    ) -> GpReceiver | Problem:
        role_id = gp_role_id(patient)
        role = load(unit, desk, "PractitionerRole", role_id) if role_id else None
        office = doctor = None
        if role is not None:
            office = load(
                unit,
                desk,
                "Organization",
                tail(role.organization.reference) if role.organization else "",
            )
            doctor = load(
                unit,
                desk,
                "Practitioner",
                tail(role.practitioner.reference) if role.practitioner else "",
            )
        return resolve_gp(patient, role, office, doctor, now=now)

    def _rows(
        self, unit: Unit, tenant_id: int, patient_id: str, now: datetime
    ) -> tuple[TableRow, ...]:
        newest: dict[str, JudgeMark] = {}
        for mark in unit.judgements.since(tenant_id, patient_id, now - _DAYS):
            held = newest.get(mark.observation_id)
            if held is None or mark.version > held.version:
                newest[mark.observation_id] = mark
        return to_rows(((read_measurement(m.input), m.zone) for m in newest.values()), now=now)


def _nothing() -> None:
    """Nothing is to be stored."""


def _queue(unit: Unit, desk: Desk, communication: Communication, row: MessageRow) -> None:
    """A message that was made → stored, with its Communication and its submission."""
    desk.create(unit.fhir, communication, communication.id)
    queue_message(unit, row)


def _find(unit: Unit, desk: Desk, job: Job) -> tuple[Any, Any]:
    """A job → its DetectedIssue and the Patient, None for what is not here any more."""
    issue = load(unit, desk, "DetectedIssue", job.subject)
    if issue is None:
        return None, None
    return issue, load(unit, desk, "Patient", tail(issue.patient.reference))
