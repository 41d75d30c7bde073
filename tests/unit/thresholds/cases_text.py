"""Stories in the exchange format, as short as a test can read them."""

from __future__ import annotations

import json
from typing import Any

from hub.thresholds.case_run import run_case
from hub.thresholds.cases import parse_cases


def told(
    rules: list[dict[str, Any]],
    observations: list[dict[str, Any]],
    now: str = "2026-12-31T00:00:00Z",
    **more: Any,
) -> dict[str, Any]:
    """Rules of one plan and observations (received when measured unless said) → `actual` of the verdict, with the explanation."""
    plan = {
        "id": "ebp",
        "version": 1,
        "valid_from": "2026-01-01T00:00:00+01:00",
        "last_review": "2026-03-01",
        "rules": rules,
    } | more.pop("plan", {})
    case = {
        "id": "C",
        "patient": {"id": "p", "timezone": more.pop("timezone", "Europe/Oslo")}
        | {"status_periods": more.pop("periods", [])},
        "plans": more.pop("plans", [plan]),
        "observations": [{"received": o.get("effective")} | o for o in observations],
        "now": now,
    } | more
    data = json.dumps({"format": "dho-threshold-cases/1", "cases": [case]}).encode()
    result = run_case(parse_cases(data).cases[0], explain=True)
    assert result.error is None, result.error
    return result.document["actual"] | {"explained": result.document["explained"]}


def rows(actual: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Rule, zone, reason and state of every alert."""
    return sorted((a["rule"], a["zone"], a["reason"], a["state"]) for a in actual["alerts"])


def values(
    measure: str, unit: str, *pairs: tuple[str, str | int | float], **fields: Any
) -> list[dict[str, Any]]:
    """(time, value) pairs → observations o1, o2 …; a time like `02T08:00` is in March 2026, winter time."""
    return [
        {
            "id": f"o{n}",
            "measure": measure,
            "unit": unit,
            "value": value,
            "effective": f"2026-03-{at}:00+01:00" if len(at) == 8 else at,
            "status": "final",
        }
        | fields
        for n, (at, value) in enumerate(pairs, start=1)
    ]
