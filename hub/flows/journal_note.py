"""A closed alert → a document in the folder of the municipal journal, exactly once.

Three jobs, each a commit: build (the bytes are fixed), write (beside the folder), publish (moved into it).
Source: fhir-no/vkp-dho.md; dho/requirements.md 29, 58; architecture D4.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from hub.fhir.codec import encode
from hub.fhir.interactions.prepare import Setting
from hub.fhir.reading import read_stored
from hub.flows.alert_follow_up import PUBLISH_JOURNAL_NOTE, WRITE_JOURNAL_NOTE
from hub.flows.alert_record import parse_record
from hub.flows.log_message import log_note
from hub.flows.patient_book import Books
from hub.flows.people_tasks import build_task
from hub.flows.store_draft import Desk, job_actor
from hub.log import Event, log
from hub.mapping.alert_to_journal import ClosedAlert, alert_to_journal
from hub.mapping.evidence import resource_name
from hub.ports import AlertRow, Job, Unit, UnitOfWork
from hub.thresholds.alarm import Alert
from hub.thresholds.judgement import Judgement
from hub.thresholds.plan import Rule

_STAFF: Final = "Practitioner/"
_VERDICT: Final = msgspec.msgpack.Decoder(Judgement)
COMBINATION: Final = "combination"
_NOT_WRITTEN: Final = "Notatet om et lukket varsel er ikke kommet i journalen ({reason}). Huben prøver igjen; før det inn for hånd om det haster."


class JournalFolder(Protocol):
    """Where documents for the journal go."""

    def put(self, name: str, data: bytes) -> None:
        """A document → beside the folder, on the disk. Problems: UNREACHABLE."""
        ...

    def publish(self, name: str) -> None:
        """A document that was put → in the folder, once. Problems: UNREACHABLE."""
        ...


@dataclass(frozen=True, slots=True)
class JournalNote:
    """Jobs: `subject` is the id of the DetectedIssue."""

    store: UnitOfWork
    folder: JournalFolder
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()

    async def build(self, job: Job) -> None:
        """A closed alert → its document as bytes, in the payload of the next job."""
        await self.store.write(lambda unit: self._build(unit, job), long=True)

    async def write(self, job: Job) -> None:
        """A document → beside the journal's folder. Problems: UNREACHABLE."""
        await asyncio.to_thread(self.folder.put, _name(job), job.payload)
        await self._next(job, Job(job.tenant_id, PUBLISH_JOURNAL_NOTE, job.subject))

    async def publish(self, job: Job) -> None:
        """A document beside the folder → in it. Problems: UNREACHABLE."""
        await asyncio.to_thread(self.folder.publish, _name(job))
        await self._next(job, None)
        log(Event.JOURNAL_WRITTEN, alert=job.subject)

    def tell(self, unit: Unit, job: Job, reason: str) -> None:
        """A note that does not come into the folder → a person knows."""
        row = unit.alerts.find(job.tenant_id, job.subject)
        task = build_task(
            "journal-not-written",
            _NOT_WRITTEN.format(reason=reason),
            self.now(),
            focus=f"DetectedIssue/{job.subject}",
            patient_id=None if row is None else row.patient_id,
        )
        self._desk(job).create(unit.fhir, task)

    def _desk(self, job: Job) -> Desk:
        setting = Setting(self.now(), self.base_url, self.tags)
        return Desk(job_actor("journal", job.tenant_id), setting, self.new_id)

    async def _next(self, job: Job, then: Job | None) -> None:
        def work(unit: Unit) -> None:
            unit.outbox.done(job)
            if then is not None:
                unit.outbox.add(then, self.now())
                return
            row = unit.alerts.find(job.tenant_id, job.subject)
            patient = "" if row is None else row.patient_id
            log_note(unit, job.tenant_id, job.subject, patient, self.now())

        await self.store.write(work)

    def _build(self, unit: Unit, job: Job) -> None:
        unit.outbox.done(job)
        desk = self._desk(job)
        row = unit.alerts.find(job.tenant_id, job.subject)
        patient = None if row is None else _load(unit, desk, "Patient", row.patient_id)
        if row is None or patient is None:
            return  # deleted with its patient: there is no journal to write in
        closed = self._closed(unit, desk, row, patient)
        parts = [
            self._closed(unit, desk, part, patient) for part in _parts(unit, row, closed.alert)
        ]
        closed = replace(closed, parts=parts)
        note = encode(alert_to_journal(closed))
        unit.outbox.add(Job(job.tenant_id, WRITE_JOURNAL_NOTE, job.subject, note), self.now())

    def _closed(self, unit: Unit, desk: Desk, row: AlertRow, patient: Any) -> ClosedAlert:
        alert = parse_record(row.data).alert
        names = dict.fromkeys(
            name for e in alert.evidence if (name := resource_name(e.observation)) is not None
        )
        found = (_load(unit, desk, *name.split("/")) for name in names)
        return ClosedAlert(
            alert=alert,
            issue_id=row.issue_id,
            patient=patient,
            values=[value for value in found if value is not None],
            rule=self._rule(unit, desk, row.patient_id, alert),
            staff={
                step.by: _load(unit, desk, "Practitioner", step.by.removeprefix(_STAFF))
                for step in alert.steps
                if step.by.startswith(_STAFF)
            },
        )

    def _rule(self, unit: Unit, desk: Desk, patient_id: str, alert: Alert) -> Rule | None:
        """The rule as it was when it fired: of the plan version that the alert names, or of the general limits."""
        permit = desk.permit("read", "CarePlan")
        book = Books().book(unit.fhir, permit, patient_id, desk.setting.at).book
        for entry in book.entries:
            plan = None if entry.plan is None else (entry.plan.id, entry.plan.version)
            named = None if alert.plan is None else (alert.plan, alert.plan_version)
            if entry.rule.id == alert.rule and plan == named:
                return entry.rule
        return None


def _parts(unit: Unit, row: AlertRow, alert: Alert) -> list[AlertRow]:
    """The alert of a combination → the alerts of the firings it rests on, as its stored verdicts name them."""
    if alert.reason != COMBINATION:
        return []
    named: set[tuple[str, str]] = set()
    for marks in unit.judgements.versions_of(
        row.tenant_id, {e.observation for e in alert.evidence}
    ):
        if marks.verdict:
            judgement = _VERDICT.decode(marks.verdict)
            named.update(p for f in judgement.firings if f.rule == alert.rule for p in f.parts)
    found: list[AlertRow] = []
    for other in unit.alerts.of_patient(row.tenant_id, row.patient_id, everything=True):
        part = parse_record(other.data).alert
        if part.state != "withdrawn" and any(
            (part.rule, e.observation) in named for e in part.evidence
        ):
            found.append(other)
    return found


def _name(job: Job) -> str:
    """A job → the name of its file: one for each alert, for ever."""
    return f"varsel-{job.tenant_id}-{job.subject}.json"


def _load(unit: Unit, desk: Desk, kind: str, resource_id: str) -> Any:
    stored = unit.fhir.load(desk.permit("read", kind), kind, resource_id)
    return None if stored is None or stored.deleted else read_stored(stored.body, kind)
