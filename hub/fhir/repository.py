"""The port the FHIR interactions need: transactions over resources; every method takes a Permit (D9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from hub.fhir.history import HistoryPage, HistoryQuery
from hub.fhir.large import LargeBody
from hub.fhir.requests import AuditEntry, Stored
from hub.fhir.search.index import IndexEntry
from hub.fhir.search.query import EverythingQuery, Page, SearchQuery
from hub.policy import Permit

T = TypeVar("T")


class Draft(Struct, frozen=True):
    """A checked resource on its way into the store.

    Shape: `body` has id and meta in place; `resource` is the decoded struct; `index` the values it is found by;
    `patient_id` the patient it belongs to, when it has one.
    """

    type: str
    id: str
    version: int
    updated: datetime
    body: bytes | LargeBody
    resource: Any
    index: tuple[IndexEntry, ...]
    patient_id: str | None


class Amended(Struct, frozen=True):
    """The next version of a resource of our own that is found as the one before but for a few values.

    Shape: `body` has id and meta in place; `come` and `gone` are the index values that differ; patient, dates and everything else
    it is found by are as before.
    """

    version: int
    updated: datetime
    body: bytes
    come: tuple[IndexEntry, ...]
    gone: tuple[IndexEntry, ...]


class Session(Protocol):
    """What an interaction may do inside one transaction."""

    def load(self, permit: Permit, resource_type: str, resource_id: str) -> Stored | None:
        """Type and id → the current version (deleted ones too), or None."""
        ...

    def load_version(
        self, permit: Permit, resource_type: str, resource_id: str, version: int
    ) -> Stored | None:
        """Type, id and version → that version, or None."""
        ...

    def head(self, permit: Permit, resource_type: str, resource_id: str) -> Stored | None:
        """Type and id → the current version without its body: cheap existence and version check."""
        ...

    def is_here(self, permit: Permit, resource_type: str, resource_id: str) -> bool:
        """Type and id → whether it is here and not deleted: the cheapest check, for what many resources name."""
        ...

    def save(self, permit: Permit, draft: Draft) -> Stored:
        """A draft → stored as its version; the former version goes to history, marks are set in the same commit.

        Shape: what comes back of a new large body may be without it.
        """
        ...

    def amend(self, permit: Permit, current: Stored, amended: Amended) -> Stored:
        """The current version and what a job of the hub's own makes of it → stored as its version; nothing else follows.

        Problems: FORBIDDEN for anybody else.
        """
        ...

    def delete(self, permit: Permit, current: Stored, at: datetime) -> Stored:
        """The current version → a tombstone with the next version number."""
        ...

    def search(self, permit: Permit, query: SearchQuery) -> Page:
        """A parsed query → one page of matches."""
        ...

    def history(self, permit: Permit, query: HistoryQuery) -> HistoryPage:
        """A history read → one page of versions, newest first."""
        ...

    def last_n(self, permit: Permit, query: SearchQuery, maximum: int) -> Page:
        """A parsed Observation query → the newest `maximum` matches per code."""
        ...

    def everything(self, permit: Permit, query: EverythingQuery) -> Page:
        """A patient, or all of them → one page of all that is known."""
        ...

    def find_by_identifier(
        self, permit: Permit, resource_type: str, system: str, value: str
    ) -> Sequence[str]:
        """An identifier → the ids of resources that carry it."""
        ...

    def referrers(
        self, permit: Permit, resource_type: str, resource_id: str, most: int
    ) -> Sequence[str]:
        """Type and id → the `Type/id` of resources that refer to it, at most `most`; the access log does not count."""
        ...

    def audit(self, entry: AuditEntry) -> None:
        """One access → written with this transaction."""
        ...


class FhirRepository(Protocol):
    """Runs work in transactions; all or nothing."""

    async def read(self, work: Callable[[Session], T], *, long: bool = False) -> T:
        """A function of a session → its result; nothing may be written, and `long` work (over 2 ms) must say so."""
        ...

    async def write(self, work: Callable[[Session], T], *, long: bool = False) -> T:
        """A function of a session → its result, after the commit is durable; `long` work (over 2 ms) must say so."""
        ...

    async def log(
        self, entries: Sequence[AuditEntry], meanwhile: Callable[[], None] | None = None
    ) -> None:
        """Accesses that nothing else follows from → nothing, once they are durable.

        Shape: `meanwhile` may be called once, while that is waited for; what it raises is told to nobody.
        """
        ...
