"""What every interaction is given: the repository, time and ids, and how refusals and audit entries are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from hub.fhir.repository import FhirRepository, Session
from hub.fhir.requests import AuditEntry, FhirRequest, FhirResponse, Stored
from hub.fhir.search.seal import Seal, seal_of
from hub.limits import Limits
from hub.policy import Action, Deny, Permit, authorise
from hub.policy.action import Interaction
from hub.problems import ProblemCode, fail

T = TypeVar("T")

OFFLOAD_BYTES = 64 * 1024
"""Bodies above this size take more than about 2 ms to check and leave the event loop (D8)."""


def is_long(body: bytes) -> bool:
    """Whether a body may take longer than the event loop may be held, also to store: ten megabytes can have 200,000 names to be found by."""
    return len(body) > OFFLOAD_BYTES


class Offload(Protocol):
    """Runs a function outside the event loop."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """A function → its result, later."""
        ...


class Together(Protocol):
    """Runs works that do not depend on each other."""

    def __call__(self, works: Sequence[Callable[[], Awaitable[None]]], /) -> Awaitable[None]:
        """Works → all of them done."""
        ...


async def one_by_one(works: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Works → all of them done, in their order."""
    for work in works:
        await work()


async def _nowhere(_: FhirRequest, __: Context) -> FhirResponse:
    raise fail(ProblemCode.NOT_SUPPORTED, "There is no router to ask")


def _no_alerts(*_: object) -> Stored:
    raise fail(ProblemCode.NOT_SUPPORTED, "There are no alerts here")


def _no_plans(*_: object) -> Mapping[str, Any]:
    raise fail(ProblemCode.NOT_SUPPORTED, "There are no plans here")


def _no_log(_: bytes) -> Any:
    raise fail(ProblemCode.NOT_SUPPORTED, "There is no access log here")


@dataclass(frozen=True, slots=True)
class Context:
    """What the interactions share.

    Shape: `now` gives whole milliseconds; `tags` are meta.security entries put on every resource (HTEST in development);
    `integrity` where references are checked (write, delete); `delete_many` how many matches a conditional delete may delete; `together` runs the entries of a batch; `dispatch` runs
    a request as the router would, which puts it here; `take_step` takes the steps of people on alerts, `explain` tells
    why one is there, `page_key` seals the tokens of pages, `simulate` replays plans, `tell_access` makes of an AuditEvent what its patient is told.
    """

    repository: FhirRepository
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    offload: Offload
    page_key: bytes = b""
    capabilities: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tags: tuple[Mapping[str, str], ...] = ()
    limits: Limits = field(default_factory=Limits)
    delete_many: int = 1
    integrity: frozenset[str] = frozenset()
    together: Together = one_by_one
    dispatch: Callable[[FhirRequest, Context], Coroutine[Any, Any, FhirResponse]] = _nowhere
    take_step: Callable[[Session, Permit, Stored, Any], Stored] = _no_alerts
    simulate: Callable[..., Mapping[str, Any]] = _no_plans
    explain: Callable[[Session, Permit, str, str, datetime], Any] = _no_alerts
    tell_access: Callable[[bytes], Any] = _no_log


def seal_for(request: FhirRequest, context: Context) -> Seal:
    """A request → what the tokens of pages at its place are sealed with."""
    return seal_of(context.page_key, request.actor.tenant_id, request.path)


def permit_for(
    request: FhirRequest, interaction: Interaction, resource_type: str = "", operation: str = ""
) -> Permit:
    """Request and action → Permit. Problems: FORBIDDEN."""
    verdict = authorise(request.actor, Action(interaction, resource_type, operation), request.at)
    if isinstance(verdict, Deny):
        raise fail(ProblemCode.FORBIDDEN, verdict.reason)
    return verdict


AUDIT_ACTION = {
    "create": "C",
    "update": "U",
    "delete": "D",
    "patch": "U",
    "read": "R",
    "vread": "R",
}


def access(
    request: FhirRequest,
    permit: Permit,
    interaction: str,
    at: datetime,
    stored: Stored | None = None,
    *,
    query: str = "",
    patient_id: str | None = None,
) -> AuditEntry:
    """An access that is permitted → its entry in the access log."""
    return AuditEntry(
        actor=permit.actor,
        action=AUDIT_ACTION.get(interaction, "E"),
        interaction=interaction,
        recorded=at,
        resource_type=stored.type if stored else permit.action.resource_type,
        resource_id=stored.id if stored else "",
        version=stored.version if stored else 0,
        patient_id=stored.patient_id if stored else patient_id,
        reason=permit.reason,
        query=query,
        request_id=request.request_id,
        address=request.address,
    )
