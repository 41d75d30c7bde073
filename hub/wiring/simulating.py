"""The replay of a plan with its picture, for the operation: flows and pages meet here."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from hub.api.pages.simulation_chart import render_simulation_svg
from hub.fhir.interactions.simulate import AskedSimulation, Permits
from hub.flows.simulate_plan import Reading, replay, stored_draft, time_looked_at
from hub.mapping.evidence import resource_name
from hub.store.resources import ResourceSession
from hub.store.unit import StoreUnit
from hub.thresholds.simulation_text import render_simulation, simulation_document


def simulate_plan(
    session: ResourceSession, permits: Permits, asked: AskedSimulation
) -> Mapping[str, Any]:
    """A session and what is asked → the document of the simulation, with `text`, `picture` and a reference of each change.

    Problems: BAD_PARAMETER when the period cannot be read; those of the plan; TOO_COSTLY.
    """
    unit = StoreUnit(session.connection, {})
    reading = Reading(unit, permits, asked.patient_id, asked.now)
    book = reading.book()
    start, end = time_looked_at(asked.period, asked.until, asked.now, book.zone)
    draft = stored_draft(reading, asked.plan_id, book)
    found = replay(reading, book, draft, start, end)
    document = simulation_document(found.simulation)
    for each in document["changed"]:
        each["reference"] = resource_name(each["observation"])
    text = "\n".join(render_simulation(found.simulation, book.zone, asked.language))
    picture = base64.b64encode(render_simulation_svg(found).encode()).decode()
    attachment = {"contentType": "image/svg+xml", "data": picture, "title": document["summary"]}
    return {**document, "text": text, "picture": attachment}
