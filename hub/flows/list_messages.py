"""What came, what went and what was given up, as lines for people: the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hub.emessage.dialogue import State
from hub.emessage.envelope import Envelope, Party
from hub.emessage.envelope_read import read_envelope
from hub.emessage.large_text import parse_cut
from hub.flows.store_draft import job_actor
from hub.policy import Action, Deny, authorise
from hub.ports import ImportRow, MessageRow, QueuedJob, RawMessage, Unit
from hub.problems import HubError

APPREC: Final = "APPREC"
AVVIK: Final = "DIALOG_AVVIK"
_MOST_BYTES: Final = 1 << 20
"""A larger arrival is listed without type and parties when nothing was imported of it."""


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One line.

    Shape: `id` is our id of a message out, the claim id of an arrival, the subject of a dead job; `type` is the queue of
    a job; parties are HER-ids of level 2; `about` says what it is for: `DetectedIssue/…`, the MsgId it answers, or the
    claim id of what cannot be handled.
    """

    at: datetime
    direction: Literal["in", "out", "job"]
    id: str
    type: str
    state: str
    msg_id: str = ""
    sender_her: str = ""
    receiver_her: str = ""
    about: str = ""
    reason: str = ""
    patient_id: str = ""


_ARRIVED: Final = (
    "stored", "held", "imported", "rejected", "duplicate", "conflict", "quarantined", "not-for-us", "receipt",
)  # fmt: skip
SHOWN_STATES: Final = ("dead", *sorted(_ARRIVED), *sorted(State))
"""What a state is called where messages are listed."""
STATES: Final = frozenset({"", *(state.lower() for state in SHOWN_STATES)})
"""What a list may be asked for, in lower case: states of arrivals and of messages out, dead jobs, "" for everything."""


def list_messages(unit: Unit, tenant_id: int, limit: int, state: str = "") -> list[MessageLine]:
    """A tenant → arrivals, messages out and dead jobs together, at most `limit`, of one state when it is named."""
    lines = [line_out(row) for row in unit.messages.recent(tenant_id, limit, state)]
    lines += list_arrivals(unit, tenant_id, limit, state)
    if state.lower() in ("", "dead"):
        lines += [line_dead(job) for job in unit.outbox.dead_letters(tenant_id, limit)]
    return sorted(lines, key=lambda line: (line.at, line.id), reverse=True)[:limit]


def list_arrivals(unit: Unit, tenant_id: int, limit: int, state: str = "") -> list[MessageLine]:
    """A tenant → its newest arrivals."""
    rows = unit.inbox.recent(tenant_id, limit, state, _MOST_BYTES)
    lines: list[MessageLine] = []
    for raw in rows:
        imported = unit.inbox.import_of(tenant_id, raw.claim_id)
        lines.append(line_in(raw, imported, patient_of_import(unit, tenant_id, imported)))
    return lines


def patient_of_import(unit: Unit, tenant_id: int, imported: ImportRow | None) -> str:
    """What came of an arrival → the patient it is about, "" when nothing did."""
    for place in imported.resources if imported else ():
        kind, _, resource_id = place.partition("/")
        permit = authorise(job_actor("list", tenant_id), Action("read", kind))
        stored = None if isinstance(permit, Deny) else unit.fhir.head(permit, kind, resource_id)
        if stored is not None and stored.patient_id:
            return stored.patient_id
    return ""


def line_out(row: MessageRow) -> MessageLine:
    """A message of ours → its line."""
    answers = row.type in (APPREC, AVVIK)
    about = row.sent_for if answers or not row.sent_for else f"DetectedIssue/{row.sent_for}"
    return MessageLine(
        row.created,
        "out",
        row.id,
        row.type,
        row.state,
        row.msg_id,
        row.sender_her,
        row.receiver_her,
        about,
        patient_id=row.patient_id,
    )


def line_in(raw: RawMessage, imported: ImportRow | None, patient_id: str) -> MessageLine:
    """An arrival, what was imported of it and about whom → its line; type and parties are read from the bytes."""
    envelope = _envelope(raw.raw)
    kind = imported.type if imported else envelope.type if envelope else ""
    receiver = envelope.receivers[0].party if envelope and envelope.receivers else None
    return MessageLine(
        raw.received,
        "in",
        raw.claim_id,
        APPREC if envelope and envelope.root == "AppRec" else kind,
        raw.state,
        envelope.msg_id if envelope else imported.msg_id if imported else "",
        imported.sender_her if imported else _her(envelope.sender if envelope else None),
        _her(receiver),
        reason=raw.reason,
        patient_id=patient_id,
    )


def line_dead(dead: QueuedJob) -> MessageLine:
    """A job that was given up → its line."""
    return MessageLine(
        dead.due, "job", dead.job.subject, dead.job.queue, dead.state, reason=dead.reason
    )


def _envelope(raw: bytes) -> Envelope | None:
    try:
        return read_envelope(parse_cut(raw)[0]) if raw else None
    except HubError:
        return None


def _her(party: Party | None) -> str:
    found = (party.unit_her_id or party.her_id) if party is not None else None
    return found.value if found else ""
