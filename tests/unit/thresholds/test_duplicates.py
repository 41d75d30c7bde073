"""Which observations repeat others: what stands when a copy comes, and how much work it is to know.

Source: dho/thresholds.md §4.1, §9.1, §13 S1.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.thresholds.measurement import Measurement
from hub.thresholds.standing import find_standing

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def sent(name: str, second: int, value: str, status: str = "final", version: int = 1) -> Measurement:  # fmt: skip
    """A version with the one identifier of these tests."""
    came = AT + timedelta(seconds=second)
    return Measurement(name, "spo2", AT, came, status, version, ("x|1",), "d", value, "%")


def roles(*logs: Sequence[Measurement]) -> dict[str, str]:
    """Observations, each with its versions → what each counts as; "valid" when it is judged."""
    found = find_standing({log[0].id: log for log in logs})
    return {
        name: stands.examined.outcome if stands.examined is not None else stands.role
        for name, stands in found.items()
    }


def calls_for(count: int) -> int:
    """How many functions are called to sort out so many values that correct each other to and fro."""
    versions = {f"o{n}": [sent(f"o{n}", n, ("85", "95")[n % 2])] for n in range(count)}
    called = 0

    def profile(_: Any, event: str, __: Any) -> None:
        nonlocal called
        called += event == "call"

    sys.setprofile(profile)
    try:
        find_standing(versions)
    finally:
        sys.setprofile(None)
    return called


def test_what_is_sent_again_after_a_retraction_is_judged_though_a_copy_came_before_it() -> None:
    first = [sent("o1", 1, "85"), sent("o1", 3, "85", "entered-in-error", 2)]

    found = roles(first, [sent("o2", 2, "85")], [sent("o3", 4, "85")])

    assert {"o1": "retracted", "o2": "duplicate", "o3": "valid"} == found


def test_to_and_fro_the_newest_counts() -> None:
    found = roles(*([sent(f"o{n}", n, value)] for n, value in enumerate(("85", "95", "85", "85"))))

    assert {"o0": "superseded", "o1": "superseded", "o2": "valid", "o3": "duplicate"} == found


def test_a_reading_that_is_corrected_for_ever_takes_work_by_the_number_not_its_square() -> None:
    assert calls_for(400) < 6 * calls_for(100)
