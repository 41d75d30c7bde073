"""What waits in the store and since when, for probes and figures: counts and ages, never whose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.fhir.search.dates import from_micros, micros
from hub.store.connection import Connection


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """One queue. Shape: `waiting` counts all jobs to be done; `due` when the first that is due became so, None = none is."""

    name: str
    waiting: int
    due: datetime | None


def queues(connection: Connection, now: datetime) -> list[QueueStanding]:
    """A connection and now → the queues in which jobs wait."""
    rows = connection.execute(
        "SELECT queue, count(*), min(CASE WHEN due <= ? THEN due END) FROM outbox"
        " WHERE state = 'todo' GROUP BY queue ORDER BY queue",
        (micros(now),),
    )
    return [
        QueueStanding(name, many, None if due is None else from_micros(due))
        for name, many, due in rows
    ]


def oldest_unjudged(connection: Connection) -> datetime | None:
    """A connection → when the value was stored that has waited longest for its judgement, or None when none waits."""
    row = connection.execute(
        "SELECT o.updated FROM judgement j JOIN observation o"
        " ON o.tenant_id = j.tenant_id AND o.id = j.observation_id"
        " WHERE j.judged_at IS NULL ORDER BY j.seq LIMIT 1"
    ).fetchone()
    return None if row is None else from_micros(row[0])


def schema_of(connection: Connection) -> str:
    """A connection → the migration the database stands at, "" when it has none."""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return "" if row is None else row[0]
