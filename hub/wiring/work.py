"""What follows commits, composed: judging, messages in and out, receipts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, Final

from hub.clock import Clock, SystemClock, monotonic
from hub.fhir.interactions.prepare import Setting
from hub.fhir.requests import Stored
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
from hub.flows.close_alert import FollowPeople
from hub.flows.guard_plans import GUARDED, guard_plan
from hub.flows.hold_message import HELD_TOO_LONG
from hub.flows.import_message import ImportMessage
from hub.flows.journal_note import JournalNote
from hub.flows.judge_anew import JUDGE_ANEW, Doors, JudgeAnew, ask_anew
from hub.flows.judge_at_once import JudgeAtOnce
from hub.flows.judge_observations import JudgeObservations
from hub.flows.keep_records import KeepRecords, NoteHeads
from hub.flows.make_books import MakeBooks
from hub.flows.mark_for_judging import JUDGED, mark_for_judging
from hub.flows.message_state import MessageState
from hub.flows.notify_alert import NotifyAlert
from hub.flows.patient_book import SOURCES
from hub.flows.receive_message import QUEUE as IMPORT
from hub.flows.receive_message import ReceiveMessage
from hub.flows.send_communication import SEND_COMMUNICATION, SendCommunication
from hub.flows.send_receipts import Receipts
from hub.flows.store_draft import Desk, job_actor
from hub.flows.submit_message import QUEUE as SUBMIT
from hub.flows.submit_message import SubmitMessage
from hub.flows.track_receipt import TrackReceipt
from hub.flows.watch_clock import WatchClock
from hub.mapping.fhir_to_downtime import check_downtimes
from hub.mapping.fresh_message import wants_sending
from hub.policy import Permit
from hub.policy.jobs import QUEUES, ROUNDS
from hub.ports import Job, JudgeMark, Transport, Unit
from hub.problems import HubError, Problem
from hub.settings import Settings
from hub.store.alerts import AlertTable
from hub.store.dues import DueTable
from hub.store.judgements import JudgementTable
from hub.store.migrate import DEMO_TENANT
from hub.store.outbox import OutboxTable
from hub.store.resources import ResourceSession
from hub.store.unit import Store
from hub.thresholds.measurement import Measurement
from hub.transport.drop_transport import DropTransport, NoTransport
from hub.transport.file_drop import prepare, standard_drop
from hub.transport.file_drop_in import FileDropIn
from hub.transport.file_drop_out import FileDropOut
from hub.transport.file_drop_scan import ReadRules
from hub.transport.journal_drop import JournalDrop
from hub.wiring.pace import Pace
from hub.wiring.relations import watch_relations
from hub.wiring.trust import load_trust
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
People = Callable[[ResourceSession, Permit, datetime], FollowPeople]
"""A session, the Permit of what somebody does, and when → what follows people's acts on alerts."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of an open transaction that an alert is written to."""

    fhir: ResourceSession
    alerts: AlertTable
    outbox: OutboxTable


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
    people = _people(judge)
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
    drop = _drop_loop(settings, clock, now, store, receive, states, pace, GivingWay(asked))
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
    _watch(store, judge, at_once, people, runner.wake)
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


def _people(judge: JudgeObservations) -> People:
    def follow(session: ResourceSession, permit: Permit, at: datetime) -> FollowPeople:
        setting = Setting(at, judge.base_url, judge.tags)
        desk = Desk(job_actor("mirror", permit.filter.tenant_id), setting, judge.new_id)
        connection = session.connection
        parts = _Parts(session, AlertTable(connection), OutboxTable(connection))
        return FollowPeople(parts, desk, judge.follow_up)

    return follow


def _watch(
    store: Store,
    judge: JudgeObservations,
    at_once: JudgeAtOnce,
    people: People,
    wake: Callable[[], None],
) -> None:
    """What follows a save, in its own transaction: marks for judging, checked plans, stale books, alerts that people close.

    Judging is woken before the commit of a mark that waits: its turn to write comes right behind it.
    """

    def mark(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        table = JudgementTable(session.connection)

        def settle(mark: JudgeMark, measurement: Measurement) -> JudgeMark:
            settled = at_once(mark, measurement, stored.updated, table.undone())
            if settled.judged_at is None:
                judge.expected.some = True
                wake()
            return settled

        mark_for_judging(table, permit.filter.tenant_id, stored, resource, settle)

    def forget(session: ResourceSession, permit: Permit, stored: Stored, _: Any) -> None:
        store.change_sources(session.connection)
        tenant = permit.filter.tenant_id
        patient = None if stored.type == "ObservationDefinition" else stored.patient_id or ""
        judge.books.forget(tenant, patient)
        dues = DueTable(session.connection)
        if patient is None:
            dues.change_all(tenant, stored.updated)
        elif patient:
            dues.change(tenant, patient, stored.updated, new=stored.type in GUARDED)

    def guard(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        guard_plan(session, permit, stored, resource)
        connection = session.connection
        doors = Doors(session, JudgementTable(connection), OutboxTable(connection))
        ask_anew(doors, permit, stored, resource)
        forget(session, permit, stored, resource)

    def outage(session: ResourceSession, permit: Permit, _: Stored, resource: Any) -> None:
        if resource is not None and (problems := check_downtimes(resource)):
            raise HubError(*problems)
        store.change_sources(session.connection)
        judge.books.forget_downtime(permit.filter.tenant_id)

    def close(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        if permit.actor.kind != "internal_job":  # whose own writes come with a row that is right
            people(session, permit, stored.updated).issue(permit, stored, resource)

    def take(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        if permit.actor.kind != "internal_job":
            people(session, permit, stored.updated).task(permit, stored, resource)

    def send(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        if resource is not None and wants_sending(resource):
            job = Job(permit.filter.tenant_id, SEND_COMMUNICATION, stored.id)
            OutboxTable(session.connection).add(job, stored.updated)

    store.engine.on_doubt(judge.books.forget_all)
    for kind in JUDGED:
        store.watch(kind, mark)
    for kind in SOURCES:
        store.watch(kind, guard if kind in GUARDED else forget)
    store.watch("HealthcareService", outage)
    watch_relations(store)
    store.watch("DetectedIssue", close)
    store.watch("Task", take)
    store.watch("Communication", send)


def _drop_loop(
    settings: Settings,
    clock: Clock,
    now: Callable[[], datetime],
    store: Store,
    receive: ReceiveMessage,
    states: MessageState,
    pace: Pace,
    giving_way: GivingWay,
) -> DropLoop | None:
    if settings.filedrop is None:
        return None
    drop = standard_drop(settings.filedrop)
    troubles = prepare(drop)

    loop = DropLoop(
        store.narrow("track"),
        drop,
        FileDropIn(
            drop,
            clock.now,
            clock.new_id,
            monotonic(),
            rules=ReadRules(settle_s=pace.settle_s, max_bytes=settings.max_message_bytes),
        ),
        FileDropOut(drop),
        receive,
        now,
        DEMO_TENANT,
        states.changed,
        settings.keep,
        isinstance(clock, SystemClock),
        giving_way,
    )
    loop.outgoing.tidy()
    loop.troubles.update({f"start-{n}": t.detail for n, t in enumerate(troubles)})
    return loop


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
