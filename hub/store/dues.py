"""What falls due by the clock alone: the next time of each rule, with the times after it in one blob.

That a value fills a time for certain is seen by the statement that finds what is due; everything doubtful is left to the engine. What was
judged after the deadline may have come after it, and then it came late, however late the hub itself looks (thresholds.md §5.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from hub.fhir.search.dates import from_micros, micros
from hub.ports import PUT_OFF, DueSlot, DueTime
from hub.store.connection import Connection

_DAY: Final = 86_400_000_000
_NOON: Final = (36_000_000_000, 39_600_000_000)
"""Noon in Norway, summer and winter: a value at that very instant may be one that names its day alone."""
_FILLED: Final = (
    "s.measure <> '' AND EXISTS (SELECT 1 FROM judgement j WHERE j.tenant_id = s.tenant_id AND j.patient_id = s.patient_id"
    " AND j.measure = s.measure AND j.at BETWEEN s.start AND s.due AND j.ahead IS NULL"
    " AND j.zone IN ('green', 'yellow', 'red', 'black') AND j.judged_at <= s.due"
    f" AND j.at % {_DAY} NOT IN ({_NOON[0]}, {_NOON[1]})"
    " AND NOT EXISTS (SELECT 1 FROM judgement n WHERE n.tenant_id = j.tenant_id"
    " AND n.observation_id = j.observation_id AND n.version > j.version))"
)
_COLUMNS: Final = "s.tenant_id, s.patient_id, s.rule_id, s.measure, s.due, s.start, s.at, s.later"
_LATER: Final = msgspec.msgpack.Decoder(tuple[tuple[int, int, int], ...])
_ENCODER: Final = msgspec.msgpack.Encoder()
_KEY: Final = "tenant_id = ? AND patient_id = ?"
_WAKES: Final = (("clock_slot", "due"), ("clock_patient", "since"))
"""What is looked at when it is time, and by when of its own."""
_PUT_OFF: Final = "wake > {} AND wake > ?"


class DueTable:
    """hub.ports.Dues over one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def change(self, tenant_id: int, patient_id: str, at: datetime, *, new: bool) -> None:
        """A patient whose plans or status change at an instant → planned anew."""
        when = micros(at)
        if new:
            self._connection.execute(
                "INSERT INTO clock_patient (tenant_id, patient_id, wake, since) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (tenant_id, patient_id) DO UPDATE SET"
                " wake = CASE WHEN clock_patient.wake < excluded.wake THEN clock_patient.wake ELSE excluded.wake END,"
                " since = CASE WHEN clock_patient.since < excluded.since THEN clock_patient.since ELSE excluded.since END",
                (tenant_id, patient_id, when, when),
            )
            return
        self._connection.execute(
            "UPDATE clock_patient SET wake = CASE WHEN wake < ? THEN wake ELSE ? END,"
            f" since = CASE WHEN since < ? THEN since ELSE ? END WHERE {_KEY}",
            (when, when, when, when, tenant_id, patient_id),
        )

    def change_all(self, tenant_id: int, at: datetime) -> None:
        """General limits that change → everybody with a plan is planned anew."""
        rows = self._connection.execute(
            "SELECT DISTINCT patient_id FROM resource WHERE tenant_id = ? AND type = 'CarePlan' AND patient_id <> ''",
            (tenant_id,),
        ).fetchall()
        for (patient_id,) in rows:
            self.change(tenant_id, patient_id, at, new=True)

    def to_plan(self, now: datetime, limit: int) -> Sequence[tuple[int, str, datetime]]:
        """Now → who is to be planned for, for the deadlines after `since`."""
        rows = self._connection.execute(
            "SELECT tenant_id, patient_id, since FROM clock_patient WHERE wake <= ? ORDER BY wake LIMIT ?",
            (micros(now), limit),
        )
        return [(tenant, patient, from_micros(since)) for tenant, patient, since in rows]

    def to_plan_of(self, tenant_id: int, patient_id: str, now: datetime) -> datetime | None:
        """A patient and now → since when it is to be planned for, None when that can wait."""
        row = self._connection.execute(
            f"SELECT since FROM clock_patient WHERE {_KEY} AND wake <= ?",
            (tenant_id, patient_id, micros(now)),
        ).fetchone()
        return None if row is None else from_micros(row[0])

    def plan(
        self,
        tenant_id: int,
        patient_id: str,
        until: datetime,
        again: datetime,
        slots: Sequence[DueSlot],
    ) -> None:
        """A patient → these times in place of all there were."""
        self._connection.execute(f"DELETE FROM clock_slot WHERE {_KEY}", (tenant_id, patient_id))
        self._connection.executemany(
            "INSERT INTO clock_slot (tenant_id, patient_id, rule_id, wake, due, start, at, measure, later)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (tenant_id, patient_id, s.rule_id, *_row(s.times), s.measure, _render(s.times[1:]))
                for s in slots
            ],
        )
        self._connection.execute(
            f"UPDATE clock_patient SET wake = ?, since = ? WHERE {_KEY}",
            (micros(again), micros(until), tenant_id, patient_id),
        )

    def forget(self, tenant_id: int, patient_id: str) -> None:
        """A patient for whom the clock means nothing → not looked at any more."""
        for table in ("clock_slot", "clock_patient"):
            self._connection.execute(f"DELETE FROM {table} WHERE {_KEY}", (tenant_id, patient_id))

    def first_due(self, tenant_id: int, patient_id: str) -> datetime | None:
        """A patient → the earliest time that has not been judged yet."""
        (first,) = self._connection.execute(
            f"SELECT min(due) FROM clock_slot WHERE {_KEY}", (tenant_id, patient_id)
        ).fetchone()
        return None if first is None else from_micros(first)

    def due(self, now: datetime, limit: int) -> Sequence[DueSlot]:
        """Now → what has fallen due, the longest waiting first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS}, CASE WHEN {_FILLED} THEN 1 ELSE 0 END FROM clock_slot s"
            " WHERE s.wake <= ? ORDER BY s.wake LIMIT ?",
            (micros(now), limit),
        )
        return [_slot(row) for row in rows]

    def values_of(self, tenant_id: int, patient_id: str) -> Sequence[DueSlot]:
        """A patient → the times that have not been judged yet of each rule that waits for a value; whether they are filled is not looked at."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS}, 0 FROM clock_slot s WHERE {_KEY} AND s.measure <> '' ORDER BY s.rule_id",
            (tenant_id, patient_id),
        )
        return [_slot(row) for row in rows]

    def advance(self, slots: Sequence[DueSlot]) -> None:
        """Slots whose first time was judged → the next one of each, if there is any."""
        where = f"{_KEY} AND rule_id = ?"
        self._connection.executemany(
            f"UPDATE clock_slot SET wake = ?, due = ?, start = ?, at = ?, later = ? WHERE {where}",
            [
                (*_row(s.times[1:]), _render(s.times[2:]), s.tenant_id, s.patient_id, s.rule_id)
                for s in slots
                if len(s.times) > 1
            ],
        )
        self._connection.executemany(
            f"DELETE FROM clock_slot WHERE {where}",
            [(s.tenant_id, s.patient_id, s.rule_id) for s in slots if len(s.times) == 1],
        )

    def postpone(self, tenant_id: int, patient_id: str, until: datetime) -> None:
        """A patient who could not be planned for or judged → looked at again then."""
        when = micros(until)
        for table in ("clock_slot", "clock_patient"):
            self._connection.execute(
                f"UPDATE {table} SET wake = ? WHERE {_KEY} AND wake < ?",
                (when, tenant_id, patient_id, when),
            )

    def ahead(self, now: datetime) -> bool:
        """As hub.ports.Dues says: nobody is put off for longer than `PUT_OFF`."""
        late = micros(now + PUT_OFF)
        asked = (f"SELECT 1 FROM {t} WHERE {_PUT_OFF.format(own)} LIMIT 1" for t, own in _WAKES)
        return any(self._connection.execute(sql, (late,)).fetchone() for sql in asked)

    def bring_back(self, now: datetime) -> None:
        """As hub.ports.Dues says."""
        late = micros(now + PUT_OFF)
        for table, own in _WAKES:
            sql = f"UPDATE {table} SET wake = {own} WHERE {_PUT_OFF.format(own)}"
            self._connection.execute(sql, (late,))


def _slot(row: Sequence[Any]) -> DueSlot:
    tenant, patient, rule, measure, due, start, at, later, filled = row
    return DueSlot(tenant, patient, rule, measure, _times((due, start, at), later), bool(filled))


def _row(times: Sequence[DueTime]) -> tuple[int, int, int, int]:
    first = times[0]
    due = micros(first.due)
    return due, due, micros(first.start), micros(first.at)


def _render(times: Sequence[DueTime]) -> bytes:
    return _ENCODER.encode([(micros(t.due), micros(t.start), micros(t.at)) for t in times])


def _times(first: tuple[int, int, int], later: bytes) -> tuple[DueTime, ...]:
    return tuple(
        DueTime(from_micros(due), from_micros(start), from_micros(at))
        for due, start, at in (first, *_LATER.decode(later))
    )
