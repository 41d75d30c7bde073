"""What is to be judged, the alerts that come of it, and the times at which something falls due."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from msgspec import Struct

LONGEST_DELAY: Final = timedelta(minutes=10)
"""For how long a mark that could not be judged is put off at most."""
PUT_OFF: Final = timedelta(minutes=1)
"""For how long a patient is put off who could not be planned for, or whose deadline could not be judged."""


class JudgeMark(Struct, frozen=True):
    """One version of an observation that is to be judged, or was.

    Shape: `at` the effective time, or receipt where there is none; `ahead` receipt where `at` is later than it; `identifiers` its business identifiers; `input` the Measurement as stored for
    replay; `verdict` empty while it is unjudged; `judged_at` given only for a new mark that is judged already, `following` for one
    that was judged among what is remembered of its patient.
    """

    tenant_id: int
    observation_id: str
    version: int
    patient_id: str
    measure: str
    at: datetime
    identifiers: tuple[str, ...]
    input: bytes
    ahead: datetime | None = None
    seq: int = 0
    zone: str = ""
    verdict: bytes = b""
    attempts: int = 0
    judged_at: datetime | None = None
    following: Following | None = None


class LoggedMark(Struct, frozen=True, gc=False):
    """One mark as the log tells of it. Shape: `judged` when its verdict stands."""

    seq: int
    patient_id: str
    observation_id: str
    version: int
    measure: str
    judged: bool


FOLLOWED: Final = 2000
"""How many marks are followed at a time; where there are more, what was remembered is forgotten."""


class Following(Protocol):
    """Somebody who follows the marks of patients as they are put in, and judges by what is remembered of them."""

    def after(self, tenant_id: int) -> int:
        """A tenant → the number of the last mark that was followed."""
        ...

    def confirm(
        self,
        log: Mapping[int, Sequence[LoggedMark]],
        marks: Sequence[JudgeMark],
        stands: list[bool],
    ) -> None:
        """What was put in since (by tenant), and marks that are put in now → in `stands` False for verdicts that missed something."""
        ...


Making = Callable[[], Sequence[JudgeMark]]
"""Makes marks when it is called: of a value and of its parts, none where there is nothing to judge."""
LogRow = tuple[str, int, bytes, str, bytes, str, int, int | None]
"""Observation, version, input, zone ("" = not judged yet), verdict, measure, `at` and `ahead` as in JudgeMark, in microseconds since
1970: a tuple, because a store holds millions."""


class Judgements(Protocol):
    """Marks and verdicts."""

    def add(self, mark: JudgeMark) -> None:
        """A mark → to be judged, in the same commit as the observation.

        One that comes with its verdict is settled by it, unless it has company: then the verdict is dropped.
        """
        ...

    def add_made(self, make: Making) -> None:
        """What makes marks → called when marks are put in together, and its marks added in their place among them.

        One behind the other, many are made and judged for less than each between other work.
        """
        ...

    def remember(self, tenant_id: int, observation_id: str, identifiers: Collection[str]) -> None:
        """Identifiers that an observation carries or carried, where the search index does not tell → found by `carriers`."""
        ...

    def has_company(self, mark: JudgeMark) -> bool:
        """A mark → whether another observation has its patient, measure and instant, or one of its identifiers."""
        ...

    def undone(self) -> int:
        """Nothing → a number that grows whenever marks that were put in came to nothing."""
        ...

    def logged(self, tenant_id: int, after: int, limit: int) -> Sequence[LoggedMark]:
        """A tenant and the number of a mark → the marks that were put in after it, in order."""
        ...

    def last(self, tenant_id: int) -> int:
        """A tenant → the number of its last mark, 0 when there is none."""
        ...

    def waits(self, tenant_id: int, patient_id: str) -> bool:
        """A patient → whether anything of it waits to be judged."""
        ...

    def todo(self, now: datetime, limit: int) -> Sequence[JudgeMark]:
        """Now → the oldest marks that are due; so is one put off for longer than any is: the clock was set back since."""
        ...

    def near(
        self, tenant_id: int, patient_id: str, measure: str, start: datetime, end: datetime
    ) -> Sequence[str]:
        """A patient's judged observations of one measure that count within start ≤ at ≤ end → their ids."""
        ...

    def standing(
        self, tenant_id: int, patient_id: str, measure: str, at: datetime, limit: int
    ) -> Sequence[JudgeMark]:
        """A patient, a measure and an instant → the first observations there that have one version and a clinical zone."""
        ...

    def invalid(
        self,
        place: tuple[int, str, str],
        start: datetime,
        end: datetime,
        limit: int,
        *,
        ahead: bool,
    ) -> Sequence[tuple[bytes, datetime]]:
        """Tenant, patient and measure → the observations whose newest judged version is invalid, from `start` on to `end`, either way.

        → the verdict and the instant it was looked for by (`ahead` or `at`, as in JudgeMark), nearest to `start` first.
        """
        ...

    def received(
        self, tenant_id: int, patient_id: str, measure: str, start: datetime, end: datetime
    ) -> Sequence[str]:
        """As `near`, with those that wait to be judged."""
        ...

    def since(self, tenant_id: int, patient_id: str, start: datetime) -> Sequence[JudgeMark]:
        """A patient → the marks of all measures with at ≥ start."""
        ...

    def log(self, tenant_id: int, patient_id: str) -> Sequence[LogRow]:
        """A patient → everything that was marked, judged or not, in the order it came: no more than recomputing needs."""
        ...

    def patients(
        self, tenant_id: int, after: str, limit: int, measures: Collection[str] = ()
    ) -> Sequence[str]:
        """A patient's id ("" = before the first) → the next ones that have marks, of one of the measures if any are named, in order."""
        ...

    def count_patients(self, tenant_id: int) -> int:
        """A tenant → how many patients have marks."""
        ...

    def newest(self, tenant_id: int, patient_id: str, start: datetime) -> Sequence[JudgeMark]:
        """A patient → the newest mark of each measure with at ≥ start, of what still stands, by measure."""
        ...

    def carriers(self, tenant_id: int, identifiers: Collection[str]) -> Sequence[str]:
        """Business identifiers → the ids of the observations that carry or carried one of them."""
        ...

    def versions_of(self, tenant_id: int, observation_ids: Collection[str]) -> Sequence[JudgeMark]:
        """Observations → the marks of all their versions."""
        ...

    def versions(self, tenant_id: int, observation_id: str) -> Sequence[JudgeMark]:
        """An observation → the marks of all its versions."""
        ...

    def settle(self, mark: JudgeMark, now: datetime, zone: str, verdict: bytes) -> bool:
        """A mark → judged, with zone and verdict; False when it was judged already."""
        ...

    def rejudge(self, tenant_id: int, observation_id: str, zone: str, verdict: bytes) -> None:
        """An observation whose judgement changed by what came later → its newest judged version says so."""
        ...

    def counts(self) -> tuple[int, int]:
        """Nothing → how many marks there are, and how many wait."""
        ...

    def postpone(self, mark: JudgeMark, due: datetime) -> None:
        """A mark that could not be judged → again at `due`."""
        ...


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as the engine needs it. Shape: `issue_id` its DetectedIssue; `data` the engine's own encoding."""

    tenant_id: int
    issue_id: str
    patient_id: str
    rule_id: str
    open: bool
    updated: datetime
    data: bytes


class Alerts(Protocol):
    """Alerts by patient and rule; at most one is open for each pair."""

    def of_patient(
        self, tenant_id: int, patient_id: str, *, everything: bool
    ) -> Sequence[AlertRow]:
        """A patient → all alerts, or the open ones and the latest closed one of each rule."""
        ...

    def save(self, row: AlertRow) -> None:
        """A row → stored, new or changed."""
        ...

    def find(self, tenant_id: int, issue_id: str) -> AlertRow | None:
        """A DetectedIssue id → its row."""
        ...

    def still_open(self, tenant_id: int, limit: int) -> Sequence[AlertRow]:
        """A tenant → its open alerts, those changed last first."""
        ...


@dataclass(frozen=True, slots=True)
class DueTime:
    """One time at which something falls due. Shape: filled by a value in [start, due]; `at` the nominal time."""

    due: datetime
    start: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class DueSlot:
    """The next times of one rule of one patient.

    Shape: `times` in order, at least one; `measure` "" when it is no value that is waited for; `filled` when a value that
    certainly fills the first of them is there.
    """

    tenant_id: int
    patient_id: str
    rule_id: str
    measure: str
    times: tuple[DueTime, ...]
    filled: bool = False


class Dues(Protocol):
    """What falls due by the clock alone, and for whom that is to be planned."""

    def change(self, tenant_id: int, patient_id: str, at: datetime, *, new: bool) -> None:
        """A patient whose plans or status change at an instant → planned anew; `new` also when it was not planned for yet."""
        ...

    def change_all(self, tenant_id: int, at: datetime) -> None:
        """General limits that change → everybody with a plan is planned anew."""
        ...

    def to_plan(self, now: datetime, limit: int) -> Sequence[tuple[int, str, datetime]]:
        """Now → (tenant, patient, since): who is to be planned for, for the deadlines after `since`."""
        ...

    def to_plan_of(self, tenant_id: int, patient_id: str, now: datetime) -> datetime | None:
        """A patient and now → since when it is to be planned for, None when that can wait."""
        ...

    def plan(
        self,
        tenant_id: int,
        patient_id: str,
        until: datetime,
        again: datetime,
        slots: Sequence[DueSlot],
    ) -> None:
        """A patient → these times in place of all there were; planned `until`, and to be planned for `again`."""
        ...

    def forget(self, tenant_id: int, patient_id: str) -> None:
        """A patient for whom the clock means nothing → not looked at any more."""
        ...

    def first_due(self, tenant_id: int, patient_id: str) -> datetime | None:
        """A patient → the earliest time that has not been judged yet."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[DueSlot]:
        """Now → what has fallen due, the longest waiting first."""
        ...

    def values_of(self, tenant_id: int, patient_id: str) -> Sequence[DueSlot]:
        """A patient → the times that have not been judged yet of each rule that waits for a value; whether they are filled is not looked at."""
        ...

    def advance(self, slots: Sequence[DueSlot]) -> None:
        """Slots whose first time was judged → the next one of each, if there is any."""
        ...

    def postpone(self, tenant_id: int, patient_id: str, until: datetime) -> None:
        """A patient who could not be planned for or judged → looked at again then; nothing is taken out."""
        ...

    def ahead(self, now: datetime) -> bool:
        """Now → whether anybody is put off for longer than anybody ever is: the clock was set back since."""
        ...

    def bring_back(self, now: datetime) -> None:
        """Now → who was put off before the clock was set back is looked at when their time comes, not when the clock comes round again."""
        ...
