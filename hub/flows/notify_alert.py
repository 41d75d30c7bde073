"""A notification of an alert that is due → told on its Task, unless somebody has acted meanwhile.

The Task is where every system that follows the alert looks; sending it further is the routing's affair.
Source: dho/thresholds.md §7.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from hub.fhir.interactions.prepare import Setting
from hub.fhir.models.r4.datatypes import Annotation
from hub.fhir.reading import read_stored
from hub.flows.alert_follow_up import Telling, phase_text, read_telling
from hub.flows.alert_record import parse_record
from hub.flows.store_draft import Desk, job_actor
from hub.mapping import urls
from hub.mapping.alert_to_detected_issue import OSLO
from hub.mapping.fhir_parts import concept
from hub.mapping.fhir_time import to_fhir_time
from hub.ports import Job, Unit, UnitOfWork
from hub.thresholds.alarm import Alert

_TEXTS: Final[Mapping[tuple[str, str], str]] = {
    ("remind", "open"): "Påminnelse: ingen har tatt varselet ennå.",
    ("escalate", "open"): "Ingen har tatt varselet i tide: det går videre til neste ledd.",
    (
        "remind",
        "acknowledged",
    ): "Påminnelse: varselet er tatt, men det er ikke satt i verk noe tiltak.",
    (
        "escalate",
        "acknowledged",
    ): "Det er ikke satt i verk noe tiltak i tide: varselet går videre til neste ledd.",
    ("remind", "mitigated"): "Påminnelse: varselet var utsatt til nå.",
}
_NAMES: Final = {"remind": ("reminded", "Minnet på"), "escalate": ("escalated", "Sendt videre")}


@dataclass(frozen=True, slots=True)
class NotifyAlert:
    """Job: `subject` is the id of the DetectedIssue, `payload` a Telling."""

    store: UnitOfWork
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()

    async def __call__(self, job: Job) -> None:
        """A job → told, in one transaction with the end of the job.

        Raise and upgrade stand on the Task already: jobs of theirs are done as they are put in, but for those of before.
        """
        await self.several((job,))

    async def several(self, jobs: Sequence[Job]) -> bool:
        """Jobs → all of them told in one transaction."""

        def work(unit: Unit) -> None:
            for job in jobs:
                self._tell(unit, job)
            for job in jobs:
                unit.outbox.done(job)

        await self.store.write(work)
        return True

    def _tell(self, unit: Unit, job: Job) -> None:
        telling = read_telling(job.payload)
        if telling.kind not in _NAMES:
            return
        row = unit.alerts.find(job.tenant_id, job.subject)
        if row is None:
            return
        record = parse_record(row.data)
        if record.alert.live and phase_text(record.alert) == telling.phase:
            self._note(unit, job, record.task_id, record.alert, telling)

    def _note(self, unit: Unit, job: Job, task_id: str, alert: Alert, telling: Telling) -> None:
        desk = Desk(
            job_actor("notify", job.tenant_id),
            Setting(self.now(), self.base_url, self.tags),
            self.new_id,
        )
        stored = unit.fhir.load(desk.permit("read", "Task"), "Task", task_id)
        if stored is None or stored.deleted:
            return
        task: Any = read_stored(stored.body, "Task")
        now = to_fhir_time(desk.setting.at, OSLO)
        back = alert.snoozed_until is not None and telling.at <= alert.snoozed_until
        text = _TEXTS["remind", "mitigated"] if back else _TEXTS[telling.kind, alert.state]
        changed = msgspec.structs.replace(
            task,
            businessStatus=concept(urls.TASK_CODES, *_NAMES[telling.kind]),
            note=(*task.note, Annotation(time=now, text=text)),
            lastModified=now,
        )
        desk.update(unit.fhir, changed)
