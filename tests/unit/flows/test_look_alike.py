"""Values that are told by what they look like get the zone that judging all together gives them (thresholds.md §4.1, §8.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir.search.dates import micros
from hub.flows.look_alike import judge_alike
from hub.flows.mark_for_judging import read_measurement
from hub.ports import LogRow
from hub.thresholds.book import Book, compile_book, compile_limits
from hub.thresholds.measurement import Measurement, Patient, StatusPeriod
from hub.thresholds.plan import Band, PlanVersion, Rule
from hub.thresholds.record import judge_all
from hub.thresholds.sift import sift
from tests.unit.thresholds.nasty import RULES, START, series, some_rules

HELD = StatusPeriod("on-hold", START + timedelta(hours=30), START + timedelta(hours=60))
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SPO2 = Rule(
    "r", "absolute", "spo2", "%", (Band("red", lt=Decimal(88)), Band("green", ge=Decimal(88)))
)
_ENCODE = msgspec.msgpack.Encoder().encode


def row(m: Measurement) -> LogRow:
    """A measurement → as the log has it."""
    at = m.effective or m.received
    ahead = micros(m.received) if at > m.received else None
    return (m.id, m.version, _ENCODE(m), "green", b"", m.measure, micros(at), ahead)


def zones(book: Book, log: list[Measurement]) -> dict[str, str]:
    """A log → the zones as recomputing finds them."""
    plain, rest = judge_alike(book, [row(m) for m in log])
    found = sift(book, [read_measurement(each[2]) for each in rest])
    looked = {**found.quiet, **{name: j.zone for name, j in found.judged.items()}}
    return {**looked, **plain}


def book_of(rules: Any, mode: Any = "active") -> Book:
    begin = START + timedelta(hours=6)
    plan = PlanVersion("ebp", 1, begin, tuple(rules), mode=mode, approved_by="gp")
    return compile_book(Patient("p", "Europe/Oslo", (HELD,)), [plan], compile_limits(RULES[:1]))


@given(some_rules, series(24))
@settings(max_examples=120, deadline=None)
def test_what_looks_alike_is_judged_as_all_together(rules: Any, log: list[Measurement]) -> None:
    book = book_of(rules)

    assert {n: j.zone for n, j in judge_all(book, log).items()} == zones(book, log)


@given(series(24), st.sampled_from(["active", "observe"]))
@settings(max_examples=120, deadline=None)
def test_the_same_where_rules_look_at_nothing_else(log: Any, mode: Any) -> None:
    book = book_of([rule for rule in RULES if rule.kind in ("absolute", "symptom")], mode)

    assert {n: j.zone for n, j in judge_all(book, log).items()} == zones(book, log)


def value(name: str, hours: int, number: str = "95", **more: Any) -> Measurement:
    at = NOON + timedelta(hours=hours)
    return Measurement(name, "spo2", at, at + timedelta(minutes=1), value=number, unit="%", **more)


def test_what_is_plain_is_told_without_a_closer_look_and_the_rest_is_not() -> None:
    book = compile_book(Patient("p"), [PlanVersion("ebp", 1, START, (SPO2,))], compile_limits(()))
    plain = [value(f"o{n}", n, identifiers=(f"urn:x|{n}",), device="a") for n in range(5)]
    odd = [
        value("red", 10, "85"),
        value("copy", 4),
        value("same", 11, identifiers=("urn:x|0",)),
        value("named", 12, identifiers=("urn:x|åvalue",)),
        value("gone", 13, status="entered-in-error"),
        value("twice", 14),
        value("twice", 14, version=2),
        Measurement("timeless", "spo2", None, NOON + timedelta(hours=15), value="95", unit="%"),
    ]
    told, rest = judge_alike(book, [row(m) for m in (*plain, *odd)])

    assert {"o1", "o2", "o3", "named"} == set(told)
    assert {"o0", "o4", "red", "copy", "same", "gone", "twice", "timeless"} == {r[0] for r in rest}
