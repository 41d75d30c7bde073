"""What a decision of the policy costs, and the condition on rows that comes of it: `python bench/policy.py`.

Units: microseconds of this thread's own CPU time, the best of many rounds: other work on the machine does not count.
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from hub.policy import Action, Actor, Organisation, Permit, authorise, parse_scopes
from hub.store.opened import opened
from hub.store.search_filters import Place

ROUNDS: Final = 60
CALLS: Final = 500
AT: Final = datetime(2026, 11, 22, tzinfo=UTC)
SCOPES: Final = parse_scopes(
    f"system/{kind}.cruds"
    for kind in ("Patient", "CarePlan", "Task", "Device", "Communication", "Observation")
)
ACTORS: Final = (
    Actor("gp_system", "gp", "GP", 1, "gp", SCOPES, Organisation("974760673")),
    Actor("dho_vendor", "v", "V", 1, "v", SCOPES, Organisation("999999999", "", "889640782")),
    Actor("development", "dev", "Developer", 1),
)


def cost(call: Callable[[], object]) -> float:
    """A call → what it costs."""
    rounds = timeit.repeat(call, number=CALLS, repeat=ROUNDS, timer=time.thread_time)
    return min(rounds) / CALLS * 1e6


def main() -> None:
    """Print one line for each actor."""
    action = Action("search", "Observation")
    for actor in ACTORS:
        permit = authorise(actor, action, AT)
        assert isinstance(permit, Permit)
        place = Place(permit, "Observation", "r")

        def decide(actor: Actor = actor) -> object:
            return authorise(actor, action, AT)

        def condition(place: Place = place) -> object:
            return opened(place, "p1")

        print(
            f"{actor.kind:<12} decision {cost(decide):5.1f} us, condition {cost(condition):5.1f} us"
        )


if __name__ == "__main__":
    main()
