"""A value that changes nothing but its own zone → judged in the commit that stores it, without a turn of the worker.

Nearly every value is of this kind: green, its first version, no copy of another, of a measure whose rules look at nothing
else, or at a window that is remembered (windows.py). Everything else, and whatever is not certain, keeps its mark and waits for the
worker (architecture D4).
Source: dho/thresholds.md §4, §8.3 (the result does not depend on when it is judged).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from hub.flows.mark_for_judging import hand_over
from hub.flows.patient_book import Books
from hub.flows.windows import Windows
from hub.ports import JudgeMark
from hub.thresholds.book import Book
from hub.thresholds.judge import judge_alone
from hub.thresholds.judgement import Judgement
from hub.thresholds.measurement import Measurement
from hub.thresholds.plain import judge_plain
from hub.thresholds.reach import is_silent
from hub.thresholds.sift import ODD_STATUSES

_ENCODER: Final = msgspec.msgpack.Encoder()
Want = Callable[[int, str], None]
"""A tenant and a patient → their book is made, some time."""


class JudgeAtOnce:
    """Settles marks; used in the writer's thread only, as the books are."""

    def __init__(self, books: Books, windows: Windows, want: Want | None = None) -> None:
        """The books to judge by, and what the worker remembers of patients → nothing remembered yet.

        Shape: `want` is told of patients without a book, where no worker of this process makes one.
        """
        self._books = books
        self._windows = windows
        self._want = want

    def __call__(
        self, mark: JudgeMark, measurement: Measurement, now: datetime, undone: int
    ) -> JudgeMark:
        """A new mark → the same with its zone and verdict, where they are certain if it has no company; else as it came."""
        if mark.version > 1 or mark.ahead is not None:
            return mark
        known = self._books.known(mark.tenant_id, mark.patient_id)
        if known is None:
            if self._want is not None:
                self._want(mark.tenant_id, mark.patient_id)
            return mark
        if is_silent(known.book, mark.measure):
            try:
                found, following = judge_plain(known.book, measurement), None
                if found is None:
                    found = self._silent(known.book, mark, measurement)
            except Exception:  # noqa: BLE001 - S10: what goes wrong in judging is told by the worker and stops no acceptance
                return mark
        else:
            found, following = (
                self._in_window(known.book, mark, measurement, now, undone),
                self._windows,
            )
        if found is None:
            return mark
        verdict = _ENCODER.encode(found)
        return replace(mark, zone=found.zone, verdict=verdict, judged_at=now, following=following)

    def _in_window(
        self, book: Book, mark: JudgeMark, m: Measurement, now: datetime, undone: int
    ) -> Judgement | None:
        if m.effective is None or m.status in ODD_STATUSES or m.clock_offset_s:
            return None
        try:
            return self._windows.judge(book, mark, m, now, undone)
        except Exception:  # noqa: BLE001 - S10, as below: the worker tells what goes wrong
            self._windows.forget_all()
            return None

    @staticmethod
    def _silent(book: Book, mark: JudgeMark, m: Measurement) -> Judgement | None:
        """A value → its judgement the whole way; None where something fires: the worker gets it with what was found."""
        found = judge_alone(book, m)
        if not found.firings:
            return found
        hand_over(book, mark, m)
        return None
