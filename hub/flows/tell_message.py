"""One message with all that is known of it: what happened to it, what came of it, and its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.flows.list_messages import MessageLine, line_in, line_out, patient_of_import
from hub.flows.receive_message import QUEUE as IMPORT
from hub.flows.replay_message import find_arrival, find_message
from hub.flows.submit_message import QUEUE as SUBMIT
from hub.ports import MessageRow, QueuedJob, RawMessage, Unit


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. Shape: `what` is a fact of emessage/dialogue.py, or a word of its own."""

    at: datetime
    what: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A message.

    Shape: `steps` oldest first; `resources` are the `Type/id` that came of an arrival; `size` of the bytes.
    """

    line: MessageLine
    steps: tuple[Step, ...]
    resources: tuple[str, ...]
    sha256: str
    size: int
    name: str


def tell_message(unit: Unit, tenant_id: int, name: str) -> Told | None:
    """Our id, a MsgId or a claim id → the message, None when it is unknown."""
    row = find_message(unit, tenant_id, name)
    if row is not None:
        return _sent(unit, row)
    raw = find_arrival(unit, tenant_id, name)
    return None if raw is None else _received(unit, raw)


def raw_of(unit: Unit, tenant_id: int, name: str) -> bytes:
    """Our id, a MsgId or a claim id → the bytes as they came or went, b"" when it is unknown."""
    found = find_message(unit, tenant_id, name) or find_arrival(unit, tenant_id, name)
    return b"" if found is None else found.raw


def _sent(unit: Unit, row: MessageRow) -> Told:
    steps = [Step(row.created, "queued")]
    steps += [Step(f.at, f.kind, f.evidence) for f in unit.messages.facts(row.tenant_id, row.id)]
    steps += _jobs(unit.outbox.of_subject(row.tenant_id, SUBMIT, row.id))
    resources = (f"Communication/{row.communication_id}",) if row.communication_id else ()
    return Told(line_out(row), tuple(steps), resources, row.sha256, len(row.raw), row.name)


def _received(unit: Unit, raw: RawMessage) -> Told:
    imported = unit.inbox.import_of(raw.tenant_id, raw.claim_id)
    line = line_in(raw, imported, patient_of_import(unit, raw.tenant_id, imported))
    steps = [Step(raw.received, "received", raw.name)]
    if imported is not None:
        steps.append(Step(imported.imported, imported.state, raw.reason))
        answers = unit.messages.answers(raw.tenant_id, line.msg_id, raw.received)
        steps += [Step(made.created, f"receipt {made.state}", made.id) for made in answers]
    elif raw.state != "stored":
        steps.append(Step(raw.received, raw.state, raw.reason))
    steps += _jobs(unit.outbox.of_subject(raw.tenant_id, IMPORT, raw.claim_id))
    resources = imported.resources if imported else ()
    return Told(line, tuple(steps), resources, raw.sha256, len(raw.raw), raw.name)


def _jobs(jobs: Sequence[QueuedJob]) -> list[Step]:
    """Jobs that are not done → what they wait for."""
    names = {"todo": "to be tried", "dead": "given up"}
    return [
        Step(q.due, names[q.state], f"{q.job.queue}, {q.job.attempts} tries {q.reason}".strip())
        for q in jobs
        if q.state in names
    ]
