"""The demo: a hub of its own, a stand-in journal, and a day played in a minute."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from hub.clock import PlayedClock, monotonic
from hub.demo.load import Loaded, Loader
from hub.demo.messages import build_message
from hub.demo.narrator import Narrator
from hub.demo.nurse import Nurse, Step
from hub.demo.people import MAIN, own_services
from hub.demo.resources import render_json, with_references
from hub.demo.story import Event, Story, build_story
from hub.settings import Settings, read_settings
from hub.standin.hospital import Hospital
from hub.standin.journal import Journal
from hub.store.migrate import DEMO_TENANT
from hub.store.unit import StoreUnit
from hub.transport.file_drop import prepare, standard_drop
from hub.wiring import Hub, NotReadyError, build_hub
from hub.wiring.alone import alone_on, lock_of
from hub.wiring.pace import Pace

DAY_S: Final = 60.0
_PACE: Final = Pace(drop_in_s=0.2, drop_out_s=0.3, settle_s=0.2)
_LOOK_S: Final = 0.1
_MARK: Final = ".dho-demo"
_SPO2: Final = "59408-5"


def demo_settings(folder: Path, port: int) -> Settings:
    """Where the demo keeps its things, and its port → the settings of a development hub of its own."""
    return read_settings(
        {
            "HUB_MODE": "development",
            "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
            "HUB_DEV_OPEN": "yes",
            "HUB_DATABASE_URL": f"sqlite:///{folder / 'hub.db'}",
            "HUB_FILEDROP_DIR": str(folder / "drop"),
            "HUB_JOURNAL_DIR": str(folder / "journal"),
            "HUB_OWN_SERVICES": own_services(),
            "HUB_PORT": str(port),
            "HUB_LOG_LEVEL": "error",
        }
    )


def clear(folder: Path, lock: Path) -> None:
    """A folder, and the lock in it that stays → empty but for its mark. Raises NotReadyError when no demo made it."""
    mark = folder / _MARK
    held = [path for path in folder.iterdir() if path not in (lock, mark)]
    if held and not mark.exists():
        raise NotReadyError(
            f"{folder} holds {held[0].name} and was not made by the demo, which would empty it. Name another --folder."
        )
    mark.touch()
    for path in held:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def another_folder(folder: Path) -> str:
    """A folder in which a demo runs → what a second one beside it is told to do, fit for a shell."""
    return f"name another folder, for example --folder {shlex.quote(f'{folder}-2')}"


@dataclass(slots=True)
class Demo:
    """One run. Shape: `say` prints a line; `progress` gets (done, all) while loading; `stay` = serve on after the day."""

    settings: Settings
    say: Callable[[str], None]
    progress: Callable[[int, int], None]
    colour: bool = False
    stay: bool = True
    day_s: float = DAY_S
    story: Story = field(default_factory=build_story)

    def run(self) -> None:
        """Load, serve, play, and serve on until Ctrl-C. Raises NotReadyError when the folder is another's or in use."""
        file = self.settings.database
        assert isinstance(file, Path), "the demo has a file of its own"
        file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        with alone_on(file, another_folder(file.parent)):
            clear(file.parent, lock_of(file))
            self._run()

    def _run(self) -> None:
        clock = PlayedClock(self.story.opens)
        hub = build_hub(self.settings, clock, _PACE)
        self.say("Laster pasienter, planer og 90 dagers målinger …")
        loaded = asyncio.run(Loader(hub, clock, self.story).load(self.progress))
        stop = threading.Event()
        journal = self._journal(clock, stop)
        try:
            hub.run(during=lambda server: self._play(hub, clock, loaded, server))
        finally:
            stop.set()
            journal.join(timeout=5)
            self.say("Stoppet. Kjør `make demo` igjen for en ny dag.")

    def _journal(self, clock: PlayedClock, stop: threading.Event) -> threading.Thread:
        assert self.settings.filedrop is not None
        drop = standard_drop(self.settings.filedrop)
        prepare(drop)
        journal = Journal(drop, clock.now, clock.new_id, monotonic())
        thread = threading.Thread(
            target=journal.run, args=(stop,), name="stand-in journal", daemon=True
        )
        thread.start()
        return thread

    async def _play(self, hub: Hub, clock: PlayedClock, loaded: Loaded, server: Any) -> None:
        base = self.settings.base_url
        patients = {person: loaded.patient_id(person) for person in self.story.people}
        narrator = Narrator(self.story, hub.store, patients, base, self.say, clock.now, self.colour)
        await narrator.look()
        self._welcome(patients)
        assert self.settings.journal is not None
        folder = self.settings.journal
        nurse = Nurse(self.story, base, patients[MAIN], clock.new_id, narrator.line, folder)
        await asyncio.to_thread(nurse.do, "try")  # the first replay loads what it needs
        length = (self.story.closes - self.story.opens).total_seconds()
        clock.play(self.story.opens, length / self.day_s)
        day: list[tuple[datetime, Event | Step]] = [
            *((event.at, event) for event in self.story.events),
            *nurse.steps(),
        ]
        for at, what in sorted(day, key=lambda pair: pair[0]):
            await self._wait(clock, narrator, nurse, at)
            if isinstance(what, Event):
                narrator.event(what)
                await self._happen(hub, clock, loaded, narrator, what)
            else:
                await asyncio.to_thread(nurse.do, what)
            await narrator.look()
        await self._wait(clock, narrator, nurse, self.story.closes)
        clock.play(clock.now(), 1)
        self._goodbye(patients)
        if not self.stay:
            server.should_exit = True

    async def _wait(
        self, clock: PlayedClock, narrator: Narrator, nurse: Nurse, until: datetime
    ) -> None:
        while clock.now() < until:
            await narrator.look()
            nurse.look()
            await asyncio.sleep(_LOOK_S)

    async def _happen(
        self, hub: Hub, clock: PlayedClock, loaded: Loaded, narrator: Narrator, event: Event
    ) -> None:
        if event.observation is None:
            assert self.settings.filedrop is not None
            hospital = Hospital(standard_drop(self.settings.filedrop), clock.now)
            await asyncio.to_thread(hospital.send, build_message(self.story, event))
            return
        body = with_references(event.observation, loaded.known)
        if event.kind == "correction":
            stored = await asyncio.to_thread(self._find, event)
            answer = await asyncio.to_thread(
                self._send, "PUT", f"/Observation/{stored}", {**body, "id": stored}
            )
        else:
            answer = await asyncio.to_thread(self._send, "POST", "/Observation", body)
        zone = await self._zone(hub, answer["id"], int(answer["meta"]["versionId"]))
        narrator.zone(zone)

    async def _zone(self, hub: Hub, observation_id: str, version: int) -> str:
        """A stored value → its zone, as soon as it is judged."""

        def read(unit: StoreUnit) -> str:
            marks = unit.judgements.versions(DEMO_TENANT, observation_id)
            return next((m.zone for m in marks if m.version == version), "")

        for _ in range(200):
            zone = await hub.store.read(read)
            if zone:
                return zone
            await asyncio.sleep(0.01)
        return "venter"

    def _find(self, event: Event) -> str:
        """The observation that a correction corrects, found as any client finds it: by its identifier."""
        url = f"{self.settings.base_url}/Observation?identifier={event.identifier}"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own hub on loopback
            found = msgspec.json.decode(answer.read())
        return found["entry"][0]["resource"]["id"]

    def _send(self, method: str, path: str, resource: Any) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - our own hub on loopback
            self.settings.base_url + path,
            data=render_json(resource),
            method=method,
            headers={"Content-Type": "application/fhir+json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read())

    def _welcome(self, patients: dict[str, str]) -> None:
        site = self.settings.base_url.removesuffix("/fhir")
        self.say("")
        self.say(f"Huben svarer på {site} . Dagen {self.story.day:%d.%m.%Y} spilles på ett minutt.")
        self.say(f"  Oversikt   {site}/")
        self.say(f"  Pasient    {site}/patients/{patients[MAIN]}")
        self.say(f"  Trend      {site}/patients/{patients[MAIN]}/trend?code={_SPO2}")
        self.say(f"  Varsler    {site}/alerts")
        self.say(f"  Meldinger  {site}/messages")
        self.say("")

    def _goodbye(self, patients: dict[str, str]) -> None:
        base, patient = self.settings.base_url, patients[MAIN]
        self.say("")
        self.say("Dagen er over. Prøv selv (Ctrl-C stopper):")
        self.say(f"  curl '{base}/Observation?patient={patient}&code={_SPO2}&_sort=-date&_count=5'")
        self.say(f"  curl '{base}/Observation/$lastn?patient={patient}'")
        self.say(f"  curl '{base}/DetectedIssue?patient={patient}'")
        self.say(f"  curl '{base}/AuditEvent?patient={patient}&_count=3'")
        value = (
            '{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"59408-5"}]},'
            f'"subject":{{"reference":"Patient/{patient}"}},"effectiveDateTime":"{self._evening()}",'
            '"valueQuantity":{"value":84,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}}'
        )
        self.say(
            f"  curl -X POST -H 'Content-Type: application/fhir+json' {base}/Observation -d '{value}'"
        )
        self.say("")

    def _evening(self) -> str:
        return self.story.closes.isoformat()
