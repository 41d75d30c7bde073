"""Every rule kind on one trigger: (zone, reason), or nothing (thresholds.md §5)."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.known import Value
from tests.oracle.moments import before, elapsed
from tests.oracle.numbers import ORDER, exact, inside, judge_bands, known_unit, number

Rule = dict[str, Any]
Result = tuple[str, str] | None
NEWS = ("resp_rate", "spo2", "oxygen", "bp", "pulse", "consciousness", "temperature")


def measure_of(rule: Rule) -> str | None:
    """The measure a rule is on; a score is on many."""
    if rule["kind"] == "composite_bp":
        return "bp"
    if rule["kind"] == "questionnaire":
        return f"form:{rule['form']}"
    return rule.get("measure")


def covers(rule: Rule, value: Value) -> bool:
    """Whether a rule is about this value."""
    if rule["kind"] == "score":
        return _is_parameter(value)
    return (
        rule["kind"] not in ("missing", "stale_plan", "combination")
        and measure_of(rule) == value.measure
    )


def _is_parameter(value: Value) -> bool:
    """Whether NEWS2 looks at a value; of a blood pressure it takes the systolic, and there may be none."""
    if value.measure == "bp":
        return number(value.raw["components"].get("systolic")) is not None
    return value.measure in NEWS


def unit_fault(rule: Rule) -> bool:
    """Whether the rule's own unit is none of its measure's."""
    if rule["kind"] == "composite_bp" or (rule["kind"] == "average" and rule["measure"] == "bp"):
        return not known_unit("systolic", rule["unit"])
    return "unit" in rule and not known_unit(rule["measure"], rule["unit"])


def fire(rule: Rule, value: Value, series: list[Value], zone: ZoneInfo) -> Result:
    """A rule, its trigger and every valid value of the patient → zone and reason; None where the rule says nothing."""
    return globals()[f"_{rule['kind']}"](rule, value, series, zone)


def _absolute(rule: Rule, value: Value, _series: list[Value], _zone: ZoneInfo) -> Result:
    hit = judge_bands(value.number(rule["unit"]), rule["bands"], value.comparator())  # type: ignore[arg-type]
    return hit[0], f"absolute.{hit[1]}"


def _components(rule: Rule, value: Value, prefix: str) -> Result:
    unit = rule["unit"]
    found = {p: value.number(unit, p) for p in ("systolic", "diastolic")}
    signs = {p: value.comparator(p) for p in found}
    if None not in found.values() and difference_known(value):
        found["pulse_pressure"] = found["systolic"] - found["diastolic"]  # type: ignore[operator]
        high, low = signs["systolic"], signs["diastolic"]
        if high or low:
            up = (high or low.translate(_MIRROR))[0]  # type: ignore[union-attr]
            strict = any(s in ("<", ">") for s in (high, low))
            signs["pulse_pressure"] = up if strict else up + "="
    return _worst(rule, found, prefix, signs)


_MIRROR = str.maketrans("<>", "><")


def difference_known(value: Value) -> bool:
    """Whether anything is known of the pulse pressure: not where both ends are open to the same side (§4.5)."""
    high, low = (value.comparator(p) or "" for p in ("systolic", "diastolic"))
    return not (high and low and high[0] == low[0])


def _worst(
    rule: Rule,
    found: dict[str, Fraction | None],
    prefix: str,
    signs: dict[str, str | None] | None = None,
) -> Result:
    worst: Result = None
    for part in ("systolic", "diastolic", "pulse_pressure"):
        if part in rule["bands"] and found.get(part) is not None:
            hit = judge_bands(found[part], rule["bands"][part], (signs or {}).get(part))  # type: ignore[arg-type]
            if worst is None or ORDER.index(hit[0]) > ORDER.index(worst[0]):
                worst = hit[0], f"{prefix}.{part}.{hit[1]}"
    return worst


def _composite_bp(rule: Rule, value: Value, _series: list[Value], _zone: ZoneInfo) -> Result:
    return _components(rule, value, "bp")


def _plain(rule: Rule, series: list[Value]) -> list[Value]:
    return [v for v in series if v.measure == rule["measure"] and not v.comparator()]


def _change_bands(amount: Fraction, rule: Rule) -> str:
    hit = [b["zone"] for b in rule["bands"] if inside(amount, b)]
    return max(hit, key=ORDER.index) if hit else "green"


def _delta(rule: Rule, value: Value, series: list[Value], zone: ZoneInfo) -> Result:
    green = ("green", f"delta.{rule['direction']}")
    if value.comparator():
        return green
    now = value.number(rule["unit"])
    if rule["baseline"] == "fixed":
        baseline = exact(str(rule["fixed"]))
    else:
        start = before(value.at, rule["window"], zone)
        earlier = [v for v in _plain(rule, series) if start <= v.at < value.at]
        if not earlier:
            return green
        earlier.sort(key=lambda v: v.at)
        numbers = [v.number(rule["unit"]) for v in earlier]
        baseline = {"min": min, "max": max, "first": lambda found: found[0]}[rule["baseline"]](
            numbers
        )  # type: ignore[type-var]
    amount = now - baseline if rule["direction"] == "up" else baseline - now  # type: ignore[operator]
    if rule.get("as") == "percent":
        amount = amount / baseline * 100
    return _change_bands(amount, rule), green[1]


def _trend(rule: Rule, value: Value, series: list[Value], zone: ZoneInfo) -> Result:
    green = ("green", f"trend.{rule['direction']}")
    if value.comparator():
        return green
    start = before(value.at, rule["window"], zone)
    points = [
        (
            Fraction((v.at - start) // timedelta(microseconds=1), 86_400_000_000),
            v.number(rule["unit"]),
        )
        for v in _plain(rule, series)
        if start <= v.at <= value.at
    ]
    if len(points) < rule["min_points"]:
        return green
    days = [x for x, _ in points]
    if max(days) - min(days) < Fraction(
        elapsed(rule["min_span"]) // timedelta(microseconds=1), 86_400_000_000
    ):
        return green
    mean_x, mean_y = sum(days) / len(points), sum(y for _, y in points) / len(points)  # type: ignore[misc]
    below = sum((x - mean_x) ** 2 for x in days)
    if not below:
        return green
    slope = Fraction(sum((x - mean_x) * (y - mean_y) for x, y in points)) / Fraction(below)
    return _change_bands(slope if rule["direction"] == "up" else -slope, rule), green[1]


def _n_of_m(rule: Rule, value: Value, series: list[Value], zone: ZoneInfo) -> Result:
    upto = [v for v in series if v.measure == rule["measure"] and v.at <= value.at]
    if rule.get("window"):
        start = before(value.at, rule["window"], zone)
        upto = [v for v in upto if v.at >= start]
    upto.sort(key=lambda v: v.at)
    met = [inside(v.number(rule["unit"]), rule["where"]) for v in upto[-rule["m"] :]]  # type: ignore[arg-type]
    fires = sum(met) >= rule["n"] and inside(value.number(rule["unit"]), rule["where"])  # type: ignore[arg-type]
    return (rule["zone"] if fires else "green"), "n_of_m"


def _average(rule: Rule, value: Value, series: list[Value], zone: ZoneInfo) -> Result:
    today = value.at.astimezone(zone).date()
    first = today - timedelta(days=rule["window_days"] - 1)
    upto = [
        v
        for v in series
        if v.measure == rule["measure"]
        and any(not v.comparator(p) for p in v.raw["components"])
        and v.at <= value.at
        and first <= v.at.astimezone(zone).date() <= today
    ]
    days = sorted({v.at.astimezone(zone).date() for v in upto})
    if rule.get("drop_first_day"):
        days = days[1:]
    kept = [v for v in upto if v.at.astimezone(zone).date() in days]
    means: dict[str, Fraction | None] = {}
    for part in (p for p in rule["bands"] if p != "pulse_pressure"):
        have = [
            (v, n)
            for v in kept
            if not v.comparator(part) and (n := v.number(rule["unit"], part)) is not None
        ]
        on = {v.at.astimezone(zone).date() for v, _ in have}
        if have and len(have) >= rule["min_readings"] and len(on) >= rule["min_days"]:
            means[part] = sum((n for _, n in have), Fraction(0)) / len(have)
    if all(value.comparator(p) for p in value.raw["components"]):
        return None
    return _worst(rule, means, "average") or ("green", "average")


def _questionnaire(rule: Rule, value: Value, _series: list[Value], _zone: ZoneInfo) -> Result:
    answers = {k: number(v) for k, v in value.raw.get("items", {}).items()}
    if "item" in rule:
        answer = answers.get(rule["item"])
        if answer is not None:
            return judge_bands(answer, rule["bands"])[0], "questionnaire.item"
        red = any(b["zone"] == "red" for b in rule["bands"])
        return ("yellow", "questionnaire.unanswered") if red else None
    given = [answers[i] for i in rule["items"] if answers.get(i) is not None]
    total = sum(given)  # type: ignore[arg-type]
    missing = len(rule["items"]) - len(given)
    if rule.get("reversed"):
        total += missing * rule["item_max"]
    hit = judge_bands(Fraction(total) * exact(str(rule.get("multiply", 1))), rule["bands"])[0]
    if missing and hit not in ("yellow", "red"):
        return None
    return hit, "questionnaire.total"


def _symptom(rule: Rule, value: Value, _series: list[Value], _zone: ZoneInfo) -> Result:
    code = value.raw.get("code")
    return (rule["map"][code], "symptom") if code in rule["map"] else ("yellow", "symptom.unknown")


def _points(value: Fraction, steps: list[tuple[str, int]], sign: str | None = None) -> int:
    """The points of the first row whose upper end is not passed; of an open end the most of the rows it touches (§4.5)."""
    points: list[int] = []
    bottom: Fraction | None = None
    for top, given in steps:
        end = None if top == "" else exact(top)
        above, below = bottom is None or value > bottom, end is None or value <= end
        touched = above and below
        if sign in (">", ">="):
            touched = below and not (sign == ">" and end == value)
        elif sign in ("<", "<="):
            touched = above
        if touched:
            points.append(given)
        bottom = end
    return max(points)


_TABLE = {
    "resp_rate": [("8", 3), ("11", 1), ("20", 0), ("24", 2), ("", 3)],
    "pulse": [("40", 3), ("50", 1), ("90", 0), ("110", 1), ("130", 2), ("", 3)],
    "temperature": [("35.0", 3), ("36.0", 1), ("38.0", 0), ("39.0", 1), ("", 2)],
    "bp": [("90", 3), ("100", 2), ("110", 1), ("219", 0), ("", 3)],
    "spo2": [("91", 3), ("93", 2), ("95", 1), ("", 0)],
    "air": [("83", 3), ("85", 2), ("87", 1), ("", 0)],
    "oxygen": [("83", 3), ("85", 2), ("87", 1), ("92", 0), ("94", 1), ("96", 2), ("", 3)],
}
_UNITS = {"resp_rate": "/min", "pulse": "/min", "temperature": "Cel", "bp": "mm[Hg]", "spo2": "%"}


def _score(rule: Rule, value: Value, series: list[Value], zone: ZoneInfo) -> Result:
    """Of several at one instant the value that is judged counts for itself, else the one named last."""
    start = before(value.at, rule["within"], zone)
    newest = {
        name: max(found, key=lambda v: (v.at, v is value, len(v.id), v.id))
        for name in NEWS
        if (
            found := [
                v
                for v in series
                if v.measure == name and _is_parameter(v) and start <= v.at <= value.at
            ]
        )
    }
    supplied = newest["oxygen"].raw.get("code") == "yes" if "oxygen" in newest else False
    points: list[int] = []
    for name, one in newest.items():
        if name == "oxygen":
            points.append(2 if supplied else 0)
        elif name == "consciousness":
            points.append(0 if one.raw.get("code") == "A" else 3)
        else:
            read = one.number(_UNITS[name], "systolic" if name == "bp" else None)
            table = name
            if name == "spo2" and rule["spo2_scale"] == 2:
                table = "oxygen" if supplied else "air"
            if read is not None:
                sign = one.comparator("systolic" if name == "bp" else None)
                points.append(_points(read, _TABLE[table], sign))
    total = judge_bands(Fraction(sum(points)), rule["bands"])[0]
    single = "yellow" if 3 in points else "green"
    if ORDER.index(single) > ORDER.index(total):
        return single, "score.single"
    return total, "score.aggregate"
