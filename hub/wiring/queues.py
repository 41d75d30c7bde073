"""The hub's queues, each with the flow that does its jobs, and the flows of messages they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Final, Self

from hub.clock import Clock
from hub.flows.alert_follow_up import (
    BUILD_JOURNAL_NOTE,
    NOTIFY_ALERT,
    PUBLISH_JOURNAL_NOTE,
    WRITE_JOURNAL_NOTE,
    FollowUp,
)
from hub.flows.alert_record import BUILD_ALERT_MESSAGE
from hub.flows.anew import Anew
from hub.flows.build_alert_message import BuildAlertMessage
from hub.flows.chase_receipts import ChaseReceipts
from hub.flows.hold_message import HELD_TOO_LONG
from hub.flows.import_message import ImportMessage
from hub.flows.journal_note import JournalNote
from hub.flows.judge_anew import JUDGE_ANEW, JudgeAnew
from hub.flows.limits_anew import LIMITS_ANEW, LimitsAnew
from hub.flows.message_state import MessageState
from hub.flows.notify_alert import NotifyAlert
from hub.flows.receive_message import QUEUE as IMPORT
from hub.flows.receive_message import ReceiveMessage
from hub.flows.send_communication import SEND_COMMUNICATION, SendCommunication
from hub.flows.send_receipts import Receipts
from hub.flows.submit_message import QUEUE as SUBMIT
from hub.flows.submit_message import SubmitMessage
from hub.flows.track_receipt import TrackReceipt
from hub.policy.jobs import QUEUES
from hub.ports import Job, Transport, Unit
from hub.problems import Problem
from hub.settings import Settings
from hub.store.unit import Store
from hub.transport.drop_transport import DropTransport, NoTransport
from hub.transport.journal_drop import JournalDrop
from hub.wiring.drop import drop_loop
from hub.wiring.pace import Pace
from hub.wiring.trust import load_trust
from hub.workers.drop_loop import DropLoop
from hub.workers.giving_way import GivingWay
from hub.workers.jobs import Queue

SOFTWARE: Final = "DHO hub"
TELL_AFTER: Final = 10
"""Tries of a job after which a person is told: some seventeen minutes."""
Tags = tuple[Mapping[str, str], ...]
Check = Callable[[bytes], tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class Means:
    """What the hub's work is made with. Shape: `asked` counts requests; `check` None where no schemas are installed."""

    settings: Settings
    clock: Clock
    now: Callable[[], datetime]
    store: Store
    tags: Tags
    pace: Pace
    asked: Callable[[], int]
    check: Check | None


@dataclass(frozen=True, slots=True)
class MessageFlows:
    """Messages in and out, as far as queues and rounds share them. Shape: `drop` None when no file drop is set up."""

    importer: ImportMessage
    states: MessageState
    track: TrackReceipt
    receive: ReceiveMessage
    chase: ChaseReceipts
    drop: DropLoop | None

    @classmethod
    def of(cls, means: Means) -> Self:
        """The hub's means → the flows of its messages."""
        settings, now, clock, store = means.settings, means.now, means.clock, means.store
        importer = ImportMessage(now, clock.new_id, settings.base_url, means.tags)
        states = MessageState(now, clock.new_id, settings.base_url, means.tags)
        track = TrackReceipt(now, states)
        receive = ReceiveMessage(
            *(store.narrow("receive"), now, importer),
            Receipts(clock.new_id, (SOFTWARE, installed_version("dho-hub"))),
            *(track, means.check, settings.hold_unknown_receiver, load_trust(settings.trust)),
        )
        chase = ChaseReceipts(store.narrow("track"), now, states.changed, settings.receipt_within)
        way = GivingWay(means.asked)
        drop = drop_loop(settings, clock, now, store, receive, states, means.pace, way)
        return cls(importer, states, track, receive, chase, drop)


def queues_of(means: Means, messages: MessageFlows, follow_up: FollowUp) -> dict[str, Queue]:
    """Means, messages and what follows an alert → the queues."""
    store, now = means.store, means.now
    usual = (now, means.clock.new_id, means.settings.base_url, means.tags)
    anew = Anew(*usual, follow_up)
    plan_anew = JudgeAnew(store.narrow("recompute"), anew)
    limits_anew = LimitsAnew(store.narrow("recompute"), anew, means.asked)
    notify = NotifyAlert(store.narrow("notify"), *usual)
    held = partial(_escalate, store.narrow("receive"), messages.importer)
    queues = {
        **_letter_queues(means, messages),
        IMPORT: Queue(
            messages.receive.again, tell=messages.importer.tell_stuck, tell_after=TELL_AFTER
        ),
        HELD_TOO_LONG: Queue(held),
        JUDGE_ANEW: Queue(plan_anew),
        LIMITS_ANEW: Queue(limits_anew),
        NOTIFY_ALERT: Queue(notify, beside=True, several=notify.several),
    }
    if means.settings.journal is not None:
        queues |= _journal_queues(means, means.settings.journal)
    assert queues.keys() <= QUEUES.keys(), "a queue without a job in hub/policy/jobs.py"
    return queues


def _letter_queues(means: Means, messages: MessageFlows) -> dict[str, Queue]:
    """The way of a letter of ours: built, written, put where the broker fetches it."""
    settings, store, now = means.settings, means.store, means.now
    usual = (now, means.clock.new_id, settings.base_url, means.tags)
    processing = "P" if settings.mode == "production" else "D"
    build = BuildAlertMessage(store.narrow("send"), *usual, processing, means.check)
    send = SendCommunication(
        *(store.narrow("send"), *usual, build.processing, means.check),
        partners=settings.partners,
        max_bytes=settings.max_message_bytes,
    )
    transport: Transport = (
        NoTransport() if messages.drop is None else DropTransport(messages.drop.outgoing)
    )
    submit = SubmitMessage(store.narrow("track"), transport, now, messages.states.changed)
    return {
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
    }


def _journal_queues(means: Means, folder: Path) -> dict[str, Queue]:
    """The way of a note into the journal's folder."""
    usual = (means.now, means.clock.new_id, means.settings.base_url, means.tags)
    note = JournalNote(means.store.narrow("journal"), JournalDrop(folder), *usual)
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
