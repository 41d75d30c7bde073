"""The second net on SQLite: whatever the hub asks of a table with people's data, it asks of one tenant."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.store.tables import metadata
from tests.acting import GP, GP_OFFICE, JOURNAL, MUNICIPALITY, ActingClient
from tests.builders import entry, observation, patient, transaction
from tests.functional.hub_client import Client

SHARED_BY_TENANTS = {name for name, t in metadata.tables.items() if "tenant_id" in t.columns}
OF_THE_HUB = {"client_agreement", "outbox", "judgement", "own_service", "alert"}
"""What the hub's own work walks for all tenants at once, to give each row to its tenant's flow."""
TABLES = "|".join(sorted(SHARED_BY_TENANTS - OF_THE_HUB))
_NAMED = re.compile(rf"\b(?:FROM|JOIN|UPDATE)\s+({TABLES})\b(?:\s+(?:AS\s+)?([a-z]\w{{0,3}})\b)?")
_WORDS = {"on", "set", "where"}
BY_ROW = re.compile(
    r"WHERE rid = \?|max\(rid\)|count\(\*\) FROM sqlite|FROM audit_event\)|SELECT 1 FROM tenant|WHERE 1 = 0"
)
"""Statements on one row whose id came of a statement that named the tenant, the log's own numbering, and those that find nothing."""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that any connection opened from now on runs."""
    seen: list[str] = []

    class Recording(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> Any:
            seen.append(sql)
            return super().execute(sql, *parameters)

        def executemany(self, sql: str, *parameters: Any) -> Any:
            seen.append(sql)
            return super().executemany(sql, *parameters)

    opened = sqlite3.connect

    def connect(*where: Any, **how: Any) -> Any:
        return opened(*where, **{**how, "factory": Recording})

    monkeypatch.setattr("hub.store.sqlite.sqlite3.connect", connect)
    return seen


@pytest.fixture
def acting(
    statements: list[str], make_client: Callable[..., Client]
) -> Iterator[tuple[ActingClient, list[str]]]:
    client = ActingClient(make_client().hub)
    yield client, statements
    client.close()


def without_tenant(sql: str) -> list[str]:
    """A statement → the tables in it that are asked for without a tenant."""
    if BY_ROW.search(sql):
        return []
    missing: list[str] = []
    for table, alias in _NAMED.findall(sql):
        named = alias if alias and alias.lower() not in _WORDS else ""
        if not re.search(rf"\b{named}\.tenant_id\b" if named else r"\btenant_id\b", sql):
            missing.append(f"{table} {named}")
    return missing


@pytest.mark.embedded
def test_every_statement_names_its_tenant(acting: tuple[ActingClient, list[str]]) -> None:
    client, seen = acting
    who = client.create(patient())
    made = client.create(observation(who))
    task = client.create({"resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": who}})  # fmt: skip
    client.relate(who[8:], GP_OFFICE, "gp_list")
    client.relate(who[8:], MUNICIPALITY, "episode")
    paths = [
        made,
        f"{made}/_history/1",
        f"{made}/_history",
        "_history",
        "Observation/_history?_at=2026",
        "AuditEvent/_history",
        f"Observation?patient={who}&code=8867-4&_sort=date",
        f"Observation?patient={who}&_include=Observation:subject&_revinclude=Task:focus",
        "Observation?status=final&_sort=-date,code&_total=accurate",
        "Observation?performer:Organization.name=x",
        "Observation?combo-code-value-quantity=8867-4$gt1",
        "Patient?_has:Observation:patient:code=8867-4",
        "Task?patient.family=x",
        "?_type=Task,Observation&_lastUpdated=gt2020",
        f"{who}/Observation",
        f"{who}/*",
        f"Observation/$lastn?patient={who}",
        f"{who}/$everything",
        "Patient/$everything",
        f"AuditEvent?patient={who}&action=R",
        "Observation?code:in=http://hl7.org/fhir/ValueSet/observation-vitalsignresult",
    ]
    for _ in range(2):
        for path in paths:
            for actor in (client.asking.actor, GP, JOURNAL):
                with client.as_(actor):
                    assert client.get(path).status_code < 500, path
    by_number = observation(who)
    by_number["subject"] = {"identifier": patient()["identifier"][0]}
    client.post("Observation", by_number)
    client.put(made, {**observation(who, value="91"), "id": made[12:]})
    client.post("", transaction(entry("PUT", task, {**client.get(task).json(), "status": "ready"})))
    client.put("Task?_id=none", {"resourceType": "Task", "status": "ready", "intent": "order"})
    client.request("DELETE", made)
    assert len(seen) > 500
    for sql in dict.fromkeys(seen):
        assert (without_tenant(sql), sql) == ([], sql)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT body FROM observation WHERE id = ?", ["observation "]),
        ("SELECT r.body FROM resource r WHERE r.id = ?", ["resource r"]),
        (
            "SELECT r.body FROM index_text x CROSS JOIN resource r WHERE x.tenant_id = ?",
            ["resource r"],
        ),
        ("SELECT body FROM history WHERE tenant_id = ?", []),
    ],
)
def test_the_check_sees_a_statement_without_a_tenant(sql: str, expected: list[str]) -> None:
    assert without_tenant(sql) == expected
