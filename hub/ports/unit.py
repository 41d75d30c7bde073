"""One transaction with all its parts, and who runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from hub.fhir.repository import Session
from hub.policy.relations import CareRelation, Share
from hub.ports.jobs import Job, Outbox
from hub.ports.judging import Alerts, Dues, Judgements
from hub.ports.messages import Inbox, Messages
from hub.values import OwnService

T = TypeVar("T")


class Relations(Protocol):
    """Care relations and shares: why an organisation may see a patient (security README §4)."""

    def add(self, relation: CareRelation, at: datetime) -> None:
        """A relation → in force from its start; the same one again changes its end and basis."""
        ...

    def end(self, relation: CareRelation, at: datetime, by: str) -> int:
        """A relation, whenever it began → ended at `at`; → how many facts that was."""
        ...

    def of(
        self, tenant_id: int, *, patient_id: str = "", organisation: str = "", source: str = ""
    ) -> Sequence[CareRelation]:
        """A tenant and what to look for → the relations, those that have ended too, oldest first."""
        ...

    def state(
        self, tenant_id: int, source: str, now_stated: Iterable[CareRelation], at: datetime
    ) -> None:
        """What a resource states of relations now → in force; what it has stated before and no more is ended."""
        ...

    def share(self, share: Share, at: datetime) -> None:
        """A share → in force from its start."""
        ...

    def end_share(self, share: Share, at: datetime, by: str) -> int:
        """A share, whenever it began → ended; → how many that was."""
        ...

    def shares(self, tenant_id: int, organisation: str = "") -> Sequence[Share]:
        """A tenant → what it shares and has shared, oldest first."""
        ...


class Retention(Protocol):
    """What is older than it is to be kept."""

    def tenants(self) -> Sequence[int]:
        """Nothing → whose records there may be; 0 is the hub itself."""
        ...

    def heads(self) -> Sequence[tuple[int, int, str]]:
        """Nothing → (tenant, number, hash) of the newest entry of each log."""
        ...

    def take_away(
        self, rule: str, tenant_id: int, before: datetime, at: datetime, most: int
    ) -> int | None:
        """A rule, whose records, how old and how many at most → how many went; None where they must not be touched."""
        ...


class Unit(Protocol):
    """One transaction."""

    @property
    def fhir(self) -> Session:
        """Resources and the access log."""
        ...

    @property
    def judgements(self) -> Judgements:
        """Marks and verdicts."""
        ...

    @property
    def alerts(self) -> Alerts:
        """Alerts by patient and rule."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Jobs to come."""
        ...

    @property
    def dues(self) -> Dues:
        """What falls due by the clock alone."""
        ...

    @property
    def messages(self) -> Messages:
        """E-messages and their facts."""
        ...

    @property
    def inbox(self) -> Inbox:
        """Received bytes."""
        ...

    @property
    def relations(self) -> Relations:
        """Care relations and shares."""
        ...

    @property
    def retention(self) -> Retention:
        """What is too old."""
        ...

    def own_services(self, tenant_id: int) -> Sequence[OwnParty]:
        """A tenant → its services that send and receive e-messages."""
        ...


@dataclass(frozen=True, slots=True)
class OwnParty:
    """One of the tenant's services with what a letterhead needs."""

    service: OwnService
    organisation_name: str
    service_name: str
    phone: str


class UnitOfWork(Protocol):
    """Runs functions in transactions."""

    async def read(self, work: Callable[[Unit], T], *, long: bool = False) -> T:
        """A function of a unit → its result; nothing may be written; `long` work (over 2 ms) must say so."""
        ...

    async def write(self, work: Callable[[Unit], T], *, long: bool = False) -> T:
        """A function of a unit → its result, after the commit is durable; `long` work (over 2 ms) must say so."""
        ...


class Claims(Protocol):
    """Who does what, among the processes that share a store; what a process claimed is free again when it dies."""

    async def take(self, job: Job) -> bool:
        """A job → ours until `free`, or another process's."""
        ...

    async def free(self, job: Job) -> None:
        """A job that is settled → anybody's again."""
        ...

    async def duty(self, name: str) -> bool:
        """A duty of which one process at a time takes care → whether it is ours, as long as we live."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
