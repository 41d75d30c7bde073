"""Care relations and shares: put in, ended and listed; a fact that has been in force is ended, never taken away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from hub.fhir.search.dates import from_micros, micros
from hub.policy.relations import CareRelation, Share
from hub.store.connection import Connection

_COLUMNS: Final = (
    "tenant_id, patient_id, organisation, kind, starts, ends, source, basis, recorded_by"
)
_ADD: Final = (
    f"INSERT INTO care_relation ({_COLUMNS}, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (tenant_id, patient_id, organisation, kind, source, starts) DO UPDATE SET ends = excluded.ends,"
    " basis = excluded.basis, recorded = excluded.recorded, recorded_by = excluded.recorded_by"
)
_END: Final = (
    "UPDATE care_relation SET ends = ?, recorded = ?, recorded_by = ? WHERE tenant_id = ? AND patient_id = ?"
    " AND organisation = ? AND kind = ? AND source = ? AND ends > ? RETURNING 1"
)
_SHARES: Final = "tenant_id, organisation, type, patient_id, purpose, starts, ends, recorded_by"
_SHARE: Final = (
    f"INSERT INTO share ({_SHARES}, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (tenant_id, organisation, type, patient_id, purpose, starts) DO UPDATE SET ends = excluded.ends,"
    " recorded = excluded.recorded, recorded_by = excluded.recorded_by"
)
_END_SHARE: Final = (
    "UPDATE share SET ends = ?, recorded = ?, recorded_by = ? WHERE tenant_id = ? AND organisation = ? AND type = ?"
    " AND patient_id = ? AND purpose = ? AND ends > ? RETURNING 1"
)


class RelationTable:
    """hub.ports.Relations over one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def add(self, relation: CareRelation, at: datetime) -> None:
        """A relation → in force from its start; the same one again changes its end and basis."""
        self._connection.execute(
            _ADD,
            (
                relation.tenant_id,
                relation.patient_id,
                relation.organisation,
                relation.kind,
                micros(relation.starts),
                micros(relation.ends),
                relation.source,
                relation.basis,
                relation.recorded_by,
                micros(at),
            ),
        )

    def end(self, relation: CareRelation, at: datetime, by: str) -> int:
        """A relation, whenever it began → ended at `at`; → how many facts that was."""
        now = micros(at)
        ended = self._connection.execute(
            _END,
            (
                now,
                now,
                by,
                relation.tenant_id,
                relation.patient_id,
                relation.organisation,
                relation.kind,
                relation.source,
                now,
            ),
        )
        return len(ended.fetchall())

    def of(
        self, tenant_id: int, *, patient_id: str = "", organisation: str = "", source: str = ""
    ) -> Sequence[CareRelation]:
        """A tenant and what to look for → the relations, those that have ended too, oldest first."""
        where, values = _where(
            tenant_id, patient_id=patient_id, organisation=organisation, source=source
        )
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM care_relation WHERE {where} ORDER BY starts, organisation, kind",
            values,
        )
        return [_relation(row) for row in rows]

    def state(
        self, tenant_id: int, source: str, now_stated: Iterable[CareRelation], at: datetime
    ) -> None:
        """What a resource states of relations now → in force; what it has stated before and no more is ended."""
        stated = {(r.patient_id, r.organisation, r.kind): r for r in now_stated}
        for former in self.of(tenant_id, source=source):
            key = (former.patient_id, former.organisation, former.kind)
            relation = stated.get(key)
            if former.ends <= at:
                continue
            if relation is not None and relation.starts >= at >= former.starts:
                stated[key] = replace(relation, starts=former.starts)  # it goes on
            elif relation is None or relation.starts != former.starts:
                self.end(former, at, source)
        for relation in stated.values():
            self.add(relation, at)

    def share(self, share: Share, at: datetime) -> None:
        """A share → in force from its start."""
        self._connection.execute(_SHARE, (*_share_key(share), micros(share.starts), micros(share.ends), share.recorded_by, micros(at)))  # fmt: skip

    def end_share(self, share: Share, at: datetime, by: str) -> int:
        """A share, whenever it began → ended; → how many that was."""
        now = micros(at)
        ended = self._connection.execute(_END_SHARE, (now, now, by, *_share_key(share), now))
        return len(ended.fetchall())

    def shares(self, tenant_id: int, organisation: str = "") -> Sequence[Share]:
        """A tenant → what it shares and has shared, oldest first."""
        where, values = _where(tenant_id, organisation=organisation)
        rows = self._connection.execute(
            f"SELECT {_SHARES} FROM share WHERE {where} ORDER BY starts, organisation, type", values
        )
        return [
            Share(tenant, of, from_micros(starts), from_micros(ends), kind, patient, purpose, by)
            for tenant, of, kind, patient, purpose, starts, ends, by in rows
        ]


def _where(tenant_id: int, **wanted: str) -> tuple[str, tuple[object, ...]]:
    given = {name: value for name, value in wanted.items() if value}
    text = " AND ".join(["tenant_id = ?", *(f"{name} = ?" for name in given)])
    return text, (tenant_id, *given.values())


def _share_key(share: Share) -> tuple[object, ...]:
    return share.tenant_id, share.organisation, share.type, share.patient_id, share.purpose


def _relation(row: Sequence[Any]) -> CareRelation:
    tenant, patient, organisation, kind, starts, ends, source, basis, by = row
    return CareRelation(
        tenant,
        patient,
        organisation,
        kind,
        from_micros(starts),
        from_micros(ends),
        source,
        basis,
        by,
    )
