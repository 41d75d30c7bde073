"""A plan or general limits that cannot be judged by as they stand → one open Task, not one for each value.

The door refuses what is wrong alone (guard_plans.py); this is for what is wrong together, such as a measure that is not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from hub.fhir.reading import read_stored
from hub.flows.patient_book import Compiled
from hub.flows.people_tasks import build_task
from hub.flows.store_draft import Desk
from hub.log import Event, log
from hub.mapping import urls
from hub.ports import Unit
from hub.problems import Problem

_ENDED: Final = ("completed", "cancelled", "rejected", "failed", "entered-in-error")
_MOST: Final = 10
_PLAN: Final = (
    "Egenbehandlingsplanen kan ikke brukes slik den står, og målinger blir ikke vurdert etter det som er feil: {faults}"
    " Rett planen eller lag en ny versjon."
)
_LIMITS: Final = (
    "De generelle grensene kan ikke brukes slik de står, og målinger blir ikke vurdert etter det som er feil: {faults}"
    " Rett grensene (ObservationDefinition)."
)


def tell_faulty_plan(unit: Unit, desk: Desk, patient_id: str, compiled: Compiled) -> None:
    """What a patient is judged by → a Task for each set of problems in it that has none open."""
    if compiled.plan_problems:
        _tell(unit, desk, _PLAN, compiled.plan_problems, patient_id)
    if compiled.limit_problems:
        _tell(unit, desk, _LIMITS, compiled.limit_problems, None)


def _tell(
    unit: Unit, desk: Desk, text: str, problems: Sequence[Problem], patient_id: str | None
) -> None:
    details = sorted({problem.detail for problem in problems})
    about = str(uuid5(NAMESPACE_URL, "\n".join(("plan-unreadable", patient_id or "", *details))))
    if _is_told(unit, desk, about):
        return
    more = f" ({len(details) - _MOST} til)" if len(details) > _MOST else ""
    faults = " ".join(details[:_MOST]) + more
    focus = None if patient_id is None else f"Patient/{patient_id}"
    task = build_task(
        "plan-unreadable",
        text.format(faults=faults),
        desk.setting.at,
        focus=focus,
        patient_id=patient_id,
        about=about,
    )
    stored = desk.create(unit.fhir, task)
    log(Event.PLAN_FAULTY, task=stored.id, problems=len(details))


def _is_told(unit: Unit, desk: Desk, about: str) -> bool:
    permit = desk.permit("read", "Task")
    for name in unit.fhir.find_by_identifier(permit, "Task", urls.URI_SYSTEM, f"urn:uuid:{about}"):
        stored = unit.fhir.load(permit, "Task", name)
        if stored is not None and not stored.deleted:
            task = read_stored(stored.body, "Task")
            if task.status not in _ENDED:
                return True
    return False
