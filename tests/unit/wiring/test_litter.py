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
        _undo(before)


def test_what_outlives_a_look_through_everything_is_left_alone_too() -> None:
    before = gc.get_threshold()
    try:
        leave_what_stays()
        books = [[number] for number in range(5_000)]
        kept = gc.get_freeze_count()
        gc.collect()

        assert gc.get_freeze_count() >= kept + len(books)
        assert len(gc.get_objects(generation=2)) < len(books)
    finally:
        _undo(before)


def test_it_is_told_once_however_often_a_process_is_ready() -> None:
    before, callbacks = gc.get_threshold(), len(gc.callbacks)
    try:
        leave_what_stays()
        leave_what_stays()

        assert len(gc.callbacks) == callbacks + 1
    finally:
        _undo(before)


def _undo(threshold: tuple[int, int, int]) -> None:
    gc.unfreeze()
    gc.set_threshold(*threshold)
    gc.callbacks[:] = [
        each for each in gc.callbacks if each.__module__ != leave_what_stays.__module__
    ]
