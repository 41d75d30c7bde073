"""Jobs that leave by the outbox: to do, done, or given up with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from hub.fhir.search.dates import from_micros, micros
from hub.ports import LONGEST_RETRY, Job, QueuedJob
from hub.store.connection import Connection, WritingConnection

_COLUMNS: Final = "tenant_id, queue, subject, payload, seq, attempts, state, due, reason"

AHEAD: Final = timedelta(minutes=1)
"""How far the clocks of machines that share a database may differ before a job counts as made in the future."""
_FROM_AHEAD: Final = "state = 'todo' AND due > ? AND (created > ? OR (attempts > 0 AND due > ?))"


class OutboxTable:
    """hub.ports.Outbox over one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: WritingConnection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def add(self, job: Job, now: datetime, due: datetime | None = None) -> None:
        """A job → to be done at `due` (at once when None)."""
        self._connection.later(_put, _row(job, now, due or now, "todo"))

    def note(self, job: Job, now: datetime) -> None:
        """A job that this transaction does itself → kept as finished, for the record."""
        self._connection.later(_put, _row(job, now, now, "done"))

    def due(self, now: datetime, limit: int) -> Sequence[Job]:
        """Now → the jobs that are due, oldest first."""
        rows = self._connection.execute(
            "SELECT tenant_id, queue, subject, payload, seq, attempts FROM outbox"
            " WHERE state = 'todo' AND due <= ? ORDER BY due, seq LIMIT ?",
            (micros(now), limit),
        )
        return [Job(*row) for row in rows]

    def waiting(self) -> int:
        """Nothing → how many jobs are still to be done, due or not."""
        (count,) = self._connection.execute(
            "SELECT count(*) FROM outbox WHERE state = 'todo'"
        ).fetchone()
        return count

    def stands(self, job: Job) -> bool:
        """A job as it was read → whether it is still to be done and nobody has tried it since."""
        row = self._connection.execute(
            "SELECT 1 FROM outbox WHERE seq = ? AND state = 'todo' AND attempts = ?",
            (job.seq, job.attempts),
        ).fetchone()
        return row is not None

    def done(self, job: Job) -> None:
        """A job → finished."""
        self._connection.later(_end, (job.seq,))

    def go_on(self, job: Job, due: datetime) -> None:
        """A job whose first part is done → its next part at `due`, with the payload as it is given."""
        self._connection.execute(
            "UPDATE outbox SET payload = ?, due = ?, attempts = 0, reason = '' WHERE seq = ? AND state = 'todo'",
            (job.payload, micros(due), job.seq),
        )

    def again(self, job: Job, due: datetime, reason: str) -> None:
        """A job that failed → at `due` once more."""
        self._connection.execute(
            "UPDATE outbox SET attempts = attempts + 1, due = ?, reason = ? WHERE seq = ?",
            (micros(due), reason, job.seq),
        )

    def dead(self, job: Job, reason: str) -> None:
        """A job that is given up → dead letter with a reason; a person replays it."""
        self._connection.execute(
            "UPDATE outbox SET attempts = attempts + 1, state = 'dead', reason = ? WHERE seq = ?",
            (reason, job.seq),
        )

    def of_subject(self, tenant_id: int, queue: str, subject: str) -> Sequence[QueuedJob]:
        """A queue and what a job is about → all its jobs, oldest first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM outbox WHERE tenant_id = ? AND queue = ? AND subject = ? ORDER BY seq",
            (tenant_id, queue, subject),
        )
        return [_queued(row) for row in rows]

    def dead_letters(self, tenant_id: int, limit: int) -> Sequence[QueuedJob]:
        """A tenant → the jobs that were given up, newest first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM outbox WHERE tenant_id = ? AND state = 'dead' ORDER BY seq DESC LIMIT ?",
            (tenant_id, limit),
        )
        return [_queued(row) for row in rows]

    def ahead(self, now: datetime) -> int:
        """Now → how many jobs to be done were made, or put off, at a time that has not come: the clock was set back since."""
        (count,) = self._connection.execute(
            f"SELECT count(*) FROM outbox WHERE {_FROM_AHEAD}", _limits(now)
        ).fetchone()
        return count

    def bring_back(self, now: datetime) -> None:
        """Now → those jobs are due as long after now as they were after they were made; those that were tried before, now."""
        at = micros(now)
        self._connection.execute(
            "UPDATE outbox SET due = CASE WHEN created > ? THEN due - created + ? ELSE ? END,"
            f" created = CASE WHEN created > ? THEN ? ELSE created END WHERE {_FROM_AHEAD}",
            (at, at, at, at, at, *_limits(now)),
        )

    def revive(self, job: Job, now: datetime) -> None:
        """A job that was given up → to be done at once, all its tries before it again."""
        self._connection.execute(
            "UPDATE outbox SET state = 'todo', attempts = 0, due = ? WHERE seq = ? AND state = 'dead'",
            (micros(now), job.seq),
        )


def _limits(now: datetime) -> tuple[int, int, int]:
    late = now + AHEAD
    return micros(late), micros(late), micros(late + LONGEST_RETRY)


def _row(job: Job, now: datetime, due: datetime, state: str) -> tuple[Any, ...]:
    at = micros(now), micros(due)
    return (job.tenant_id, job.queue, job.subject, job.payload, *at, state)


def _queued(row: Sequence[Any]) -> QueuedJob:
    *job, state, due, reason = row
    return QueuedJob(Job(*job), state, from_micros(due), reason)


def _put(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Jobs → put in, in the order they were added."""
    connection.executemany(
        "INSERT INTO outbox (tenant_id, queue, subject, payload, created, due, attempts, state, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, 0, ?, '')",
        rows,
    )


def _end(connection: Connection, rows: Sequence[tuple[int]]) -> None:
    """Numbers of jobs → those jobs are finished."""
    connection.executemany("UPDATE outbox SET state = 'done', reason = '' WHERE seq = ?", rows)
