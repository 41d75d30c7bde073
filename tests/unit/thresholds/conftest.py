"""Readable test values for the rules engine: one synthetic patient, limits for SpO2, pulse, glucose and blood pressure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from hub.thresholds.alarm import Alert
from hub.thresholds.book import Book, compile_book, compile_limits
from hub.thresholds.engine import Verdict, decide
from hub.thresholds.measurement import Component, Event, Measurement, Patient, StatusPeriod
from hub.thresholds.plan import Band, PlanVersion, Rule
from hub.thresholds.timers import Routing

OSLO = ZoneInfo("Europe/Oslo")
START = datetime(2026, 1, 1, tzinfo=OSLO)
MORNING = datetime(2026, 3, 2, 8, tzinfo=OSLO)
FAR = datetime(2027, 1, 1, tzinfo=OSLO)

AlertRow = tuple[str, str, str, tuple[str, ...], str]


def bands(text: str) -> tuple[Band, ...]:
    """ "red <88, yellow >=88 <92, green >=92" → bands."""
    ends = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
    found: list[Band] = []
    for part in filter(None, text.split(",")):
        zone, *limits = part.split()
        pairs: dict[str, Any] = {}
        for limit in limits:
            sign = limit[:2] if limit[1] == "=" else limit[0]
            pairs[ends[sign]] = Decimal(limit[len(sign) :])
        found.append(Band(zone, **pairs))  # type: ignore[arg-type]
    return tuple(found)


SPO2 = "red <88, yellow >=88 <92, green >=92"
PULSE = "red <40, yellow >=40 <50, green >=50 <=100, yellow >100 <=120, red >120"
GLUCOSE = "red <3.0, yellow >=3.0 <3.9, green >=3.9 <=10.0, yellow >10.0 <=20.0, red >20.0"
SYSTOLIC = "red <90, yellow >=90 <100, green >=100 <140, yellow >=140 <180, red >=180"
DIASTOLIC = "red <50, yellow >=50 <60, green >=60 <90, yellow >=90 <110, red >=110"
TEMPERATURE = "red <35.0, green >=35.0 <38.0, yellow >=38.0 <39.0, red >=39.0"


class Build:
    """Everything a test needs to tell a story."""

    oslo = OSLO
    morning = MORNING
    start = START

    def at(self, hours: float = 0, days: float = 0, minutes: float = 0) -> datetime:
        return MORNING + timedelta(hours=hours, days=days, minutes=minutes)

    def absolute(self, text: str = SPO2, name: str = "r", **fields: Any) -> Rule:
        fields = {"measure": "spo2", "unit": "%"} | fields
        return Rule(name, "absolute", bands=bands(text), **fields)

    def pulse_rule(self, **fields: Any) -> Rule:
        return self.absolute(
            PULSE, **({"name": "r-pulse", "measure": "pulse", "unit": "/min"} | fields)
        )

    def glucose_rule(self, text: str = GLUCOSE, **fields: Any) -> Rule:
        return self.absolute(
            text, **({"name": "r-glu", "measure": "glucose", "unit": "mmol/L"} | fields)
        )

    def bp_rule(self, name: str = "r-bp", unit: str = "mm[Hg]", **parts: str) -> Rule:
        parts = parts or {"systolic": SYSTOLIC, "diastolic": DIASTOLIC}
        components = {part: bands(text) for part, text in parts.items()}
        return Rule(name, "composite_bp", unit=unit, components=components)

    def plan(self, *rules: Rule, version: int = 1, **fields: Any) -> PlanVersion:
        return PlanVersion("ebp", version, **({"valid_from": START, "rules": rules} | fields))

    def value(
        self, name: str, value: str | None, at: datetime = MORNING, **fields: Any
    ) -> Measurement:
        fields = {"measure": "spo2", "unit": "%", "received": at} | fields
        return Measurement(name, effective=fields.pop("effective", at), value=value, **fields)

    def bp(
        self,
        name: str,
        systolic: str | None,
        diastolic: str | None,
        at: datetime = MORNING,
        unit: str | None = "mm[Hg]",
        **fields: Any,
    ) -> Measurement:
        given = {"systolic": systolic, "diastolic": diastolic}
        parts = tuple(Component(n, v, unit) for n, v in given.items() if v is not None)
        return Measurement(name, "bp", at, fields.pop("received", at), components=parts, **fields)

    def event(
        self,
        kind: Literal["acknowledge", "mitigate", "close"],
        at: datetime,
        rule: str = "r",
        **fields: Any,
    ) -> Event:
        told: dict[str, Any] = {"by": "nurse"} | fields
        return Event(at, kind, rule, **told)

    def periods(self, *rows: tuple[str, datetime, datetime | None]) -> tuple[StatusPeriod, ...]:
        return tuple(StatusPeriod(status, start, end) for status, start, end in rows)  # type: ignore[arg-type]

    def book(
        self,
        plans: Sequence[PlanVersion],
        limits: Iterable[Rule] = (),
        periods: tuple[StatusPeriod, ...] = (),
    ) -> Book:
        return compile_book(Patient("p", "Europe/Oslo", periods), plans, compile_limits(limits))

    def decide(
        self,
        *series: Measurement,
        plans: Sequence[PlanVersion] | None = None,
        limits: Sequence[Rule] = (),
        events: Sequence[Event] = (),
        periods: tuple[StatusPeriod, ...] = (),
        routing: Routing | None = None,
        now: datetime = FAR,
    ) -> Verdict:
        patient = Patient("p", "Europe/Oslo", periods or self.periods(("active", START, None)))
        plans = (self.plan(self.absolute()),) if plans is None else plans
        return decide(patient, plans, limits, routing, (), series, events, now)

    def zones(self, verdict: Verdict) -> dict[str, str]:
        return {name: found.zone for name, found in verdict.judgements.items()}

    def alerts(self, verdict: Verdict) -> list[AlertRow]:
        return sorted(self.row(alert) for alert in verdict.alerts)

    def row(self, alert: Alert) -> AlertRow:
        evidence = tuple(sorted(item.observation for item in alert.evidence))
        return (alert.rule, alert.zone, alert.reason, evidence, alert.state)


@pytest.fixture(scope="session")
def build() -> Build:
    return Build()
