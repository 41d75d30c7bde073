"""What waits in the store and since when, for probes and figures: counts and ages, never whose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.fhir.search.dates import from_micros, micros
from hub.ports import PUT_OFF
from hub.store.connection import Connection
from hub.store.tenancy import entrance

_TRIED_AGAIN: Final = 2 * PUT_OFF
"""Within how long what the clock could not judge is tried again, and more."""


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
    first = connection.execute(
        "SELECT tenant_id, observation_id FROM judgement WHERE judged_at IS NULL ORDER BY seq LIMIT 1"
    ).fetchone()
    if first is None:
        return None
    enter = entrance(connection)
    if enter is not None:
        enter(first[0])
    row = connection.execute(
        "SELECT updated FROM observation WHERE tenant_id = ? AND id = ?", first
    ).fetchone()
    return None if row is None else from_micros(row[0])


def deadlines_put_off(connection: Connection, now: datetime) -> int:
    """A connection and now → how many deadlines have passed that could not be judged, and are tried again."""
    row = connection.execute(
        "SELECT count(*) FROM clock_slot WHERE wake > ? AND wake <= ? AND due <= ?",
        (micros(now), micros(now + _TRIED_AGAIN), micros(now)),
    ).fetchone()
    return 0 if row is None else int(row[0])


def schema_of(connection: Connection) -> str:
    """A connection → the migration the database stands at, "" when it has none."""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return "" if row is None else row[0]
