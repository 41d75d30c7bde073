"""Alerts by patient and rule; a unique index keeps a second open one out, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from hub.fhir.search.dates import from_micros, micros
from hub.ports import AlertRow
from hub.store.connection import Connection, WritingConnection

_COLUMNS: Final = "tenant_id, issue_id, patient_id, rule_id, open, updated, data"


class AlertTable:
    """hub.ports.Alerts over one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: WritingConnection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def of_patient(
        self, tenant_id: int, patient_id: str, *, everything: bool
    ) -> Sequence[AlertRow]:
        """A patient → all alerts, or the open ones and the latest closed one of each rule."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM alert WHERE tenant_id = ? AND patient_id = ? ORDER BY rule_id, updated",
            (tenant_id, patient_id),
        )
        if everything:
            return [_row(row) for row in rows]
        latest: dict[tuple[str, bool], AlertRow] = {}
        for row in rows:
            one = _row(row)
            latest[one.rule_id, one.open] = one
        return list(latest.values())

    def save(self, row: AlertRow) -> None:
        """A row → stored, new or changed."""
        self._connection.later(_put, row)

    def find(self, tenant_id: int, issue_id: str) -> AlertRow | None:
        """A DetectedIssue id → its row."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM alert WHERE tenant_id = ? AND issue_id = ?",
            (tenant_id, issue_id),
        ).fetchone()
        return None if row is None else _row(row)

    def still_open(self, tenant_id: int, limit: int) -> Sequence[AlertRow]:
        """A tenant → its open alerts, those changed last first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM alert WHERE tenant_id = ? AND open = 1 ORDER BY updated DESC, issue_id LIMIT ?",
            (tenant_id, limit),
        )
        return [_row(row) for row in rows]


def _row(row: Sequence[Any]) -> AlertRow:
    tenant, issue, patient, rule, is_open, updated, data = row
    return AlertRow(tenant, issue, patient, rule, bool(is_open), from_micros(updated), data)


def _put(connection: Connection, rows: Sequence[AlertRow]) -> None:
    """Rows → stored in the order they were made, with their like of the same batch."""
    connection.executemany(
        f"INSERT INTO alert ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (tenant_id, issue_id) DO UPDATE"
        " SET open = excluded.open, updated = excluded.updated, data = excluded.data",
        [
            (
                r.tenant_id,
                r.issue_id,
                r.patient_id,
                r.rule_id,
                int(r.open),
                micros(r.updated),
                r.data,
            )
            for r in rows
        ],
    )
