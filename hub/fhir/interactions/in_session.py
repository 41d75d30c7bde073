"""A request inside a transaction that is open already: reads, searches and operations among the entries of a transaction.

Interactions are coroutines because a repository makes them wait; one that works on an open session never does.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from hub.fhir.interactions.context import Context
from hub.fhir.repository import Session
from hub.fhir.requests import AuditEntry, FhirRequest, FhirResponse

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SessionRepository:
    """hub.fhir.repository.FhirRepository over a session that somebody else begins and ends."""

    session: Session

    async def read(self, work: Callable[[Session], T], **_: Any) -> T:
        """A function of the session → its result."""
        return work(self.session)

    async def write(self, work: Callable[[Session], T], *, long: bool = False, **_: Any) -> T:  # noqa: ARG002
        """A function of the session → its result; it is durable when the transaction is."""
        return work(self.session)

    async def log(self, entries: Sequence[AuditEntry], **_: Any) -> None:
        """Accesses → written; they are durable when the transaction is."""
        for entry in entries:
            self.session.audit(entry)


def answer_in(session: Session, request: FhirRequest, context: Context) -> FhirResponse:
    """A request → its answer, out of the transaction that is open. Problems: those of the request."""
    inside = replace(context, repository=SessionRepository(session), offload=_at_once)
    return _run(context.dispatch(request, inside))


async def _at_once(work: Callable[[], T]) -> T:
    return work()


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    message = "an interaction waited inside a transaction"
    raise AssertionError(message)
