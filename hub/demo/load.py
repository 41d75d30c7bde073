"""The story → a hub that already knows its people, plans and ninety days of measurements.

History is loaded in order, each value received one minute after it was taken, on a clock that is set by hand; nothing is sent
while it is loaded (D11). Synthetic databases only: the demo makes its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import msgspec

from hub.clock import PlayedClock
from hub.demo.case_file import read_cases
from hub.demo.observations import to_observation
from hub.demo.resources import Resource, full_url, render_json, transaction, with_references
from hub.demo.story import Story
from hub.fhir.codec import encode
from hub.fhir.requests import FhirRequest
from hub.mapping.general_limits import general_limits_to_fhir
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.policy import Actor
from hub.store.migrate import DEMO_TENANT
from hub.wiring import Hub

_LOADER: Final = Actor("development", "demo-loader", "Demo: innlasting", DEMO_TENANT)


class LoadError(Exception):
    """The hub refused what the demo loads; the text says what and why."""


@dataclass(slots=True)
class Loaded:
    """Where the story's things are. Shape: `known` maps the story's `urn:uuid:` to `Type/id`."""

    known: dict[str, str] = field(default_factory=dict[str, str])

    def patient_id(self, person: str) -> str:
        """A person's key → the id of the Patient."""
        return self.known[full_url("patient", person)].partition("/")[2]


@dataclass(slots=True)
class Loader:
    """Loads a story through the hub's own interactions, without a network."""

    hub: Hub
    clock: PlayedClock
    story: Story
    loaded: Loaded = field(default_factory=Loaded)

    async def load(self, progress: Callable[[int, int], None]) -> Loaded:
        """Town, limits and plans, then the history with its judgements; `progress` gets (done, all)."""
        judge = (
            self.hub.work.runner.judge
        )  # composed before anything is stored: saving marks what is to be judged
        start = self.story.history[0].at - timedelta(days=1)
        self.clock.play(start, 0)
        await self._town()
        await self._plans()
        for number, reading in enumerate(self.story.history, start=1):
            self.clock.play(reading.at + timedelta(minutes=1), 0)
            await self.post(to_observation(reading))
            await judge()
            if number % 50 == 0 or number == len(self.story.history):
                progress(number, len(self.story.history))
        return self.loaded

    async def post(self, resource: Resource) -> dict[str, Any]:
        """A resource of the story → stored, with real references."""
        body = render_json(with_references(resource, self.loaded.known))
        return await self._send("POST", (resource["resourceType"],), body)

    async def _town(self) -> None:
        entries = self.story.town
        answer = await self._send("POST", (), render_json(transaction(entries)))
        for entry, told in zip(entries, answer["entry"], strict=True):
            place = told["response"]["location"].partition("/_history")[0]
            self.loaded.known[entry.full_url] = place

    async def _plans(self) -> None:
        cases = read_cases(self.story)
        limits = next(iter(cases.values())).general_limits
        for definition in general_limits_to_fhir(limits, new_id=self.clock.new_id):
            await self._put(definition)
        for person, case in cases.items():
            before: str | None = None
            for plan in case.plans:
                made = plan_to_fhir(
                    plan,
                    self.loaded.patient_id(person),
                    new_id=self.clock.new_id,
                    text=self.story.plans[person].text,
                    replaces=before,
                    status="active" if plan.valid_to is None else "completed",
                )
                for resource in made.all:
                    await self._put(resource)
                before = made.care_plan.id

    async def _put(self, resource: Any) -> None:
        await self._send("PUT", (type(resource).__name__, resource.id), encode(resource))

    async def _send(self, method: str, path: tuple[str, ...], body: bytes) -> dict[str, Any]:
        request = FhirRequest(method, path, (), {}, body, _LOADER, self.hub.settings.base_url)
        answer = await self.hub.app.fhir.router.run(request)
        if answer.status >= 300:
            raise LoadError(f"{method} {'/'.join(path)}: {answer.status}")
        return msgspec.json.decode(answer.body)
