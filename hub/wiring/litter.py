"""How often Python looks for objects that hold each other: seldom, and not among those that stay.

What a request makes is freed when its last name goes; only circles are left to the collector. Left to its defaults it went
through the same objects, modules and tables of standards thousands of times a minute and found nothing.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 10_000
"""How many objects more than before there are when circles are looked for among the new ones."""
OLDEST: Final = 2
"""The generation that is looked through with everything."""
AS_PYTHON_COMES: Final = gc.get_threshold()
"""How often circles are looked for in a process that no hub runs in."""


def leave_what_stays() -> None:
    """Everything is loaded → it is looked through no more, nor is what outlives a look through everything.

    The books of ten thousand patients are a million objects, and all work stood still for a second while they were looked
    through. They hold no circles; a circle that is in use just then is the price, and stays.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
    if _leave_survivors not in gc.callbacks:
        gc.callbacks.append(_leave_survivors)


def look_through_all_again() -> None:
    """The hub of this process has ended → what it left alone is looked through again, as often as Python does by itself."""
    gc.callbacks[:] = [each for each in gc.callbacks if each is not _leave_survivors]
    gc.unfreeze()
    gc.set_threshold(*AS_PYTHON_COMES)


def _leave_survivors(phase: str, info: dict[str, int]) -> None:
    """The end of a look through everything → what is left is not looked through again."""
    if phase == "stop" and info["generation"] == OLDEST:
        gc.freeze()
