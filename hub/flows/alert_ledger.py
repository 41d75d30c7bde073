"""The alerts of a batch of verdicts: read once, changed in memory, written once at the end, in the same transaction.

A storm of values that join one alert costs one new version of it per batch, not one per value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from hub.flows.alert_follow_up import NO_FOLLOW_UP, FollowUp
from hub.flows.alert_record import AlertRecord, parse_record
from hub.flows.store_alert import AlertWriter
from hub.flows.store_draft import Desk
from hub.mapping.alert_to_fhir import ChangeKind
from hub.ports import AlertRow, Unit
from hub.thresholds.alarm import Alert
from hub.thresholds.judgement import Firing
from hub.thresholds.ledger import AlertChange

# What a reader must be told of several changes to one alert, the strongest first
_RANK: Final[dict[str, int]] = {
    kind: rank
    for rank, kind in enumerate(
        ("upgrade", "lower", "withdraw", "auto-resolve", "update", "join", "step", "raise")
    )
}
Patient = tuple[int, str]


@dataclass(slots=True)
class _Pending:
    alert: Alert
    kind: ChangeKind
    firings: list[Firing]
    tell: bool


@dataclass(slots=True)
class AlertLedger:
    """Lives inside one transaction. Shape: `desk` makes the desk of a tenant's judging job."""

    unit: Unit
    desk: Callable[[int], Desk]
    follow_up: FollowUp = NO_FOLLOW_UP
    _rows: dict[Patient, dict[str, AlertRow]] = field(
        default_factory=dict[Patient, dict[str, AlertRow]]
    )
    _records: dict[str, AlertRecord] = field(default_factory=dict[str, AlertRecord])
    _alerts: dict[Patient, dict[str, Alert]] = field(
        default_factory=dict[Patient, dict[str, Alert]]
    )
    _whole: set[Patient] = field(default_factory=set[Patient])
    _pending: dict[Patient, dict[str, _Pending]] = field(
        default_factory=dict[Patient, dict[str, _Pending]]
    )

    def alerts(self, tenant_id: int, patient_id: str, *, everything: bool) -> tuple[Alert, ...]:
        """A patient → its alerts as they stand now, changes of this batch included."""
        key = (tenant_id, patient_id)
        if key not in self._rows or (everything and key not in self._whole):
            self._read(key, everything=everything)
        return tuple(self._alerts[key].values())

    def apply(
        self,
        tenant_id: int,
        patient_id: str,
        changes: Iterable[AlertChange],
        firings: Iterable[Firing],
    ) -> None:
        """What one verdict changed → remembered until `write`."""
        key = (tenant_id, patient_id)
        told = list(firings)
        for change in changes:
            alert = change.alert
            self._alerts[key][alert.id] = alert
            tell = alert.zone == "red" and change.kind in ("raise", "upgrade")
            before = self._pending.setdefault(key, {}).get(alert.id)
            if before is None:
                self._pending[key][alert.id] = _Pending(alert, change.kind, told, tell)
            else:
                before.alert = alert
                if _RANK[change.kind] < _RANK[before.kind]:
                    before.kind = change.kind
                before.firings = [*before.firings, *told]
                before.tell = before.tell or tell

    def write(self) -> None:
        """Everything remembered → stored; a red that still stands is put into the outbox for the GP."""
        ready: list[Callable[[], None]] = []
        for (tenant_id, patient_id), pending in self._pending.items():
            rows = self._rows[tenant_id, patient_id]
            desk = self.desk(tenant_id)
            writer = AlertWriter(self.unit, desk, patient_id, rows, self.follow_up, self._records)
            for one in pending.values():
                tell = one.tell and one.alert.live and one.alert.zone == "red"
                ready.append(writer.ready(one.kind, one.alert, one.firings, tell=tell))
        for write in ready:
            write()

    def _read(self, key: Patient, *, everything: bool) -> None:
        rows = self.unit.alerts.of_patient(*key, everything=everything)
        read: list[tuple[Alert, AlertRow]] = []
        for row in rows:
            record = self._records[row.issue_id] = parse_record(row.data)
            read.append((record.alert, row))
        changed = self._pending.get(key, {})
        self._rows[key] = {**{alert.id: row for alert, row in read}, **self._rows.get(key, {})}
        self._alerts[key] = {
            **{alert.id: alert for alert, _ in read},
            **{name: one.alert for name, one in changed.items()},
        }
        if everything:
            self._whole.add(key)
