"""The state of a sent message per receiver: facts are appended, the state is derived from them.

Source: transport/README.md "One shared message state model"; apprec.md "Receiving duties".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a message to one receiver stands; only APP_REC_OK moves responsibility to the receiver."""

    QUEUED = "Queued"
    SUBMITTING = "Submitting"
    SUBMITTED = "Submitted"
    WRITTEN = "Written"
    ON_QUEUE = "OnQueue"
    TRANSPORT_ACKED = "TransportAcked"
    TRANSPORT_REJECTED = "TransportRejected"
    TRANSPORT_ABANDONED = "TransportAbandoned"
    APP_REC_OK = "AppRecOk"
    APP_REC_REJECTED = "AppRecRejected"
    APP_REC_PARTLY = "AppRecPartly"
    EXPIRED = "Expired"
    NO_APP_REC = "NoAppRec"
    DEAD_LETTER = "DeadLetter"
    CONFLICT = "Conflict"
    CANCELLED = "Cancelled"
    TAKEN_BACK = "TakenBack"


class FactKind(StrEnum):
    """What can happen to a message on its way; each is one append-only row with its time and evidence."""

    SUBMIT_STARTED = "submit-started"
    SUBMIT_FAILED = "submit-failed"
    SUBMITTED = "submitted"
    WRITTEN = "written"
    PUT_ON_QUEUE = "put-on-queue"
    TRANSPORT_ACK = "transport-ack"
    TRANSPORT_NACK = "transport-nack"
    TRANSPORT_GAVE_UP = "transport-gave-up"
    APP_REC_OK = "apprec-ok"
    APP_REC_REJECTED = "apprec-rejected"
    APP_REC_PARTLY = "apprec-partly"
    ACK_OVERDUE = "ack-overdue"
    APP_REC_OVERDUE = "apprec-overdue"
    GIVEN_UP = "given-up"
    CONFLICT_FOUND = "conflict-found"
    CANCELLED = "cancelled"
    TAKEN_BACK = "taken-back"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened: when, and where the proof is (a raw row, a file name, a receipt id)."""

    kind: FactKind
    at: datetime
    evidence: str = ""


# A receipt proves delivery, whatever the transport told us before or did not live to tell.
_ANSWERS: Final[Mapping[FactKind, State]] = {
    FactKind.APP_REC_OK: State.APP_REC_OK,
    FactKind.APP_REC_REJECTED: State.APP_REC_REJECTED,
    FactKind.APP_REC_PARTLY: State.APP_REC_PARTLY,
}
# A DIALOG_AVVIK: the receiver has the message and cannot handle it (HIS 1151); nothing else undoes a positive receipt.
_AVVIK: Final[Mapping[FactKind, State]] = {FactKind.TAKEN_BACK: State.TAKEN_BACK}
_HANDED_OVER: Final[Mapping[FactKind, State]] = {
    FactKind.SUBMITTED: State.SUBMITTED,
    FactKind.WRITTEN: State.WRITTEN,
    FactKind.PUT_ON_QUEUE: State.ON_QUEUE,
}
_TRANSPORT: Final[Mapping[FactKind, State]] = {
    FactKind.TRANSPORT_ACK: State.TRANSPORT_ACKED,
    FactKind.TRANSPORT_NACK: State.TRANSPORT_REJECTED,
    FactKind.TRANSPORT_GAVE_UP: State.TRANSPORT_ABANDONED,
}
_OUT: Final[Mapping[FactKind, State]] = {
    **_TRANSPORT,
    **_ANSWERS,
    **_AVVIK,
    FactKind.ACK_OVERDUE: State.EXPIRED,
    FactKind.APP_REC_OVERDUE: State.NO_APP_REC,
    FactKind.CONFLICT_FOUND: State.CONFLICT,
    FactKind.REPLAYED: State.QUEUED,
}

# The legal transitions; what is not listed leaves the state as it is, and the fact stays on record.
TRANSITIONS: Final[Mapping[State, Mapping[FactKind, State]]] = {
    State.QUEUED: {
        **_HANDED_OVER,
        **_ANSWERS,
        FactKind.SUBMIT_STARTED: State.SUBMITTING,
        FactKind.CANCELLED: State.CANCELLED,
        FactKind.GIVEN_UP: State.DEAD_LETTER,
        # What never went out has no receipt either: its user must be warned all the same.
        FactKind.APP_REC_OVERDUE: State.NO_APP_REC,
    },
    State.SUBMITTING: {
        **_HANDED_OVER,
        **_TRANSPORT,
        **_ANSWERS,
        FactKind.SUBMIT_FAILED: State.QUEUED,
        FactKind.GIVEN_UP: State.DEAD_LETTER,
        FactKind.APP_REC_OVERDUE: State.NO_APP_REC,
    },
    State.SUBMITTED: _OUT,
    State.WRITTEN: _OUT,
    State.ON_QUEUE: _OUT,
    State.TRANSPORT_ACKED: {
        **_ANSWERS,
        **_AVVIK,
        FactKind.APP_REC_OVERDUE: State.NO_APP_REC,
        FactKind.CONFLICT_FOUND: State.CONFLICT,
        FactKind.REPLAYED: State.QUEUED,
    },
    State.TRANSPORT_REJECTED: {
        **_ANSWERS,
        FactKind.REPLAYED: State.QUEUED,
        FactKind.GIVEN_UP: State.DEAD_LETTER,
    },
    State.TRANSPORT_ABANDONED: {
        **_ANSWERS,
        FactKind.REPLAYED: State.QUEUED,
        FactKind.GIVEN_UP: State.DEAD_LETTER,
    },
    # A late acknowledgement or receipt is valid.
    State.EXPIRED: _OUT,
    State.NO_APP_REC: {
        **_ANSWERS,
        **_AVVIK,
        FactKind.REPLAYED: State.QUEUED,
        FactKind.GIVEN_UP: State.DEAD_LETTER,
    },
    State.DEAD_LETTER: {**_ANSWERS, FactKind.REPLAYED: State.QUEUED},
    State.CONFLICT: {**_ANSWERS, FactKind.GIVEN_UP: State.DEAD_LETTER},
    State.APP_REC_OK: _AVVIK,
    State.APP_REC_REJECTED: {},
    State.APP_REC_PARTLY: _AVVIK,
    State.CANCELLED: {},
    State.TAKEN_BACK: {},
}

TERMINAL: Final = frozenset(state for state, ways in TRANSITIONS.items() if not ways)


def derive(facts: Iterable[Fact]) -> State:
    """The facts of one message and receiver in the order they were recorded → its state.

    A terminal state does not flip: a second receipt for the same message and party changes nothing, and a positive one is
    undone by an avvik alone.
    """
    state = State.QUEUED
    for fact in facts:
        state = TRANSITIONS[state].get(fact.kind, state)
    return state


def fact_of_receipt(status: str | None) -> FactKind | None:
    """Status of list 8258 in a receipt → the fact it is, or None for a status that no list has."""
    return {
        "1": FactKind.APP_REC_OK,
        "2": FactKind.APP_REC_REJECTED,
        "3": FactKind.APP_REC_PARTLY,
    }.get(status or "")
