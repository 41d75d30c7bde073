"""How often the file drop is looked at; the demo looks more often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the rounds are made, and how long a file in the drop must stand still. Units: seconds."""

    drop_in_s: float = 1.0
    drop_out_s: float = 2.0
    settle_s: float = 1.0
    chase_s: float = 60.0
    clock_s: float = 5.0
    books_s: float = 0.2
    retention_s: float = 3600.0
