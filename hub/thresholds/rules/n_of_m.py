"""Rule kind `n_of_m`: n of the last m valid values are beyond a limit.

Source: dho/thresholds.md §5.5, §5.3 (windows), §4.5 (a comparator is judged as an interval).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from hub.thresholds.bands import band_faults
from hub.thresholds.history import Operand, Sample
from hub.thresholds.plan import Band, Rule, Where
from hub.thresholds.reason import render_comparator, render_quantity, render_span
from hub.thresholds.rules.checks import (
    converter,
    measure_faults,
    measure_of,
    needed,
    unreachable_faults,
    value_triggers,
)
from hub.thresholds.rules.kind import Finding, Judge, Kind, Moment, Reach, Reading
from hub.thresholds.spans import before
from hub.thresholds.zones import Zone

_SIGNS: Final = (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤"))


def _faults(rule: Rule) -> tuple[str, ...]:
    if _is_off(rule):
        return ()
    faults = measure_faults(rule)
    if rule.n is None or rule.n < 1:
        faults.append("Antall treff (n) må være minst 1.")
    if rule.m is None or (rule.n is not None and rule.m < rule.n):
        faults.append("Antall siste verdier (m) må være minst like stort som antall treff (n).")
    if rule.zone not in {"yellow", "red"}:
        faults.append("Sonen må være gul (yellow) eller rød (red).")
    where = rule.where
    if where is not None and (
        (where.gt is not None and where.ge is not None)
        or (where.lt is not None and where.le is not None)
    ):
        faults.append("Grensen har to nedre eller to øvre ender.")
    elif where is not None:
        faults += _where_faults(rule, where)
    return tuple(faults)


def _where_faults(rule: Rule, where: Where) -> list[str]:
    band = Band(rule.zone or "yellow", where.gt, where.ge, where.lt, where.le)
    if any("tomt" in fault for fault in band_faults([band])):
        return ["Ingen verdi kan telle: den nedre grensen ligger over den øvre."]
    return unreachable_faults(measure_of(rule), rule.unit, [band])


def _is_off(rule: Rule) -> bool:
    return rule.where is None or rule.where == Where()


def _compile(rule: Rule) -> Judge | None:
    measure, unit = measure_of(rule), rule.unit
    convert = converter(measure, unit)
    if unit is None or convert is None:
        return None
    where = needed(rule.where, "where")
    zone: Zone = needed(rule.zone, "zone")
    wanted, last = needed(rule.n, "n"), needed(rule.m, "m")

    def judge(reading: Reading, moment: Moment) -> Finding | None:
        if measure not in reading.values:
            return None
        sample = moment.sample
        value = convert(sample.values[measure])
        quiet = Finding("green", "", measure, value, unit)
        if not touches(where, value, sample.comparators.get(measure)):
            return quiet
        hits = [(sample, value)]
        seen = 1
        start = None if rule.window is None else before(sample.at, rule.window, moment.history.zone)
        for other in moment.history.newest_first(measure, sample.at):
            if seen >= last or (start is not None and other.at < start):
                break
            if other.id == sample.id:
                continue
            seen += 1
            number = convert(other.values[measure])
            if touches(where, number, other.comparators.get(measure)):
                hits.append((other, number))
        if len(hits) < wanted:
            return quiet
        return Finding(
            *(zone, "n_of_m", measure, value, unit),
            words=_words(
                rule, len(hits), seen, _shown(value, unit, sample.comparators.get(measure))
            ),
            operands=tuple(Operand(s.id, s.at, v, measure) for s, v in _in_order(hits)),
        )

    return judge


def _in_order(hits: list[tuple[Sample, Decimal]]) -> list[tuple[Sample, Decimal]]:
    return sorted(hits, key=lambda hit: (hit[0].at, len(hit[0].id), hit[0].id))


def touches(where: Where, value: Decimal, comparator: str | None) -> bool:
    """A limit and a value → whether the value, or any part of the interval it stands for, is beyond it (§4.5)."""
    low_ok = (where.gt is None or value > where.gt) and (where.ge is None or value >= where.ge)
    high_ok = (where.lt is None or value < where.lt) and (where.le is None or value <= where.le)
    if comparator is None:
        return low_ok and high_ok
    if comparator == ">":  # just above the value, or anywhere higher
        return (where.lt is None or value < where.lt) and (where.le is None or value < where.le)
    if comparator == "<":
        return (where.gt is None or value > where.gt) and (where.ge is None or value > where.ge)
    return high_ok if comparator == ">=" else low_ok


def _shown(value: Decimal, unit: str, comparator: str | None) -> str:
    return f"{render_comparator(comparator)}{render_quantity(value, unit)}"


def _words(rule: Rule, hits: int, seen: int, newest: str) -> str:
    where = rule.where or Where()
    ends = [(sign, getattr(where, name)) for name, sign in _SIGNS]
    limit = " og ".join(
        f"{sign} {render_quantity(end, rule.unit or '')}" for sign, end in ends if end is not None
    )
    span = "" if rule.window is None else f" siste {render_span(rule.window)}"
    return f"{hits} av de {seen} siste verdiene{span} er {limit} (nå {newest})"


def _reach(rule: Rule) -> Reach:
    return Reach((measure_of(rule),), rule.window, rule.m)


N_OF_M: Final = Kind(measure_of, value_triggers, _faults, _is_off, _compile, _reach)
