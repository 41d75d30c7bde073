"""The engine held against the second evaluator: where they differ on a case.

`python -m tests.oracle.against 0 100000` runs these numbers and prints what differs; nothing is stored. With `mixed` at the end the
cases are those in which several rule kinds meet.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from hub.thresholds.case_run import run_case
from hub.thresholds.cases import parse_cases
from tests.oracle.episodes import evaluate
from tests.oracle.generate import make_case
from tests.oracle.mix import make_mixed


def differences(case: dict[str, Any]) -> list[str]:
    """A case → what the engine and the evaluator say differently about zones, alerts and notifications."""
    wanted = evaluate(case)
    file = json.dumps(
        {"format": "dho-threshold-cases/1", "cases": [{**case, "expected": _plain(wanted, case)}]}
    )
    result = run_case(parse_cases(file.encode()).cases[0])
    if result.error:
        return [f"{case['id']}: {result.error}"]
    actual = result.document["actual"]
    found = [f"{case['id']}: {text}" for text in result.differences]
    ours, theirs = _alerts(wanted), _alerts(actual)
    found += [f"{case['id']}: only the engine has {alert}" for alert in theirs if alert not in ours]
    found += [
        f"{case['id']}: only the evaluator has {alert}" for alert in ours if alert not in theirs
    ]
    return found


def _plain(wanted: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, Any]:
    expected = {k: wanted[k] for k in ("zones", "alerts")}
    if "routing" in case:
        notes = wanted["notifications"]
        expected["notifications"] = [{**n, "at": n["at"].isoformat()} for n in notes]
    return expected


def _alerts(verdict: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return sorted(
        (a["rule"], a["zone"], a["reason"], a.get("state", "open"), _cited(a))
        for a in verdict["alerts"]
    )


def _cited(alert: Mapping[str, Any]) -> tuple[str, ...]:
    """The evidence; a repeat may cite the first of the pair too, and the evaluator cites the second alone."""
    return (
        () if alert["rule"] == "sys.implausible-repeat" else tuple(sorted(set(alert["evidence"])))
    )


def main(first: int, last: int, make: Callable[[int], dict[str, Any]] = make_case) -> int:
    """Numbers from first to last → how many cases differ; each difference is printed."""
    bad = 0
    for seed in range(first, last):
        found = differences(make(seed))
        bad += bool(found)
        for line in found:
            sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{last - first} cases, {bad} differ\n")
    return bad


if __name__ == "__main__":
    maker = make_mixed if sys.argv[3:] == ["mixed"] else make_case
    sys.exit(1 if main(int(sys.argv[1]), int(sys.argv[2]), maker) else 0)
