"""Marks "to be judged" and their verdicts."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from hub.fhir.search.dates import from_micros, micros
from hub.ports import JudgeMark

_COLUMNS: Final = (
    "tenant_id, observation_id, version, patient_id, measure, at, identifier, input, seq, coalesce(zone, ''),"
    " coalesce(verdict, x''), attempts"
)


class JudgementTable:
    """hub.ports.Judgements over one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def add(self, mark: JudgeMark) -> None:
        """A mark → to be judged, in the same commit as the observation."""
        self._connection.execute(
            "INSERT INTO judgement (tenant_id, observation_id, version, patient_id, measure, at, identifier, input)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                mark.tenant_id,
                mark.observation_id,
                mark.version,
                mark.patient_id,
                mark.measure,
                micros(mark.at),
                mark.identifier,
                mark.input,
            ),
        )

    def todo(self, now: datetime, limit: int) -> Sequence[JudgeMark]:
        """Now → the oldest marks that are due."""
        return self._select(
            f"SELECT {_COLUMNS} FROM judgement WHERE judged_at IS NULL AND due <= ? ORDER BY seq LIMIT ?",
            (micros(now), limit),
        )

    def near(
        self, tenant_id: int, patient_id: str, measure: str, start: datetime, end: datetime
    ) -> Sequence[JudgeMark]:
        """A patient's marks of one measure with start ≤ at ≤ end, judged or not."""
        return self._select(
            f"SELECT {_COLUMNS} FROM judgement WHERE tenant_id = ? AND patient_id = ? AND measure = ?"
            " AND at BETWEEN ? AND ? ORDER BY seq",
            (tenant_id, patient_id, measure, micros(start), micros(end)),
        )

    def with_identifier(self, tenant_id: int, identifier: str) -> Sequence[JudgeMark]:
        """A business identifier → the marks that carry it."""
        return self._select(
            f"SELECT {_COLUMNS} FROM judgement WHERE tenant_id = ? AND identifier = ? ORDER BY seq",
            (tenant_id, identifier),
        )

    def versions(self, tenant_id: int, observation_id: str) -> Sequence[JudgeMark]:
        """An observation → the marks of all its versions."""
        return self._select(
            f"SELECT {_COLUMNS} FROM judgement WHERE tenant_id = ? AND observation_id = ? ORDER BY version",
            (tenant_id, observation_id),
        )

    def settle(self, mark: JudgeMark, now: datetime, zone: str, verdict: bytes) -> None:
        """A mark → judged, with zone and verdict."""
        self._connection.execute(
            "UPDATE judgement SET judged_at = ?, zone = ?, verdict = ? WHERE seq = ?",
            (micros(now), zone, verdict, mark.seq),
        )

    def postpone(self, mark: JudgeMark, due: datetime) -> None:
        """A mark that could not be judged → again at `due`."""
        self._connection.execute(
            "UPDATE judgement SET attempts = attempts + 1, due = ? WHERE seq = ?",
            (micros(due), mark.seq),
        )

    def _select(self, sql: str, values: tuple[object, ...]) -> list[JudgeMark]:
        return [_mark(row) for row in self._connection.execute(sql, values)]


def _mark(row: Sequence[Any]) -> JudgeMark:
    (
        tenant,
        observation,
        version,
        patient,
        measure,
        at,
        identifier,
        data,
        seq,
        zone,
        verdict,
        attempts,
    ) = row
    return JudgeMark(
        tenant,
        observation,
        version,
        patient,
        measure,
        from_micros(at),
        identifier,
        data,
        seq,
        zone,
        verdict,
        attempts,
    )
