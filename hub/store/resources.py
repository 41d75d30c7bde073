"""Resources in and out: the FHIR port over one connection; every method takes a Permit and stays in its tenant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from hub.fhir.history import HistoryPage, HistoryQuery
from hub.fhir.large import LargeBody
from hub.fhir.repository import Amended, Draft
from hub.fhir.requests import AuditEntry, Stored
from hub.fhir.search.dates import from_micros, micros
from hub.fhir.search.query import EverythingQuery, Page, SearchQuery
from hub.policy import Permit
from hub.policy.rows import ALL
from hub.problems import ProblemCode, fail
from hub.store.amend import amendment, put_amended
from hub.store.audit import write_audit
from hub.store.audit_facts import told
from hub.store.connection import Connection, WritingConnection, calm
from hub.store.everything import everything
from hub.store.history import history
from hub.store.index_keys import cut_key, param_id, text_number
from hub.store.index_rows import rows_of
from hub.store.index_write import Indexed, remove_rows, write_rows
from hub.store.large import LEAST
from hub.store.large_rows import Large, insert_large
from hub.store.last_n import last_n
from hub.store.layout import layout_of
from hub.store.opened import opened
from hub.store.referrers import referrers
from hub.store.search import search
from hub.store.search_filters import Place
from hub.store.search_sql import TRUE
from hub.store.tenancy import entrance

_BY_IDENTIFIER: Final = (
    "SELECT r.id FROM index_text t CROSS JOIN {table} r WHERE t.tenant_id = ? AND t.param = ? AND t.value = ?"
    " AND t.extra = ? AND r.rid = t.rid AND r.tenant_id = t.tenant_id AND r.deleted = 0{opened} ORDER BY r.rid"
)
_FORMER: Final = (
    "SELECT x.version, x.updated, x.patient_id, x.deleted, x.body FROM history x"
    " WHERE x.tenant_id = ? AND x.type = ? AND x.id = ? AND x.version = ?"
)
_CHANGES: Final = frozenset({"create", "update", "patch", "delete", "operation"})
Watch = Callable[["ResourceSession", Permit, Stored, Any], None]
"""Called in the same transaction after each save: (session, permit, stored, decoded resource)."""


class ResourceSession:
    """hub.fhir.repository.Session over one transaction."""

    __slots__ = ("_enter", "_watches", "connection")

    def __init__(
        self, connection: WritingConnection, watches: dict[str, Watch], *, asked: bool = False
    ) -> None:
        """A connection inside a transaction, and what is to be done after a save, by resource type.

        Shape: `asked` when somebody asks from outside: the database shows the rows of the Permit's tenant alone.
        """
        self.connection = connection
        self._watches = watches
        self._enter = entrance(connection) if asked else None

    def load(self, permit: Permit, resource_type: str, resource_id: str) -> Stored | None:
        """Type and id → the current version (deleted ones too), or None."""
        layout = layout_of(resource_type)
        row = self._row(permit, layout.load, resource_type, resource_id)
        if row is None:
            return None
        return _stored(resource_type, resource_id, told(row)[1:] if layout.numbered else row[1:])

    def head(self, permit: Permit, resource_type: str, resource_id: str) -> Stored | None:
        """Type and id → the current version without its body."""
        row = self._row(permit, layout_of(resource_type).head, resource_type, resource_id)
        return None if row is None else _stored(resource_type, resource_id, (*row[1:], b""))

    def is_here(self, permit: Permit, resource_type: str, resource_id: str) -> bool:
        """Type and id → whether it is here and not deleted; one that many refer to is asked for once."""
        key = (permit.filter.tenant_id, resource_type, resource_id)
        if (
            permit.trusted
            and permit.filter.rows(resource_type) is ALL
            and self.connection.is_known(key)
        ):
            return True
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        layout, rule = layout_of(resource_type), opened(Place(permit, resource_type, "r"))
        statement = layout.head if rule is TRUE else f"{layout.head} AND {rule.text}"
        values = (*layout.key(*key), *(() if rule is TRUE else rule.values))
        if rule is not TRUE and "index_" in rule.text:  # a scope that is narrowed by what waits
            row = self.connection.execute(statement, values).fetchone()
        else:
            row = self.connection.execute_beside(layout.table, statement, values).fetchone()
        if row is None or row[4]:
            return False
        self.connection.know(key)
        return True

    def _row(self, permit: Permit, statement: str, resource_type: str, resource_id: str) -> Any:
        """`load` or `head` of a layout → the row, when it is here and the Permit opens it: what is not open is not here."""
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        layout = layout_of(resource_type)
        key = layout.key(permit.filter.tenant_id, resource_type, resource_id)
        rule = opened(Place(permit, resource_type, "r"))
        # A connection that only reads has nothing waiting
        beside = getattr(self.connection, "execute_beside", None)
        if rule is TRUE and beside is not None:
            return beside(layout.table, statement, key).fetchone()
        if rule is not TRUE:
            statement, key = f"{statement} AND {rule.text}", (*key, *rule.values)
        return self.connection.execute(statement, key).fetchone()

    def load_version(
        self, permit: Permit, resource_type: str, resource_id: str, version: int
    ) -> Stored | None:
        """Type, id and version → that version, or None."""
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        current = self.load(permit, resource_type, resource_id)
        if current is None or current.version == version:
            return current
        rule = opened(Place(permit, resource_type, "x"), former=True)
        row = self.connection.execute(
            f"{_FORMER} AND {rule.text}",
            (permit.filter.tenant_id, resource_type, resource_id, version, *rule.values),
        ).fetchone()
        return None if row is None else _stored(resource_type, resource_id, row)

    def save(self, permit: Permit, draft: Draft) -> Stored:
        """A draft → stored as its version, which comes back (a large new one without its body); the former one goes to history."""
        _check(permit, draft.type)
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        tenant, layout = permit.filter.tenant_id, layout_of(draft.type)
        rows = rows_of(draft.type, draft.index, draft.patient_id)
        patient = draft.patient_id or ""
        at = micros(draft.updated)
        hot = rows.hot if layout.hot else ()
        if draft.version == 1:
            rid = self.connection.new_rid(layout.table)
            own = (rid, tenant, draft.id, 1, at, patient, *rows.span)
            more = (permit.writer, *hot, *((draft.type,) if layout.typed else ()))
            if isinstance(draft.body, LargeBody) and draft.body.size >= LEAST:
                self.connection.changes(layout.table)
                self.connection.later(insert_large, Large(layout, own, draft.body, more))
            else:
                self.connection.later(_insert, (layout.insert, (*own, _whole(draft), *more)))
        else:
            rid = self._archive(tenant, draft.type, draft.id)
            self.connection.execute(
                layout.replace,
                (draft.version, at, patient, 0, *rows.span, _whole(draft), *hot, rid),
            )
        self.connection.later(write_rows, Indexed(tenant, rid, patient, rows, draft.resource))
        watch = self._watches.get(draft.type)
        body = b"" if watch is None and isinstance(draft.body, LargeBody) else _whole(draft)
        stored = Stored(
            draft.type, draft.id, draft.version, draft.updated, body, False, draft.patient_id
        )
        if watch is not None:
            watch(self, permit, stored, draft.resource)
        return stored

    def amend(self, permit: Permit, current: Stored, amended: Amended) -> Stored:
        """The current version and what a job of the hub's own makes of it → its next version; the former one goes to history."""
        _check(permit, current.type)
        if permit.actor.kind != "internal_job":
            raise fail(ProblemCode.FORBIDDEN, "Only the hub itself amends")
        self.connection.changes(layout_of(current.type).table)
        self.connection.later(put_amended, amendment(permit.filter.tenant_id, current, amended))
        return Stored(
            *(current.type, current.id, amended.version, amended.updated, amended.body),
            patient_id=current.patient_id,
        )

    def delete(self, permit: Permit, current: Stored, at: datetime) -> Stored:
        """The current version → a tombstone with the next version number; it is found by nothing any more."""
        _check(permit, current.type)
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        tenant, layout = permit.filter.tenant_id, layout_of(current.type)
        rid = self._archive(tenant, current.type, current.id)
        self.connection.forget_row((tenant, current.type, current.id))
        version = current.version + 1
        self.connection.execute(layout.bury, (version, micros(at), b"", rid))
        stored = Stored(current.type, current.id, version, at, b"", True, current.patient_id)
        watch = self._watches.get(current.type)
        if watch is not None:
            watch(self, permit, stored, None)
        return stored

    def search(self, permit: Permit, query: SearchQuery) -> Page:
        """A parsed query → one page of matches."""
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        return search(self.connection, permit, query)

    def history(self, permit: Permit, query: HistoryQuery) -> HistoryPage:
        """A history read → one page of versions, newest first."""
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        return history(self.connection, permit, query)

    def last_n(self, permit: Permit, query: SearchQuery, maximum: int) -> Page:
        """A parsed Observation query → the newest matches per code."""
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        return last_n(self.connection, permit, query, maximum)

    def everything(self, permit: Permit, query: EverythingQuery) -> Page:
        """A patient, or all of them → one page of all that is known."""
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        return everything(self.connection, permit, query)

    def find_by_identifier(
        self, permit: Permit, resource_type: str, system: str, value: str
    ) -> Sequence[str]:
        """An identifier → the ids of resources that carry it."""
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        rule = opened(Place(permit, resource_type, "r"))
        rows = self.connection.execute(
            _BY_IDENTIFIER.format(
                table=layout_of(resource_type).table,
                opened="" if rule is TRUE else f" AND {rule.text}",
            ),
            (
                permit.filter.tenant_id,
                param_id(resource_type, "identifier"),
                cut_key(value),
                text_number(system),
                *rule.values,
            ),
        )
        return [row[0] for row in rows]

    def referrers(
        self, permit: Permit, resource_type: str, resource_id: str, most: int
    ) -> Sequence[str]:
        """Type and id → the `Type/id` of resources that refer to it, at most `most`."""
        if self._enter is not None:
            self._enter(permit.filter.tenant_id)
        return referrers(self.connection, permit, resource_type, resource_id, most)

    def audit(self, entry: AuditEntry) -> None:
        """One access → written with this transaction."""
        if self._enter is not None:
            self._enter(entry.actor.tenant_id)
        self.connection.later(write_audit, entry)

    def _archive(self, tenant: int, resource_type: str, resource_id: str) -> int:
        """Move the current version to history and take it out of the indexes; → its row id."""
        layout = layout_of(resource_type)
        key = layout.key(tenant, resource_type, resource_id)
        row = self.connection.execute_beside(layout.table, layout.head, key).fetchone()
        rid: int = row[0]
        self.connection.execute(layout.keep, (resource_type, rid))
        remove_rows(self.connection, tenant, resource_type, rid, row[3])
        return rid


def _check(permit: Permit, resource_type: str) -> None:
    """A Permit and what is about to be written → nothing. Problems: FORBIDDEN when it was given for something else."""
    action = permit.action
    of_it = action.resource_type == resource_type or (not action.resource_type and permit.trusted)
    if not of_it or action.interaction not in _CHANGES:
        raise fail(ProblemCode.FORBIDDEN, "The permit is for something else")


def _whole(draft: Draft) -> bytes:
    return draft.body if isinstance(draft.body, bytes) else draft.body.whole()


@calm
def _insert(connection: Connection, bodies: Sequence[tuple[str, tuple[object, ...]]]) -> None:
    """New bodies, each with the statement of its table → put in."""
    tables: dict[str, list[tuple[object, ...]]] = {}
    for statement, values in bodies:
        tables.setdefault(statement, []).append(values)
    for statement, rows in tables.items():
        connection.executemany(statement, rows)


def _stored(resource_type: str, resource_id: str, row: Sequence[Any]) -> Stored:
    version, updated, patient, deleted, body = row
    return Stored(
        resource_type,
        resource_id,
        version,
        from_micros(updated),
        body,
        bool(deleted),
        patient or None,
    )
