"""Kills the real server in the middle of its work, again and again, and judges from outside what became of the work.

On PostgreSQL one process serves and WORKERS work; the kill takes one of them by chance, the others go on. With a `cluster` of the
run's own the database server is among them: it ends as by a crash, in the middle of everybody's work.

A round: new patients and plans over HTTP; clients post values, a hospital drops e-messages, a stand-in GP journal takes what
leaves and answers; at a chosen moment SIGKILL; what was unfinished is counted from outside; the server starts again. A kill
that caught nothing unfinished does not count and is repeated. At the end everything must become quiet and `kill_judge`
compares the client's log with HTTP reads and the files of the drop.

No test code is in the product: moments are found by watching answers and folders closely.
"""

from __future__ import annotations

import http.client
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench.kill_judge import Fault, Seen, judge
from bench.kill_load import Load
from bench.kill_reads import documents, look, read_json, search, waiting, written
from bench.servers import Server, free_port, start_hub, start_work
from bench.town import OWN_SERVICES, Citizen, bundle, citizens, resources, shared_resources
from hub.clock import SystemClock, monotonic
from hub.standin.journal import Journal, JournalEvent
from hub.transport.file_drop import Drop, prepare, standard_drop
from tests.postgres_cluster import Cluster

CLIENTS: Final = 5
PATIENTS: Final = 4
WORKERS: Final = 2
CRASHES: Final = 0.5
"""How often the database server is taken, where it may be."""
_WAIT_S: Final = 6.0
_QUIET_S: Final = 120.0
_PLAN_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Caught:
    """What a kill left unfinished, seen from outside.

    Shape: `in_flight` requests without an answer; `files` e-messages that lay in in/ or .work; `half_written` files in
    out/tmp; `untold` acknowledged reds whose message had not left; `unreceipted` archived messages without a receipt.
    """

    moment: str
    in_flight: int
    files: int
    half_written: int
    untold: int
    unreceipted: int

    @property
    def unfinished(self) -> bool:
        """Whether there was anything to lose."""
        return any((self.in_flight, self.files, self.half_written, self.untold, self.unreceipted))


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome. Shape: `idle` kills that caught nothing, not counted in `kills`."""

    kills: tuple[Caught, ...]
    idle: int
    values: int
    acknowledged: int
    dropped: int
    faults: tuple[Fault, ...]
    refused: tuple[str, ...]
    seen: Seen

    @property
    def lost_or_doubled(self) -> int:
        """F10."""
        return len(self.faults)


@dataclass(slots=True)
class Harness:
    """One run over one database and one drop, both new. Shape: `url` of PostgreSQL, or "" for SQLite in `folder`; `cluster` the server behind it, durable, when that may crash too."""

    folder: Path
    seed: int = 1
    say: Callable[[str], None] = lambda _: None
    core: int | None = None
    url: str = ""
    cluster: Cluster | None = None
    clock: SystemClock = field(default_factory=SystemClock)
    _port: int = 0
    _server: Server | None = None
    _workers: list[Server] = field(default_factory=list[Server])
    _fate: random.Random = field(default_factory=random.Random)
    _killed: threading.Event = field(default_factory=threading.Event)
    _town: int = 0
    _away: bool = False
    _half_written: list[str] = field(default_factory=list[str])

    def run(self, kills: int) -> Result:
        """How many kills must count → the outcome."""
        self._port = free_port()
        dice, self._fate = random.Random(self.seed), random.Random(self.seed + 1)
        drop = standard_drop(self.folder / "drop")
        prepare(drop)
        load = Load(self._port, drop, self.clock, dice, excused=self.cluster is not None)
        stop = threading.Event()
        broker = self._broker(drop, load, stop)
        caught: list[Caught] = []
        idle = 0
        try:
            self._start()
            self._post("/fhir", bundle(shared_resources()))
            moments = list(_MOMENTS)
            while len(caught) < kills:
                moment = moments[(len(caught) + idle) % len(moments)]
                one = self._round(moment, load, drop, dice)
                if one.unfinished:
                    caught.append(one)
                else:
                    idle += 1
                self.say(f"{len(caught)} of {kills} kills ({idle} idle), {moment}")
            seen, faults = self._settle(load, drop)
        finally:
            stop.set()
            broker.join()
            if self._server is not None:
                self._server.stop()
            for worker in self._workers:
                worker.stop()
        values, acknowledged, dropped = load.counts()
        return Result(
            tuple(caught), idle, values, acknowledged, dropped, faults, tuple(load.refused), seen
        )

    # One round

    def _round(self, moment: str, load: Load, drop: Drop, dice: random.Random) -> Caught:
        people = citizens("kill", PATIENTS, self._town)
        self._town += PATIENTS
        start = self.clock.now().replace(microsecond=0) - timedelta(days=_PLAN_DAYS)
        self._post("/fhir", bundle(r for each in people for r in resources(each, start)))
        self._killed.clear()
        stop = threading.Event()
        scene = Scene(self, drop, people, dice, load)
        threads = [
            threading.Thread(target=load.client, args=(n, people, stop)) for n in range(CLIENTS)
        ]
        threads.append(threading.Thread(target=load.hospital, args=(people, stop)))
        load.in_flight.clear()
        for thread in threads:
            thread.start()
        _MOMENTS[moment](scene)
        self.kill()
        stop.set()
        load.on_sent, load.on_red = _nothing, _nobody
        for thread in threads:
            thread.join()
        one = self._caught(moment, len(load.in_flight), load, drop)
        self._start()
        return one

    def _caught(self, moment: str, in_flight: int, load: Load, drop: Drop) -> Caught:
        left = written(drop)
        told = len({d.msg_id for d in left if d.answers is None})
        receipts = {d.answers.lower() for d in left if d.answers is not None}
        names = [p.name for p in drop.archive.rglob("*.xml")]
        archived = {
            m.msg_id for m in load.log().messages if any(m.msg_id in name for name in names)
        }
        swept = set(self._half_written)
        self._half_written = documents(drop.tmp)
        return Caught(
            moment,
            in_flight,
            sum(1 for n in waiting(drop) if not n.startswith("out/")),
            len(set(self._half_written) - swept),
            max(0, len(load.red_places()) - told),
            len({m.lower() for m in archived} - receipts),
        )

    def kill(self) -> None:
        """SIGKILL, once; from any thread."""
        if not self._killed.is_set():
            self._killed.set()
            assert self._server is not None
            victims = [self._server, *self._workers]
            if self.cluster is not None and self._fate.random() < CRASHES:
                self._away = True
                self.cluster.stop("immediate")
            else:
                self._fate.choice(victims).kill()

    @property
    def killed(self) -> bool:
        """Whether this round's kill has happened."""
        return self._killed.is_set()

    # The server and what stands around it

    def _start(self) -> None:
        """Start whatever does not run."""
        if self.cluster is not None and self._away:
            self.cluster.start(durable=True)
            self._away = False
        more: Mapping[str, str] = {"HUB_OWN_SERVICES": OWN_SERVICES}
        if self.url:
            more = {**more, "HUB_DATABASE_URL": self.url, "HUB_SERVE_WORKS": "no"}
        if self._server is None or self._server.process.poll() is not None:
            self._server = start_hub(self.folder, self._port, core=self.core, more=more)
            self._server.wait_ready()
        if self.url:
            running = [worker for worker in self._workers if worker.process.poll() is None]
            new = [start_work(self.folder, more) for _ in range(WORKERS - len(running))]
            self._workers = running + new

    def _broker(self, drop: Drop, load: Load, stop: threading.Event) -> threading.Thread:
        journal = Journal(drop, self.clock.now, self.clock.new_id, monotonic())

        def seen(event: JournalEvent) -> None:
            if event.kind == "answered":
                load.answers += 1

        thread = threading.Thread(target=journal.run, args=(stop, seen, 0.02))
        thread.start()
        return thread

    def _post(self, path: str, body: bytes) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        line.request("POST", path, body, {"content-type": "application/fhir+json"})
        answer = line.getresponse()
        said = answer.read()
        line.close()
        if answer.status not in (200, 201):
            raise RuntimeError(f"loading was refused: {answer.status} {said[:500]!r}")

    def alerts_of(self, citizen: Citizen) -> int:
        """A patient → how many DetectedIssues an outsider sees of her now."""
        try:
            return sum(1 for _ in search(self._port, f"DetectedIssue?patient={citizen.id}"))
        except (OSError, http.client.HTTPException, RuntimeError):
            return 0

    # The end

    def _settle(self, load: Load, drop: Drop) -> tuple[Seen, tuple[Fault, ...]]:
        """Wait until nothing moves any more; what is missing then has the rest of the time to appear."""
        self.say("waiting until everything is quiet")
        end = time.monotonic() + _QUIET_S
        while True:
            self._still(drop, end)
            seen = look(self._port, drop)
            if self.url:  # the numbers of marks have gaps there: only too few of them tell
                seen = replace(seen, marked=min(seen.marked, len(seen.observations)))
            faults = judge(load.log(), seen)
            if not faults or time.monotonic() > end:
                return seen, faults
            time.sleep(2)

    def _still(self, drop: Drop, end: float) -> None:
        before: object = None
        since = time.monotonic()
        while time.monotonic() < end:
            unjudged = read_json(self._port, "/health")["observations"]["unjudged"]
            left = waiting(drop)
            now = (
                unjudged,
                left,
                sum(1 for _ in drop.archive.rglob("*")),
                len(_names(drop.sent)),
            )
            if now != before:
                before, since = now, time.monotonic()
            if not unjudged and not left and time.monotonic() - since > 3:
                return
            time.sleep(0.3)


def _nothing() -> None:
    """Nothing is waited for."""


def _nobody(_: Citizen) -> None:
    """Nobody is waited for."""


@dataclass(slots=True)
class Scene:
    """What the choice of a moment can see."""

    harness: Harness
    drop: Drop
    people: tuple[Citizen, ...]
    dice: random.Random
    load: Load

    def until(self, seen: Callable[[], bool]) -> None:
        """Look closely until something is there, or it does not come, or somebody else has killed."""
        end = time.monotonic() + _WAIT_S
        while time.monotonic() < end and not self.harness.killed and not seen():
            time.sleep(0.0002)


def _any_time(scene: Scene) -> None:
    time.sleep(0.02 + scene.dice.random() * 1.2)


def _request_sent(scene: Scene) -> None:
    """The request has left the client, its answer has not come: the commit may or may not have happened."""
    time.sleep(0.1 + scene.dice.random() * 0.3)
    scene.load.on_sent = scene.harness.kill
    scene.until(lambda: False)


def _red_acknowledged(scene: Scene) -> None:
    """First commit done (value, audit, mark); the verdict is not."""
    left = scene.dice.randrange(1, 12)

    def count(_: Citizen) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            scene.harness.kill()

    scene.load.on_red = count
    scene.until(lambda: False)


def _red_acknowledged_and_a_bit(scene: Scene) -> None:
    """Some milliseconds after a red's 201: between verdict, message and file."""
    seen = threading.Event()
    scene.load.on_red = lambda _: seen.set()
    scene.until(seen.is_set)
    time.sleep(scene.dice.random() * 0.03)


def _alert_visible(scene: Scene) -> None:
    """Second commit done (verdict, alert, job); the message is not built or has not left."""
    citizen = scene.dice.choice(scene.people)
    before = len(_names(scene.drop.sent))
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        if scene.harness.alerts_of(citizen) or len(_names(scene.drop.sent)) > before + 8:
            return


def _half_written(scene: Scene) -> None:
    """The message is being written: its file lies in out/tmp."""
    scene.until(lambda: any(n.endswith(".xml") for n in _names(scene.drop.tmp)))


def _renamed(scene: Scene) -> None:
    """The file stands in out/, the hub does not know it yet."""
    known = set(_names(scene.drop.sent))
    scene.until(
        lambda: (
            any(n.endswith(".xml") for n in _names(scene.drop.out))
            or any(n not in known for n in _names(scene.drop.sent))
        )
    )


def _claimed(scene: Scene) -> None:
    """An e-message was claimed; nothing of it is stored, or its raw row is."""
    scene.until(lambda: _in_work(scene.drop))


def _claimed_and_a_bit(scene: Scene) -> None:
    """Between raw row, import, receipt and archive."""
    scene.until(lambda: _in_work(scene.drop))
    time.sleep(scene.dice.random() * 0.04)


def _archived(scene: Scene) -> None:
    """An e-message was imported and put away; its receipt may not have left."""
    before = _archive_size(scene.drop)
    scene.until(lambda: _archive_size(scene.drop) > before)


def _soon_after_start(scene: Scene) -> None:
    """The hub has just begun to take up what the kill before left."""
    time.sleep(scene.dice.random() * 0.1)


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _in_work(drop: Drop) -> bool:
    try:
        return any(n.endswith(".xml") for own in drop.work.iterdir() for n in _names(own))
    except OSError:
        return False


def _archive_size(drop: Drop) -> int:
    try:
        return sum(len(_names(day)) for day in drop.archive.iterdir())
    except OSError:
        return 0


_MOMENTS: Final[dict[str, Callable[[Scene], None]]] = {
    "a request is in flight": _request_sent,
    "a red is acknowledged": _red_acknowledged,
    "some ms after a red is acknowledged": _red_acknowledged_and_a_bit,
    "an alert is visible": _alert_visible,
    "a message lies in out/tmp": _half_written,
    "a message lies in out": _renamed,
    "a message in is claimed": _claimed,
    "some ms after a message in is claimed": _claimed_and_a_bit,
    "a message in is archived": _archived,
    "soon after the start": _soon_after_start,
    "any time": _any_time,
}


def count_moments(kills: tuple[Caught, ...]) -> Counter[str]:
    """Kills → how many at each moment."""
    return Counter(each.moment for each in kills)
