"""The chain that makes the access log tell when it was changed: each entry's hash covers the one before it.

`h_n = SHA-256(h_{n-1} ‖ facts_n)` for each tenant, where the facts are the columns and the body as they are stored and `h_0` names the
tenant; an entry from before ADR 0046 has the AuditEvent itself as its body, which alone is covered and says the columns once more.
Whole segments at the old end may be taken away by the retention; the hash they ended with is kept. Source: security/audit.md §4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, cast

import msgspec

from hub.fhir.search.dates import micros
from hub.store.audit_facts import INSTANT, TOLD, covered, event_id, is_facts, readable
from hub.store.connection import Connection

_BATCH: Final = 1000
_EVENTS: Final = (
    f"SELECT seq, hash, body, rid, version, deleted, updated, date_to, id, patient_id, date_from, {', '.join(TOLD)}"
    " FROM audit_event WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?"
)
_SEGMENT: Final = "SELECT last_seq, last_hash FROM audit_segment WHERE tenant_id = ? ORDER BY last_seq DESC LIMIT 1"
_TENANTS: Final = (
    "SELECT tenant_id FROM audit_segment UNION SELECT id FROM tenant UNION SELECT tenant_id FROM audit_event"
    " ORDER BY 1"
)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a tenant's log. Shape: `seq` counts from 1; `hash` is h_seq."""

    tenant_id: int
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a log does not hold. Shape: `seq` of the entry that is wrong or missing; `what` in words."""

    tenant_id: int
    seq: int
    what: str


def first_hash(tenant_id: int) -> bytes:
    """A tenant → h_0, so that a log cannot be put in another's place."""
    return sha256(b"dho-hub access log of tenant %d" % tenant_id).digest()


def next_hash(before: bytes, facts: bytes) -> bytes:
    """h_{n-1} and what is covered of the entry → h_n."""
    return sha256(before + facts).digest()


def start_of(connection: Connection, tenant_id: int) -> Head:
    """A tenant → where its log begins: behind what the retention has taken away, or at its very first entry."""
    row = connection.execute(_SEGMENT, (tenant_id,)).fetchone()
    if row is None:
        return Head(tenant_id, 0, first_hash(tenant_id))
    return Head(tenant_id, row[0], bytes(row[1]))


def tenants(connection: Connection) -> list[int]:
    """All tenants that have, or may have, a log; 0 is the hub's own."""
    return [row[0] for row in connection.execute(_TENANTS)]


def verify(
    connection: Connection, tenant_id: int, anchors: Mapping[int, bytes], until: int | None = None
) -> tuple[Head, Fault | None]:
    """A tenant and hashes noted elsewhere earlier, by seq → the newest entry that holds, and what comes behind it, if wrong.

    Shape: `until` the last entry that is looked at, None for all.
    """
    head = start_of(connection, tenant_id)
    last = max(anchors, default=0)
    for seq, held, body, place, told in _events(connection, head):
        if seq != head.seq + 1:
            return head, Fault(tenant_id, head.seq + 1, "an entry is missing")
        if until is not None and seq > until:
            return head, None
        expected = next_hash(head.hash, covered(map(str, told), body) if is_facts(body) else body)
        if held != expected:
            return head, Fault(tenant_id, seq, "the entry, or one before it, was changed")
        if seq in anchors and anchors[seq] != expected:
            return head, Fault(tenant_id, seq, "the log is another than the one that was noted")
        if not _filed(body, place, told):
            return head, Fault(tenant_id, seq, "the entry is filed under what it does not say")
        if is_facts(body) and not readable(body):
            return head, Fault(tenant_id, seq, "the entry is in no form that this version knows")
        head = Head(tenant_id, seq, expected)
    if head.seq < last:
        return head, Fault(tenant_id, head.seq + 1, "entries at the end are missing")
    return head, None


def _events(connection: Connection, start: Head) -> Iterator[Any]:
    after = start.seq
    while True:
        rows = connection.execute(_EVENTS, (start.tenant_id, after, _BATCH)).fetchall()
        for seq, held, body, *rest in rows:
            yield seq, _bytes(held), _bytes(body), rest[:5], rest[5:]
        if len(rows) < _BATCH:
            return
        after = rows[-1][0]


def _bytes(value: bytes | str) -> bytes:
    """A column as it came, even from one who has written a text there."""
    return value.encode() if isinstance(value, str) else bytes(value)


def _filed(body: bytes, place: Sequence[object], told: Sequence[Any]) -> bool:
    """A body, row number, version, deletion and times, and what is covered → whether the entry lies where it is found."""
    here, patient, at, *columns = told
    rid, *state = place
    if is_facts(body):
        return (here, state) == (event_id(cast("int", rid)), [1, 0, at, at + INSTANT])
    return (here, patient, at - at % INSTANT, *columns) == _told(body)


def _told(body: bytes) -> tuple[object, ...]:
    """An AuditEvent → id, patient, time and TOLD, as it says them itself."""
    event = msgspec.json.decode(body)
    at = micros(datetime.fromisoformat(event["recorded"]))
    return (event["id"], patient_of(event), at, *columns_of(event))


def columns_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    """A decoded AuditEvent → the values of TOLD."""
    agents = cast("list[dict[str, Any]]", event.get("agent", []))
    client = agents[0] if agents else {}
    people = [a for a in agents if _code(a) == "IRCP"]
    references = [
        e["what"]["reference"] for e in _entities(event, "2") if "reference" in e.get("what", {})
    ]
    return (
        event.get("action", ""),
        event.get("outcome", ""),
        event["subtype"][0]["code"],
        _identifier(client),
        _identifier(people[0]) if people else "",
        references[0].partition("/_history/")[0] if references else "",
        client.get("network", {}).get("address", ""),
    )


def patient_of(event: Mapping[str, Any]) -> str:
    """A decoded AuditEvent → the id of the patient it is about, or ""."""
    for entity in _entities(event, "1"):
        return entity["what"]["reference"].removeprefix("Patient/")
    return ""


def _entities(event: Mapping[str, Any], role: str) -> list[dict[str, Any]]:
    found = cast("list[dict[str, Any]]", event.get("entity", []))
    return [e for e in found if e.get("type", {}).get("code") == role and "query" not in e]


def _code(agent: Mapping[str, Any]) -> str:
    codings = agent.get("type", {}).get("coding", [])
    return codings[0].get("code", "") if codings else ""


def _identifier(agent: Mapping[str, Any]) -> str:
    return agent.get("who", {}).get("identifier", {}).get("value", "")
