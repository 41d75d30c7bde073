"""The demo once with real tokens: who may see what, said by the answers of a hub that asks everybody who they are.

A supplier sends a value, a GP system reads the trend, the municipality's journal takes the alert; others who ask for the same
get nothing. Each line is checked: the demo ends with status 1 when one is not as it must be.
"""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from hub.clock import PlayedClock
from hub.demo.load import Loaded, Loader
from hub.demo.people import MAIN
from hub.demo.play import another_folder, clear
from hub.demo.resources import render_json
from hub.demo.story import Story, build_story
from hub.policy.relations import CareRelation, Share
from hub.policy.rights import RelationKind
from hub.ports import Answer, Call
from hub.security.jwks import DISCOVERY
from hub.settings import Settings, read_settings
from hub.standin.actors import GP_OFFICE, MUNICIPALITY, SUPPLIER
from hub.standin.issuer import StandinIssuer
from hub.standin.registration import clients_of
from hub.store.migrate import DEMO_TENANT
from hub.store.unit import StoreUnit
from hub.wiring import Hub, build_hub
from hub.wiring.alone import alone_on, lock_of

ISSUER: Final = "https://issuer.invalid"
AUDIENCE: Final = "dho-hub"
HISTORY: Final = 60
"""Values of the story's past that are loaded: enough for a trend."""
_SPO2: Final = "59408-5"
_RELATIONS: Final[tuple[tuple[str, RelationKind], ...]] = (
    (MUNICIPALITY, "episode"),
    (GP_OFFICE, "gp_list"),
    (SUPPLIER, "agreement"),
)


def secure_settings(folder: Path, port: int) -> Settings:
    """Where the demo keeps its things, and its port → the settings of a hub that asks for tokens."""
    return read_settings(
        {
            "HUB_MODE": "development",
            "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
            "HUB_HELSEID_ISSUER": ISSUER,
            "HUB_HELSEID_AUDIENCE": AUDIENCE,
            "HUB_DATABASE_URL": f"sqlite:///{folder / 'hub.db'}",
            "HUB_PORT": str(port),
            "HUB_LOG_LEVEL": "error",
        }
    )


@dataclass(frozen=True, slots=True)
class Inside:
    """hub.ports.Outbound for the demo: its issuer lives in the same process, so that nothing leaves the machine."""

    issuer: StandinIssuer

    async def send(self, call: Call) -> Answer:
        """A request for discovery or keys → the answer."""
        document = self.issuer.discovery() if call.url == ISSUER + DISCOVERY else self.issuer.jwks()
        return Answer(200, {}, msgspec.json.encode(document))


@dataclass(slots=True)
class SecureDemo:
    """One run. Shape: `say` prints a line; `faults` what was not as it must be."""

    settings: Settings
    say: Callable[[str], None]
    story: Story = field(default_factory=build_story)
    faults: list[str] = field(default_factory=list[str])

    def run(self) -> bool:
        """Load, serve, play, stop → whether everybody saw their own and nothing else."""
        file = self.settings.database
        assert isinstance(file, Path), "the demo has a file of its own"
        file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        with alone_on(file, another_folder(file.parent)):
            clear(file.parent, lock_of(file))
            self._run()
        return not self.faults

    def _run(self) -> None:
        clock = PlayedClock(self.story.opens)
        now = lambda: clock.now().timestamp()  # noqa: E731 - a clock for two
        issuer = StandinIssuer(ISSUER, AUDIENCE, now, clock.new_id)
        hub = build_hub(self.settings, clock, outbound=Inside(issuer))
        short = replace(self.story, history=self.story.history[-HISTORY:])
        self.say("Laster pasienter, planer og de siste målingene …")
        loaded = asyncio.run(self._load(hub, clock, short))
        clock.play(self.story.opens, 1)
        hub.run(during=lambda server: self._play(issuer, loaded, server))

    async def _load(self, hub: Hub, clock: PlayedClock, story: Story) -> Loaded:
        loaded = await Loader(hub, clock, story).load(lambda _done, _all: None)
        patient = loaded.patient_id(MAIN)
        starts = self.story.opens - timedelta(days=1)

        def admit(unit: StoreUnit) -> None:
            for client in clients_of(ISSUER):
                if all(each.tenant_id == DEMO_TENANT for each in client.agreements):
                    unit.clients.save(client, starts.timestamp())
            for organisation, kind in _RELATIONS:
                relation = CareRelation(DEMO_TENANT, patient, organisation, kind, starts)
                unit.relations.add(relation, starts)
            unit.relations.share(Share(DEMO_TENANT, GP_OFFICE, starts), starts)

        await hub.store.write(admit)
        return loaded

    async def _play(self, issuer: StandinIssuer, loaded: Loaded, server: Any) -> None:
        try:
            await asyncio.to_thread(self._visit, issuer, loaded.patient_id(MAIN))
        finally:
            server.should_exit = True

    def _visit(self, issuer: StandinIssuer, patient: str) -> None:
        ask = Caller(issuer, self.settings.base_url)
        trend = f"/Observation?patient={patient}&code={_SPO2}&_sort=-date&_count=5"
        alerts = f"/DetectedIssue?patient={patient}"
        self._expect("Uten token", ask(None, "GET", trend), 401)
        value = _value(patient, self.story)
        made = ask("supplier", "POST", "/Observation", value)
        self._expect("Leverandøren sender SpO₂ 84 %", made, 201)
        self._expect("… og det samme beviset en gang til", ask.again(), 401)
        self._expect(
            "… og prøver å søke etter planer",
            ask("supplier", "GET", f"/CarePlan?patient={patient}"),
            403,
        )
        other = ask("other-supplier", "GET", f"/Observation/{made.id}")
        self._expect("En annen leverandør vil lese verdien", other, 404)
        self._expect("Fastlegens journal leser trenden", ask("gp", "GET", trend), 200, some=True)
        self._expect(
            "Et annet legekontor ser ingen", ask("other-gp", "GET", trend), (200, 403), some=False
        )
        taken = ask.until("municipality", alerts)
        self._expect("Kommunens journal får varselet", taken, 200, some=True)
        self._expect(
            "Sykehuset, uten forløp, får det ikke",
            ask("hospital", "GET", alerts),
            (200, 403),
            some=False,
        )
        self._expect("Leverandøren får det ikke", ask("supplier", "GET", alerts), 403)

    def _expect(
        self, what: str, got: Reply, status: int | tuple[int, ...], *, some: bool | None = None
    ) -> None:
        wanted = (status,) if isinstance(status, int) else status
        good = got.status in wanted and (some is None or bool(got.found) == some)
        found = "" if some is None else f", {got.found} funnet"
        self.say(f"  {'✓' if good else '✗'} {what}: {got.status}{found}")
        if not good:
            self.faults.append(what)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Shape: `found` entries of a Bundle; `id` of a resource."""

    status: int
    found: int = 0
    id: str = ""


@dataclass(slots=True)
class Caller:
    """HTTP as any of the stand-in's actors, with a token and a proof for each call."""

    issuer: StandinIssuer
    base: str
    _last: urllib.request.Request | None = None

    def __call__(self, name: str | None, method: str, path: str, body: Any = None) -> Reply:
        """An actor (None: nobody) and a request → the answer."""
        headers = {} if name is None else self.issuer.headers(name, method, self.base + path)
        data = None if body is None else render_json(body)
        self._last = urllib.request.Request(  # noqa: S310 - our own hub on loopback
            self.base + path,
            data=data,
            method=method,
            headers={"Content-Type": "application/fhir+json", **headers},
        )
        return self.again()

    def again(self) -> Reply:
        """The last request, byte for byte."""
        assert self._last is not None
        try:
            with urllib.request.urlopen(self._last, timeout=10) as answer:  # noqa: S310 - as above
                told = msgspec.json.decode(answer.read())
                return Reply(answer.status, len(told.get("entry", ())), told.get("id", ""))
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code)

    def until(self, name: str, path: str) -> Reply:
        """As a GET, again until something is found or it has taken too long."""
        found = Reply(0)
        for _ in range(100):
            found = self(name, "GET", path)
            if found.found:
                break
        return found


def _value(patient: str, story: Story) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": _SPO2}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": story.opens.isoformat(),
        "valueQuantity": {
            "value": 84,
            "unit": "%",
            "system": "http://unitsofmeasure.org",
            "code": "%",
        },
    }
