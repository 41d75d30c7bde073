"""What is to be done after a commit: the jobs of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

LONGEST_RETRY: Final = timedelta(hours=4)
"""For how long a job that failed is put off at most."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work that leaves by the outbox. Shape: `subject` what it is about (an id); `attempts` so far."""

    tenant_id: int
    queue: str
    subject: str
    payload: bytes = b""
    seq: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as it stands in the outbox. Shape: `state` is todo, done or dead; `reason` why the last try failed."""

    job: Job
    state: str
    due: datetime
    reason: str


class Outbox(Protocol):
    """Side effects to come, in the transaction of what caused them (D4)."""

    def add(self, job: Job, now: datetime, due: datetime | None = None) -> None:
        """A job → to be done at `due` (at once when None)."""
        ...

    def note(self, job: Job, now: datetime) -> None:
        """A job that this transaction does itself → kept as finished, for the record."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Job]:
        """Now → the jobs that are due, oldest first."""
        ...

    def waiting(self) -> int:
        """Nothing → how many jobs are still to be done, due or not."""
        ...

    def stands(self, job: Job) -> bool:
        """A job as it was read → whether it is still to be done and nobody has tried it since."""
        ...

    def done(self, job: Job) -> None:
        """A job → finished."""
        ...

    def go_on(self, job: Job, due: datetime) -> None:
        """A job whose first part is done → its next part at `due`, with the payload as it is given."""
        ...

    def again(self, job: Job, due: datetime, reason: str) -> None:
        """A job that failed → at `due` once more."""
        ...

    def dead(self, job: Job, reason: str) -> None:
        """A job that is given up → dead letter with a reason; a person replays it."""
        ...

    def of_subject(self, tenant_id: int, queue: str, subject: str) -> Sequence[QueuedJob]:
        """A queue and what a job is about → all its jobs, oldest first."""
        ...

    def dead_letters(self, tenant_id: int, limit: int) -> Sequence[QueuedJob]:
        """A tenant → the jobs that were given up, newest first."""
        ...

    def ahead(self, now: datetime) -> int:
        """Now → how many jobs to be done were made, or put off, at a time that has not come: the clock was set back since."""
        ...

    def bring_back(self, now: datetime) -> None:
        """Now → those jobs are due as long after now as they were after they were made; those that were tried before, now."""
        ...

    def revive(self, job: Job, now: datetime) -> None:
        """A job that was given up → to be done at once, all its tries before it again."""
        ...
