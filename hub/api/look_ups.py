"""Searches by a person's number: who looks up one after the other that is not here is guessing, and is stopped.

Source: security README §6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub.api.rates import Rates
from hub.fhir.requests import FhirRequest, FhirResponse
from hub.problems import ProblemCode, fail


@dataclass(frozen=True, slots=True)
class LookUps:
    """Counts by caller. Units: seconds on one clock."""

    rates: Rates
    now: Callable[[], float]

    def begin(self, request: FhirRequest) -> None:
        """A look-up begins. Problems: THROTTLED."""
        if not self.rates.may_look_up(_caller(request), self.now()):
            raise fail(
                ProblemCode.THROTTLED, "Too many searches for persons who are not here; wait"
            )

    def end(self, request: FhirRequest, answer: FhirResponse) -> None:
        """The answer of a look-up, which may have found nobody."""
        if answer.status == 200 and b'"entry"' not in answer.body:
            self.rates.missed(_caller(request), self.now())


def is_look_up(request: FhirRequest) -> bool:
    """A request → whether it searches by an identifier on behalf of somebody outside."""
    if request.actor.kind == "development":
        return False
    return any(name.partition(":")[0].endswith("identifier") for name, _ in request.query)


def _caller(request: FhirRequest) -> str:
    return f"{request.actor.kind}/{request.actor.client_id or request.actor.id}"
