"""One observation version as the engine sees it, the patient, and the human steps.

Source: dho/thresholds.md §2.6, §4.1–4.3, §4.7, §10; field names of dho/cases/README.md.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from hub.thresholds.spans import at_local, with_local_offset

ContextValue = bool | str | None
DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_NOON: Final = time(12)
RETRACTED_STATUSES: Final = frozenset({"entered-in-error", "cancelled"})


class Component(Struct, frozen=True, omit_defaults=True):
    """One part of a panel (`systolic`, `diastolic`, `map`), value as received; its comparator is its own (§4.5)."""

    name: str
    value: str | None = None
    unit: str | None = None
    comparator: str | None = None


class Measurement(Struct, frozen=True, omit_defaults=True):
    """One version of one observation, as received.

    Shape: `value` is the number as it was written ("94.50"), also when it is not readable as one; exactly one of
    value, components, code and items, or none with `data_absent_reason` or `device_error`; `identifiers` are
    "system|value"; `effective` is aware, or None when not given; `date_only` says that it is the local noon of a
    day (see `resolve_effective`); `clock_offset_s` is added to a known wrong device clock to get true time (§4.2);
    `comparator` of a panel is that of every part that has none of its own; `context` keys not known are absent or None; `code_conflict` says that codings pointed to different measures;
    `parts` are the measures of values that came in the same observation and are measurements of their own.
    Units: `unit` is UCUM as received, None when missing.
    """

    id: str
    measure: str
    effective: datetime | None
    received: datetime
    status: str = "final"
    version: int = 1
    identifiers: tuple[str, ...] = ()
    device: str | None = None
    value: str | None = None
    unit: str | None = None
    comparator: str | None = None
    components: tuple[Component, ...] = ()
    code: str | None = None
    items: dict[str, str | None] | None = None
    context: dict[str, ContextValue] = {}
    data_absent_reason: str | None = None
    device_error: str | None = None
    date_only: bool = False
    clock_offset_s: int = 0
    code_conflict: bool = False
    parts: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[datetime, int, int, str]:
        """The place in the log: by received; version and id only break ties (o2 before o10)."""
        return (self.received, self.version, len(self.id), self.id)

    @property
    def has_content(self) -> bool:
        """Whether anything was measured, answered or reported as failed."""
        return (
            self.value is not None
            or bool(self.components)
            or self.code is not None
            or bool(self.items)
            or self.data_absent_reason is not None
            or self.device_error is not None
        )


PatientStatus = Literal["active", "on-hold", "ended", "deceased"]


class StatusPeriod(Struct, frozen=True):
    """The patient's status from (inclusive) to (exclusive, None = still)."""

    status: PatientStatus
    start: datetime
    end: datetime | None = None


class Patient(Struct, frozen=True):
    """Whom the engine judges for. Shape: `timezone` is an IANA name (§10.1)."""

    id: str
    timezone: str = "Europe/Oslo"
    periods: tuple[StatusPeriod, ...] = ()


StepKind = Literal["acknowledge", "mitigate", "close", "snooze"]


class Event(Struct, frozen=True, omit_defaults=True):
    """One human step on the alert of a rule (§7.1): who and when, note and action where given.

    Shape: `until` is when an alert that is snoozed comes back, and given for no other step.
    """

    at: datetime
    type: StepKind
    rule: str
    by: str
    note: str | None = None
    action: str | None = None
    until: datetime | None = None


def parse_decimal(text: str | None) -> Decimal | None:
    """Text as received → the number, None when it is not one decimal number (§4.3: never repaired)."""
    if text is None or DECIMAL.fullmatch(text) is None:
        return None
    return Decimal(text)


def resolve_effective(given: date | datetime | None, timezone: str) -> tuple[datetime | None, bool]:
    """A day, a local time or an instant → (aware instant, whether only the day was given).

    A day is its local noon (§4.2). A time without offset is the patient's local time: in the gap of spring it takes
    the offset before the gap, in the overlap of autumn the first occurrence (§10.2, §10.3), which is fold 0.
    """
    if given is None:
        return None, False
    zone = ZoneInfo(timezone)
    if not isinstance(given, datetime):
        return with_local_offset(at_local(given, _NOON, zone), zone), True
    if given.tzinfo is None:
        return with_local_offset(at_local(given.date(), given.time(), zone), zone), False
    return given, False
