"""What every test may ask for: a clock that stands still, counted ids, and `tests.builders`."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hub.clock import FixedClock

# A machine with other work must not fail a law by being slow; what takes too long is stopped by pytest-timeout.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


sys.path.insert(0, str(Path(__file__).parent.parent))  # tests are no package: `tests.builders`

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def pytest_runtest_teardown() -> None:
    """A hub that ran in this process has set how much is logged: the next test does not inherit it."""
    logging.getLogger("hub").setLevel(logging.NOTSET)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon until a test moves it; its ids are counted."""
    return FixedClock(NOON)
