"""Combinations: rules about what other rules fired, kept as firings come and go.

Source: dho/thresholds.md §5.12, §3.3, §4.7, §4.10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from hub.thresholds.book import Book, Entry
from hub.thresholds.examine import HISTORICAL
from hub.thresholds.judge import source_of, suppress
from hub.thresholds.judgement import Firing, Judgement, Trace
from hub.thresholds.reason import explain_compared
from hub.thresholds.rules import combination
from hub.thresholds.rules.combination import match_parts
from hub.thresholds.zones import ALERTING, RANK

Find = Callable[[str], Judgement | None]


class Combinations:
    """The combination rules of a book, and the firings they look at."""

    __slots__ = ("_book", "_fired", "_parts", "entries")

    def __init__(self, book: Book) -> None:
        """A book → its combinations, those that look at others after those."""
        self._book = book
        self.entries: Final = _in_order(
            [
                entry
                for entry in book.entries
                if combination.PSEUDO in entry.triggers and entry.judge is not None
            ]
        )
        self._parts = {part.rule for entry in self.entries for part in entry.rule.parts}
        self._fired: dict[str, dict[str, Firing]] = {name: {} for name in self._parts}

    def update(
        self, changed: Mapping[str, Judgement | None], find: Find
    ) -> dict[str, Judgement | None]:
        """Observations with their new judgement (None = gone), without combinations → all whose judgement changes, with them.

        `find` gives the judgement of any other observation, without combinations.
        """
        bare = dict(changed)
        moved = self._index(changed)
        touched = set(changed) | self._reached(moved)
        while True:
            for name in touched - bare.keys():
                bare[name] = find(name)
            added, moved = self._combine({name: bare[name] for name in touched})
            grown = touched | self._reached(moved)
            if grown == touched:
                break
            touched = grown
        return {
            name: None if (plain := bare[name]) is None else _with(plain, added[name])
            for name in touched
        }

    def _combine(
        self, bare: Mapping[str, Judgement | None]
    ) -> tuple[dict[str, list[tuple[Entry, Firing]]], list[Firing]]:
        """Judgements → what each combination adds to each, and the firings of combinations that came or went."""
        added: dict[str, list[tuple[Entry, Firing]]] = {name: [] for name in bare}
        moved: list[Firing] = []
        for entry in self.entries:
            for name, judgement in bare.items():
                fired = None if judgement is None else self._judge(entry, judgement, added[name])
                if fired is not None:
                    added[name].append((entry, fired))
                if entry.rule.id in self._fired:
                    now = next((f for e, f in added[name] if e.rule.id == entry.rule.id), None)
                    moved += self._put(entry.rule.id, name, now)
        return added, moved

    def _put(self, rule: str, name: str, now: Firing | None) -> list[Firing]:
        """Keeps what a rule fired on an observation; gives what was and what is when they differ."""
        fired = self._fired[rule]
        was = fired.get(name)
        if was == now:
            return []
        if now is None:
            del fired[name]
        else:
            fired[name] = now
        return [firing for firing in (was, now) if firing is not None]

    def _index(self, changed: Mapping[str, Judgement | None]) -> list[Firing]:
        """Keeps the firings the combinations look at; gives those that came, went or changed."""
        own = {entry.rule.id for entry in self.entries}
        moved: list[Firing] = []
        for name, judgement in changed.items():
            now = {} if judgement is None else {f.rule: f for f in judgement.firings}
            for rule in self._fired.keys() - own:
                moved += self._put(rule, name, now.get(rule))
        return moved

    def _reached(self, moved: Iterable[Firing]) -> set[str]:
        """Firings that changed → the observations whose combinations may look at them."""
        span = sum((e.rule.within.longest for e in self.entries if e.rule.within), timedelta(0))
        found: set[str] = set()
        for firing in moved:
            for fired in self._fired.values():
                found |= {
                    name
                    for name, other in fired.items()
                    if timedelta(0) <= other.effective - firing.effective <= span
                }
        return found

    def _judge(
        self, entry: Entry, judgement: Judgement, added: Iterable[tuple[Entry, Firing]]
    ) -> Firing | None:
        at = judgement.effective
        if at is None or entry.watching or entry.rule.zone not in ALERTING:
            return None
        rules = self._book.rules_for(combination.PSEUDO, at)
        if not any(e.rule == entry.rule and e.plan == entry.plan for e in rules.entries):
            return None
        own = (*judgement.firings, *(firing for _, firing in added))
        found = match_parts(entry.rule, own, at, self._series(), self._book.zone)
        if found is None:
            return None
        return _firing(entry, judgement, found, on_hold=self._book.status_at(at) == "on-hold")

    def _series(self) -> dict[str, list[Firing]]:
        return {rule: list(fired.values()) for rule, fired in self._fired.items()}


def _in_order(entries: list[Entry]) -> tuple[Entry, ...]:
    """Combinations that look at combinations come after them; a ring is left as it stands."""
    waiting, done = list(entries), list[Entry]()
    while waiting:
        names = {entry.rule.id for entry in waiting}
        ready = [e for e in waiting if not any(p.rule in names for p in e.rule.parts)] or waiting
        done += ready
        waiting = [entry for entry in waiting if entry not in ready]
    return tuple(done)


def _firing(
    entry: Entry, judgement: Judgement, found: tuple[Firing, ...], *, on_hold: bool
) -> Firing:
    rule, plan = entry.rule, entry.plan
    assert rule.zone is not None
    assert judgement.effective is not None
    source = source_of(entry.origin, plan)
    flags, suppressed = suppress(judgement.flags, rule.zone, on_hold=on_hold)
    if suppressed == HISTORICAL and any(_raised_in_time(f, judgement) for f in found):
        suppressed = ""
    words = "kombinert med andre utslag: " + "; ".join(dict.fromkeys(f.text for f in found))
    return Firing(
        *(rule.id, judgement.observation, judgement.version, judgement.effective, rule.zone),
        "combination",
        explain_compared(judgement.measure, words, rule.zone, "", None, source),
        suppressed,
        flags,
        judgement.measure,
        plan=None if plan is None else plan.id,
        plan_version=None if plan is None else plan.version,
        rule_version=rule.version,
        approved_by=rule.approved_by or (None if plan is None else plan.approved_by),
        source=source,
        parts=tuple(dict.fromkeys((f.rule, f.observation) for f in found)),
    )


def _raised_in_time(part: Firing, trigger: Judgement) -> bool:
    """Whether the trigger's own yellow stands although its newest version came too late to raise one (§8.1)."""
    return part.observation == trigger.observation and part.zone != "red" and not part.suppressed


def _with(judgement: Judgement, added: Iterable[tuple[Entry, Firing]]) -> Judgement:
    pairs = tuple(added)
    if not pairs:
        return judgement
    zone = judgement.zone
    for _, firing in pairs:
        if zone in RANK and RANK[firing.zone] > RANK[zone]:
            zone = firing.zone
    traces = tuple(Trace(f.rule, entry.origin, f.zone, f.reason, None, "") for entry, f in pairs)
    return replace(
        judgement,
        zone=zone,
        firings=(*judgement.firings, *(f for _, f in pairs)),
        trace=(*judgement.trace, *traces),
    )
