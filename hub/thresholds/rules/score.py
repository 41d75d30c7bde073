"""Rule kind `score`: NEWS2 from the newest value of each parameter.

The points are those of the chart; a value with more decimals than the chart is written with is rounded half up to them,
as a clinician reads it off. An answer that is not in the chart is no answer to count, and is told as one that a plan does not know.
Source: dho/thresholds.md §5.10, §5.11; scores/news2.py (the chart).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from hub.thresholds.bands import Cell, band_faults, compile_bands
from hub.thresholds.history import History, Operand, Sample
from hub.thresholds.measures import MEASURES
from hub.thresholds.plan import Rule
from hub.thresholds.rules.checks import converter, needed
from hub.thresholds.rules.kind import (
    Finding,
    Judge,
    Kind,
    Moment,
    Reach,
    Reading,
    RuleFaultError,
)
from hub.thresholds.scores.news2 import CODED, NUMBERS, PARAMETERS, points_of
from hub.thresholds.spans import before
from hub.thresholds.zones import ALERTING, RANK, Zone

_NAME: Final = "news2"
_SINGLE: Final = 3
_SCALES: Final = (1, 2)
_CONVERTERS: Final = {name: converter(name, MEASURES[name].unit) for name in NUMBERS}


def _subject_of(rule: Rule) -> str:
    return rule.score or ""


def _triggers(_: Rule) -> tuple[str, ...]:
    return (*PARAMETERS, "bp")


def _faults(rule: Rule) -> tuple[str, ...]:
    if _is_off(rule):
        return ()
    faults: list[str] = []
    if rule.score != _NAME:
        faults.append(f"Skåren {rule.score or '(mangler)'} er ukjent.")
    if rule.within is None:
        faults.append("Tidsrommet (within) mangler.")
    if rule.spo2_scale not in (None, *_SCALES):
        faults.append("SpO2-skalaen må være 1 eller 2; 2 bare når en kliniker har valgt den.")
    return (*faults, *band_faults(rule.bands))


def _is_off(rule: Rule) -> bool:
    return not rule.bands


def _compile(rule: Rule) -> Judge | None:
    if rule.score != _NAME or rule.spo2_scale not in (None, *_SCALES):
        raise RuleFaultError("score")
    within = needed(rule.within, "within")
    spo2_scale = rule.spo2_scale or 1
    scale = compile_bands(rule.bands)

    def judge(_: Reading, moment: Moment) -> Finding | None:
        sample, history = moment.sample, moment.history
        start = before(sample.at, within, history.zone)
        found = {name: s for name in PARAMETERS if (s := _newest(name, sample, history, start))}
        if sample.id not in {s.id for s in found.values()}:
            return None
        points = points_of(
            {n: value for n, s in found.items() if (value := _number(n, s)) is not None},
            {name: found[name].code or "" for name in CODED if name in found},
            spo2_scale,
        )
        total = Decimal(sum(points.values()))
        complete = len(points) == len(PARAMETERS)
        zone, reason, bound = _zone(scale.find(total), points, complete=complete)
        if zone not in ALERTING and sample.measure in CODED and sample.measure not in points:
            return _unknown(sample)
        return Finding(
            *(zone, reason, _NAME, total if complete or reason else None, "{score}", bound),
            words=_words(reason, points, total, complete=complete),
            operands=tuple(
                Operand(s.id, s.at, Decimal(points[name]) if name in points else None, name)
                for name, s in found.items()
            ),
        )

    return judge


def _zone(
    cell: Cell, points: Mapping[str, int], *, complete: bool
) -> tuple[Zone, str, tuple[str, Decimal] | None]:
    """The cell of the total or its lower bound, and the points → (zone, reason, limit); the worse names the reason."""
    zone, bound = cell.zone, cell.bound
    reason = "absolute.gap" if cell.side == "gap" else "score.aggregate"
    if not complete and zone not in ALERTING:
        zone = "green"  # §5.11: the zone of the value, never to be shown as a total
    if _SINGLE in points.values() and RANK[zone] < RANK["yellow"]:
        return "yellow", "score.single", None
    return (zone, reason, bound) if zone in ALERTING else (zone, "", None)


def _unknown(sample: Sample) -> Finding:
    """An answer that is not in the chart → yellow, as of a symptom: never a silent green (§5.10, §13 S8)."""
    words = f"har svaret «{sample.code}», som ikke står i NEWS2"
    return Finding("yellow", "symptom.unknown", sample.measure, None, "", words=words)


def _newest(name: str, trigger: Sample, history: History, start: datetime) -> Sample | None:
    """The newest value of a parameter within the time; of several at one instant the trigger itself."""
    if name in trigger.names:
        return trigger
    newest = next(history.newest_first(name, trigger.at), None)
    return None if newest is None or newest.at < start else newest


def _number(name: str, sample: Sample) -> tuple[Decimal, str | None] | None:
    """A sample → the number as the chart is written, and its comparator."""
    convert = _CONVERTERS.get(name)
    given = sample.values.get(name)
    if convert is None or given is None:
        return None
    quantum = Decimal(1).scaleb(-MEASURES[name].decimals)
    return convert(given).quantize(quantum, rounding=ROUND_HALF_UP), sample.comparators.get(name)


def _words(reason: str, points: Mapping[str, int], total: Decimal, *, complete: bool) -> str:
    threes = [name for name, number in points.items() if number == _SINGLE]
    if reason == "score.single":
        names = ", ".join(MEASURES[name].name for name in threes)
        return f"har 3 poeng for {names}"
    if complete:
        return f"er {total}"
    missing = ", ".join(MEASURES[name].name for name in PARAMETERS if name not in points)
    return f"er minst {total} (mangler {missing})"


def _reach(rule: Rule) -> Reach:
    return Reach(PARAMETERS, rule.within)


SCORE: Final = Kind(_subject_of, _triggers, _faults, _is_off, _compile, _reach)
