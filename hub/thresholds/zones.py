"""The zones and their order.

Source: dho/thresholds.md §3.1, §3.3.
"""

from __future__ import annotations

from typing import Final, Literal

Zone = Literal["none", "black", "green", "yellow", "red"]
"""A clinical zone, mildest first."""
Standing = Literal[
    "none", "black", "green", "yellow", "red", "invalid", "retracted", "duplicate", "superseded"
]
"""A zone, or why an observation has none (§3.3)."""

RANK: Final[dict[str, int]] = {"none": 0, "black": 1, "green": 2, "yellow": 3, "red": 4}
"""§3.1: none < black < green < yellow < red."""
BAND_ZONES: Final = frozenset({"black", "green", "yellow", "red"})
ALERTING: Final = frozenset({"yellow", "red"})
"""§3.4: only these raise alerts."""
