"""What was examined of a patient's values, kept from one newcomer to the next: a rule that looks back finds its window here.

A window is made where the worker has read everything in the reach of the rules, and moves on with every value that is judged among
it. Whether it missed something is seen in the log of marks when the verdict is put in: every mark of the patient since then must be
one that the window holds. Whoever put it in, in whatever process, the log has it; a window that missed something is dropped, and
the value waits for the worker. Nothing here is ever the only copy of anything.
Source: dho/thresholds.md §5.3–5.7, §5.11, §8.2, §8.3; architecture D4; ADR 0032.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hub.ports import FOLLOWED, JudgeMark, Judgements, LoggedMark
from hub.thresholds.book import Book
from hub.thresholds.clockwork import Expectations
from hub.thresholds.examine import examine
from hub.thresholds.history import History
from hub.thresholds.judge import judge_examined
from hub.thresholds.judgement import Judgement
from hub.thresholds.measurement import Measurement
from hub.thresholds.plain import examine_plain, judge_quiet
from hub.thresholds.reach import Rolling, reaching_of, rolling_of
from hub.thresholds.spans import EARLIEST, in_utc, shifted

_MOST: Final = 30_000
"""How many values are kept in all windows together."""
_MOST_OF_ONE: Final = 1_000
_SELDOM: Final = 8
"""After how many newcomers a window lets go of what no rule looks at any more."""
_INSTANT: Final = timedelta(microseconds=1)
Patient = tuple[int, str]
Name = tuple[str, int]


@dataclass(slots=True)
class Window:
    """The values of one patient and of measures whose rules look at each other.

    Shape: `names` are the versions that were judged among it and have not been seen in the log yet, in order; `last` is the
    instant behind which the next value must lie, `rows` how many values are kept and one for the window itself, `since` how many of them
    came after the last look at what may go.
    """

    book: Book
    rolling: Rolling
    history: History
    last: datetime
    rows: int
    since: int = 0
    names: deque[Name] = field(default_factory=deque[Name])


class Windows:
    """The windows of one process (hub.ports.Following); used in the writer's thread only."""

    def __init__(self) -> None:
        """No windows yet."""
        self._of: OrderedDict[Patient, dict[frozenset[str], Window]] = OrderedDict()
        self._after: dict[int, int] = {}
        self._rows = 0
        self._undone = -1

    def judge(
        self, book: Book, mark: JudgeMark, m: Measurement, now: datetime, undone: int
    ) -> Judgement | None:
        """A first version that comes in now → its verdict among what is remembered; None where that is not certain.

        Certain is a value newer than all others for which nothing fires: no other is judged anew by it.
        """
        self._hear(undone)
        patient = (mark.tenant_id, mark.patient_id)
        rolling = rolling_of(book, mark.measure)
        window = None if rolling is None else self._of.get(patient, {}).get(rolling.measures)
        if window is None:
            return None
        found = None if window.book is not book else _next(window, m, now)
        if found is None:
            self._drop(patient, window)
            return None
        window.names.append((m.id, m.version))
        self._of.move_to_end(patient)
        window.rows, window.since, self._rows = window.rows + 1, window.since + 1, self._rows + 1
        if window.since >= _SELDOM:
            self._count(patient, window)
        return found

    def learn(
        self, judgements: Judgements, mark: JudgeMark, book: Book, history: History, now: datetime
    ) -> None:
        """In the worker's transaction, a mark judged with everything in reach of it → a window, unless something still waits."""
        self._hear(judgements.undone())
        rolling, reaching = rolling_of(book, mark.measure), reaching_of(book, mark.measure)
        patient = (mark.tenant_id, mark.patient_id)
        # Nothing that is newer may lie beyond what was read
        all_read = reaching.forward is None or shifted(mark.at, reaching.forward) > now
        if rolling is None or mark.ahead is not None or not all_read or judgements.waits(*patient):
            return
        self._catch_up(judgements, mark.tenant_id)
        self._forget(patient, rolling.measures)
        # What lies before the mark was read as far back as rules look from there, and no further
        last = max(history.last() or EARLIEST, mark.at)
        window = Window(book, rolling, history, last, 0)
        self._of.setdefault(patient, {})[rolling.measures] = window
        self._count(patient, window)

    def after(self, tenant_id: int) -> int:
        """A tenant → the number of the last mark that was followed."""
        return self._after.get(tenant_id, 0)

    def confirm(
        self,
        log: Mapping[int, Sequence[LoggedMark]],
        marks: Sequence[JudgeMark],
        stands: list[bool],
    ) -> None:
        """As hub.ports.Following says. A verdict stands when its window held every mark of its patient before it."""
        for tenant_id, rows in log.items():
            self._follow(tenant_id, rows)
        seen: dict[int, int] = {}
        for number, mark in enumerate(marks):
            patient = (mark.tenant_id, mark.patient_id)
            held = False
            for window in self._touched(patient, mark.version, mark.measure):
                place = seen.get(id(window), 0)
                known = place < len(window.names) and window.names[place] == (
                    mark.observation_id,
                    mark.version,
                )
                if known and stands[number] and mark.following is not None:
                    seen[id(window)], held = place + 1, True
                else:
                    self._drop(patient, window)
            stands[number] = stands[number] and (mark.following is None or held)

    def forget_all(self) -> None:
        """Something went wrong → no window is known to be right."""
        self._of.clear()
        self._rows = 0

    def _hear(self, undone: int) -> None:
        """What was put in came to nothing somewhere → the windows may hold it."""
        if undone != self._undone:
            self._undone = undone
            self.forget_all()

    def _catch_up(self, judgements: Judgements, tenant_id: int) -> None:
        after = self._after.get(tenant_id)
        if after is None:
            self._after[tenant_id] = judgements.last(tenant_id)
            return
        rows = judgements.logged(tenant_id, after, FOLLOWED)
        self._follow(tenant_id, rows)
        if len(rows) >= FOLLOWED:
            self._after[tenant_id] = judgements.last(tenant_id)

    def _follow(self, tenant_id: int, rows: Sequence[LoggedMark]) -> None:
        if not rows:
            return
        if len(rows) >= FOLLOWED:
            for patient in [p for p in self._of if p[0] == tenant_id]:
                self._forget(patient, None)
        for row in rows:
            patient = (tenant_id, row.patient_id)
            for window in self._touched(patient, row.version, row.measure):
                if (
                    row.judged
                    and window.names
                    and window.names[0] == (row.observation_id, row.version)
                ):
                    window.names.popleft()
                else:
                    self._drop(patient, window)
        self._after[tenant_id] = rows[-1].seq

    def _touched(self, patient: Patient, version: int, measure: str) -> list[Window]:
        """The windows that a mark may change: of its measure, and for a later version all, since it may have been of another."""
        windows = self._of.get(patient)
        if not windows:
            return []
        return [w for names, w in windows.items() if version > 1 or measure in names]

    def _count(self, patient: Patient, window: Window) -> None:
        """A window that moved on → without what no rule looks at any more; the windows longest unused make room."""
        start = shifted(window.last, -window.rolling.window)
        rows = 1 + window.history.forget(start, window.rolling.count)
        self._rows += rows - window.rows
        window.rows, window.since = rows, 0
        if rows > _MOST_OF_ONE:
            self._drop(patient, window)
        while self._rows > _MOST:
            self._forget(next(iter(self._of)), None)

    def _drop(self, patient: Patient, window: Window) -> None:
        self._forget(patient, window.rolling.measures)

    def _forget(self, patient: Patient, measures: frozenset[str] | None) -> None:
        windows = self._of.get(patient, {})
        for names in list(windows) if measures is None else [measures]:
            gone = windows.pop(names, None)
            self._rows -= 0 if gone is None else gone.rows
        if not windows:
            self._of.pop(patient, None)


def _next(window: Window, m: Measurement, now: datetime) -> Judgement | None:
    """A window and a newcomer → its judgement, with which the window moves on; None where the newcomer is not plain."""
    examined = examine_plain(m) or examine(m)
    sample = examined.sample
    if sample is None or examined.technical or examined.at <= window.last or m.date_only:
        return None
    if window.rolling.expected and _fell_due(window.book, examined.at, now):
        return None
    window.history.add(sample)
    found = judge_quiet(window.book, examined, window.history)
    if found is None:
        found = judge_examined(window.book, examined, window.history)
    if found.firings:
        return None
    window.last = examined.at
    return found


def _fell_due(book: Book, at: datetime, now: datetime) -> bool:
    """Whether a time at which a value was expected ended between a measurement and now: the newcomer may fill it late (§5.7)."""
    if "expected" not in book.memo:
        book.memo["expected"] = Expectations(book, ())
    expected: Expectations = book.memo["expected"]
    return bool(expected.deadlines(shifted(in_utc(at), -_INSTANT), now))
