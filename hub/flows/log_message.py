"""A message that came, was decided on, was handed over or was answered → its own entry in the access log, in the same commit.

Shape: the bytes are named by their digest, never told. What a peer has written as a type or an id stands there as far as it is
one. Source: security/audit.md §3.4 no. 3 and 14.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from hub.emessage.dialogue import FactKind
from hub.emessage.read import Reading
from hub.fhir.requests import AuditEntry
from hub.flows.store_draft import job_actor
from hub.ports import MessageRow, RawMessage, Unit

UNKNOWN: Final = "unknown"
JOURNAL_NOTE: Final = "journal-note"
_TYPE: Final = re.compile(r"[A-Z0-9_]{1,64}")
_ID: Final = re.compile(r"[A-Za-z0-9._:{}-]{1,200}")
_GOOD: Final = frozenset(("imported", "receipt", "duplicate", "held", "stored"))
_HANDED_OVER: Final = frozenset((FactKind.WRITTEN, FactKind.PUT_ON_QUEUE, FactKind.SUBMITTED))
_FAILED: Final = frozenset(
    (
        FactKind.SUBMIT_FAILED,
        FactKind.TRANSPORT_NACK,
        FactKind.TRANSPORT_GAVE_UP,
        FactKind.APP_REC_REJECTED,
        FactKind.APP_REC_OVERDUE,
        FactKind.ACK_OVERDUE,
        FactKind.GIVEN_UP,
        FactKind.TAKEN_BACK,
    )
)


def log_arrival(unit: Unit, raw: RawMessage, at: datetime) -> None:
    """Bytes that were kept, before anybody has read them → their entry."""
    unit.fhir.audit(_received(raw, at, UNKNOWN, raw.claim_id, raw.state))


def log_decision(
    unit: Unit, raw: RawMessage, reading: Reading, state: str, patient_id: str, at: datetime
) -> None:
    """What a message was found to be and what became of it → its entry, on the patient whose record it went to."""
    envelope = reading.envelope
    kind = "APPREC" if reading.root == "AppRec" else ""
    told, party = raw.claim_id, ("", "")
    if envelope is not None:
        kind, told = kind or _listed(envelope.type), _named(envelope.msg_id) or told
        sender = envelope.sender
        number = None if sender is None else sender.unit_her_id or sender.her_id
        if sender is not None and number is not None:
            party = (number.value, " ".join(sender.name.split())[:200])
    unit.fhir.audit(_received(raw, at, kind or UNKNOWN, told, state, patient_id, party))


def log_fact(unit: Unit, message: MessageRow, kind: FactKind, at: datetime, state: str) -> None:
    """A message of ours and what happened to it → its entry; handing it over is what discloses it."""
    handed_over = kind in _HANDED_OVER
    unit.fhir.audit(
        AuditEntry(
            actor=job_actor("track", message.tenant_id),
            action="R" if handed_over else "E",
            interaction=_listed(message.type) or UNKNOWN,
            recorded=at,
            resource_type="Communication" if message.communication_id else "",
            resource_id=message.communication_id,
            patient_id=message.patient_id or None,
            reason=f"{kind}: {state}",
            request_id=message.id,
            outcome="4" if kind in _FAILED else "0",
            event="disclose" if handed_over else "transmit",
            named=_named(message.msg_id) or message.id,
            details=(("sha-256", message.sha256),),
            party=(message.receiver_her, ""),
        )
    )


def log_note(unit: Unit, tenant_id: int, issue_id: str, patient_id: str, at: datetime) -> None:
    """A note on an alert that lies in the folder of the municipal journal → its entry."""
    unit.fhir.audit(
        AuditEntry(
            actor=job_actor("journal", tenant_id),
            action="R",
            interaction=JOURNAL_NOTE,
            recorded=at,
            resource_type="DetectedIssue",
            resource_id=issue_id,
            patient_id=patient_id or None,
            reason="given to the municipal journal",
            event="disclose",
        )
    )


def _received(
    raw: RawMessage,
    at: datetime,
    kind: str,
    named: str,
    state: str,
    patient_id: str = "",
    party: tuple[str, str] = ("", ""),
) -> AuditEntry:
    return AuditEntry(
        actor=job_actor("receive", raw.tenant_id),
        action="E",
        interaction=kind,
        recorded=at,
        patient_id=patient_id or None,
        reason=f"received: {state}",
        request_id=raw.claim_id,
        outcome="0" if state in _GOOD else "4",
        event="receive",
        named=named,
        details=(("sha-256", raw.sha256),),
        party=party,
    )


def _listed(kind: str) -> str:
    return kind if _TYPE.fullmatch(kind) else ""


def _named(msg_id: str) -> str:
    return msg_id if _ID.fullmatch(msg_id) else ""
