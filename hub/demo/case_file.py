"""The demo's story as threshold cases: for `hub thresholds judge`, and for everything that wants plans as values.

Source: dho/cases/README.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from hub.demo.people import HEART
from hub.demo.plans import OSLO
from hub.demo.resources import ADMITTED_DAYS_AGO
from hub.demo.series import Reading
from hub.demo.story import Event, Story
from hub.problems import HubError
from hub.thresholds.cases import Case, parse_cases

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def build_case_file(story: Story) -> bytes:
    """The story → one case per patient: plans, limits, ninety days and the demo day, with the zones it expects."""
    document = {
        "format": "dho-threshold-cases/1",
        "synthetic": True,
        "cases": [_case(story, person) for person in story.people],
    }
    return _ENCODER.encode(document)


def read_cases(story: Story) -> dict[str, Case]:
    """The story → each patient's case as values of the rules engine: plans, general limits, patient status.

    Problems: those of the case parser; the story of the demo has none.
    """
    found: dict[str, Case] = {}
    for source in parse_cases(build_case_file(story)).cases:
        if source.case is None:
            raise HubError(*source.problems)
        found[source.case.id] = source.case
    return found


def _case(story: Story, person: str) -> dict[str, Any]:
    told = [e for e in story.events if e.person == person and e.reading]
    history = [_observation(r, r.at + timedelta(minutes=1)) for r in story.history]
    return {
        "id": person,
        "title": story.plans[person].text.title,
        "patient": {
            "id": person,
            "timezone": "Europe/Oslo",
            "status_periods": _status(story, person),
        },
        "general_limits": list(story.general_limits),
        "plans": list(story.plans[person].versions),
        "observations": [
            *(o for o, r in zip(history, story.history, strict=True) if r.person == person),
            *(_event(e) for e in told),
        ],
        "events": [],
        "now": story.closes.isoformat(),
    }


def _status(story: Story, person: str) -> list[dict[str, Any]]:
    start = _instant(story.opens - timedelta(days=95))
    if person != HEART:
        return [{"status": "active", "from": start, "to": None}]
    paused = _instant(story.opens - timedelta(days=ADMITTED_DAYS_AGO))
    return [
        {"status": "active", "from": start, "to": paused},
        {"status": "on-hold", "from": paused, "to": None},
    ]


def _instant(at: datetime) -> str:
    """An instant → the midnight of its day."""
    return at.astimezone(OSLO).replace(hour=0, minute=0, second=0).isoformat()


def _event(event: Event) -> dict[str, Any]:
    assert event.reading is not None
    made = _observation(event.reading, event.at)
    if event.kind == "correction":
        return made | {"status": "entered-in-error"}
    return made | ({"id": f"{made['id']}-again"} if event.kind == "duplicate" else {})


def _observation(reading: Reading, received: datetime) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": reading.key,
        "measure": reading.measure,
        "effective": reading.at.isoformat(),
        "received": received.isoformat(),
        "status": "final",
        "identifier": f"leverandor|{reading.key}",
    }
    _, number, made["unit"] = reading.values[0]
    if reading.measure == "bp":
        made["components"] = {name: part for name, part, _ in reading.values}
    else:
        made["value"] = number
    if reading.oxygen is not None:
        made["context"] = {"on_oxygen": reading.oxygen > 0}
    return made
