"""Sums that are kept beside a history give what its values give, to the digit, whatever came, went and was forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hub.thresholds.history import History, Sample
from hub.thresholds.rules.checks import Convert, converter, exact_samples
from hub.thresholds.rules.trend import slope_per_day

START = datetime(2026, 10, 20, 6, 30, tzinfo=UTC)
NAME = "weight"
numbers = st.decimals(min_value=20, max_value=300, places=4) | st.sampled_from(
    [Decimal(text) for text in ("81", "81.0", "81.50", "8E+1", "80.1234567", "1E+20", "0", "0.00")]
)
samples = st.builds(
    lambda minutes, name, number, unit, comparator: Sample(
        START + timedelta(minutes=minutes, microseconds=minutes * 7),
        f"o{name}",
        NAME,
        {NAME: (number, unit)},
        {} if comparator is None else {NAME: comparator},
    ),
    st.integers(0, 300),
    st.integers(0, 40),
    numbers,
    st.sampled_from(["kg", "kg", "g"]),
    st.sampled_from([None, None, None, "<"]),
)
steps = st.lists(
    st.tuples(st.sampled_from(["add", "add", "add", "remove", "forget", "ask"]), samples),
    max_size=40,
)


@given(steps)
def test_a_track_tells_every_stretch_as_its_values_do(told: list[tuple[str, Sample]]) -> None:
    convert = converter(NAME, "kg")
    assert convert is not None
    history, here = History(ZoneInfo("Europe/Oslo")), dict[str, Sample]()
    for step, sample in [*told, ("ask", Sample(START, "end", NAME, {}))]:
        if step == "add":
            if sample.id in here:
                history.remove(here[sample.id])
            here[sample.id] = sample
            history.add(sample)
        elif step == "remove" and sample.id in here:
            history.remove(here.pop(sample.id))
        elif step == "forget":
            history.forget(sample.at - timedelta(minutes=60), 3)
            kept = {each.id for each in history.later(NAME, START)}
            here = {name: each for name, each in here.items() if name in kept}
        elif step == "ask":
            for start in (None, START + timedelta(minutes=100)):
                for end in (sample.at, START + timedelta(minutes=300)):
                    _agrees(history, start, end, convert)


def _agrees(history: History, start: datetime | None, end: datetime, convert: Convert) -> None:
    track = history.track(NAME, "kg", convert)
    all_here = history.between(NAME, start, end)
    exact = [(s.at, convert(s.values[NAME])) for s in exact_samples(all_here, NAME)]
    first, last = history.stretch(NAME, start, end)
    assert [v for v in track.values[first:last] if v is not None] == [v for _, v in exact]
    line = track.line(first, last) if exact else None
    if line is not None:
        assert (line[0], str(line[1])) == (len(exact), str(slope_per_day(exact)))


def test_numbers_with_many_decimals_are_left_to_who_asks() -> None:
    history, convert = History(ZoneInfo("UTC")), converter(NAME, "kg")
    assert convert is not None
    for n, text in enumerate(("80.1", "80.12345678", "80.3")):
        at = START + timedelta(days=n)
        history.add(Sample(at, f"o{n}", NAME, {NAME: (Decimal(text), "kg")}))
    track = history.track(NAME, "kg", convert)
    assert [track.line(n, n + 1) for n in range(3)] == [(1, None), None, (1, None)]
    assert track.line(0, 3) is None
