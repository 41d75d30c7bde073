"""Patients whose values come to a process that judges nothing → their books, so that what comes next is judged as it is stored.

A worker makes a patient's book when it judges; where only other processes work, nobody would (docs/adr/0028).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from hub.fhir.repository import Session
from hub.flows.judge_observations import JudgeObservations

BATCH: Final = 8
_MOST: Final = 10_000
_Patient = tuple[int, str]


@dataclass(frozen=True, slots=True)
class MakeBooks:
    """Makes the books that are wanted.

    Shape: `judge` has the books; `write` gives the turn to write, with which a worker makes them too, to a session that sees
    one tenant at a time: a role that serves alone may see no more.
    """

    judge: JudgeObservations
    write: Callable[[Callable[[Session], None]], Awaitable[None]]
    _wanted: dict[_Patient, None] = field(default_factory=dict[_Patient, None])

    def want(self, tenant_id: int, patient_id: str) -> None:
        """A patient whose book is not known."""
        if len(self._wanted) < _MOST:
            self._wanted[tenant_id, patient_id] = None

    async def __call__(self) -> None:
        """Nothing → the books that are wanted are made, a few in one turn."""
        while some := self._some():
            await self._make(some)

    def _some(self) -> list[_Patient]:
        return [self._wanted.popitem()[0] for _ in range(min(BATCH, len(self._wanted)))]

    async def _make(self, some: list[_Patient]) -> None:
        books, now = self.judge.books, self.judge.now()
        used: list[Any] = []

        def make(session: Session) -> None:
            used[:] = [books.begin()]
            for tenant_id, patient_id in some:
                permit = self.judge.desk(now, tenant_id).permit("read", "CarePlan")
                books.book(session, permit, patient_id, now)

        try:
            await self.write(make)
        except BaseException:
            books.forget_all()
            raise
        books.committed(used[0])
