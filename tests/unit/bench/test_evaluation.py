"""What the bench times must be there, or judging's share could not be taken any more."""

from __future__ import annotations

from bench.evaluation import timing
from hub.flows import mark_for_judging


def test_every_call_that_evaluates_is_found_watched_and_put_back() -> None:
    before = mark_for_judging.measurements_of
    with timing():
        assert mark_for_judging.measurements_of is not before
    assert mark_for_judging.measurements_of is before
