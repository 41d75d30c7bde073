"""What stays is not looked through again and again."""

from __future__ import annotations

import gc

from hub.wiring.litter import YOUNG, leave_what_stays


def test_what_is_loaded_is_left_alone_and_new_circles_are_still_found() -> None:
    before = gc.get_threshold()
    try:
        leave_what_stays()
        kept = gc.get_freeze_count()
        circle: list[object] = []
        circle.append(circle)
        del circle

        assert kept > 0
        assert gc.get_threshold()[0] == YOUNG
        assert gc.collect() >= 1
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
