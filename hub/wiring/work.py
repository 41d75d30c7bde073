"""What follows commits, composed: judging, messages in and out, receipts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.clock import Clock, SystemClock, monotonic
from hub.flows.alert_follow_up import FollowUp
from hub.flows.chase_receipts import ChaseReceipts
from hub.flows.judge_at_once import JudgeAtOnce
from hub.flows.judge_observations import JudgeObservations
from hub.flows.keep_records import KeepRecords, NoteHeads
from hub.flows.make_books import MakeBooks
from hub.flows.track_receipt import TrackReceipt
from hub.flows.watch_clock import WatchClock
from hub.log import Event, log
from hub.policy.jobs import ROUNDS
from hub.problems import HubError
from hub.settings import Settings, SettingsError
from hub.store.unit import Store
from hub.transport.journal_drop import JournalDrop
from hub.wiring.pace import Pace
from hub.wiring.queues import Check, Means, MessageFlows, Tags, queues_of
from hub.wiring.watches import People, people_of, watch_saves
from hub.workers.clock_steps import BringBack, ClockSteps
from hub.workers.drop_loop import DropLoop, Gauge
from hub.workers.jobs import Queue
from hub.workers.runner import Runner

DUTIES: Final = frozenset(("receipts", "clock", "drop-out", "anchor", "retention"))
"""Rounds that one process at a time makes; files in are claimed one by one, so every process may look for them."""
Rounds = tuple[tuple[str, float, Callable[[], Awaitable[None]]], ...]
"""Name, seconds between two turns, and what is done."""


@dataclass(slots=True)
class Work:
    """The hub's own work.

    Shape: `drop` None when no file drop is set up; `runs` False where other processes do it; `journal` is the folder that
    could not be written at start, until it can.
    """

    runner: Runner
    store: Store
    drop: DropLoop | None
    chase: ChaseReceipts
    track: TrackReceipt
    people: People
    clock: WatchClock
    steps: ClockSteps
    runs: bool = True
    journal: JournalDrop | None = None

    async def start(self) -> None:
        """Begin, unless other processes work for this one (HUB_SERVE_WORKS=no)."""
        await self.runner.start(works=self.runs)

    async def stop(self) -> None:
        """End after the piece of work in hand."""
        await self.runner.stop()

    def gauges(self) -> Mapping[str, list[Gauge]]:
        """Nothing → the drop's figures, as last taken."""
        return {} if self.drop is None else self.drop.gauges

    def trouble(self) -> list[str]:
        """Nothing → what does not work now, in words for an operator."""
        told = self.steps.trouble()
        told += [] if self.drop is None else sorted(self.drop.troubles.values())
        found = None if self.journal is None else self.journal.look()
        if found is None:
            self.journal = None
            return told
        return [*told, f"{found.detail} ({found.folder}, of the journal)"]


def build_work(
    settings: Settings,
    clock: Clock,
    now: Callable[[], datetime],
    store: Store,
    tags: Tags,
    pace: Pace,
    asked: Callable[[], int],
) -> Work:
    """Settings, time and store → the work, with the store's watches set."""
    means = Means(settings, clock, now, store, tags, pace, asked, _schema_check(settings))
    follow_up = FollowUp(settings.timers, journal=settings.journal is not None)
    judge = JudgeObservations(
        store.narrow("judge"), now, clock.new_id, settings.base_url, tags, follow_up=follow_up
    )
    people = people_of(judge)
    messages = MessageFlows.of(means)
    clock_rounds = WatchClock(judge)
    rounds = _rounds(means, messages, clock_rounds)
    steps = ClockSteps(SystemClock().now, monotonic(), pace.clock_s)
    always: Rounds = (("steps", pace.clock_s, steps),)
    queues = queues_of(means, messages, follow_up)
    runner, at_once = _runner(means, judge, queues, rounds, always)
    watch_saves(store, judge, at_once, people, runner.wake)
    return Work(
        *(
            runner,
            store,
            messages.drop,
            messages.chase,
            messages.track,
            people,
            clock_rounds,
            steps,
        ),
        settings.serve_works,
        _unwritable(settings),
    )


def _unwritable(settings: Settings) -> JournalDrop | None:
    """The journal's folder when it cannot be written: told now, not with the first alert that is closed."""
    if settings.journal is None:
        return None
    folder = JournalDrop(settings.journal)
    found = folder.look()
    if found is None:
        return None
    log(Event.JOURNAL_UNHEALTHY, kind=found.kind)
    return folder


def _runner(
    means: Means,
    judge: JudgeObservations,
    queues: Mapping[str, Queue],
    rounds: Rounds,
    always: Rounds,
) -> tuple[Runner, JudgeAtOnce]:
    """Queues and rounds → what carries them out, and what judges a value in the commit that stores it."""
    store, settings = means.store, means.settings
    claims = store.claims if store.engine.shared else None
    books = MakeBooks(judge, lambda make: store.write(lambda unit: make(unit.asked())))
    if not settings.serve_works:
        always = (*always, ("books", means.pace.books_s, books))
    runner = Runner(store, means.now, queues, judge, rounds, claims, DUTIES, always)
    at_once = JudgeAtOnce(judge.books, judge.windows, None if settings.serve_works else books.want)
    return runner, at_once


def _rounds(means: Means, messages: MessageFlows, clock_rounds: WatchClock) -> Rounds:
    """What is done now and then."""
    settings, pace, store = means.settings, means.pace, means.store
    found: Rounds = (
        ("receipts", pace.chase_s, messages.chase),
        ("clock", pace.clock_s, clock_rounds),
        ("set-back", pace.clock_s, BringBack(store.narrow("judge"), means.now)),
        ("anchor", pace.retention_s, NoteHeads(store)),
    )
    if settings.retention.on and not settings.development:
        keep = KeepRecords(store.narrow("keep"), means.now, settings.retention)
        found += (("retention", pace.retention_s, keep),)
    if messages.drop is not None:
        found += (
            ("drop-in", pace.drop_in_s, messages.drop.take_in),
            ("drop-out", pace.drop_out_s, messages.drop.look_after),
        )
    assert {name for name, _, _ in found} <= ROUNDS.keys(), "a round without a job"
    return found


def _schema_check(settings: Settings) -> Check | None:
    """The official schemas as a second opinion, when an operator has installed them. Raises SettingsError."""
    if settings.schemas is None:
        return None
    from hub.emessage.schemas import compile_schemas  # noqa: PLC0415 - compiled only where they are installed

    folder = settings.schemas
    try:
        files = {p.name: p.read_bytes() for p in sorted(folder.rglob("*.xsd"))}
        if not files:
            raise SettingsError(f"HUB_EMESSAGE_SCHEMAS holds no schema (.xsd): {folder}")
        return compile_schemas(files).validate
    except (OSError, HubError) as error:
        why = error.strerror if isinstance(error, OSError) else error.problems[0].detail
        raise SettingsError(f"HUB_EMESSAGE_SCHEMAS: {folder} cannot be used ({why})") from error
