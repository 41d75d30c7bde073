"""One transaction with all its parts, and the store that runs them (hub.ports.Unit and UnitOfWork)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import Any, Final, TypeVar, cast

from hub.fhir.requests import AuditEntry, Stored
from hub.policy import Permit
from hub.policy.jobs import JOBS
from hub.ports import Claims, OwnParty
from hub.store.alerts import AlertTable
from hub.store.budget import within
from hub.store.clients import ClientTable
from hub.store.connection import Connection, WritingConnection
from hub.store.dues import DueTable
from hub.store.engine import Engine
from hub.store.inbox import InboxTable
from hub.store.judgements import JudgementTable
from hub.store.messages import MessageTable
from hub.store.outbox import OutboxTable
from hub.store.relations import RelationTable
from hub.store.resources import ResourceSession, Watch
from hub.store.retention import RetentionTable
from hub.store.sources import change_sources
from hub.store.table_rights import Narrow, Rights, rights_of
from hub.values import HerId, OwnService

T = TypeVar("T")

LONG_READS: Final = 2
"""How many long searches run at once beside the event loop; further ones wait."""


class StoreUnit:
    """hub.ports.Unit over one connection; parts are made when they are asked for."""

    __slots__ = ("_connection", "_watches")

    def __init__(self, connection: WritingConnection, watches: dict[str, Watch]) -> None:
        """A connection inside a transaction, and what follows a save, by resource type."""
        self._connection = connection
        self._watches = watches

    @property
    def fhir(self) -> ResourceSession:
        """Resources and the access log."""
        return ResourceSession(self._connection, self._watches)

    def asked(self) -> ResourceSession:
        """Resources for somebody who asks: there are none until a Permit is shown, and then those of its tenant."""
        return ResourceSession(self._connection, self._watches, asked=True)

    @property
    def judgements(self) -> JudgementTable:
        """Marks and verdicts."""
        return JudgementTable(self._connection)

    @property
    def alerts(self) -> AlertTable:
        """Alerts by patient and rule."""
        return AlertTable(self._connection)

    @property
    def outbox(self) -> OutboxTable:
        """Jobs to come."""
        return OutboxTable(self._connection)

    @property
    def dues(self) -> DueTable:
        """What falls due by the clock alone."""
        return DueTable(self._connection)

    @property
    def messages(self) -> MessageTable:
        """E-messages and their facts."""
        return MessageTable(self._connection)

    @property
    def inbox(self) -> InboxTable:
        """Received bytes."""
        return InboxTable(self._connection)

    @property
    def relations(self) -> RelationTable:
        """Care relations and shares."""
        return RelationTable(self._connection)

    @property
    def retention(self) -> RetentionTable:
        """What is too old."""
        return RetentionTable(self._connection)

    @property
    def clients(self) -> ClientTable:
        """Systems that may ask."""
        return ClientTable(self._connection)

    def own_services(self, tenant_id: int) -> Sequence[OwnParty]:
        """A tenant → its services that send and receive e-messages."""
        rows = self._connection.execute(
            "SELECT organisation_her, service_her, organisation_name, service_name, phone, types FROM own_service"
            " WHERE tenant_id = ? ORDER BY organisation_her, service_her",
            (tenant_id,),
        )
        return [
            OwnParty(
                OwnService(
                    HerId(organisation),
                    HerId(service),
                    None if types == "*" else frozenset(types.split(",")),
                ),
                organisation_name,
                service_name,
                phone,
            )
            for organisation, service, organisation_name, service_name, phone, types in rows
        ]


class Store:
    """hub.ports.UnitOfWork over an engine."""

    def __init__(self, engine: Engine, rights: Rights | None = None) -> None:
        """An open engine, and which tables may be written through this store; None = those that the database lets us."""
        self.engine = engine
        self.rights = rights
        self.beside = ThreadPoolExecutor(LONG_READS, thread_name_prefix="store-long-read")
        self._watches: dict[str, Watch] = {}

    def narrow(self, job: str) -> Store:
        """A job of the table of jobs → the same store, where it writes its own tables alone."""
        own = copy(self)
        own.rights = rights_of(JOBS[job])
        return own

    def _writing(self, connection: WritingConnection) -> StoreUnit:
        if self.rights is not None:
            connection = cast("WritingConnection", Narrow(connection, self.rights))
        return StoreUnit(connection, self._watches)

    def watch(self, resource_type: str, call: Watch) -> None:
        """A type and what follows every save of it, in the same transaction; several follow in the order they were told."""
        former = self._watches.get(resource_type)
        if former is None:
            self._watches[resource_type] = call
            return

        def both(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
            former(session, permit, stored, resource)
            call(session, permit, stored, resource)

        self._watches[resource_type] = both

    @property
    def claims(self) -> Claims:
        """Who does what, where several processes work."""
        return self.engine.claims

    def change_sources(self, connection: Connection) -> None:
        """In a transaction that changes what books are made from → other processes make theirs anew."""
        if self.engine.shared:
            change_sources(connection, self.engine.token)

    async def read(self, work: Callable[[StoreUnit], T], *, long: bool = False) -> T:
        """A function of a unit → its result; nothing may be written; `long` keeps it off the event loop and the writer."""
        if long:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.beside, self.read_now, work)
        return await self.engine.read(lambda connection: work(StoreUnit(connection, self._watches)))

    def read_now(self, work: Callable[[StoreUnit], T]) -> T:
        """As `read`, in the caller's own thread."""
        return self.engine.read_now(lambda connection: work(StoreUnit(connection, self._watches)))

    async def write(
        self,
        work: Callable[[StoreUnit], T],
        *,
        long: bool = False,
        quiet: bool = False,
        meanwhile: Callable[[], None] | None = None,
    ) -> T:
        """A function of a unit → its result, after the commit is durable."""
        return await self.engine.write(
            lambda connection: work(self._writing(connection)),
            long=long,
            quiet=quiet,
            meanwhile=meanwhile,
        )

    async def write_asked(self, work: Callable[[ResourceSession], T], *, long: bool = False) -> T:
        """A function of what somebody asks for (`StoreUnit.asked`) → its result, after the commit is durable."""
        watches = self._watches
        return await self.engine.write(
            lambda connection: work(ResourceSession(connection, watches, asked=True)), long=long
        )


class FhirStore:
    """hub.fhir.repository.FhirRepository: the resource part of the store."""

    def __init__(self, store: Store, seconds: float = 10) -> None:
        """The store beneath, and how long it may work on one reading."""
        self._store = store
        self._seconds = seconds

    async def read(self, work: Callable[[ResourceSession], T], *, long: bool = False) -> T:
        """A function of a session → its result. Problems: TOO_COSTLY."""
        if not long:
            return await self._store.read(lambda unit: self._bounded(unit.asked(), work))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._store.beside,
            lambda: self._store.read_now(lambda unit: self._bounded(unit.asked(), work)),
        )

    def _bounded(self, session: ResourceSession, work: Callable[[ResourceSession], T]) -> T:
        return within(session.connection, self._seconds, lambda: work(session))

    async def write(self, work: Callable[[ResourceSession], T], *, long: bool = False) -> T:
        """A function of a session → its result, after the commit."""
        return await self._store.write_asked(work, long=long)

    async def log(
        self, entries: Sequence[AuditEntry], meanwhile: Callable[[], None] | None = None
    ) -> None:
        """Accesses that nothing else follows from → nothing, once they are durable; `meanwhile` as Engine says."""

        def work(unit: StoreUnit) -> None:
            session = unit.asked()
            for entry in entries:
                session.audit(entry)

        await self._store.write(work, quiet=True, meanwhile=meanwhile)
