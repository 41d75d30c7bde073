"""What we sent before about the same thing to the same receiver → whether the next message is new, a change or a withdrawal.

Source: hodemelding.md rules 2 to 4, plo.md §3 ("Series"), epikrise-henvisning.md; HISD 1154, HITS 1218.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.emessage import xml
from hub.emessage.dialogue import State
from hub.emessage.envelope_read import payload_element
from hub.emessage.handling import read_handling
from hub.fhir.models.r4.communication import Communication
from hub.flows.letterhead import load, tail
from hub.flows.store_draft import Desk
from hub.mapping.fhir_parts import target
from hub.mapping.fresh_message import message_type
from hub.mapping.sent_message import change_of
from hub.ports import MessageRow, Unit
from hub.problems import HubError, Problem, ProblemCode

NEW, CHANGED, WITHDRAWN = "N", "M", "C"
_LOOK_BACK: Final = 1000
# What never became a message at the receiver's: the next one is new, with a number of its own (rule 4)
_GONE: Final = frozenset(
    {
        State.APP_REC_REJECTED,
        State.TRANSPORT_REJECTED,
        State.TRANSPORT_ABANDONED,
        State.DEAD_LETTER,
        State.CONFLICT,
        State.CANCELLED,
        State.TAKEN_BACK,
    }
)


@dataclass(frozen=True, slots=True)
class Written:
    """A message that was made.

    Shape: `receiver` is the HER-id of level 2; `change` of list 7309, "" for what has no series; `earlier` the latest message
    of its series.
    """

    raw: bytes
    receiver: str
    change: str = ""
    earlier: Communication | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest message of a series that stands at its receiver's.

    Shape: `row` is the message that was sent; `overdue`: no receipt came for it in time.
    """

    communication: Communication
    row: MessageRow

    @property
    def overdue(self) -> bool:
        """Whether its receipt is missing."""
        return self.row.state == State.NO_APP_REC


def find_standing(
    unit: Unit, desk: Desk, told: Communication, receiver_her: str | None
) -> Standing | None:
    """A Communication and its receiver (None: any) → the latest message about the same thing that stands, or None.

    Shape: what was refused, never arrived or was taken back does not stand; nor does a series that was withdrawn.
    """
    found = _latest(unit, desk, told, receiver_her)
    return None if found is None or change_of(found.communication) == WITHDRAWN else found


def _latest(
    unit: Unit, desk: Desk, told: Communication, receiver_her: str | None
) -> Standing | None:
    """The latest message about the same thing that reached its receiver, a withdrawal too."""
    about = _about(told)
    patient = tail(told.subject.reference) if told.subject is not None else ""
    for row in unit.messages.of_patient(desk.actor.tenant_id, patient, _LOOK_BACK):
        if _is_candidate(row, told, receiver_her):
            found = load(unit, desk, "Communication", row.communication_id)
            if isinstance(found, Communication) and about & _about(found):
                return Standing(found, row)
    return None


def document_id(
    unit: Unit, desk: Desk, told: Communication, receiver_her: str, usual: str, msg_id: str
) -> str:
    """A letter to be sent → the id that all messages of its series bear (ServProvId, DocumentId).

    Shape: that of the message that stands; `usual` for a series that begins, but `msg_id` after a withdrawal: whoever was told that
    all messages with an id are withdrawn takes in no further one.
    """
    found = _latest(unit, desk, told, receiver_her)
    if found is None:
        return usual
    if change_of(found.communication) == WITHDRAWN:
        return msg_id
    sent = unit.messages.find(desk.actor.tenant_id, found.row.id)
    if sent is None or not sent.raw:  # its bytes were not kept that long
        return usual
    return read_handling(payload_element(xml.parse(sent.raw))).document_id


def change_for(
    standing: Standing | None, *, withdrawn: bool, amended: bool, where: str
) -> tuple[str, Communication | None]:
    """What stands, and what its content says of itself → (what the next message is, the one it refers to).

    Problems: OUTPUT_INVALID when there is nothing to withdraw, or the same would be sent as new a second time.
    """
    if withdrawn:
        if standing is None:
            detail = "Det finnes ingen sendt melding å kansellere hos mottakeren"
            raise HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, where))
        return WITHDRAWN, standing.communication
    if standing is None:
        return NEW, None
    if amended:
        return CHANGED, standing.communication
    if standing.overdue:
        return NEW, None
    detail = "Meldingen er alt sendt til mottakeren; endre den (status amended) eller kanseller den (entered-in-error)"
    raise HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, where))


def _is_candidate(row: MessageRow, told: Communication, receiver_her: str | None) -> bool:
    return (
        row.direction == "out"
        and row.type == message_type(told)
        and bool(row.communication_id)
        and row.communication_id != told.id
        and receiver_her in (None, row.receiver_her)
        and row.state not in _GONE
    )


def _about(told: Communication) -> set[tuple[str, str]]:
    found = (target(part.contentReference) for part in told.payload)
    return {each for each in found if each is not None and each[0] in _CONTENT}


_CONTENT: Final = ("Composition", "ServiceRequest")
