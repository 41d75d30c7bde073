"""A patient's observations as they come in: what stands, the values windows are cut from, and what each arrival changes.

What is known after any arrivals depends on the set of them alone (§8.3).
Source: dho/thresholds.md §4.1, §4.6, §5.3–5.7, §6.4, §8.2, §9.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from hub.thresholds.book import Book
from hub.thresholds.clockwork import Expectations
from hub.thresholds.combine import Combinations
from hub.thresholds.examine import HISTORICAL, Examined
from hub.thresholds.history import History
from hub.thresholds.judge import judge_examined
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.measurement import Measurement
from hub.thresholds.reach import readers_of
from hub.thresholds.repeats import Repeats, repeat_firing
from hub.thresholds.rule_versions import calms
from hub.thresholds.rules.missing import Slot
from hub.thresholds.shift import FiringKey, Shift
from hub.thresholds.standing import Standing, find_standing
from hub.thresholds.timers import Downtime
from hub.thresholds.versions import Key, keys_of, newest_of

_LAST: Final = "\U0010ffff"


class Record:
    """The observations of one patient and what the engine says of each."""

    def __init__(self, book: Book, downtime: Sequence[Downtime] = ()) -> None:
        """A book and the announced outages → a record without observations."""
        self.book = book
        self._versions: defaultdict[str, list[Measurement]] = defaultdict(list)
        self._by_key: defaultdict[Key, set[str]] = defaultdict(set)
        self._standing: dict[str, Standing] = {}
        self.history = History(book.zone)
        self._fills: defaultdict[str, list[tuple[datetime, str, bool]]] = defaultdict(list)
        self._implausible = Repeats()
        self._rests_on_older: set[str] = set()
        self._bare: dict[str, Judgement] = {}
        self._whole: dict[str, Judgement] = {}
        self._calming = {name for name in book.versions if calms(book, name)}
        self._readers = readers_of(book)
        self._combinations = Combinations(book)
        self.expected = Expectations(book, downtime)

    def load(self, log: Iterable[Measurement]) -> None:
        """Inputs that came earlier: nothing is asked of what each of them changed."""
        names: set[str] = set()
        for m in log:
            if self._keep(m):
                names.add(m.id)
        while names:
            component = self._component(names.pop())
            names -= component
            self._replace(self._stand(component))
        if self._combinations.entries:
            self._settle(dict.fromkeys(self._standing))

    def add(self, m: Measurement, told: datetime) -> Shift | None:
        """A new input, and until when what fell due was told → what it changes; None when it is known already (§4.1, S2)."""
        if not self._keep(m):
            return None
        stood = self._stand(self._component(m.id))
        touched = self._touched(stood)
        slots = self._slots(stood, m.received, told) if self.expected.rules else []
        before = {name: self.judgement(name) for name in touched if name in self._standing}
        missed = self._missed(slots)
        self._replace(stood)
        for name in touched:
            self._bare.pop(name, None)
            self._whole.pop(name, None)
        if self._combinations.entries:
            before |= self._settle(dict.fromkeys(touched), before)
        after = {name: self.judgement(name) for name in {**touched, **before}}
        own = frozenset((m.id, *self._standing[m.id].kin))
        return Shift(own, before, after, self._later(after), missed, self._missed(slots))

    def _later(self, after: Mapping[str, Judgement]) -> dict[str, Judgement]:
        """Judgements → those of the values that come after a firing of a rule with auto_resolve, and may calm it (§7.5)."""
        found: dict[str, Judgement] = {}
        for judgement in after.values() if self._calming else ():
            at = judgement.effective
            if at is not None and any(f.rule in self._calming for f in judgement.firings):
                for sample in self.history.later(judgement.measure, at):
                    found[sample.id] = self.judgement(sample.id)
        return found

    def judgements(self) -> dict[str, Judgement]:
        """Nothing → observation id → judgement of its newest version."""
        return {name: self.judgement(name) for name in self._standing}

    def judgement(self, name: str) -> Judgement:
        """An observation id → its judgement now."""
        found = self._whole.get(name)
        return self._judged(name) if found is None else found

    def is_newest(self, m: Measurement) -> bool:
        """An input → whether it is the version of its observation that counts."""
        return newest_of(self._versions[m.id]) == m

    def filled(self, measure: str, slot: Slot) -> bool:
        """A measure and a slot → whether a valid value fills it (§5.7); a day alone only where it is long enough (§4.2)."""
        rows = self._fills.get(measure, ())
        first = bisect_left(rows, (slot.start,))
        return any(
            slot.takes_days or not date_only
            for _, _, date_only in rows[first : bisect_right(rows, (slot.deadline, _LAST))]
        )

    def _keep(self, m: Measurement) -> bool:
        versions = self._versions[m.id]
        if m in versions:
            return False
        insort(versions, m, key=lambda v: v.order)
        for key in keys_of(m):
            self._by_key[key].add(m.id)
        return True

    def _component(self, name: str) -> set[str]:
        """An id → all that share a key with it, however remotely."""
        found: set[str] = set()
        waiting = {name}
        while waiting:
            one = waiting.pop()
            found.add(one)
            for version in self._versions[one]:
                for key in keys_of(version):
                    waiting |= self._by_key[key] - found
        return found

    def _stand(self, component: set[str]) -> dict[str, Standing]:
        return find_standing({name: self._versions[name] for name in component})

    def _touched(self, stood: Mapping[str, Standing]) -> dict[str, None]:
        """What stands anew → the observations whose judgement may change: they, and those whose windows hold them."""
        touched = dict.fromkeys(stood)
        for name, new in stood.items():
            old = self._standing.get(name)
            was, now = _examined(old), _examined(new)
            if was == now:
                continue
            for each in (was, now):
                if each is not None:
                    touched |= dict.fromkeys(self._reached(each))
        return touched

    def _reached(self, examined: Examined) -> Iterable[str]:
        yield from self._implausible.beside(examined)
        if examined.sample is None:
            return
        windowed = False
        for name in examined.names:
            for reader in self._readers.get(name, ()):
                windowed = True
                for sample in reader.later(self.history, examined.at):
                    yield sample.id
        if windowed:
            yield from self._rests_on_older

    def _replace(self, stood: Mapping[str, Standing]) -> None:
        for name, new in stood.items():
            was, now = _examined(self._standing.get(name)), _examined(new)
            if was != now:
                if was is not None:
                    self._take_out(was)
                if now is not None:
                    self._put_in(now)
            self._standing[name] = new
            older = new.earlier is not None or new.before
            (self._rests_on_older.add if older else self._rests_on_older.discard)(name)
            self._bare.pop(name, None)

    def _put_in(self, examined: Examined) -> None:
        if examined.sample is not None:
            self.history.add(examined.sample)
        row = (examined.at, examined.m.id, examined.m.date_only)
        for name in examined.names if examined.fills else ():
            insort(self._fills[name], row)
        self._implausible.put_in(examined)

    def _take_out(self, examined: Examined) -> None:
        if examined.sample is not None:
            self.history.remove(examined.sample)
        row = (examined.at, examined.m.id, examined.m.date_only)
        for name in examined.names if examined.fills else ():
            self._fills[name].remove(row)
        self._implausible.take_out(examined)

    def _judged(self, name: str) -> Judgement:
        """An id → its judgement without combinations."""
        found = self._bare.get(name)
        if found is None:
            found = self._bare[name] = self._judge(name, self._standing[name])
        return found

    def _judge(self, name: str, standing: Standing) -> Judgement:
        newest = standing.newest
        if standing.examined is None:
            zone = "superseded" if standing.role == "current" else standing.role
            return Judgement(name, newest.version, newest.measure, zone, kin=standing.kin)
        judgement = judge_examined(self.book, standing.examined, self.history)
        if standing.earlier is not None:  # §6.4: a technical doubt never lowers what stood
            stood = judge_examined(self.book, standing.earlier, self.history)
            kept = tuple(firing for firing in stood.firings if not firing.technical)
            judgement = replace(judgement, firings=(*judgement.firings, *kept))
        if standing.before:
            judgement = self._raised_in_time(judgement, standing.before)
        if self._implausible.has_company(standing.examined):
            held = self.book.status_at(standing.examined.at) == "on-hold"
            fired = repeat_firing(standing.examined, on_hold=held)
            judgement = replace(judgement, firings=(*judgement.firings, fired))
        return replace(judgement, kin=standing.kin) if standing.kin else judgement

    def _raised_in_time(self, judgement: Judgement, before: Sequence[Examined]) -> Judgement:
        """§8.1, §8.3: a yellow that the versions before a late correction fire too stands, whatever came in between."""
        stands = self._rules_fired(before[0])
        for examined in before[1:]:
            stands &= self._rules_fired(examined)
        firings = tuple(
            replace(f, suppressed="") if f.suppressed == HISTORICAL and f.rule in stands else f
            for f in judgement.firings
        )
        return replace(judgement, firings=firings)

    def _rules_fired(self, examined: Examined) -> frozenset[str]:
        judged = judge_examined(self.book, examined, self.history)
        return frozenset(f.rule for f in judged.firings if f.suppressed != "on-hold")

    def _settle(
        self, names: Iterable[str], before: Mapping[str, Judgement] | None = None
    ) -> dict[str, Judgement]:
        """Observations judged anew → all judgements with combinations brought up to date; gives what stood before."""
        bare: dict[str, Judgement | None] = {name: self._judged(name) for name in names}
        was: dict[str, Judgement] = {}
        for name, whole in self._combinations.update(bare, self._judged).items():
            if name not in (before or {}) and name not in bare:
                was[name] = self.judgement(name)
            if whole is not None:
                self._whole[name] = whole
        return was

    def _slots(
        self, stood: Mapping[str, Standing], received: datetime, told: datetime
    ) -> list[tuple[str, Slot]]:
        """What stands anew → the slots it may fill or open, and those whose row of misses runs through them.

        A row is counted as it was when the newcomer came: what fell due since was told by all that had come by then, the
        newcomer among it, and some of that may still wait to be judged.
        """
        found: dict[tuple[str, Slot], None] = {}
        past = min(received, told)
        for name, new in stood.items():
            was, is_now = _examined(self._standing.get(name)), _examined(new)
            for examined in (was, is_now) if was != is_now else ():
                if examined is None or not examined.fills:
                    continue
                for rule in self.expected.of_measure(examined.names):
                    rises = [e.rule.escalate for e in self.expected.rules[rule] if e.rule.escalate]
                    count = max((rise.count for rise in rises), default=1)
                    for slot, _ in self.expected.touched_by(rule, examined.at):
                        if slot.deadline > told:
                            continue
                        found[rule, slot] = None
                        after = self.expected.run(rule, slot, count - 1, back=False, until=past)
                        found |= {
                            (rule, later): None for later, _ in after if later.deadline <= past
                        }
        return list(found)

    def _missed(self, slots: Iterable[tuple[str, Slot]]) -> dict[FiringKey, Firing]:
        fired = [self.slot_firing(rule, slot) for rule, slot in slots]
        return {(f.observation, f.rule): f for f in fired if f is not None}

    def slot_firing(self, rule: str, slot: Slot) -> Firing | None:
        """A rule and one of its expected slots → its firing when nothing has filled it."""
        for found, entry in self.expected.between(rule, slot.at, slot.at):
            return self.expected.firing(rule, found, entry, self.filled)
        return None


def judge_all(book: Book, log: Iterable[Measurement]) -> dict[str, Judgement]:
    """Observation versions in any order → observation id → judgement of its newest version."""
    record = Record(book)
    record.load(log)
    return record.judgements()


def _examined(standing: Standing | None) -> Examined | None:
    return None if standing is None else standing.examined
