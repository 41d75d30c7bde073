"""What follows commits, composed: judging, messages in and out, receipts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Final

from hub.clock import Clock
from hub.flows.alert_follow_up import (
    BUILD_JOURNAL_NOTE,
    NOTIFY_ALERT,
    PUBLISH_JOURNAL_NOTE,
    WRITE_JOURNAL_NOTE,
    FollowUp,
)
from hub.flows.alert_record import BUILD_ALERT_MESSAGE
from hub.flows.build_alert_message import BuildAlertMessage
from hub.flows.chase_receipts import ChaseReceipts
from hub.flows.hold_message import HELD_TOO_LONG
from hub.flows.import_message import ImportMessage
from hub.flows.journal_note import JournalNote
from hub.flows.judge_anew import JUDGE_ANEW, JudgeAnew
from hub.flows.judge_at_once import JudgeAtOnce
from hub.flows.judge_observations import JudgeObservations
from hub.flows.keep_records import KeepRecords, NoteHeads
from hub.flows.make_books import MakeBooks
from hub.flows.message_state import MessageState
from hub.flows.notify_alert import NotifyAlert
from hub.flows.receive_message import QUEUE as IMPORT
from hub.flows.receive_message import ReceiveMessage
from hub.flows.send_communication import SEND_COMMUNICATION, SendCommunication
from hub.flows.send_receipts import Receipts
from hub.flows.submit_message import QUEUE as SUBMIT
from hub.flows.submit_message import SubmitMessage
from hub.flows.track_receipt import TrackReceipt
from hub.flows.watch_clock import WatchClock
from hub.policy.jobs import QUEUES, ROUNDS
from hub.ports import Job, Transport, Unit
from hub.problems import Problem
from hub.settings import Settings
from hub.store.unit import Store
from hub.transport.drop_transport import DropTransport, NoTransport
from hub.transport.journal_drop import JournalDrop
from hub.wiring.drop import drop_loop
from hub.wiring.pace import Pace
from hub.wiring.trust import load_trust
from hub.wiring.watches import People, people_of, watch_saves
from hub.workers.drop_loop import DropLoop, Gauge
from hub.workers.giving_way import GivingWay
from hub.workers.jobs import Queue
from hub.workers.runner import Runner

SOFTWARE: Final = "DHO hub"
TELL_AFTER: Final = 10
"""Tries of a job after which a person is told: some seventeen minutes."""
DUTIES: Final = frozenset(("receipts", "clock", "drop-out", "anchor", "retention"))
"""Rounds that one process at a time makes; files in are claimed one by one, so every process may look for them."""
Tags = tuple[Mapping[str, str], ...]
Check = Callable[[bytes], tuple[Problem, ...]]


@dataclass(slots=True)
class Work:
    """The hub's own work. Shape: `drop` None when no file drop is set up; `runs` False where other processes do it."""

    runner: Runner
    store: Store
    drop: DropLoop | None
    chase: ChaseReceipts
    track: TrackReceipt
    people: People
    clock: WatchClock
    runs: bool = True

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
        return [] if self.drop is None else sorted(self.drop.troubles.values())


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
    check = _schema_check(settings)
    follow_up = FollowUp(settings.timers, journal=settings.journal is not None)
    judge = JudgeObservations(
        store.narrow("judge"), now, clock.new_id, settings.base_url, tags, follow_up=follow_up
    )
    clock_rounds = WatchClock(judge)
    people = people_of(judge)
    importer = ImportMessage(now, clock.new_id, settings.base_url, tags)
    states = MessageState(now, clock.new_id, settings.base_url, tags)
    track = TrackReceipt(now, states)
    receive = ReceiveMessage(
        store.narrow("receive"),
        now,
        importer,
        Receipts(clock.new_id, (SOFTWARE, installed_version("dho-hub"))),
        track,
        check,
        settings.hold_unknown_receiver,
        load_trust(settings.trust),
    )
    drop = drop_loop(settings, clock, now, store, receive, states, pace, GivingWay(asked))
    transport: Transport = NoTransport() if drop is None else DropTransport(drop.outgoing)
    build = BuildAlertMessage(
        store.narrow("send"),
        now,
        clock.new_id,
        settings.base_url,
        tags,
        "P" if settings.mode == "production" else "D",
        check,
    )
    send = SendCommunication(
        *(
            store.narrow("send"),
            now,
            clock.new_id,
            settings.base_url,
            tags,
            build.processing,
            check,
        ),
        partners=settings.partners,
        max_bytes=settings.max_message_bytes,
    )
    submit = SubmitMessage(store.narrow("track"), transport, now, states.changed)
    chase = ChaseReceipts(store.narrow("track"), now, states.changed, settings.receipt_within)
    anew = JudgeAnew(
        store.narrow("recompute"), now, clock.new_id, settings.base_url, tags, follow_up
    )
    notify = NotifyAlert(store.narrow("notify"), now, clock.new_id, settings.base_url, tags)
    queues = {
        BUILD_ALERT_MESSAGE: Queue(
            build,
            tell=build.tell,
            tell_after=TELL_AFTER,
            beside=True,
            several=build.several,
            most=4,
        ),
        SEND_COMMUNICATION: Queue(send, tell=send.tell, tell_after=TELL_AFTER),
        SUBMIT: Queue(submit, tries=200, tell=submit.give_up, beside=True, several=submit.several),
        IMPORT: Queue(receive.again, tell=importer.tell_stuck, tell_after=TELL_AFTER),
        HELD_TOO_LONG: Queue(partial(_escalate, store.narrow("receive"), importer)),
        JUDGE_ANEW: Queue(anew),
        NOTIFY_ALERT: Queue(notify, beside=True, several=notify.several),
    }
    if settings.journal is not None:
        queues |= _journal_queues(
            settings.journal, store.narrow("journal"), now, clock, settings.base_url, tags
        )
    periodic: tuple[tuple[str, float, Callable[[], Awaitable[None]]], ...] = (
        ("receipts", pace.chase_s, chase),
        ("clock", pace.clock_s, clock_rounds),
        ("anchor", pace.retention_s, NoteHeads(store)),
    )
    if settings.retention.on and not settings.development:
        periodic += (
            (
                "retention",
                pace.retention_s,
                KeepRecords(store.narrow("keep"), now, settings.retention),
            ),
        )
    if drop is not None:
        periodic += (
            ("drop-in", pace.drop_in_s, drop.take_in),
            ("drop-out", pace.drop_out_s, drop.look_after),
        )
    assert queues.keys() <= QUEUES.keys(), "a queue without a job in hub/policy/jobs.py"
    assert {name for name, _, _ in periodic} <= ROUNDS.keys(), "a round without a job"
    claims = store.claims if store.engine.shared else None
    books = MakeBooks(judge, lambda make: store.write(lambda unit: make(unit.asked())))
    always = () if settings.serve_works else (("books", pace.books_s, books),)
    runner = Runner(store, now, queues, judge, periodic, claims, DUTIES, always)
    at_once = JudgeAtOnce(judge.books, judge.windows, None if settings.serve_works else books.want)
    watch_saves(store, judge, at_once, people, runner.wake)
    return Work(runner, store, drop, chase, track, people, clock_rounds, settings.serve_works)


def _journal_queues(
    folder: Path, store: Store, now: Callable[[], datetime], clock: Clock, base_url: str, tags: Tags
) -> dict[str, Queue]:
    """The way of a note into the journal's folder."""
    note = JournalNote(store, JournalDrop(folder), now, clock.new_id, base_url, tags)
    return {
        BUILD_JOURNAL_NOTE: Queue(note.build, tell=note.tell, tell_after=TELL_AFTER),
        WRITE_JOURNAL_NOTE: Queue(note.write, tries=200, tell=note.tell, tell_after=TELL_AFTER),
        PUBLISH_JOURNAL_NOTE: Queue(note.publish, tries=200, tell=note.tell, tell_after=TELL_AFTER),
    }


async def _escalate(store: Store, importer: ImportMessage, job: Job) -> None:
    def work(unit: Unit) -> None:
        importer.escalate(unit, job)
        unit.outbox.done(job)

    await store.write(work)


def _schema_check(settings: Settings) -> Check | None:
    """The official schemas as a second opinion, when an operator has installed them."""
    if settings.schemas is None:
        return None
    from hub.emessage.schemas import compile_schemas  # noqa: PLC0415 - compiled only where they are installed

    files = {p.name: p.read_bytes() for p in sorted(settings.schemas.rglob("*.xsd"))}
    return compile_schemas(files).validate
