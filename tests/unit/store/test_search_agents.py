"""Who had a part in an access is found in what is stored of it, as the AuditEvent tells it, in both forms a body may have."""

from __future__ import annotations

import sqlite3
from itertools import product

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.fhir.requests import AuditEntry
from hub.fhir.search.query import IdentifierValue
from hub.store.audit_facts import body_of, columns_of
from hub.store.audit_shape import ENH, HER, render_audit
from hub.store.search_agents import named
from tests.unit.store.test_audit_facts import ENTRIES


def as_they_are_made(entry: AuditEntry) -> AuditEntry:
    """Any access → one whose details have names of letters, as all that the hub writes."""
    return replace(entry, details=tuple((f"x{name}", value) for name, value in entry.details))


MADE = ENTRIES.map(as_they_are_made).filter(
    lambda entry: entry.actor.person is None or entry.actor.person.issuer != ""
)


def finds(body: bytes, told: tuple[str, ...], wanted: IdentifierValue) -> bool:
    """A stored entry and an identifier → whether the entry is found by it."""
    condition = named("r", wanted)
    row = "(SELECT ? AS body, ? AS agent, ? AS person)"
    with sqlite3.connect(":memory:") as connection:
        text = f"SELECT count(*) FROM {row} r WHERE {condition.text}"
        values = (body, told[3], told[4], *condition.values)
        return connection.execute(text, values).fetchone()[0] == 1


@given(MADE, st.booleans())
def test_an_agent_is_found_by_its_system_and_value_and_by_no_other(
    entry: AuditEntry, facts: bool
) -> None:
    event = render_audit(entry, "a7")
    told = columns_of(entry)
    body = body_of(entry, synthetic=False) if facts else event
    agents = [a["who"].get("identifier") for a in msgspec.json.decode(event)["agent"]]
    there = {(each.get("system", ""), each["value"]) for each in agents if each and each["value"]}
    systems = {"", ENH, HER, "urn:nobody", *(system for system, _ in there)}
    numbers = {value for system, value in there if system == ENH and not value.isdecimal()}
    for system, value in product(systems, {"974760673", *(value for _, value in there)}):
        if system == ENH and value in numbers:
            continue  # organisations have numbers
        expected = (system, value) in there
        assert finds(body, told, IdentifierValue(system, value)) == expected, (system, value)


@given(MADE)
def test_a_value_alone_finds_whoever_is_called_so(entry: AuditEntry) -> None:
    body, told = body_of(entry, synthetic=False), columns_of(entry)
    for _, value in {("client", told[3]), ("person", told[4])}:
        if value:
            assert finds(body, told, IdentifierValue(None, value))
