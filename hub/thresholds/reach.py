"""How far the rules of a book reach: which values a rule reads beside its trigger, and which later triggers read a value.

Source: dho/thresholds.md §5.3–5.6, §5.11, §5.12, §8.2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from msgspec import Struct

from hub.thresholds.book import Book, Entry
from hub.thresholds.history import History, Sample
from hub.thresholds.measures import COMPONENTS


class Reader(Struct, frozen=True):
    """One way a value is read later: by triggers of `triggers`, within `window` (None = however late) and `count` values."""

    name: str
    triggers: tuple[str, ...]
    window: timedelta | None
    count: int | None

    def later(self, history: History, at: datetime) -> Sequence[Sample]:
        """An instant → the samples that, as triggers, may look back at it."""
        if self.count is not None:
            near = history.later(self.name, at, self.count)
            return near if self.window is None else [s for s in near if s.at - at <= self.window]
        end = None if self.window is None else _shift(at, self.window)
        found = list[Sample]()
        for trigger in self.triggers:
            found += (
                history.later(trigger, at) if end is None else history.between(trigger, at, end)
            )
        return found


def readers_of(book: Book) -> dict[str, list[Reader]]:
    """A book → the readers of each name, each once."""
    if "readers" not in book.memo:
        book.memo["readers"] = _readers_of(book)
    return book.memo["readers"]


def _readers_of(book: Book) -> dict[str, list[Reader]]:
    found: defaultdict[str, dict[Reader, None]] = defaultdict(dict)
    for entry in book.entries:
        reach = entry.reach
        if entry.off or entry.judge is None:
            continue
        window = None if reach.window is None else reach.window.longest
        for name in reach.names:
            found[name][Reader(name, entry.triggers, window, reach.count)] = None
    return {name: list(readers) for name, readers in found.items()}


def _shift(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return at


class Reaching(Struct, frozen=True):
    """The other values an observation may touch or be judged with.

    Shape: of `measures`, from `back` before it to `forward` after it (None = however far); `alone` = only its own versions,
    copies and an implausible neighbour can matter.
    """

    measures: tuple[str, ...]
    back: timedelta | None
    forward: timedelta | None
    alone: bool


NEIGHBOUR: Final = timedelta(hours=2, minutes=10)
"""Twice the hour of §4.6 (an implausible neighbour may itself have another), and twice the clock tolerance of §4.2."""


def reaching_of(book: Book, measure: str) -> Reaching:
    """A book and a measure → how far an observation of it reaches, in both directions.

    A later trigger that reads the newcomer is judged anew whole, so the longest window among all that hang together
    counts, both ways; combinations add their spans (§5.12).
    """
    key = _key("reach", measure)
    if key not in book.memo:
        book.memo[key] = _alike(_reaching_of(book, measure))
    return book.memo[key]


@lru_cache(maxsize=1024)
def _key(what: str, measure: str) -> str:
    """What is worked out of a measure → its name in a memo, one for the books of all patients."""
    return f"{what} {measure}"


@lru_cache(maxsize=1024)
def _alike(found: Reaching) -> Reaching:
    """The same, kept once for all patients for whom it is so."""
    return found


def _reaching_of(book: Book, measure: str) -> Reaching:
    groups = [_group(entry) for entry in book.entries if not entry.off and entry.judge is not None]
    combined = [e for e in book.entries if e.rule.parts]
    groups += _combined_groups(book)
    linked = observed_measures({measure})
    windows: list[timedelta | None] = []
    hangs_together = True
    while hangs_together:
        hangs_together = False
        for group in groups:
            if group & linked and not group <= linked:
                linked |= group
                hangs_together = True
    for entry in book.entries:
        if entry.reach.names and not entry.off and _group(entry) & linked:
            reach = entry.reach
            windows.append(None if reach.window is None else reach.window.longest)
    windows += _expected(book, linked)
    spans = [e.rule.within.longest for e in combined if e.rule.within is not None]
    calming = any(
        entry.rule.auto_resolve is not None and linked & set(entry.triggers)
        for entry in book.entries
    )
    alone = not windows and not (combined and len(groups) > 1)
    if None in windows:
        return Reaching(tuple(sorted(linked)), None, None, alone)
    whole = max((w for w in windows if w is not None), default=timedelta(0))
    whole += sum(spans, NEIGHBOUR)
    return Reaching(tuple(sorted(linked)), whole, None if calming else whole, alone)


def _combined_groups(book: Book) -> list[set[str]]:
    """A book → for each combination, the measures whose values make it fire; a part may be a combination itself (§5.12)."""
    found = {e.rule.id: _group(e) for e in book.entries}
    parts = {e.rule.id: [p.rule for p in e.rule.parts] for e in book.entries if e.rule.parts}
    for _ in parts:  # as deep as combinations can lie in each other
        for rule, names in parts.items():
            found[rule] = found[rule].union(*(found.get(name, set[str]()) for name in names))
    return [found[rule] for rule in parts]


def is_silent(book: Book, measure: str) -> bool:
    """A book and a measure → whether a first value of it, copy of none, for which nothing fires changes nothing else.

    No other value is read with it, no time waits for it (§5.7) and no alert counts it as calm (§7.5).
    """
    key = _key("silent", measure)
    if key not in book.memo:
        calming = any(
            e.rule.auto_resolve is not None and measure in e.triggers for e in book.entries
        )
        book.memo[key] = reaching_of(book, measure).alone and not calming
    return book.memo[key]


class Rolling(Struct, frozen=True):
    """What is to be kept of a patient's values so that the next one can be judged among them.

    Shape: of `measures`, those of the last `window` (None = none), and the newest `count` of each name however old they are;
    `expected` = some rule waits for values at certain times (§5.7).
    """

    measures: frozenset[str]
    window: timedelta
    count: int
    expected: bool


def rolling_of(book: Book, measure: str) -> Rolling | None:
    """A book and a measure → what to keep, so that a value newer than all others, for which nothing fires, changes nothing else.

    None where that does not hold: combinations, values that calm an alert, a change since the first value ever.
    """
    key = _key("rolling", measure)
    if key not in book.memo:
        book.memo[key] = _rolling_of(book, measure)
    return book.memo[key]


def _rolling_of(book: Book, measure: str) -> Rolling | None:
    linked = set(reaching_of(book, measure).measures)
    calming = any(
        e.rule.auto_resolve is not None and linked & set(e.triggers) for e in book.entries
    )
    if calming or any(entry.rule.parts for entry in book.entries):
        return None
    window, count = timedelta(0), 0
    for entry in book.entries:
        reach = entry.reach
        if not reach.names or entry.off or entry.judge is None or not _group(entry) & linked:
            continue
        if reach.window is not None:
            window = max(window, reach.window.longest)
        elif reach.count is not None:
            count = max(count, reach.count)
        else:
            return None
    return Rolling(frozenset(linked), window, count, bool(_expected(book, linked)))


def _expected(book: Book, linked: set[str]) -> list[timedelta | None]:
    """How far the times reach at which a value was expected: a row of misses runs back over any time on hold (§5.7)."""
    found: list[timedelta | None] = []
    for rule in (e.rule for e in book.entries if e.rule.times and e.judge is not None):
        if observed_measures({rule.measure or ""}) & linked:
            spans = (rule.early, rule.grace)
            width = sum((span.longest for span in spans if span is not None), timedelta(0))
            found.append(None if rule.escalate is not None else width)
    return found


def _group(entry: Entry) -> set[str]:
    return observed_measures({*entry.triggers, *entry.reach.names})


def observed_measures(names: set[str]) -> set[str]:
    """Names of values → the measures of the observations that carry them."""
    panel = {"bp", *COMPONENTS}
    return {name for name in names if not name.startswith("#")} | (
        panel if names & panel else set()
    )
