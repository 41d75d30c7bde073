"""A message and its patient → what it becomes here. It can be made before the transaction that stores it, which is the shorter for it.

Whatever is made beforehand counts only if it rests on what still stands when it is stored: the same patient, stays, Tasks and series.
Source: architecture D7 (one transaction for a message, its data and its receipt).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.emessage.read import Reading
from hub.flows.find_series import Series, find_series
from hub.flows.join_conversation import join_earlier
from hub.flows.patient_book import of_patient
from hub.flows.store_draft import Desk, Ready
from hub.mapping.draft import Context, Draft
from hub.mapping.registry import find_mapper
from hub.ports import Unit
from hub.problems import Translation


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a message becomes, and what that rests on.

    Shape: `draft` is that of the translation, joined to the messages it answers; `ready` the same prepared to be stored, None while
    it is not; `context.raw` names the Binary of the message.
    """

    series: Series
    context: Context
    translation: Translation[Draft]
    draft: Draft
    ready: Ready | None = None

    def rests_on(self, series: Series, context: Context) -> bool:
        """Whether a mapper that is told this would say the same again."""
        mine = self.context
        return (
            mine.patient_id == context.patient_id
            and mine.stays == context.stays
            and mine.tasks == context.tasks
            and self.series == series
        )


def map_message(
    unit: Unit,
    desk: Desk,
    reading: Reading,
    patient_id: str,
    new_id: Callable[[], str],
    before: Mapped | None = None,
) -> Mapped:
    """A reading without fatal problems, its patient, and what was made of it before → what is made of it."""
    series = find_series(unit, desk, reading, patient_id)
    context = Context(
        patient_id=patient_id,
        new_id=new_id,
        received=desk.setting.at,
        stays=tuple(
            of_patient(unit.fhir, desk.permit("search", "Encounter"), "Encounter", patient_id)
        ),
        tasks=tuple(of_patient(unit.fhir, desk.permit("search", "Task"), "Task", patient_id)),
        series=series.stored,
        raw=f"Binary/{new_id()}",
    )
    if before is not None and before.rests_on(series, context):
        draft = join_earlier(unit, desk, before.translation.value, patient_id)
        ready = before.ready if draft.create == before.draft.create else None
        return Mapped(series, before.context, before.translation, draft, ready)
    assert reading.envelope is not None
    mapper = find_mapper(reading.envelope.type, reading.envelope.namespace)
    assert mapper is not None, (
        "what is read here has a mapper (tests/unit/mapping/test_registry.py)"
    )
    whole: Any = reading.message if reading.message is not None else reading.payload
    translation = mapper(whole, reading.payload, context)
    draft = join_earlier(unit, desk, translation.value, patient_id)
    return Mapped(series, context, translation, draft)
