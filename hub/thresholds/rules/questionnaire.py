"""Rule kind `questionnaire`: bands on one item, or on the total of a form.

Source: dho/thresholds.md §5.9; data/scores.csv (column missing_items).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from hub.thresholds.bands import Cell, Scale, band_faults, compile_bands
from hub.thresholds.history import Operand
from hub.thresholds.plan import Rule
from hub.thresholds.reason import render_number
from hub.thresholds.rules.kind import (
    Finding,
    Judge,
    Kind,
    Moment,
    Reading,
    RuleFaultError,
)
from hub.thresholds.units import EXACT
from hub.thresholds.zones import ALERTING

_ONE: Final = Decimal(1)
_UNIT: Final = "{score}"


def _form_of(rule: Rule) -> str:
    return f"form:{rule.form}" if rule.form else ""


def _subject_of(rule: Rule) -> str:
    """Only like replaces like (§4.9): a patient's rule on the total leaves a general rule on a safety item in force."""
    return _form_of(rule) if rule.item is None else f"{_form_of(rule)}#{rule.item}"


def _triggers(rule: Rule) -> tuple[str, ...]:
    return (_form_of(rule),)


def _faults(rule: Rule) -> tuple[str, ...]:
    if _is_off(rule):
        return ()
    faults: list[str] = []
    if not rule.form:
        faults.append("Skjemaet (form) mangler.")
    if rule.item is None and not rule.total:
        faults.append(
            "Det er ikke sagt om regelen gjelder summen (total) eller ett spørsmål (item)."
        )
    if rule.item is not None and rule.total:
        faults.append("Regelen kan ikke gjelde både summen (total) og ett spørsmål (item).")
    if rule.total and not rule.items:
        faults.append("Spørsmålene som inngår i summen (items) mangler.")
    if len(set(rule.items)) < len(rule.items):
        faults.append("Et spørsmål står to ganger i summen.")
    if rule.reversed and rule.item_max is None:
        faults.append("En omvendt skår må ha høyeste svar på et spørsmål (item_max).")
    if rule.multiply is not None and rule.multiply <= 0:
        faults.append("Faktoren (multiply) må være større enn null.")
    return (*faults, *band_faults(rule.bands))


def _is_off(rule: Rule) -> bool:
    return not rule.bands


def _compile(rule: Rule) -> Judge | None:
    scale = compile_bands(rule.bands)
    if not rule.form or (rule.item is None and not rule.total):
        raise RuleFaultError("form, item or total")
    if rule.item is not None:
        return _item_judge(rule, scale, rule.item)
    return _total_judge(rule, scale)


def _item_judge(rule: Rule, scale: Scale, item: str) -> Judge:
    has_red = any(band.zone == "red" for band in rule.bands)
    name = _form_of(rule)

    def judge(reading: Reading, _: Moment) -> Finding | None:
        answer = None if reading.items is None else reading.items.get(item)
        if answer is not None:
            words = f"spørsmål {item} har svaret {render_number(answer)}"
            return _finding(scale.find(answer), "questionnaire.item", name, answer, words)
        if not has_red:
            return None
        # A safety question left blank must not be silent
        words = f"spørsmål {item} er ikke besvart"
        return Finding("yellow", "questionnaire.unanswered", name, None, _UNIT, words=words)

    return judge


def _total_judge(rule: Rule, scale: Scale) -> Judge:
    name = _form_of(rule)

    def judge(reading: Reading, moment: Moment) -> Finding | None:
        given = reading.values.get(name)
        if reading.items is None and given is not None:  # a form that came as its total alone
            words = f"har sum {render_number(given[0])}"
            return _finding(scale.find(given[0]), "questionnaire.total", name, given[0], words)
        answers = reading.items or {}
        wanted = rule.items or tuple(answers)
        total, missing = _sum(rule, answers, wanted)
        if total is None:
            return None
        cell = scale.find(total)
        if missing and cell.zone not in ALERTING:
            return None  # no total, and the bound does not hit: no result from this rule
        words = f"har sum {render_number(total)}"
        if missing:
            bound = "høyst" if rule.reversed else "minst"
            words = f"har sum {bound} {render_number(total)} ({missing} spørsmål ubesvart)"
        found = _finding(cell, "questionnaire.total", name, total, words)
        operands = tuple(
            Operand(moment.sample.id, moment.sample.at, answers.get(each), each) for each in wanted
        )
        return Finding(
            *(found.zone, found.reason, name, total, _UNIT, found.bound),
            words=words,
            operands=operands,
        )

    return judge


def _sum(
    rule: Rule, answers: Mapping[str, Decimal | None], wanted: tuple[str, ...]
) -> tuple[Decimal | None, int]:
    """Answers → (the total, or the bound of it that the unanswered leave, or None; how many are unanswered)."""
    known = [value for each in wanted if (value := answers.get(each)) is not None]
    missing = len(wanted) - len(known)
    total = Decimal(0)
    for value in known:
        total = EXACT.add(total, value)
    if missing and rule.reversed:
        if rule.item_max is None:
            return None, missing
        total = EXACT.add(total, EXACT.multiply(rule.item_max, Decimal(missing)))
    return EXACT.multiply(total, rule.multiply or _ONE), missing


def _finding(cell: Cell, reason: str, name: str, value: Decimal, words: str) -> Finding:
    told = "absolute.gap" if cell.side == "gap" else reason if cell.zone in ALERTING else ""
    return Finding(cell.zone, told, name, value, _UNIT, cell.bound, words=words)


QUESTIONNAIRE: Final = Kind(_subject_of, _triggers, _faults, _is_off, _compile)
