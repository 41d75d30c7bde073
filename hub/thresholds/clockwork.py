"""What the clock alone brings: times at which a value was expected and none came, and plans whose review is overdue.

Source: dho/thresholds.md §5.7, §5.8, §4.7, §4.10, §10; dho/cases/README.md (`slot:<instant>`, `plan:<version>`, downtime).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from hub.thresholds.book import Book, Entry
from hub.thresholds.judge import source_of, suppress
from hub.thresholds.judgement import Firing
from hub.thresholds.measures import name_of
from hub.thresholds.plan import PlanVersion
from hub.thresholds.rules import missing, stale_plan
from hub.thresholds.rules.missing import Slot, slots_around
from hub.thresholds.spans import LATEST, Span, shifted, with_local_offset
from hub.thresholds.timers import Downtime
from hub.thresholds.zones import ALERTING, Zone

Filled = Callable[[str, Slot], bool]
"""A measure and a slot → whether a valid value fills it."""
_NO_SPAN: Final = Span()
_LOOK: Final = timedelta(days=32)
_MOST_LOOKS: Final = 400


class _Known(NamedTuple):
    """The expected slots of a rule in an interval, with their times."""

    first: datetime
    last: datetime
    times: list[datetime]
    pairs: list[tuple[Slot, Entry]]


class Expectations:
    """The slots of a patient: which are expected follows from plans, status periods and downtime, never from values."""

    __slots__ = ("_begin", "_book", "_downtime", "_known", "rules")

    def __init__(self, book: Book, downtime: Sequence[Downtime]) -> None:
        """A book and the announced outages → the rules by id, every version of each that is in the book."""
        self._book = book
        self._downtime = downtime
        self._begin = min((plan.valid_from for plan in book.plans), default=LATEST)
        self._known: dict[str, _Known] = {}
        self.rules: dict[str, list[Entry]] = {}
        for entry in book.entries:
            if missing.PSEUDO in entry.triggers and entry.judge is not None and not entry.off:
                self.rules.setdefault(entry.rule.id, []).append(entry)

    def of_measure(self, names: Iterable[str]) -> list[str]:
        """Names of measures → the rules that expect them."""
        wanted = set(names)
        return [
            rule
            for rule, found in self.rules.items()
            if any(e.rule.measure in wanted for e in found)
        ]

    def remember(self, start: datetime, end: datetime) -> None:
        """An interval that will be asked about slot by slot → its slots, and those around it that count for a row of misses, are worked out once."""
        first, last = max(shifted(start, -_LOOK), self._begin), shifted(end, _LOOK)
        for rule in self.rules:
            pairs = self._work_out(rule, first, last)
            self._known[rule] = _Known(first, last, [slot.at for slot, _ in pairs], pairs)

    def between(self, rule: str, start: datetime, end: datetime) -> list[tuple[Slot, Entry]]:
        """A rule and an interval → the expected slots whose nominal time lies in it, in order of time."""
        known = self._known.get(rule)
        if known is None or max(start, self._begin) < known.first or end > known.last:
            return self._work_out(rule, start, end)
        return known.pairs[bisect_left(known.times, start) : bisect_right(known.times, end)]

    def _work_out(self, rule: str, start: datetime, end: datetime) -> list[tuple[Slot, Entry]]:
        found: dict[datetime, tuple[Slot, Entry]] = {}
        for entry in self.rules.get(rule, ()):
            first, last = (
                max(start, self._begin if entry.plan is None else entry.plan.valid_from),
                end,
            )
            if entry.plan is not None and entry.plan.valid_to is not None:
                last = min(end, entry.plan.valid_to)
            if first > last:
                continue
            for slot in slots_around(entry.rule, first, last, self._book.zone):
                if slot.at not in found and self._is_expected(entry, slot):
                    found[slot.at] = (slot, entry)
        return [found[at] for at in sorted(found)]

    def _is_expected(self, entry: Entry, slot: Slot) -> bool:
        """§5.7: not on hold, in observe mode, without a plan or in announced downtime; not after the end (§4.7)."""
        rules = self._book.rules_for(missing.PSEUDO, slot.at)
        in_force = any(e.rule == entry.rule and e.plan == entry.plan for e in rules.entries)
        return (
            in_force
            and rules.plan is not None
            and not rules.observing
            and not entry.watching
            and self._book.status_at(slot.at) == "active"
            and not any(d.start <= slot.at < d.end for d in self._downtime)
        )

    def touched_by(self, rule: str, at: datetime) -> list[tuple[Slot, Entry]]:
        """A rule and the instant of a value → the expected slots whose time it lies in."""
        early = max((_longest(e.rule.early) for e in self.rules[rule]), default=timedelta(0))
        grace = max((_longest(e.rule.grace) for e in self.rules[rule]), default=timedelta(0))
        around = self.between(rule, shifted(at, -grace), shifted(at, early))
        return [(slot, entry) for slot, entry in around if slot.start <= at <= slot.deadline]

    def run(
        self, rule: str, slot: Slot, count: int, *, back: bool, until: datetime = LATEST
    ) -> Iterator[tuple[Slot, Entry]]:
        """A slot → up to `count` expected slots of the rule before it, the nearest first, or after it up to `until`."""
        edge, found = slot.at, 0
        for _ in range(_MOST_LOOKS):
            if found >= count or not self._begin <= edge <= until:
                return
            other = shifted(edge, -_LOOK if back else _LOOK)
            start, end = (other, edge) if back else (edge, other)
            near = [pair for pair in self.between(rule, start, end) if pair[0].at != edge]
            for pair in reversed(near) if back else near:
                if found == count:
                    return
                found += 1
                yield pair
            edge = other

    def firing(self, rule: str, slot: Slot, entry: Entry, filled: Filled) -> Firing | None:
        """An expected slot → its firing when nothing fills it; `count` misses in a row raise the zone."""
        measure = entry.rule.measure or ""
        if filled(measure, slot):
            return None
        zone: Zone = entry.rule.zone or "yellow"
        escalate, misses = entry.rule.escalate, 1
        if escalate is not None:
            for earlier, other in self.run(rule, slot, escalate.count - 1, back=True):
                if filled(other.rule.measure or "", earlier):
                    break
                misses += 1
            if misses >= escalate.count:
                zone = escalate.zone
        if zone not in ALERTING:  # §3.4: such a plan is refused at the door
            return None
        local = with_local_offset(slot.at, self._book.zone)
        text = f"{name_of(measure)}: ventet {local:%d.%m.%Y kl. %H:%M} er ikke kommet"
        if misses > 1:
            text += f" ({misses} på rad)"
        return _firing(entry, f"slot:{local.isoformat()}", slot.at, zone, "missing", text)

    def deadlines(self, since: datetime, until: datetime) -> list[tuple[Slot, Entry]]:
        """An interval, its start excluded → the expected slots whose deadline lies in it, by deadline."""
        found: list[tuple[Slot, Entry]] = []
        for rule, entries in self.rules.items():
            grace = max(_longest(e.rule.grace) for e in entries)
            for slot, entry in self.between(rule, shifted(since, -grace), until):
                if since < slot.deadline <= until:
                    found.append((slot, entry))
        return sorted(found, key=lambda pair: (pair[0].deadline, pair[0].at, pair[1].rule.id))


def _firing(
    entry: Entry, evidence: str, at: datetime, zone: Zone, reason: str, text: str
) -> Firing:
    plan = entry.plan
    source = source_of(entry.origin, plan)
    return Firing(
        *(entry.rule.id, evidence, 1, at, zone, reason, f"{text}, {source}"),
        name=entry.rule.measure or "",
        plan=None if plan is None else plan.id,
        plan_version=None if plan is None else plan.version,
        rule_version=entry.rule.version,
        approved_by=entry.rule.approved_by or (None if plan is None else plan.approved_by),
        source=source,
    )


def _longest(span: Span | None) -> timedelta:
    return (span or _NO_SPAN).longest


def overdue_reviews(book: Book, until: datetime) -> list[tuple[datetime, Firing]]:
    """A book → (instant, firing) of every plan version whose review became overdue while it was in force (§5.8)."""
    found: list[tuple[datetime, Firing]] = []
    edges = {edge for p in book.periods for edge in (p.start, p.end) if edge is not None}
    for plan in book.plans:
        due = max(stale_plan.overdue_from(plan, book.zone), plan.valid_from)
        moments = sorted({due, *book.starts, *edges})
        for entry in book.entries:
            if stale_plan.PSEUDO not in entry.triggers or entry.off:
                continue
            for at in moments:
                told = at >= due and at <= until and _tell_overdue(book, plan, entry, at)
                if told:
                    found.append((at, told))
                    break
    return sorted(found, key=lambda pair: (pair[0], pair[1].rule))


def _tell_overdue(book: Book, plan: PlanVersion, entry: Entry, at: datetime) -> Firing | None:
    rules = book.rules_for(stale_plan.PSEUDO, at)
    zone: Zone = entry.rule.zone or "yellow"
    status = book.status_at(at)
    if (
        zone not in ALERTING
        or entry.watching
        or rules.observing
        or plan not in rules.plans
        or status in {"ended", "deceased"}
        or not any(e.rule == entry.rule and e.plan == entry.plan for e in rules.entries)
        or (entry.plan is not None and entry.plan != plan)
    ):
        return None
    flags, suppressed = suppress((), zone, on_hold=status == "on-hold")
    if suppressed:
        return None
    text = "Egenbehandlingsplanen skulle vært gjennomgått"
    fired = _firing(entry, f"plan:{plan.version}", at, zone, "plan.review-overdue", text)
    return replace(fired, flags=flags) if flags else fired
