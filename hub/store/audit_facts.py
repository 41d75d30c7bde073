"""How an entry of the access log is stored: what its columns do not say lies in its body, as facts in a numbered form (ADR 0046).

The AuditEvent is built of both when it is read. Entries from before have the AuditEvent itself as their body.
Source: security/audit.md §3, §4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from hub.fhir.requests import AuditEntry
from hub.fhir.search.dates import from_micros
from hub.policy import Organisation
from hub.policy.actor import Person
from hub.store.audit_shape import Access, Who, render_access
from hub.store.connection import Connection

TOLD: Final = ("action", "outcome", "interaction", "agent", "person", "entity", "address")
"""The columns of an entry that it is found by; with its id, patient and time they are facts as good as those in the body."""
ROW: Final = ", ".join(
    ("r.id", "r.version", "r.updated", "r.patient_id", "r.body", *(f"r.{name}" for name in TOLD))
)
"""What `with_events` wants at the end of a row, under the alias r."""
_OF_PATIENT: Final = f"SELECT {ROW} FROM audit_event r WHERE r.tenant_id = ? AND r.patient_id = ? ORDER BY r.date_from, r.rid"
INSTANT: Final = 1000
"""How long the moment of an entry lasts where it is searched by date: it is told to the millisecond. Units: microseconds."""
_WIDE: Final = 5 + len(TOLD)
_ID: Final = re.compile(r"a([1-9][0-9]{0,17})", re.ASCII)
_encode = msgspec.json.Encoder().encode


class Facts(Struct, frozen=True, array_like=True):
    """The body of an entry: a JSON array, so that a form can be told by its first element and read without the hub.

    Shape: `form` the number of the form; `synthetic` 1 in a database without real persons; `version` of the resource in
    the column `entity`; `name` the client's, "" where a person is behind it; `organisations` parent and child; `person` issuer,
    name, authorisation and HPR number; what has a default is left out at the end of an access by the API. Never change what an element
    means: a new form has a new number.
    """

    form: Literal[1]
    synthetic: int
    version: int
    reason: str
    query: str
    request_id: str
    name: str
    organisations: tuple[str, str]
    token_id: str
    purpose: str
    person: tuple[str, str, str, str] | None
    event: str = "rest"
    named: str = ""
    details: tuple[tuple[str, str], ...] = ()
    party: tuple[str, str] = ("", "")


_decode = msgspec.json.Decoder(Facts).decode


def event_id(rid: int) -> str:
    """The number of an entry's row → the id of its AuditEvent."""
    return f"a{rid}"


def rid_of(resource_id: str) -> int:
    """The id of an AuditEvent → the number of its row; -1, which no row has, for what is no such id."""
    found = _ID.fullmatch(resource_id)
    return -1 if found is None else int(found[1])


def columns_of(entry: AuditEntry) -> tuple[str, ...]:
    """An access → the values of TOLD."""
    actor = entry.actor
    return (
        entry.action,
        entry.outcome,
        entry.interaction,
        actor.id if actor.person is None else actor.client_id,
        "" if actor.person is None else actor.person.id,
        f"{entry.resource_type}/{entry.resource_id}" if entry.resource_id else "",
        entry.address,
    )


def body_of(entry: AuditEntry, *, synthetic: bool) -> bytes:
    """An access → the body of its entry. Drops: what no AuditEvent tells, as the actor's scopes."""
    actor, person = entry.actor, entry.actor.person
    facts: list[object] = [
        1,
        int(synthetic),
        entry.version,
        entry.reason,
        entry.query,
        entry.request_id,
        actor.name if person is None else "",
        (actor.organisation.parent, actor.organisation.child),
        actor.token_id,
        "" if actor.attest is None else actor.attest.purpose,
        None if person is None else (person.issuer, person.name, person.authorisation, person.hpr),
    ]
    if entry.event != "rest" or entry.named or entry.details:
        facts += (entry.event, entry.named, entry.details, entry.party)
    return _encode(facts)


def is_facts(body: bytes) -> bool:
    """A body → whether it holds facts; those from before hold an object."""
    return body[:1] != b"{"


def covered(columns: Iterable[str], body: bytes) -> bytes:
    """Id, patient, time and TOLD, and a body of facts → the bytes that the entry's hash covers, one way to read them only.

    Shape: each column as its length in code points, `:` and itself, then the body; so it begins with a digit, and an entry from before
    with `{`: neither can pass for the other.
    """
    return "".join([f"{len(each)}:{each}" for each in columns]).encode() + body


def readable(body: bytes) -> bool:
    """A body of facts → whether its form is known."""
    try:
        _decode(body)
    except msgspec.DecodeError:
        return False
    return True


def event_of(
    resource_id: str, updated: int, patient_id: str, body: bytes, told: Sequence[str]
) -> bytes:
    """Id, time, patient, body and TOLD of an entry → its AuditEvent. Units: microseconds."""
    if not is_facts(body):
        return body
    facts = _decode(body)
    return render_access(
        _access(facts, updated, patient_id, told), resource_id, synthetic=facts.synthetic == 1
    )


def with_events(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows that end with ROW → the same that end with id, version, time, patient and AuditEvent."""
    return [
        (*row[: 4 - _WIDE], event_of(row[-_WIDE], row[2 - _WIDE], row[3 - _WIDE], row[4 - _WIDE], row[5 - _WIDE :]))
        for row in rows
    ]  # fmt: skip


def told(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row as the layout's `load` gives it → its number, version, time, patient, deletion and AuditEvent."""
    rid, version, updated, patient, deleted, body, *columns = row
    event = event_of(event_id(rid), updated, patient, body, columns)
    return rid, version, updated, patient, deleted, event


def events_of_patient(connection: Connection, tenant_id: int, patient_id: str) -> list[bytes]:
    """A tenant and a patient → the AuditEvents about them, the oldest first."""
    found = connection.execute(_OF_PATIENT, (tenant_id, patient_id)).fetchall()
    return [row[-1] for row in with_events(found)]


def _access(facts: Facts, updated: int, patient_id: str, told: Sequence[str]) -> Access:
    """All facts of an entry → the access."""
    action, outcome, interaction, agent, person, entity, address = told
    kind, _, here = entity.partition("/")
    return Access(
        _who(facts, agent, person),
        action,
        interaction,
        from_micros(updated),
        kind,
        here,
        facts.version,
        patient_id or None,
        facts.reason,
        facts.query,
        facts.request_id,
        outcome,
        address,
        facts.event,
        facts.named,
        facts.details,
        facts.party,
    )


def _who(facts: Facts, agent: str, person: str) -> Who:
    behind = None
    if facts.person is not None:
        issuer, name, authorisation, hpr = facts.person
        behind = Person(issuer, person, name, 0, hpr, authorisation)
    organisation = Organisation(*facts.organisations)
    return Who(agent, facts.name, agent, organisation, behind, facts.token_id, facts.purpose)
