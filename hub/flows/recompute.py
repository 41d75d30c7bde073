"""What is stored of a patient's values, judged anew → where the stored verdicts differ, and, when asked, set right.

Differences come of limits or plans that were changed backwards in time, or of an engine that was mended. Setting right is
§8.2: what fires now and did not raises or joins an alert; what no longer fires withdraws it if nobody has acknowledged it.
Source: dho/thresholds.md §8.2, §8.3, §13 S1, S3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from hub.flows.alert_follow_up import NO_FOLLOW_UP, FollowUp
from hub.flows.alert_ledger import AlertLedger
from hub.flows.look_alike import judge_alike
from hub.flows.mark_for_judging import read_measurement
from hub.flows.store_draft import Desk
from hub.mapping.alert_to_fhir import firings_of
from hub.ports import LogRow, Unit
from hub.thresholds.book import Book
from hub.thresholds.judgement import Judgement
from hub.thresholds.merge import merge_firings
from hub.thresholds.shift import Shift
from hub.thresholds.sift import sift
from hub.thresholds.zones import Standing

_ENCODER: Final = msgspec.msgpack.Encoder()
_FIRED: Final = b"firings"
"""Stands in the encoding of a judgement only where something fired."""
_DECODER: Final = msgspec.msgpack.Decoder(Judgement)


@dataclass(frozen=True, slots=True)
class Difference:
    """One value whose stored verdict is not what its rules give now."""

    stored: Judgement
    found: Judgement


@dataclass(slots=True)
class Tally:
    """How far a recomputation has come. Shape: `moves` (from zone, to zone) → how often; `last` the patient done last."""

    patients: int = 0
    values: int = 0
    different: int = 0
    waiting: int = 0
    last: str = ""
    moves: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    def add(self, patient_id: str, found: Recomputed) -> None:
        """One patient's result → counted."""
        self.patients += 1
        self.values += found.values
        self.different += len(found.differences)
        self.waiting += found.waiting
        self.last = patient_id
        for each in found.differences:
            key = (each.stored.zone, each.found.zone)
            self.moves[key] = self.moves.get(key, 0) + 1


@dataclass(frozen=True, slots=True)
class Recomputed:
    """One patient. Shape: `waiting` are versions that have not been judged yet: they are judged in their turn."""

    values: int
    waiting: int
    differences: tuple[Difference, ...]


def recompute(unit: Unit, tenant_id: int, patient_id: str, book: Book) -> Recomputed:
    """A patient and the book to judge by → what differs from what is stored."""
    rows = unit.judgements.log(tenant_id, patient_id)
    judged = [row for row in rows if row[3]]
    plain, rest = judge_alike(book, judged)
    sifted = sift(book, [read_measurement(row[2]) for row in rest])
    newest = _newest(judged)
    quiet: Mapping[str, Standing] = plain if not rest else {**sifted.quiet, **plain}
    found = tuple(_differences(quiet, sifted.judged, newest))
    return Recomputed(len(newest), len(rows) - len(judged), found)


def set_right(
    unit: Unit,
    desk: Desk,
    patient_id: str,
    book: Book,
    found: Recomputed,
    follow_up: FollowUp = NO_FOLLOW_UP,
) -> int:
    """A patient and what differs → verdicts and alerts as they should be; → how many alerts changed.

    Shape: in the same transaction as `recompute`, so that no value comes between.
    """
    if not found.differences:
        return 0
    tenant_id = desk.actor.tenant_id
    before = {each.stored.observation: each.stored for each in found.differences}
    after = {each.found.observation: each.found for each in found.differences}
    ledger = AlertLedger(unit, lambda _: desk, follow_up)
    alerts = ledger.alerts(tenant_id, patient_id, everything=True)
    shift = Shift(frozenset(), before, after)
    _, changes = merge_firings(book, alerts, shift, desk.setting.at)
    for judgement in after.values():
        encoded = _ENCODER.encode(judgement)
        unit.judgements.rejudge(tenant_id, judgement.observation, judgement.zone, encoded)
    ledger.apply(tenant_id, patient_id, changes, firings_of(tuple(after.values())))
    ledger.write()
    return len(changes)


def _newest(rows: Sequence[LogRow]) -> Collection[LogRow]:
    """Rows of all versions → those of the newest."""
    if len({row[0] for row in rows}) == len(rows):
        return rows
    found = {row[0]: row for row in rows}
    for row in rows:
        if row[1] > found[row[0]][1]:
            found[row[0]] = row
    return found.values()


def _differences(
    quiet: Mapping[str, Standing], judged: Mapping[str, Judgement], newest: Iterable[LogRow]
) -> Iterator[Difference]:
    for name, _, data, was, verdict, _, _, _ in newest:
        zone = quiet.get(name)
        if zone == was and _FIRED not in verdict:
            continue
        stored = _DECODER.decode(verdict)
        found = judged.get(name)
        if found is None:
            value = read_measurement(data)
            at = value.effective or value.received
            found = Judgement(name, stored.version, stored.measure, zone or "none", at)
        if stored.zone != found.zone or _said(stored) != _said(found):
            yield Difference(stored, found)


def _said(judgement: Judgement) -> set[tuple[str, str, str, str]]:
    """What a reader of a verdict goes by: which rules fired, how badly and why."""
    return {(f.rule, f.zone, f.reason, f.suppressed) for f in judgement.firings}
