"""Time and ids."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.clock import FixedClock, PlayedClock, SystemClock, monotonic
from hub.values import looks_like_national_id
from tests.conftest import NOON


def test_the_fixed_clock_stands_still_until_it_is_moved(clock: FixedClock) -> None:
    assert clock.now() == clock.now() == NOON
    clock.at += timedelta(hours=1)
    assert clock.now() == NOON + timedelta(hours=1)


def test_its_ids_are_counted(clock: FixedClock) -> None:
    assert [clock.new_id()[-2:] for _ in range(3)] == ["01", "02", "03"]


def test_the_system_clock_is_aware_and_goes_forward() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.utcoffset() == timedelta(0)
    assert first <= second


@pytest.mark.parametrize("make", [SystemClock, lambda: PlayedClock(NOON, 1440)])
def test_ids_are_uuids_of_version_7_in_order_and_never_the_same(make: type[SystemClock]) -> None:
    clock = make()
    ids = [clock.new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert [i[:13] for i in ids] == sorted(i[:13] for i in ids)
    for one in ids:
        assert (len(one), one[14], one[19] in "89ab", one == one.lower()) == (36, "7", True, True)
        assert not looks_like_national_id(one)


def test_ids_have_at_least_74_random_bits() -> None:
    clock = SystemClock()
    numbers = [int(clock.new_id().replace("-", ""), 16) for _ in range(400)]
    ever_set, always_set = 0, -1
    for number in numbers:
        ever_set |= number
        always_set &= number
    assert ((ever_set & ~always_set) & ((1 << 80) - 1)).bit_count() >= 74


@given(st.integers(1, 10_000))
def test_a_fast_clock_runs_so_many_times_as_fast(speed: int) -> None:
    clock = PlayedClock(NOON, speed)
    assert NOON <= clock.now() < NOON + timedelta(seconds=speed)


def test_a_fast_clock_moves() -> None:
    clock = PlayedClock(NOON, 3600)
    before = clock.now()
    time.sleep(0.002)
    assert clock.now() - before >= timedelta(seconds=7)


def test_a_played_clock_stands_where_it_is_put_until_it_is_played() -> None:
    clock = PlayedClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.play(NOON + timedelta(days=1), 1)
    assert NOON + timedelta(days=1) <= clock.now() < NOON + timedelta(days=1, minutes=1)


def test_the_monotonic_clock_never_goes_backwards() -> None:
    seconds = monotonic()
    assert seconds() <= seconds()
