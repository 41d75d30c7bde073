"""What is known of a patient at a moment: versions sorted out, values made ready (thresholds.md §4.1-4.6, §9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.moments import instant
from tests.oracle.numbers import convert, exact, known_unit, measures, number

Case = dict[str, Any]
PARTS = {"systolic", "diastolic"}


@dataclass
class Value:
    """One observation as it counts: when, what, and what is wrong with it."""

    id: str
    measure: str
    at: datetime
    received: datetime
    raw: dict[str, Any]
    zone: str = ""
    system: list[tuple[str, str, str]] = field(default_factory=list)
    fills: bool = False
    fills_short: bool = True

    @property
    def valid(self) -> bool:
        """Whether it can be judged at all."""
        return self.zone == ""

    def comparator(self, part: str | None = None) -> str | None:
        """Its comparator, or that of a component, if any: one that is given for the whole is that of each (§4.5)."""
        given = self.raw.get("comparator")
        return given.get(part) if isinstance(given, dict) else given

    def number(self, unit: str, part: str | None = None) -> Fraction | None:
        """Its value, or that of a component, in a unit."""
        value = self.raw.get("components", {}).get(part) if part else self.raw.get("value")
        read = number(value)
        return None if read is None else convert(part or self.measure, read, self.raw["unit"], unit)


def _content(raw: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(repr(raw.get(k)) for k in (
        "measure", "effective", "value", "unit", "components", "code", "items", "status",
        "comparator", "data_absent_reason", "device_error",
    ))  # fmt: skip


def _same_measurement(one: dict[str, Any], other: dict[str, Any], zone: ZoneInfo) -> bool:
    """Two that name no device count as of one: a gateway without a name sends again as well; a day is its noon (§4.2)."""
    keys = (
        "device",
        "measure",
        "value",
        "unit",
        "components",
        "code",
        "items",
        "comparator",
    )
    times = [each.get("effective") for each in (one, other)]
    return (
        None not in times
        and len({instant(at, zone) for at in times}) == 1  # type: ignore[arg-type]
        and all(one.get(k) == other.get(k) for k in keys)
    )


def known_at(case: Case, moment: datetime) -> list[Value]:
    """A case and a moment → one Value per observation id, of its newest version received by then, in order of receipt."""
    zone = ZoneInfo(case["patient"]["timezone"])
    arrived = sorted(
        (o for o in case["observations"] if instant(o["received"], zone) <= moment),
        key=lambda o: (instant(o["received"], zone), o.get("version", 1)),
    )
    newest: dict[str, dict[str, Any]] = {}
    for one in arrived:
        newest.pop(one["id"], None)
        newest[one["id"]] = one
    values: list[Value] = []
    for raw in newest.values():
        value = _ready(raw, zone)
        for earlier in values:
            if earlier.zone in ("duplicate", "superseded"):
                continue
            same_name = raw.get("identifier") and raw.get("identifier") == earlier.raw.get(
                "identifier"
            )
            if same_name and _content(raw) != _content(earlier.raw):
                earlier.zone, earlier.fills, earlier.system = "superseded", False, []
            elif same_name or (
                earlier.zone != "retracted"
                and value.zone != "retracted"
                and _same_measurement(raw, earlier.raw, zone)
            ):
                value.zone, value.fills, value.system = "duplicate", False, []
        values.append(value)
    _repeated(values)
    return values


def _ready(raw: dict[str, Any], zone: ZoneInfo) -> Value:
    received = instant(raw["received"], zone)
    effective = raw.get("effective")
    at = received if effective is None else instant(effective, zone)
    value = Value(raw["id"], raw["measure"], at, received, raw)
    if raw["status"] in ("entered-in-error", "cancelled"):
        value.zone = "retracted"
        return value
    holds = any(raw.get(k) is not None for k in ("value", "components", "code", "items"))
    if raw["status"] == "registered" and not holds:
        value.zone = "none"
        return value
    if effective is None:
        value.system.append(("sys.clock", "technical.no-time", "yellow"))
    elif at > received + timedelta(minutes=5):
        value.at = received
        value.system.append(("sys.clock", "technical.clock-skew", "yellow"))
    value.fills_short = effective is None or len(effective) > 10
    fault = _fault(raw)
    if fault:
        value.zone = "invalid"
        if fault != "battery-ok":
            value.system.append((f"sys.{fault}", f"technical.{fault}", "yellow"))
        value.fills = raw.get("data_absent_reason") == "asked-declined"
    else:
        value.fills = True
    return value


def _fault(raw: dict[str, Any]) -> str:
    """What makes a value unfit to be judged, by the first of the steps of §4 that finds something."""
    measure = raw["measure"]
    if measure.startswith("device:"):
        return (
            "battery" if measure == "device:battery" and raw.get("code") == "low" else "battery-ok"
        )
    if raw.get("device_error") is not None:
        return "device-error"
    if raw.get("data_absent_reason") is not None:
        return "data-absent"
    if raw.get("code") is not None or raw.get("items") is not None:
        return ""
    given = raw.get("components") or {None: raw.get("value")}
    if all(number(v) is None for v in given.values()):
        return "data-absent"
    known = {k: v for k, v in given.items() if number(v) is not None}
    if not all(known_unit(k or measure, raw.get("unit")) for k in known):
        return "unit"
    row = measures()
    for part, v in known.items():
        key = part or measure
        inside = convert(key, number(v), raw["unit"], row[key]["ucum"])  # type: ignore[arg-type]
        low, high = row[key]["plausible_min"], row[key]["plausible_max"]
        if (low and inside < exact(low)) or (high and inside > exact(high)):
            return "implausible"
    if set(known) >= PARTS and number(known["systolic"]) <= number(known["diastolic"]):  # type: ignore[operator]
        signs = raw.get("comparator") or {}
        above, below = (
            (signs.get(p) if isinstance(signs, dict) else signs) or ""
            for p in ("systolic", "diastolic")
        )
        if not above.startswith(">") and not below.startswith("<"):
            return "implausible"
    return ""


def _repeated(values: list[Value]) -> None:
    """Two implausible values of one measure within an hour are a red of their own (§4.6); the later one triggers it."""
    strange = [v for v in values if any(s[0] == "sys.implausible" for s in v.system)]
    for one in strange:
        near = [
            o
            for o in strange
            if o is not one
            and o.measure == one.measure
            and (o.at, o.received) <= (one.at, one.received)
            and one.at - o.at <= timedelta(minutes=60)
        ]
        if near:
            one.system.append(("sys.implausible-repeat", "technical.implausible-repeat", "red"))
