"""A sent message whose state changed → its Communication says so; a rejection or a missing receipt becomes a Task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from hub.emessage.apprec import AppRec
from hub.emessage.dialogue import State
from hub.fhir.interactions.prepare import Setting
from hub.fhir.models.r4.datatypes import CodeableConcept
from hub.fhir.reading import read_stored
from hub.fhir.requests import fhir_instant
from hub.flows.people_tasks import Kind, build_task, is_task
from hub.flows.store_draft import Desk, job_actor
from hub.mapping.alert_communication import with_state
from hub.mapping.apprec_to_fhir import rejection_to_task
from hub.mapping.urls import URI_SYSTEM
from hub.ports import MessageRow, Unit

_ALARMS: Final[Mapping[str, tuple[Kind, str]]] = {
    State.NO_APP_REC: (
        "no-receipt",
        "Mottakeren har ikke kvittert innen fristen. Regn meldingen som ikke mottatt, og ta kontakt på annen måte.",
    ),
    State.TRANSPORT_REJECTED: (
        "not-delivered",
        "Meldingsformidleren avviste meldingen. Den er ikke levert; ta kontakt på annen måte.",
    ),
    State.TAKEN_BACK: (
        "message-taken-back",
        "Mottakeren har kvittert for meldingen, men melder nå at den ikke kan behandles. Les tilbakemeldingen, og ta kontakt.",
    ),
    State.DEAD_LETTER: (
        "not-delivered",
        "Meldingen kunne ikke sendes, og alle forsøk er brukt opp. Ta kontakt på annen måte.",
    ),
}

_ANSWERED: Final = frozenset(
    (State.APP_REC_OK, State.APP_REC_PARTLY, State.APP_REC_REJECTED, State.TAKEN_BACK)
)
_WAITED: Final[tuple[Kind, ...]] = ("no-receipt", "not-delivered")


@dataclass(frozen=True, slots=True)
class MessageState:
    """Tells people and readers what became of a message."""

    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()

    def changed(
        self, unit: Unit, row: MessageRow, state: str, receipt: AppRec | None = None, why: str = ""
    ) -> None:
        """A message, its new state and, where one came, the receipt → Communication updated, Task raised or ended.

        Shape: `why` is added to the Task's text.
        """
        desk = Desk(
            job_actor("track", row.tenant_id),
            Setting(self.now(), self.base_url, self.tags),
            self.new_id,
        )
        if row.communication_id:
            permit = desk.permit("read", "Communication")
            stored = unit.fhir.load(permit, "Communication", row.communication_id)
            if stored is not None and not stored.deleted:
                communication = read_stored(stored.body, "Communication")
                desk.update(unit.fhir, with_state(communication, State(state), receipt), stored)
        if state in _ANSWERED:
            self._end_waiting(unit, desk, row)
        if receipt is not None and state in (State.APP_REC_REJECTED, State.APP_REC_PARTLY):
            desk.create(unit.fhir, rejection_to_task(row, receipt, self.now()))
        elif state in _ALARMS:
            kind, text = _ALARMS[state]
            text = f"{text} {why}".strip()
            focus = f"Communication/{row.communication_id}" if row.communication_id else None
            patient = row.patient_id or None
            task = build_task(
                kind,
                text,
                self.now(),
                focus=focus,
                patient_id=patient,
                about=row.msg_id,
                priority="stat" if state == State.TAKEN_BACK else "urgent",
            )
            desk.create(unit.fhir, task)

    def _end_waiting(self, unit: Unit, desk: Desk, row: MessageRow) -> None:
        """An answer that came after all → the Tasks that asked for one are over."""
        permit = desk.permit("read", "Task")
        name = f"urn:uuid:{row.msg_id}"
        for task_id in unit.fhir.find_by_identifier(permit, "Task", URI_SYSTEM, name):
            stored = unit.fhir.load(permit, "Task", task_id)
            task = None if stored is None or stored.deleted else read_stored(stored.body, "Task")
            if task is not None and any(is_task(task, kind) for kind in _WAITED):
                at = fhir_instant(desk.setting.at)
                over = replace(
                    task,
                    status="cancelled",
                    statusReason=CodeableConcept(text="Mottakeren har svart"),
                    lastModified=at,
                )
                desk.update(unit.fhir, over)
