"""The earlier inputs that a newcomer may touch or is judged with, found in the store (hub.thresholds.reach says how far)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace

from hub.flows.mark_for_judging import read_measurement
from hub.mapping.evidence import part_name
from hub.ports import JudgeMark, Unit
from hub.thresholds.book import Book
from hub.thresholds.examine import judged_instant
from hub.thresholds.judge import judge_alone
from hub.thresholds.judgement import Judgement
from hub.thresholds.measurement import Measurement
from hub.thresholds.reach import NEIGHBOUR, Reaching, reaching_of
from hub.thresholds.rule_versions import calms

_ALWAYS: Final = timedelta(days=36500)
_IMPLAUSIBLE: Final = "sys.implausible"
_NEAREST: Final = 2
_LIMITS: Final = (4, 64, 1_000_000)
"""How many invalid values are looked at for the nearest implausible ones: others among them are few."""
_VERDICT: Final = msgspec.msgpack.Decoder(Judgement)


def find_neighbours(
    unit: Unit, mark: JudgeMark, measurement: Measurement, book: Book
) -> tuple[Measurement, ...]:
    """A newcomer's mark → the earlier inputs for `hub.thresholds.engine.State`.

    Shape: earlier = judged already: what still waits will be judged with this one as its neighbour. A first version that
    is no copy of another and touches nobody needs none: the plain case, and the only one that must be fast.
    """
    reaching = reaching_of(book, mark.measure)
    if reaching.alone and _is_plain(unit, mark, measurement, book):
        return ()
    around = _Around(unit, mark.tenant_id, mark.patient_id, reaching, mark.seq)
    around.load(measurement)
    return tuple(around.found)


def find_values(
    unit: Unit, tenant_id: int, patient_id: str, spans: Iterable[tuple[str, datetime, datetime]]
) -> tuple[Measurement, ...]:
    """A patient and (measure, from, to) → the inputs in them with their kin, those included that wait to be judged.

    What was received fills its time whether or not its turn has come (thresholds.md §5.7).
    """
    around = _Around(unit, tenant_id, patient_id, None, None)
    around.load_spans(spans)
    return tuple(around.found)


def _is_plain(unit: Unit, mark: JudgeMark, measurement: Measurement, book: Book) -> bool:
    if mark.version > 1 or mark.ahead is not None:
        return False
    if unit.judgements.has_company(replace(mark, identifiers=measurement.identifiers)):
        return False
    for firing in judge_alone(book, measurement).firings:
        if firing.rule == "sys.implausible" or calms(book, firing.rule):
            return False
    return True


@dataclass(slots=True)
class _Around:
    """Shape: `reaching` None where spans are asked for; `but` the newcomer's own mark, None = marks that wait count too."""

    unit: Unit
    tenant_id: int
    patient_id: str
    reaching: Reaching | None
    but: int | None
    found: list[Measurement] = field(default_factory=list[Measurement])
    loaded: set[str] = field(default_factory=set[str])
    followed: set[str] = field(default_factory=set[str])
    measure: str = ""

    def load(self, newcomer: Measurement) -> None:
        """Everything related: kin by id and identifier, then what is in reach of any of them, then the kin of that."""
        assert self.reaching is not None, "only a newcomer has neighbours"
        self.measure = newcomer.measure
        kin = self._kin({newcomer.id}, newcomer.identifiers)
        if self.reaching.alone and self.reaching.forward is not None:
            self._load_beside([newcomer, *kin])
            return
        near: set[str] = set()
        for version in (newcomer, *kin):
            near.update(self._near(version))
        self._kin(near - self.loaded, ())

    def _load_beside(self, versions: list[Measurement]) -> None:
        """A newcomer and its kin, where no rule looks at anything else → copies at their instants, and the nearest implausible values.

        Of those two on each side, however many the hour holds: the first may come to stand alone or not, and whether it does
        depends on the second (hub.thresholds.record).
        """
        done = 0
        while done < len(versions):
            places = {(v.measure, v.effective or v.received) for v in versions[done:]}
            done = len(versions)
            versions += self._kin(self._copies(places) - self.loaded, ())
        found = {
            name
            for measure, at in {(v.measure, judged_instant(v)[0]) for v in versions}
            for back in (True, False)
            for name in self._beside(measure, at, back=back)
        }
        self._kin(found - self.loaded, ())

    def _copies(self, places: Iterable[tuple[str, datetime]]) -> set[str]:
        near, own = self.unit.judgements.near, (self.tenant_id, self.patient_id)
        return {name for measure, at in places for name in near(*own, measure, at, at)}

    def _beside(self, measure: str, at: datetime, *, back: bool) -> set[str]:
        """An instant → the nearest implausible observations before or after it that are not loaded yet."""
        end = _shift(at, -NEIGHBOUR if back else NEIGHBOUR)
        place = (self.tenant_id, self.patient_id, measure)
        walk = partial(self.unit.judgements.invalid, place, at, end)
        return {
            name for ahead in (False, True) for name in self._nearest(partial(walk, ahead=ahead))
        }

    def _nearest(self, walk: Callable[[int], Sequence[tuple[bytes, datetime]]]) -> list[str]:
        """What gives so many judgements, nearest first, and where each was looked for → the first that are implausible there."""
        found: list[str] = []
        for limit in _LIMITS:
            rows = walk(limit)
            judged = [(_VERDICT.decode(verdict), there) for verdict, there in rows]
            found = [
                v.observation
                for v, there in judged
                if v.observation not in self.loaded
                and v.effective == there  # a clock that was ahead is judged for another time
                and any(f.rule == _IMPLAUSIBLE for f in v.firings)
            ]
            if len(found) >= _NEAREST or len(rows) < limit:
                break
        return found[:_NEAREST]

    def load_spans(self, spans: Iterable[tuple[str, datetime, datetime]]) -> None:
        """Everything that lies in the spans, and its kin."""
        marks = self.unit.judgements
        near = {
            name
            for measure, start, end in spans
            for name in marks.received(self.tenant_id, self.patient_id, measure, start, end)
        }
        self._kin(near, ())

    def _kin(self, names: set[str], identifiers: Iterable[str]) -> list[Measurement]:
        found: list[Measurement] = []
        waiting = names | (self._carriers(identifiers) - self.loaded)
        while waiting:
            self.loaded |= waiting
            carried: set[str] = set()
            for mark in self.unit.judgements.versions_of(self.tenant_id, waiting):
                waits = not mark.zone and self.but is not None
                if waits or mark.seq == self.but or mark.patient_id != self.patient_id:
                    continue
                version = read_measurement(mark.input)
                found.append(version)
                carried.update(version.identifiers)
            waiting = self._carriers(carried) - self.loaded
        self.found += found
        return found

    def _carriers(self, identifiers: Iterable[str]) -> set[str]:
        """Identifiers that were not followed before → who carries them."""
        new = set(identifiers) - self.followed
        if not new:
            return set()
        self.followed |= new
        found = set(self.unit.judgements.carriers(self.tenant_id, new))
        if self.measure:  # one of them may have the measure as a part
            found |= {part_name(name, self.measure) for name in found}
        return found

    def _near(self, version: Measurement) -> set[str]:
        assert self.reaching is not None, "only a newcomer has neighbours"
        found: set[str] = set()
        given = version.effective or version.received
        instants = {given, min(given, version.received)}
        for at in instants:
            start = _shift(at, -(self.reaching.back or _ALWAYS))
            end = _shift(at, self.reaching.forward or _ALWAYS)
            for measure in self.reaching.measures:
                found.update(
                    self.unit.judgements.near(
                        *(self.tenant_id, self.patient_id, measure, start, end)
                    )
                )
        return found


def _shift(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return at.replace(year=1 if by < timedelta(0) else 9999)
