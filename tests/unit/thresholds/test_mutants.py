"""The engine with one line changed is noticed by decided cases: what they could not see, they could not guard (thresholds.md §14)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

Case = dict[str, Any]
ROOT = Path(__file__).parents[3]
SPO2 = {
    "id": "r",
    "kind": "absolute",
    "measure": "spo2",
    "unit": "%",
    "bands": [
        {"zone": "red", "lt": 88},
        {"zone": "yellow", "ge": 88, "le": 90},
        {"zone": "green", "gt": 90},
    ],
}
GLUCOSE = {
    "id": "r",
    "kind": "absolute",
    "measure": "glucose",
    "unit": "mmol/L",
    "bands": [{"zone": "red", "lt": 3.0}, {"zone": "green", "ge": 3.0}],
}
WEIGHT = {
    "id": "r",
    "kind": "delta",
    "measure": "weight",
    "unit": "kg",
    "window": "P3D",
    "direction": "up",
    "baseline": "min",
    "bands": [{"zone": "yellow", "gt": 2}],
}
FLOOR = SPO2 | {"id": "floor", "overridable": False, "bands": [{"zone": "red", "lt": 80}, {"zone": "green", "ge": 80}]}  # fmt: skip
GENERAL = SPO2 | {"id": "general", "overridable": True}
LENIENT = SPO2 | {"bands": [{"zone": "red", "lt": 50}, {"zone": "green", "ge": 50}]}


def at(hour: int, minute: int = 0, day: int = 2) -> str:
    """A time of the first week of March."""
    return f"2026-03-{day:02}T{hour:02}:{minute:02}:00+01:00"


def value(name: str, number: float, when: str, **more: Any) -> Case:
    """A saturation, as it is measured and received."""
    return {"id": name, "measure": "spo2", "value": number, "unit": "%", "effective": when, "received": when, "status": "final"} | more  # fmt: skip


def case(name: str, *observations: Case, zones: Case, **more: Any) -> Case:
    """A case of one plan with one rule, unless it says otherwise."""
    rules = more.pop("rules", [SPO2])
    alerts = {} if "alerts" not in more else {"alerts": more.pop("alerts")}
    periods = more.pop("periods", [])
    plan = {"id": "ebp", "version": 1, "valid_from": at(0, day=1), "valid_to": None, "mode": "active", "safety_net": True, "rules": rules}  # fmt: skip
    return {
        "id": name,
        "patient": {"id": "p", "timezone": "Europe/Oslo", "status_periods": periods},
        "general_limits": [],
        "plans": [plan],
        "observations": list(observations),
        "events": [],
        "now": at(23, day=7),
        "expected": {"zones": zones, **alerts},
    } | more


def alert(zone: str, *evidence: str, state: str = "open", reason: str = "absolute.low") -> Case:
    """An alert of the one rule."""
    return {"rule": "r", "zone": zone, "reason": reason, "evidence": list(evidence), "state": state}


QUIET = SPO2 | {"quiet": "P2D"}
HOLD = [{"status": "on-hold", "from": at(0, day=1), "to": None}]
ENDED = [{"status": "ended", "from": at(0, day=1), "to": None}]
CLOSED = {"at": at(9), "type": "close", "rule": "r", "by": "nurse", "note": "ok", "action": "ok"}
CASES = [
    case("bounds", value("a", 90, at(8)), value("b", 88, at(9)), value("c", 87, at(10)), zones={"a": "yellow", "b": "yellow", "c": "red"}),
    case("unit", value("a", 54, at(8), measure="glucose", unit="mg/dL"), zones={"a": "green"}, rules=[GLUCOSE]),
    case("window", value("a", 80, at(8), measure="weight", unit="kg"), value("b", 83, at(8, day=5), measure="weight", unit="kg"),
         zones={"b": "yellow"}, rules=[WEIGHT]),
    case("plan", value("a", 60, at(8, day=2), received=at(9, day=4)), zones={"a": "red"},
         plans=[{"id": "ebp", "version": 1, "valid_from": at(0, day=1), "valid_to": at(0, day=3), "rules": [SPO2]},
                {"id": "ebp", "version": 2, "valid_from": at(0, day=3), "valid_to": None, "rules": [LENIENT]}]),
    case("duplicate", value("a", 85, at(8), device="d"), value("b", 85, at(8), device="d", received=at(9)),
         zones={"a": "red", "b": "duplicate"}, alerts=[alert("red", "a")]),
    case("quiet", value("a", 89, at(8)), value("b", 85, at(10)), value("c", 89, at(11)), zones={"b": "red"}, rules=[QUIET], events=[CLOSED],
         alerts=[alert("yellow", "a", state="closed"), alert("red", "b")]),
    case("quiet-yellow", value("a", 89, at(8)), value("b", 89, at(11)), zones={"b": "yellow"}, rules=[QUIET], events=[CLOSED],
         alerts=[alert("yellow", "a", state="closed")]),
    case("hold", value("a", 85, at(8)), zones={"a": "red"}, periods=HOLD, alerts=[alert("red", "a")]),
    case("hold-yellow", value("a", 89, at(8)), zones={"a": "yellow"}, periods=HOLD, alerts=[]),
    case("ended", value("a", 85, at(8)), zones={"a": "none"}, periods=ENDED),
    case("late", value("a", 85, at(8), received=at(22, day=30)), zones={"a": "red"}, alerts=[alert("red", "a")], now=at(23, day=30)),
    case("floor", value("a", 79, at(8)), zones={"a": "red"}, rules=[LENIENT], general_limits=[FLOOR]),
    case("general", value("a", 85, at(8)), zones={"a": "green"}, rules=[LENIENT], general_limits=[GENERAL]),
    case("comparator", value("a", 91, at(8), comparator="<"), zones={"a": "red"}),
    case("implausible", value("a", 12, at(8)), zones={"a": "invalid"}),
    case("corrected", value("a", 85, at(8)), value("a", 89, at(8), version=2, received=at(9), status="amended"),
         zones={"a": "yellow"}, alerts=[alert("yellow", "a")]),
]  # fmt: skip
MUTANTS = {
    "a bound that is included is not": ("bands", "        return 2 * at + 1 if hit else 2 * at", "        return 2 * at + 2 if hit else 2 * at"),
    "a bound that is not included is": ("bands", "        return 2 * at + 1 if hit else 2 * at", "        return 2 * at"),
    "nothing is rounded after conversion": ("units", "if self.quantum is None or not moved.is_finite():", "if moved is not None:"),
    "a window leaves out its first instant": ("history", "first = 0 if start is None else bisect_left(rows, (start,))", "first = 0 if start is None else bisect_right(rows, (start, _AFTER_ALL))"),
    "the plan in force at receipt decides": ("judge", "rules = book.rules_for(m.measure, examined.at)", "rules = book.rules_for(m.measure, m.received)"),
    "duplicates are values of their own": ("standing", "    duplicates = find_duplicates(versions)", "    duplicates = {}"),
    "quiet time hides red": ("merge", 'if firing.zone == "red" or rule is None or rule.quiet is None:', "if rule is None or rule.quiet is None:"),
    "quiet time hides nothing": ("merge", "    if live is None and not _is_quiet(ledger, firing):", "    if live is None:"),
    "on hold hides red": ("judge", 'suppressed if zone == "red" else suppressed or "on-hold"', 'suppressed or "on-hold"'),
    "on hold hides nothing": ("judge", 'suppressed if zone == "red" else suppressed or "on-hold"', "suppressed"),
    "the dead are judged": ("judge", "    if status in _ENDED:", "    if status in ():"),
    "lateness hides red": ("judge", 'if HISTORICAL in flags and zone != "red" else', "if HISTORICAL in flags else"),
    "a plan replaces floors": ("book", '        if entry.origin != "general"\n', '        if entry.origin == "plan"\n'),
    "a plan replaces no general limit": ("book", '        if entry.origin != "general"\n', "        if entry is not None\n"),
    "comparators are passed over": ("bands", "        if comparator is None:", "        if comparator is not Ellipsis:"),
}  # fmt: skip
"""What goes wrong → (module of the engine, the text that stands there once, what stands there instead)."""


def run(folder: Path, module: str, old: str, new: str) -> subprocess.CompletedProcess[str]:
    """A change → the program that judges the cases with it."""
    file = folder / "cases.json"
    file.write_text(json.dumps({"format": "dho-threshold-cases/1", "cases": CASES}))
    command = [sys.executable, "-m", "tests.oracle.mutant", f"hub.thresholds.{module}", old, new]
    return subprocess.run(
        [*command, str(file)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_engine_as_it_is_judges_every_case_as_decided(tmp_path: Path) -> None:
    done = run(tmp_path, "units", "if self.quantum is None or", "if self.quantum is None or")

    assert (1, "", "\n") == (done.returncode, done.stderr, done.stdout)


@pytest.mark.parametrize("change", MUTANTS.values(), ids=list(MUTANTS))
def test_a_changed_line_is_noticed(tmp_path: Path, change: tuple[str, str, str]) -> None:
    done = run(tmp_path, *change)

    assert (0, "") == (done.returncode, done.stderr), done.stdout
