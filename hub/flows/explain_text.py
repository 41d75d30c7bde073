"""An explanation → text in Norwegian and English, and the same as JSON. One table holds the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from hub.flows.explain_alert import Difference, Explanation, Finding
from hub.mapping.alert_to_detected_issue import OSLO
from hub.thresholds.alarm import Alert
from hub.thresholds.history import Operand
from hub.thresholds.judgement import Firing
from hub.thresholds.measures import name_of
from hub.thresholds.reason import render_number, render_quantity, render_unit
from hub.thresholds.reason_en import explain_in_english, operand_in_english, quantity_in_english
from hub.thresholds.spans import local_time
from hub.values import LANGUAGES, Language

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "red": ("rødt", "red"),
    "yellow": ("gult", "yellow"),
    "open": ("åpent", "open"),
    "acknowledged": ("tatt", "acknowledged"),
    "mitigated": ("tiltak satt i verk", "mitigated"),
    "closed": ("lukket", "closed"),
    "auto-resolved": ("lukket av seg selv", "resolved by itself"),
    "withdrawn": ("trukket tilbake", "withdrawn"),
    "title": ("{zone} varsel, {state}", "{zone} alert, {state}"),
    "raised": ("Reist", "Raised"),
    "rule": ("Regel", "Rule"),
    "version": (", versjon {0}", ", version {0}"),
    "source": ("Grense fra", "Limit from"),
    "plan": ("egenbehandlingsplan {0}, versjon {1}", "self-care plan {0}, version {1}"),
    "system": ("innebygd systemregel, gjelder alltid", "built-in system rule, always on"),
    "general": ("generelle grenser", "general limits"),
    "approver": ("Godkjent av", "Approved by"),
    "flags": ("Merknader", "Flags"),
    "found": ("Bygger på", "Rests on"),
    "received": ("  mottatt {0}", "  received {0}"),
    "judged": ("  vurdert som {0}", "  judged as {0}"),
    "limit": ("  grensen er {0}", "  the limit is {0}"),
    "operand": ("  sett i lys av {0}", "  considered with {0}"),
    "filled": ("  kom senere", "  came later"),
    "left-out": ("({0} funn til er ikke vist)", "({0} more findings are not shown)"),
    "steps": ("Hva som er gjort", "What was done"),
    "acknowledge": ("tok varselet", "took the alert"),
    "mitigate": ("satte i verk tiltak", "took measures"),
    "close": ("lukket varselet", "closed the alert"),
    "snooze": ("utsatte varselet", "put off the alert"),
    "engine": ("Regelmotor", "Rules engine"),
    "raised-by": (" (varselet ble reist av {0})", " (the alert was raised by {0})"),
    "same": (
        "Vurdert på nytt av det som er lagret: samme svar.",
        "Judged again from what is stored: the same answer.",
    ),
    "different": (
        "VURDERT PÅ NYTT AV DET SOM ER LAGRET: SVARET ER ET ANNET. Stol ikke på varselet før det er forklart.",
        "JUDGED AGAIN FROM WHAT IS STORED: THE ANSWER IS ANOTHER. Do not trust the alert before that is explained.",
    ),
    "limits-changed": (
        "De generelle grensene er skrevet på nytt etter at varselet ble reist.",
        "The general limits were written after the alert was raised.",
    ),
    "input-gone": ("målingen er ikke lagret lenger", "the value is not stored any more"),
    "input-changed": (
        "målingen er en annen enn den som ble vurdert",
        "the value is not the one that was judged",
    ),
    "not-judged": ("målingen er ikke vurdert", "the value has not been judged"),
    "verdict": ("vurderingen blir en annen", "the verdict is another"),
    "evidence": (
        "varselet sier noe annet enn vurderingen",
        "the alert says something else than the verdict",
    ),
    "fires-no-more": ("regelen slår ikke ut nå", "the rule does not fire now"),
    "zone": ("sonen blir en annen", "the zone is another"),
    "was-now": (" ({0}: lagret {1}, nå {2})", " ({0}: stored {1}, now {2})"),
}
_FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "late": (
        "kom sent, mer enn 6 timer etter målingen",
        "came late, more than 6 hours after the measurement",
    ),
    "historical": ("eldre enn 14 dager da den kom", "older than 14 days when it came"),
    "on-hold": ("pasienten var på pause", "the patient was on hold"),
    "amended": ("endret fordi en verdi ble rettet", "changed because a value was corrected"),
    "recomputed": (
        "andre verdier har kommet til: regnet på nytt ble utslaget mildere eller borte",
        "other values have come: worked out anew the firing is milder or gone",
    ),
}


def render_text(found: Explanation, language: Language) -> str:
    """An explanation → lines for a person; what an alert said stands as it was sent in Norwegian, and is told anew in English."""
    return "\n".join(_lines(found, LANGUAGES.index(language)))


def render_differences(found: Explanation, language: Language) -> tuple[str, ...]:
    """An explanation → a line for each difference."""
    return tuple(_difference(each, LANGUAGES.index(language)) for each in found.differences)


def _lines(found: Explanation, lang: int) -> Iterator[str]:
    alert = found.alert

    def word(name: str, *facts: object) -> str:
        return _WORDS[name][lang].format(*facts)

    zone, state = (_WORDS[each][lang] for each in (alert.zone, alert.state))
    yield _WORDS["title"][lang].format(zone=zone, state=state).capitalize()
    yield _headline(found, lang)
    yield ""
    yield f"{word('raised')}: {_time(alert.raised_at)}"
    version = "" if alert.rule_version is None else word("version", alert.rule_version)
    yield f"{word('rule')}: {alert.rule}{version}"
    source = word("system" if alert.technical else "general")
    if alert.plan is not None:
        source = word("plan", alert.plan, alert.plan_version)
    yield f"{word('source')}: {source}"
    if alert.approved_by:
        yield f"{word('approver')}: {alert.approved_by}"
    if alert.flags:
        yield f"{word('flags')}: {'; '.join(_flag(flag, lang) for flag in alert.flags)}"
    yield f"{word('found')}:"
    for each in found.findings:
        yield from _finding(each, lang)
    if found.left_out:
        yield word("left-out", found.left_out)
    if alert.steps:
        yield f"{word('steps')}:"
        yield from _steps(alert, lang)
    older = "" if found.raised_by == found.engine else word("raised-by", found.raised_by)
    yield f"{word('engine')}: {found.engine}{older}"
    yield ""
    yield word("same") if found.same else word("different")
    for difference in found.differences:
        yield f"  {_difference(difference, lang)}"
    if found.limits_changed:
        yield word("limits-changed")


def _headline(found: Explanation, lang: int) -> str:
    """What the alert says: in Norwegian as it was sent."""
    alert = found.alert
    lead = next((each for each in found.findings if each.evidence.text == alert.text), None)
    return _said(alert.text, None if lead is None else lead.firing or lead.again, lang)


def _said(text: str, firing: Firing | None, lang: int) -> str:
    return explain_in_english(firing) if lang and firing is not None else text


def _flag(flag: str, lang: int) -> str:
    words = _FLAGS.get(flag)
    return flag if words is None else words[lang]


def _operand(operand: Operand, firing: Firing, lang: int) -> str:
    unit = (
        firing.unit if firing.reason.startswith("score.") else ""
    )  # points, not what was measured
    if lang:
        return operand_in_english(operand, unit)
    told = "" if operand.value is None else f" {render_quantity(operand.value, unit)}"
    return f"{name_of(operand.name)}{told}".strip()


def _finding(finding: Finding, lang: int) -> Iterator[str]:
    evidence, firing = finding.evidence, finding.firing or finding.again
    said = _said(evidence.text, firing, lang)
    yield f"- {_time(evidence.effective)} {said} [{evidence.observation}/{evidence.version}]"
    if evidence.filled:
        yield _WORDS["filled"][lang]
    if firing is None:
        return
    if firing.received is not None and firing.received[0]:
        value, unit = firing.received
        yield _WORDS["received"][lang].format(f"{value} {render_unit(unit)}".rstrip())
    if firing.value is not None:
        yield _WORDS["judged"][lang].format(_number(firing.value, firing.unit, lang))
    if firing.bound is not None:
        sign, limit = firing.bound
        yield _WORDS["limit"][lang].format(f"{sign} {_number(limit, firing.unit, lang)}")
    for operand in firing.operands:
        at = f"{_time(operand.effective)} {_operand(operand, firing, lang)} [{operand.observation}]"
        yield _WORDS["operand"][lang].format(at)


def _steps(alert: Alert, lang: int) -> Iterator[str]:
    for step in alert.steps:
        said = ". ".join(dict.fromkeys(text for text in (step.action, step.note) if text))
        yield f"- {_time(step.at)} {step.by} {_WORDS[step.type][lang]}{': ' + said if said else ''}"


def _difference(difference: Difference, lang: int) -> str:
    told = f"{difference.about}: {_WORDS[difference.kind][lang]}"
    if difference.field:
        told += _WORDS["was-now"][lang].format(difference.field, difference.stored, difference.now)
    return told


def to_document(found: Explanation) -> dict[str, Any]:
    """An explanation → one JSON object; numbers as they were written."""
    return {
        "alert": f"DetectedIssue/{found.issue_id}",
        "patient": f"Patient/{found.patient_id}",
        "same": found.same,
        "differences": [_plain(each) for each in found.differences],
        "limits_changed_since": found.limits_changed,
        "engine": found.engine,
        "raised_by_engine": found.raised_by,
        "rule": found.alert.rule,
        "state": found.alert.state,
        "zone": found.alert.zone,
        "text": found.alert.text,
        "findings": [
            {
                "evidence": msgspec.to_builtins(each.evidence),
                "verdict": _firing(each.firing),
                "again": _firing(each.again),
            }
            for each in found.findings
        ],
        "left_out": found.left_out,
        "steps": [msgspec.to_builtins(step) for step in found.alert.steps],
    }


def _plain(difference: Difference) -> dict[str, str]:
    return {
        "kind": difference.kind,
        "about": difference.about,
        "field": difference.field,
        "stored": difference.stored,
        "now": difference.now,
    }


def _firing(firing: Firing | None) -> Any:
    return None if firing is None else msgspec.to_builtins(firing)


def _number(value: Decimal, unit: str, lang: int) -> str:
    number = value.normalize() if abs(value) < Decimal(10) ** 15 else value
    if lang:
        return quantity_in_english(number, unit)
    return f"{render_number(number)} {render_unit(unit)}".rstrip()


def _time(at: datetime) -> str:
    return f"{local_time(at, OSLO):%d.%m.%Y %H:%M}"
