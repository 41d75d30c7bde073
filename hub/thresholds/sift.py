"""A patient's whole log → its judgements, the plain values among them judged without the machinery of windows and versions.

Nearly every value stands alone: one version, no copy, a rule that looks at nothing else. Such a value is judged by itself, and a
value that was seen before, in the same stretch of plans and status, is not judged again. The result is that of record.py.
Source: dho/thresholds.md §8.3 (the result follows from the set), §4.1, §4.6, §5.12.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import chain
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from hub.thresholds.book import Book, RuleSet
from hub.thresholds.examine import CLOCK_TOLERANCE
from hub.thresholds.judge import judge
from hub.thresholds.judgement import Judgement
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement, PatientStatus
from hub.thresholds.measures import COMPONENTS
from hub.thresholds.plain import judge_plain
from hub.thresholds.record import Record
from hub.thresholds.zones import Standing

_NEEDS_OTHERS: Final = "sys.implausible"
ODD_STATUSES: Final = RETRACTED_STATUSES | {"registered"}


class Sifted(Struct, frozen=True):
    """Shape: `quiet` observation id → zone of values for which nothing fired; `judged` all others."""

    quiet: dict[str, Standing]
    judged: dict[str, Judgement]


class Sieve:
    """Judges the logs of one patient, or of many with the same book."""

    def __init__(self, book: Book) -> None:
        """A book → a sieve that has seen nothing."""
        self._book = book
        read = {n for e in book.entries for n in e.reach.names}
        self._read = read | ({"bp", *COMPONENTS} if read & {"bp", *COMPONENTS} else set[str]())
        self._combines = any(entry.rule.parts for entry in book.entries)
        self._seen: dict[Hashable, Standing] = {}
        self._here: dict[int, bool] = {}
        self._always: tuple[dict[str, RuleSet], PatientStatus] | None = None
        borders = [*book.starts, *(p.start for p in book.periods)]
        borders += [p.end for p in book.periods if p.end is not None]
        self.borders: Final = tuple(sorted(borders))
        """The instants at which plans or the patient's status change."""

    def lone(self, m: Measurement) -> Standing | None:
        """A value that no other is a version or copy of → its zone, where nothing fires and nothing about it is odd.

        Shape: the same for every value that differs in its names, its device and, within a stretch (`stretch`), its time.
        """
        if m.date_only or m.clock_offset_s or m.effective is None:
            return None
        rules = self._book.rules_for(m.measure, m.effective)
        if not self._combines and self._looks_at_nothing_else(rules):
            # When it was received changes no zone (§8.1), and in time is the shortest way
            plain = judge_plain(self._book, replace(m, received=m.effective))
            if plain is not None:
                return plain.zone
        found = self._alone(m)
        return None if isinstance(found, Judgement) else found

    def reads(self, measure: str) -> bool:
        """A measure → whether a rule looks at other values of it."""
        return measure in self._read

    def judge(self, log: Sequence[Measurement]) -> Sifted:
        """All observation versions known → the judgement of every observation."""
        single = len({m.id for m in log}) == len(log)
        ids = Counter([m.id for m in log]) if not single else Counter[str]()
        keys_of = [_keys(m) for m in log]
        keys = Counter(chain.from_iterable(keys_of))
        shared = set[Hashable]()
        if len(keys) < sum(map(len, keys_of)):
            shared = {key for key, count in keys.items() if count > 1}
        self._same_rules(log)
        quiet: dict[str, Standing] = {}
        judged: dict[str, Judgement] = {}
        rest: list[Measurement] = []
        for m, own in zip(log, keys_of, strict=True):
            found = None
            if (single or ids[m.id] == 1) and (not shared or shared.isdisjoint(own)):
                found = self._alone(m)
            if found is None:
                rest.append(m)
            elif isinstance(found, Judgement):
                judged[m.id] = found
            else:
                quiet[m.id] = found
        if rest:
            self._together(log, rest, quiet, judged)
        return Sifted(quiet, judged)

    def _alone(self, m: Measurement) -> Judgement | Standing | None:
        """A value that no other is a version or copy of → its zone when nothing fires, its judgement, or None: it needs others."""
        if m.effective is None or m.status in ODD_STATUSES or m.items is not None:
            return None
        at, always = m.effective, self._always
        if always is None:
            rules, status = self._book.rules_for(m.measure, at), self._book.status_at(at)
        else:
            rules, status = always[0].get(m.measure) or always[0][""], always[1]
        if self._combines or not self._looks_at_nothing_else(rules):
            return None
        if m.date_only or m.clock_offset_s or at - m.received > CLOCK_TOLERANCE:
            return self._judged(m)
        key = sameness(rules, status, m)
        zone = self._seen.get(key)
        if zone is not None:
            return zone
        found = self._judged(m)
        if found is None or found.firings:
            return found
        self._seen[key] = found.zone
        return found.zone

    def _same_rules(self, log: Sequence[Measurement]) -> None:
        """Where no plan and no status changes while the log lasts, they are looked up once."""
        times = [m.effective for m in log if m.effective is not None]
        self._always = None
        if not times:
            return
        first, last = min(times), max(times)
        book = self._book
        if not any(first < border <= last for border in self.borders):
            self._always = book.sets[bisect_right(book.starts, first)], book.status_at(first)

    def _judged(self, m: Measurement) -> Judgement | None:
        found = judge(self._book, m)
        return None if any(f.rule == _NEEDS_OTHERS for f in found.firings) else found

    def _looks_at_nothing_else(self, rules: RuleSet) -> bool:
        found = self._here.get(id(rules))
        if found is None:
            found = self._here[id(rules)] = not any(e.reach.names for e in rules.entries)
        return found

    def _together(
        self,
        log: Sequence[Measurement],
        rest: Sequence[Measurement],
        quiet: dict[str, Standing],
        judged: dict[str, Judgement],
    ) -> None:
        """The values that need others, judged among all that their rules may read."""
        wanted = dict.fromkeys(m.id for m in rest)
        record = Record(self._book)
        record.load(m for m in log if m.id in wanted or m.measure in self._read)
        for name in wanted:
            found = record.judgement(name)
            if found.firings or found.kin or found.zone in {"retracted", "superseded"}:
                judged[name] = found
            else:
                quiet[name] = found.zone


def sameness(rules: RuleSet, status: PatientStatus, m: Measurement) -> Hashable:
    """Rules, a patient's status and a value at a time that is not doubtful → what its judgement by itself depends on.

    Shape: holds while `rules` is kept; `items` are left out: forms have no sameness.
    """
    return (
        *(id(rules), status, m.measure, m.value, m.unit),
        *(m.comparator, m.code, m.components, m.data_absent_reason, m.device_error),
        *(m.code_conflict, tuple(m.context.items())),
    )


def _keys(m: Measurement) -> tuple[Hashable, ...]:
    """What makes two observations versions or copies of each other (§4.1)."""
    if m.effective is None:
        return m.identifiers
    return (*m.identifiers, (m.measure, m.device, m.effective))


def sift(book: Book, log: Iterable[Measurement]) -> Sifted:
    """A book and all observation versions known → the judgement of every observation."""
    return Sieve(book).judge(list(log))
