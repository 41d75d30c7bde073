"""Rule kind `delta`: change against a baseline.

Source: dho/thresholds.md §5.3, §4.5 (comparators are left out), §2.3 (bands name only what fires).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from hub.thresholds.history import Operand
from hub.thresholds.plan import Rule
from hub.thresholds.reason import render_quantity, render_span
from hub.thresholds.rules.checks import (
    Convert,
    converter,
    firing_band_faults,
    firing_cells,
    measure_faults,
    measure_of,
    value_triggers,
)
from hub.thresholds.rules.kind import (
    Finding,
    Judge,
    Kind,
    Moment,
    Reach,
    Reading,
    RuleFaultError,
)
from hub.thresholds.spans import Span, before
from hub.thresholds.units import EXACT
from hub.thresholds.zones import ALERTING

_HUNDRED: Final = Decimal(100)
_UNBOUNDED: Final = Decimal("Infinity")
_VERBS: Final = {"up": "økt", "down": "sunket"}
Base = tuple[Decimal, int, list[Decimal | None]]
"""A value compared with, and the place in the history of the numbers that it was chosen among, none for one that the plan fixes."""
_CHOICES: Final = {"min": "laveste", "max": "høyeste", "first": "første", "fixed": "fast verdi"}


def _baseline_of(rule: Rule) -> str:
    """What is compared with; unless it is said, the lowest for a rise and the highest for a fall."""
    if rule.baseline is not None:
        return rule.baseline
    if rule.fixed is not None:
        return "fixed"
    return "min" if rule.direction == "up" else "max"


def _faults(rule: Rule) -> tuple[str, ...]:
    if _is_off(rule):
        return ()
    faults = measure_faults(rule)
    baseline = _baseline_of(rule)
    if rule.direction not in _VERBS:
        faults.append("Retningen (direction) må være opp (up) eller ned (down).")
    if baseline not in _CHOICES:
        faults.append(f"Utgangspunktet {baseline} er ukjent.")
    if baseline == "fixed" and rule.fixed is None:
        faults.append("Den faste utgangsverdien (fixed) mangler.")
    if baseline in {"min", "max"} and rule.window is None:
        faults.append("Tidsrommet (window) mangler.")
    if rule.window == Span():
        faults.append("Tidsrommet (window) er tomt: regelen kan aldri slå ut.")
    if rule.as_percent and rule.fixed is not None and rule.fixed <= 0:
        faults.append("Endring i prosent krever en utgangsverdi over null.")
    return (*faults, *firing_band_faults(rule.bands))


def _is_off(rule: Rule) -> bool:
    return not rule.bands


def _compile(rule: Rule) -> Judge | None:
    measure, unit = measure_of(rule), rule.unit
    convert = converter(measure, unit)
    if unit is None or convert is None:
        return None
    baseline = _baseline_of(rule)
    if rule.direction not in _VERBS or baseline not in _CHOICES:
        raise RuleFaultError("direction or baseline")
    if (baseline == "fixed" and rule.fixed is None) or (
        baseline in {"min", "max"} and rule.window is None
    ):
        raise RuleFaultError("fixed or window")
    shown = "%" if rule.as_percent else unit
    cell_of = firing_cells(rule.bands)

    def judge(reading: Reading, moment: Moment) -> Finding | None:
        given = reading.values.get(measure)
        if given is None or measure in reading.comparators:
            return None
        value = convert(given)
        base = _find_base(rule, baseline, measure, unit, convert, moment)
        if base is None:
            return Finding("green", "", measure, None, shown)
        change = value - base[0] if rule.direction == "up" else base[0] - value
        if rule.as_percent:
            change = _percent(change, base[0])
        cell = cell_of(change)
        reason = f"delta.{rule.direction}" if cell.bound or cell.zone != "green" else ""
        if cell.zone not in ALERTING:  # nothing is raised that words would explain
            return Finding(cell.zone, reason, measure, change, shown, cell.bound)
        return Finding(
            *(cell.zone, reason, measure, change, shown, cell.bound),
            words=_words(rule, change, base[0], value),
            operands=_operands(base, measure, moment),
        )

    return judge


def _find_base(
    rule: Rule, baseline: str, measure: str, unit: str, convert: Convert, moment: Moment
) -> Base | None:
    """The value compared with, and those it was chosen among; None when there is no earlier value."""
    at, history = moment.sample.at, moment.history
    if baseline == "fixed":
        assert rule.fixed is not None
        return rule.fixed, 0, []
    start = None if rule.window is None else before(at, rule.window, history.zone)
    first, last = history.stretch(measure, start, at, with_end=False)
    numbers = history.track(measure, unit, convert).values[first:last]
    exact = [number for number in numbers if number is not None]  # §4.5: intervals are left out
    if not exact:
        return None
    value = exact[0] if baseline == "first" else (min if baseline == "min" else max)(exact)
    return value, first, numbers


def _operands(base: Base, measure: str, moment: Moment) -> tuple[Operand, ...]:
    value, first, numbers = base
    if not numbers:
        return ()
    chosen = moment.history.at(measure, first + numbers.index(value))
    return (Operand(chosen.id, chosen.at, value, measure),)


def _percent(change: Decimal, base: Decimal) -> Decimal:
    """§5.3: divided by the baseline; of nothing, any change is beyond every limit."""
    if base == 0:
        return Decimal(0) if change == 0 else _UNBOUNDED.copy_sign(change)
    return EXACT.divide(change * _HUNDRED, base)


def _words(rule: Rule, change: Decimal, base: Decimal, value: Decimal) -> str:
    verb = _VERBS[rule.direction or "up"]
    unit = rule.unit or ""
    amount = render_quantity(change, "%" if rule.as_percent else unit)
    span = "" if rule.window is None else f" siste {render_span(rule.window)}"
    source = _CHOICES[_baseline_of(rule)]
    return f"har {verb} {amount} (fra {render_quantity(base, unit)}, {source}{span}, til {render_quantity(value, unit)})"


def _reach(rule: Rule) -> Reach:
    if _baseline_of(rule) == "fixed":
        return Reach()
    return Reach((measure_of(rule),), rule.window)


DELTA: Final = Kind(measure_of, value_triggers, _faults, _is_off, _compile, _reach)
