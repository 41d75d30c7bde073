"""A value that changes nothing but its own zone → judged in the commit that stores it, without a turn of the worker.

Nearly every value is of this kind: green, its first version, no copy of another, of a measure whose rules look at nothing
else. Everything else, and whatever is not certain, keeps its mark and waits for the worker (architecture D4).
Source: dho/thresholds.md §4, §8.3 (the result does not depend on when it is judged).
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from hub.flows.patient_book import Books
from hub.ports import JudgeMark
from hub.thresholds.book import Book, RuleSet
from hub.thresholds.examine import LATE_AFTER
from hub.thresholds.judge import judge
from hub.thresholds.judgement import Judgement
from hub.thresholds.measurement import Measurement
from hub.thresholds.reach import is_silent
from hub.thresholds.sift import ODD_STATUSES, sameness

_ENCODER: Final = msgspec.msgpack.Encoder()
_NO_TIME: Final = timedelta(0)
_MOST: Final = 20_000
"""How many verdicts are remembered."""


class JudgeAtOnce:
    """Settles marks; used in the writer's thread only, as the books are."""

    def __init__(self, books: Books) -> None:
        """The books to judge by → nothing remembered yet."""
        self._books = books
        self._seen: dict[Hashable, tuple[RuleSet, Judgement]] = {}

    def __call__(self, mark: JudgeMark, measurement: Measurement, now: datetime) -> JudgeMark:
        """A new mark → the same with its zone and verdict, where they are certain if it has no company; else as it came."""
        if mark.version > 1 or mark.ahead is not None:
            return mark
        known = self._books.known(mark.tenant_id, mark.patient_id)
        if known is None or not is_silent(known.book, mark.measure):
            return mark
        found = self._judged(known.book, measurement)
        if found is None:
            return mark
        return replace(mark, zone=found.zone, verdict=_ENCODER.encode(found), judged_at=now)

    def _judged(self, book: Book, m: Measurement) -> Judgement | None:
        """A value → its judgement, None where something fires; the same value of the same patient is judged once."""
        at = m.effective
        doubtful = m.date_only or m.clock_offset_s or m.status in ODD_STATUSES or m.items
        if at is None or doubtful or not _NO_TIME <= m.received - at <= LATE_AFTER:
            return _silent(book, m)
        rules = book.rules_for(m.measure, at)
        key = sameness(rules, book.status_at(at), m)
        seen = self._seen.get(key)
        if seen is not None and seen[0] is rules:
            return replace(
                seen[1], observation=m.id, version=m.version, effective=at.astimezone(UTC)
            )
        found = _silent(book, m)
        if found is not None:
            if len(self._seen) >= _MOST:
                self._seen.clear()
            self._seen[key] = rules, found
        return found


def _silent(book: Book, m: Measurement) -> Judgement | None:
    try:
        found = judge(book, m)
    except Exception:  # noqa: BLE001 - S10: what goes wrong in judging is told by the worker and stops no acceptance
        return None
    return None if found.firings else found
