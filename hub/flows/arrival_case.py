"""One message on its way into the hub, with all that decides what becomes of it.

Source: emessage/apprec.md (codes, "Emergency referral exception", "Sending duties").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.emessage.emergency import taking, without_bearable
from hub.emessage.read import Reading
from hub.emessage.receipt import OwnReceiver, decide_status
from hub.flows.held_decision import REFUSALS, Decision
from hub.flows.hold_message import receipt_deadline
from hub.flows.map_message import Mapped
from hub.ports import RawMessage, Unit
from hub.problems import Problem, ProblemCode


@dataclass(frozen=True, slots=True)
class Case:
    """A message that is for us and was not here before.

    Shape: `problems` are those of the message itself, each of `own` has its own beside them; `decision` is a person's; `before` what
    was made of the message before this transaction began.
    """

    unit: Unit
    raw: RawMessage
    reading: Reading
    sender: str
    own: Sequence[OwnReceiver]
    problems: tuple[Problem, ...]
    decision: Decision | None = None
    before: Mapped | None = None

    @property
    def taken(self) -> bool:
        """Whether one of our receivers takes the message in."""
        return any(decide_status((*self.problems, *o.problems)) == "1" for o in self.receivers)

    @property
    def only_unknown_receivers(self) -> bool:
        """Whether nothing is wrong but that no service of ours is named."""
        found = (*self.problems, *(p for o in self.own for p in o.problems))
        return all(p.code is ProblemCode.RECEIVER_UNKNOWN for p in found if p.fatal)

    @property
    def refusal(self) -> Problem | None:
        """The problem by which a person refuses the message, None when none did; an emergency cannot be refused."""
        decision = self.decision
        if decision is None or decision.kind != "reject" or self.reading.handling.emergency:
            return None
        code, usual = REFUSALS[decision.code]
        return Problem(code, decision.text or usual)

    @property
    def deadline(self) -> datetime:
        """Until when the receipt may be held."""
        assert self.reading.envelope is not None
        return receipt_deadline(self.reading.envelope, self.raw.received)

    def softened(self) -> Case:
        """The same as an emergency referral: what does not keep it from being read is no problem."""
        return replace(self, own=taking(self.own), problems=without_bearable(self.problems))

    @property
    def receivers(self) -> Sequence[OwnReceiver]:
        """Who answers; a person who takes the message in answers for whoever is addressed."""
        if self.decision is None or self.decision.kind != "take":
            return self.own
        return [replace(o, problems=()) for o in self.own]
