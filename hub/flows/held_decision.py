"""What a person decided about a message that is held: whose it is, that it is taken in, or that it is refused.

The decision travels as the payload of the job that takes the message up again, so that it survives every crash.
Source: emessage/apprec.md ("Sending duties" 3, list 8221), security/README.md (two identifiers and a second person).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from hub.problems import ProblemCode

Kind = Literal["again", "match", "create", "take", "reject"]
HELD: Final = b"held"
REFUSALS: Final[dict[str, tuple[ProblemCode, str]]] = {
    "E35": (ProblemCode.PATIENT_UNKNOWN, "The patient has no record here and shall not have one"),
    "E21": (ProblemCode.RECEIVER_UNKNOWN, "The addressed service or person is not known here"),
    "X99": (ProblemCode.REFUSED, ""),
}
"""Codes of list 8221 by which a person may refuse a held message → the problem; X99 wants a text of its own.

E30 to E34, E53 and E54 are for processes that document them, and no process the hub takes part in does; E36 and E10 are
decided by the message itself.
"""


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """One decision.

    Shape: `again` looks for the patient once more; `match` names the patient; `create` makes a new one from the message;
    `take` takes in what was addressed to a service nobody knows; `reject` carries a code of REFUSALS and a text. `by` and
    `second` are the two persons.
    """

    kind: Kind
    patient_id: str = ""
    code: str = ""
    text: str = ""
    by: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing has been decided. Shape: `addressed` is the HER-id that the transport's own envelope named, "" if none."""

    addressed: str = ""


def encode_decision(decision: Decision) -> bytes:
    """A decision → the payload of its job."""
    if decision.kind == "again":
        return HELD
    return HELD + b":" + msgspec.json.encode(decision)


def decode_payload(payload: bytes) -> Decision | Waiting:
    """The payload of an import job → the decision it carries, or where the transport said the message goes."""
    if payload == HELD:
        return Decision("again")
    head, mark, rest = payload.partition(b":")
    if head == HELD and mark:
        return msgspec.json.decode(rest, type=Decision)
    return Waiting(payload.decode())
