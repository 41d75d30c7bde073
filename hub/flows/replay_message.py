"""What a person may start again: a dead job, a held import, a message that did not reach its receiver.

Nothing is done here but put into the outbox: the running hub does the work.
Source: transport/file-drop.md, "Life cycle" (resend); transport/README.md (a missing receipt: at most once more).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.emessage.dialogue import FactKind, State
from hub.flows.held_decision import HELD
from hub.flows.receive_message import QUEUE as IMPORT
from hub.flows.submit_message import QUEUE as SUBMIT
from hub.flows.submit_message import record
from hub.mapping.series import message_key
from hub.ports import Job, MessageRow, QueuedJob, RawMessage, Unit

_MANY: Final = 10_000
_LOST: Final[Mapping[str, str]] = {
    State.TRANSPORT_REJECTED: "the transport refused it",
    State.TRANSPORT_ABANDONED: "the transport gave it up",
    State.EXPIRED: "the transport never acknowledged it",
    State.NO_APP_REC: "no receipt came",
    State.DEAD_LETTER: "all tries were used up",
}
_NOT_OUT: Final = (State.QUEUED, State.SUBMITTING, State.DEAD_LETTER)
_ANSWERED: Final[Mapping[str, str]] = {
    State.APP_REC_OK: "The receiver has taken it in.",
    State.APP_REC_REJECTED: "The receiver rejected it: what is corrected goes out as a new message.",
    State.APP_REC_PARTLY: "The receiver has answered it with errors in parts: see the Task.",
    State.CANCELLED: "It was cancelled.",
    State.TAKEN_BACK: "The receiver took its receipt back: what is corrected goes out as a new message.",
    State.CONFLICT: "Its MsgId stands for another message at the receiver: a person must look at it.",
}
_SETTLED: Final[Mapping[str, str]] = {
    "imported": "It was taken in.",
    "rejected": "It was rejected with a receipt, which is final.",
    "duplicate": "It is the same as a message that came before.",
    "conflict": "Its MsgId is known with other content: the sender must send a new message.",
    "receipt": "It is a receipt and has done its work.",
    "not-for-us": "No receiver named in it is a service of this hub.",
    "quarantined": "Its bytes cannot be read as a message. Mend the file in quarantine and put it into the drop again.",
}


@dataclass(frozen=True, slots=True)
class Replay:
    """What can be started again.

    Shape: `text` for the person; `job` what would be done, None when nothing can be; `message` the one that goes out
    again; `revived` when `job` is a dead one; `due` lies in the past on any clock the hub may run on.
    """

    text: str
    job: Job | None = None
    message: MessageRow | None = None
    revived: bool = False
    due: datetime | None = None


def find_replay(unit: Unit, tenant_id: int, name: str) -> Replay | None:
    """Our id, a MsgId, a claim id or the subject of a dead job → what can be started again, None when it is unknown."""
    row = find_message(unit, tenant_id, name)
    if row is not None:
        return _of_message(unit, row)
    raw = find_arrival(unit, tenant_id, name)
    if raw is not None:
        return _of_arrival(unit, raw)
    for dead in unit.outbox.dead_letters(tenant_id, _MANY):
        if dead.job.subject == name:
            return Replay(_dead_text(dead), dead.job, revived=True, due=dead.due)
    return None


def replay(unit: Unit, tenant_id: int, name: str, by: str, now: datetime) -> Replay | None:
    """As `find_replay`, and what can be started again is put into the outbox; `by` is who asked for it."""
    found = find_replay(unit, tenant_id, name)
    if found is None or found.job is None:
        return found
    if found.message is not None:
        record(unit, found.message, FactKind.REPLAYED, now, by)
    if found.revived:
        unit.outbox.revive(found.job, found.due or now)
    else:
        unit.outbox.add(found.job, now, found.due)
    return found


def find_message(unit: Unit, tenant_id: int, name: str) -> MessageRow | None:
    """Our id or the MsgId of a message out → the message."""
    row = unit.messages.find(tenant_id, name)
    return row or next(iter(unit.messages.sent(tenant_id, name)), None)


def find_arrival(unit: Unit, tenant_id: int, name: str) -> RawMessage | None:
    """A claim id or a received MsgId → the arrival."""
    raw = unit.inbox.find(name)
    if raw is None:
        imported = next(iter(unit.inbox.imports_of(tenant_id, message_key(name))), None)
        raw = unit.inbox.find(imported.claim_id) if imported else None
    return raw if raw is not None and raw.tenant_id == tenant_id else None


def _of_message(unit: Unit, row: MessageRow) -> Replay:
    jobs = unit.outbox.of_subject(row.tenant_id, SUBMIT, row.id)
    waiting = _waiting(jobs)
    if waiting is not None:
        return Replay(waiting)
    dead = next((q for q in reversed(jobs) if q.state == "dead"), None)
    if dead is not None and row.state in _NOT_OUT:
        again = row if row.state == State.DEAD_LETTER else None
        return Replay(_dead_text(dead), dead.job, again, revived=True, due=dead.due)
    if row.state in _ANSWERED:
        return Replay(_ANSWERED[row.state])
    if row.state not in _LOST:
        return Replay(
            "It is on its way; a missing receipt becomes a Task at its deadline, 96 hours at the latest."
        )
    facts = unit.messages.facts(row.tenant_id, row.id)
    if row.state == State.NO_APP_REC and any(f.kind == FactKind.REPLAYED for f in facts):
        return Replay("It went out again once already; get in touch with the receiver instead.")
    text = f"It goes out again, the same bytes under the same MsgId: {_LOST[row.state]}."
    return Replay(text, Job(row.tenant_id, SUBMIT, row.id), row, due=row.created)


def _of_arrival(unit: Unit, raw: RawMessage) -> Replay:
    if raw.state in _SETTLED:
        return Replay(_SETTLED[raw.state])
    jobs = unit.outbox.of_subject(raw.tenant_id, IMPORT, raw.claim_id)
    if raw.state == "held":
        # The job of the first try may still wait; it passes a held message over.
        waiting = _waiting([q for q in jobs if q.job.payload.startswith(HELD)])
        text = f"It is matched with a patient once more; it was held because of: {raw.reason}."
        job = Job(raw.tenant_id, IMPORT, raw.claim_id, HELD)
        return Replay(waiting) if waiting is not None else Replay(text, job, due=raw.received)
    waiting = _waiting(jobs)
    if waiting is not None:
        return Replay(waiting)
    dead = next((q for q in reversed(jobs) if q.state == "dead"), None)
    if dead is not None:
        return Replay(_dead_text(dead), dead.job, revived=True, due=dead.due)
    job = Job(raw.tenant_id, IMPORT, raw.claim_id)
    return Replay("It is taken in from the kept bytes.", job, due=raw.received)


def _waiting(jobs: Sequence[QueuedJob]) -> str | None:
    """Jobs → that one of them is still to be done, in words, or None."""
    waits = next((q for q in jobs if q.state == "todo"), None)
    if waits is None:
        return None
    why = f"; the last try failed ({waits.reason})" if waits.reason else ""
    return f"It waits in the outbox already: next try {waits.due:%Y-%m-%d %H:%M:%S} UTC{why}."


def _dead_text(dead: QueuedJob) -> str:
    return f"The job {dead.job.queue} was given up after {dead.job.attempts} tries ({dead.reason}); it is tried again."
