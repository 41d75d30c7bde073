"""What stays is not looked through again and again."""

from __future__ import annotations

import gc

from hub.wiring.litter import YOUNG, leave_what_stays, look_through_all_again


def test_what_is_loaded_is_left_alone_and_new_circles_are_still_found() -> None:
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
        look_through_all_again()


def test_what_outlives_a_look_through_everything_is_left_alone_too() -> None:
    try:
        leave_what_stays()
        books = [[number] for number in range(5_000)]
        kept = gc.get_freeze_count()
        gc.collect()

        assert gc.get_freeze_count() >= kept + len(books)
        assert len(gc.get_objects(generation=2)) < len(books)
    finally:
        look_through_all_again()


def test_it_is_told_once_however_often_a_process_is_ready() -> None:
    callbacks = len(gc.callbacks)
    try:
        leave_what_stays()
        leave_what_stays()

        assert len(gc.callbacks) == callbacks + 1
    finally:
        look_through_all_again()


def test_a_hub_that_has_ended_leaves_the_process_as_it_was() -> None:
    before = gc.get_threshold(), len(gc.callbacks)
    leave_what_stays()

    look_through_all_again()

    assert (gc.get_threshold(), len(gc.callbacks)) == before
    assert gc.get_freeze_count() == 0
