"""Clinical series as nobody wishes them: windows, forms, corrections, copies, odd units and clocks, late and out of order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hub.thresholds.measurement import Component, Event, Measurement
from hub.thresholds.plan import Band, Escalate, Part, Rule, Where
from hub.thresholds.spans import Span

D = Decimal
START = datetime(2026, 3, 24, 6, tzinfo=UTC)
"""A few days before the clock is moved to summer time."""
HOURS = (0, 1, 5, 24, 25, 47, 48, 71, 72, 96, 119, 120, 121, 143, 168)
LOW = (Band("red", lt=D(88)), Band("yellow", ge=D(88), lt=D(92)), Band("green", ge=D(92)))
SCORE = (Band("green", lt=D(3)), Band("yellow", ge=D(3), lt=D(6)), Band("red", ge=D(6)))

RULES: tuple[Rule, ...] = (
    Rule("spo2", "absolute", "spo2", "%", LOW),
    Rule(
        "gain", "delta", "weight", "kg", (Band("yellow", gt=D(2)), Band("red", gt=D(3))),
        direction="up", baseline="min", window=Span(days=3),
    ),
    Rule(
        "slope", "trend", "weight", "kg", (Band("yellow", ge=D("0.5")),),
        direction="up", window=Span(days=5), min_points=3, min_span=Span(seconds=3600),
    ),
    Rule("twice", "n_of_m", "spo2", "%", n=2, m=3, where=Where(lt=D(92)), zone="red"),
    Rule(
        "mean", "average", "weight", "kg", components={"weight": (Band("green", lt=D(82)), Band("yellow", ge=D(82)))},
        window_days=3, min_readings=2, min_days=2, drop_first_day=True,
    ),
    Rule("due", "missing", "spo2", times=("08:00",), early=Span(seconds=7200), grace=Span(seconds=7200),
         zone="yellow", escalate=Escalate(3, "red")),
    Rule("form", "questionnaire", form="x", total=True, items=("1", "2"), bands=SCORE),
    Rule("safe", "questionnaire", form="x", item="2", bands=(Band("green", lt=D(1)), Band("red", ge=D(1)))),
    Rule("breath", "symptom", "sym:d", answers={"none": "green", "more": "yellow", "rest": "red"}),
    Rule("news", "score", score="news2", within=Span(seconds=86400), bands=SCORE),
    Rule("both", "combination", within=Span(days=1), zone="red",
         parts=(Part("gain", "yellow"), Part("breath", "yellow"))),
    Rule("pair", "combination", within=Span(days=1), zone="yellow",
         parts=(Part("gain", "yellow"), Part("spo2", "yellow"))),
    Rule("all", "combination", within=Span(days=2), zone="red", parts=(Part("both", "red"), Part("spo2", "yellow"))),
)  # fmt: skip

_CONTENT: Any = st.one_of(
    st.tuples(st.just("spo2"), st.sampled_from(["85", "88", "91", "95", "20", "x", "0.9"]), st.sampled_from(["%", "%", "1", None])),
    st.tuples(st.just("weight"), st.sampled_from(["80", "81.5", "82.1", "83.2", "79", "80000"]), st.sampled_from(["kg", "kg", "g"])),
    st.tuples(st.just("sym:d"), st.sampled_from(["none", "more", "rest", "?"]), st.none()),
    st.tuples(st.just("form:x"), st.sampled_from(["0,0", "1,0", "3,1", "7,", ",1"]), st.none()),
    st.tuples(st.just("resp_rate"), st.sampled_from(["16", "21", "25"]), st.just("/min")),
    st.tuples(st.just("bp"), st.sampled_from(["120/80", "90/60", "/70"]), st.just("mm[Hg]")),
)  # fmt: skip


def _fields(measure: str, text: str, unit: str | None) -> dict[str, Any]:
    if measure == "sym:d":
        return {"code": text}
    if measure == "form:x":
        return {"items": {str(n): part or None for n, part in enumerate(text.split(","), start=1)}}
    if measure == "bp":
        names = zip(("systolic", "diastolic"), text.split("/"), strict=True)
        return {"components": tuple(Component(n, v, unit) for n, v in names if v)}
    return {"value": text, "unit": unit}


@st.composite
def series(draw: Any, size: int = 14) -> list[Measurement]:
    """Versions of observations in order of receipt; some are versions, copies or retractions of earlier ones."""
    found: list[Measurement] = []
    for number in range(draw(st.integers(1, size))):
        measure, text, unit = draw(_CONTENT)
        effective = START + timedelta(hours=draw(st.sampled_from(HOURS)))
        delay = timedelta(minutes=draw(st.sampled_from([0, 3, 500, 6000, 30000])))
        fields = _fields(measure, text, unit)
        name = f"o{number}"
        if found and draw(st.integers(0, 4)) == 0:  # a version of an earlier one, or a retraction
            other = draw(st.sampled_from(found))
            if other.measure == measure:
                name, effective = other.id, other.effective or effective
        found.append(
            Measurement(
                name,
                measure,
                draw(st.sampled_from([effective, effective, effective, effective, None])),
                effective + delay + timedelta(seconds=number),
                draw(st.sampled_from(["final", "final", "final", "amended", "entered-in-error"])),
                number + 1,
                draw(st.sampled_from([(), (), (), ("x|1",)])),
                draw(st.sampled_from(["d1", "d2", None])),
                **fields,
            )
        )
    return sorted(found, key=lambda m: m.order)


@st.composite
def steps(draw: Any) -> list[Event]:
    """What people do with the alerts, now and then."""
    kinds: Any = st.sampled_from(["acknowledge", "mitigate", "close"])
    names = st.sampled_from([rule.id for rule in RULES])
    return [
        Event(START + timedelta(hours=draw(st.integers(0, 700))), draw(kinds), draw(names), "n", "note", "action")
        for _ in range(draw(st.integers(0, 4)))
    ]  # fmt: skip


some_rules = st.lists(
    st.sampled_from(RULES), min_size=1, max_size=len(RULES), unique_by=lambda r: r.id
)
