"""Cases → what this engine says of them, held against what is expected.

Source: dho/cases/README.md (shape of `expected`, rules of comparison).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import msgspec

from hub.problems import HubError
from hub.thresholds.alarm import Alert
from hub.thresholds.case_fields import Fields
from hub.thresholds.cases import Case, CaseFile, CaseSource
from hub.thresholds.engine import Verdict, decide

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Result:
    """One case, judged.

    Shape: `document` is the case as it stood with `actual`, `pass` and, where it could not be judged, `error`;
    `passed` None when nothing was expected; `differences` say what did not agree.
    """

    id: str
    document: dict[str, Any]
    passed: bool | None
    error: str | None
    differences: tuple[str, ...]


def run_case(source: CaseSource, *, explain: bool = False) -> Result:
    """One entry of a case file → its result; a case that cannot be judged has failed, never passed."""
    name = str(source.document.get("id", "?"))
    case = source.case
    if case is None:
        error = "; ".join(f"{p.where}: {p.detail}" for p in source.problems)
        return _failed(name, source, error)
    if case.unsupported:
        return _failed(name, source, f"rule kind not supported: {', '.join(case.unsupported)}")
    try:
        verdict = _decide(case)
    except Exception as error:  # noqa: BLE001 - S10: whatever one case does, the others are still judged
        return _failed(name, source, f"the engine failed: {type(error).__name__}: {error}")
    expected = source.document.get("expected")
    actual = render_actual(verdict, with_notifications=_asks_notifications(case, expected))
    document = source.document | {"actual": actual}
    if explain:
        document["explained"] = render_explained(verdict)
    if expected is None:
        return Result(name, document, None, None, ())
    try:
        differences = compare(Fields({"expected": expected}, name), actual, case.patient.timezone)
    except HubError as error:
        return _failed(name, source, "; ".join(f"{p.where}: {p.detail}" for p in error.problems))
    passed = not differences
    return Result(name, document | {"pass": passed}, passed, None, differences)


def _decide(case: Case) -> Verdict:
    return decide(
        case.patient,
        case.plans,
        case.general_limits,
        case.routing,
        case.downtime,
        case.observations,
        case.events,
        case.now,
    )


def _failed(name: str, source: CaseSource, error: str) -> Result:
    return Result(name, source.document | {"error": error, "pass": False}, False, error, ())


def _asks_notifications(case: Case, expected: Any) -> bool:
    return case.routing is not None or (isinstance(expected, dict) and "notifications" in expected)


def render_results(file: CaseFile, results: Sequence[Result]) -> bytes:
    """Results → the file again, with `actual` and `pass` in every case; decimals as they were written."""
    document = file.document | {"cases": [result.document for result in results]}
    return msgspec.json.format(_ENCODER.encode(document), indent=1) + b"\n"


def render_actual(verdict: Verdict, *, with_notifications: bool) -> dict[str, Any]:
    """A verdict → the shape of `expected`."""
    actual: dict[str, Any] = {
        "alerts": [_render_alert(alert) for alert in verdict.alerts],
        "zones": {name: found.zone for name, found in sorted(verdict.judgements.items())},
    }
    if with_notifications:
        actual["notifications"] = [
            {"at": told.at.isoformat(), "kind": told.kind, "rule": told.rule}
            for told in verdict.notifications
        ]
    return actual


def _render_alert(alert: Alert) -> dict[str, Any]:
    """An alert → the shape of the format; evidence that was corrected away is still named, after what stands (§9.4)."""
    return {
        "rule": alert.rule,
        "zone": alert.zone,
        "reason": alert.reason,
        "evidence": [*(item.observation for item in alert.evidence), *alert.past],
        "state": alert.state,
        "flags": list(alert.flags),
    }


def render_explained(verdict: Verdict) -> dict[str, Any]:
    """A verdict → the text and the operands of every firing and alert, and the steps that were refused (§11)."""
    return {
        "firings": [
            msgspec.to_builtins(firing, builtin_types=(Decimal,))
            for judgement in verdict.judgements.values()
            for firing in judgement.firings
        ],
        "alerts": [
            {"id": alert.id, "rule": alert.rule, "text": alert.text, "raised_at": alert.raised_at}
            for alert in verdict.alerts
        ],
        "trace": {
            name: [msgspec.to_builtins(t, builtin_types=(Decimal,)) for t in found.trace]
            for name, found in verdict.judgements.items()
        },
        "refused": [
            {"at": r.event.at, "type": r.event.type, "rule": r.event.rule, "why": r.problem.detail}
            for r in verdict.refused
        ],
    }


def compare(case: Fields, actual: dict[str, Any], zone: str) -> tuple[str, ...]:
    """What is expected and what came → what differs; evidence at least, flags and notifications where given."""
    expected = case.object("expected")
    differences: list[str] = []
    if "alerts" in expected.content:
        alerts = expected.objects("alerts", lambda item: item)
        differences += _compare_alerts(alerts, actual["alerts"])
    zones = expected.optional_object("zones")
    for name in zones.content if zones is not None else ():
        want, have = cast("Fields", zones).text(name), actual["zones"].get(name)
        if want != have:
            differences.append(f"zone of {name}: expected {want}, got {have}")
    if "notifications" in expected.content:
        told = expected.objects(
            "notifications", lambda n: (n.instant("at", zone), n.text("kind"), n.text("rule"))
        )
        differences += _compare_notifications(told, actual["notifications"])
    return tuple(differences)


def _compare_alerts(expected: Sequence[Fields], actual: Sequence[dict[str, Any]]) -> list[str]:
    fits = [[_alert_fits(want, have) for have in actual] for want in expected]
    taken: dict[int, int] = {}
    for number in range(len(expected)):
        _match(number, fits, taken, set())
    matched = set(taken.values())
    return [
        *(
            f"expected alert not found: {_show(want.content)}"
            for number, want in enumerate(expected)
            if number not in matched
        ),
        *(f"alert not expected: {_show(have)}" for n, have in enumerate(actual) if n not in taken),
    ]


def _match(
    number: int, fits: Sequence[Sequence[bool]], taken: dict[int, int], tried: set[int]
) -> bool:
    """Gives expected alert `number` an actual one, moving others where that helps."""
    for have, fit in enumerate(fits[number]):
        if fit and have not in tried:
            tried.add(have)
            if have not in taken or _match(taken[have], fits, taken, tried):
                taken[have] = number
                return True
    return False


def _alert_fits(want: Fields, have: dict[str, Any]) -> bool:
    evidence = cast("list[str]", want.content.get("evidence") or [])
    flags = cast("list[str] | None", want.content.get("flags"))
    return (
        want.text("rule") == have["rule"]
        and want.text("zone") == have["zone"]
        and want.text("reason") == have["reason"]
        and (want.optional_text("state") or "open") == have["state"]
        and set(evidence) <= set(have["evidence"])
        and (flags is None or set(flags) == set(have["flags"]))
    )


def _show(alert: dict[str, Any]) -> str:
    keys = ("rule", "zone", "reason", "state", "evidence", "flags")
    return ", ".join(f"{key} {alert[key]}" for key in keys if alert.get(key))


def _compare_notifications(
    expected: Sequence[tuple[datetime, str, str]], actual: Sequence[dict[str, Any]]
) -> list[str]:
    want = Counter(expected)
    have = Counter((datetime.fromisoformat(n["at"]), n["kind"], n["rule"]) for n in actual)
    return [
        *(f"notification missing: {a.isoformat()} {k} {r}" for a, k, r in (want - have).elements()),
        *(f"notification extra: {a.isoformat()} {k} {r}" for a, k, r in (have - want).elements()),
    ]
