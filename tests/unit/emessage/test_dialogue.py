"""The states of a sent message."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.emessage.dialogue import (
    TERMINAL,
    TRANSITIONS,
    Fact,
    FactKind,
    State,
    derive,
    fact_of_receipt,
)

AT = datetime(2026, 3, 2, tzinfo=UTC)


def state_after(*kinds: FactKind) -> State:
    return derive(Fact(kind, AT) for kind in kinds)


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ((), State.QUEUED),
        ((FactKind.SUBMIT_STARTED,), State.SUBMITTING),
        ((FactKind.SUBMIT_STARTED, FactKind.SUBMIT_FAILED), State.QUEUED),
        ((FactKind.WRITTEN,), State.WRITTEN),
        ((FactKind.WRITTEN, FactKind.TRANSPORT_ACK), State.TRANSPORT_ACKED),
        ((FactKind.WRITTEN, FactKind.TRANSPORT_NACK, FactKind.REPLAYED), State.QUEUED),
        ((FactKind.WRITTEN, FactKind.ACK_OVERDUE, FactKind.TRANSPORT_ACK), State.TRANSPORT_ACKED),
        ((FactKind.WRITTEN, FactKind.APP_REC_OVERDUE), State.NO_APP_REC),
        ((FactKind.WRITTEN, FactKind.APP_REC_OVERDUE, FactKind.APP_REC_OK), State.APP_REC_OK),
        ((FactKind.CANCELLED,), State.CANCELLED),
        ((FactKind.SUBMIT_STARTED, FactKind.CANCELLED), State.SUBMITTING),
        ((FactKind.GIVEN_UP, FactKind.REPLAYED), State.QUEUED),
    ],
)
def test_facts_lead_to_states(kinds: tuple[FactKind, ...], state: State) -> None:
    assert state == state_after(*kinds)


@pytest.mark.parametrize(
    "state", [State.QUEUED, State.SUBMITTING, State.WRITTEN, State.NO_APP_REC, State.DEAD_LETTER]
)
def test_a_receipt_proves_delivery_from_every_open_state(state: State) -> None:
    assert TRANSITIONS[state][FactKind.APP_REC_OK] == State.APP_REC_OK


def test_every_state_has_its_row_and_three_are_terminal() -> None:
    assert set(State) == set(TRANSITIONS)
    assert {State.APP_REC_REJECTED, State.CANCELLED, State.TAKEN_BACK} == TERMINAL


@pytest.mark.parametrize("state", [State.APP_REC_OK, State.APP_REC_PARTLY])
def test_a_positive_receipt_is_undone_by_an_avvik_alone(state: State) -> None:
    assert {FactKind.TAKEN_BACK: State.TAKEN_BACK} == TRANSITIONS[state]


@given(st.lists(st.sampled_from(FactKind)), st.lists(st.sampled_from(FactKind)))
def test_a_terminal_state_never_flips(before: list[FactKind], after: list[FactKind]) -> None:
    state = state_after(*before)
    if state in TERMINAL:
        assert state == state_after(*before, *after)


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        ("1", FactKind.APP_REC_OK),
        ("2", FactKind.APP_REC_REJECTED),
        ("3", FactKind.APP_REC_PARTLY),
        ("9", None),
        (None, None),
    ],
)
def test_the_status_of_a_receipt_is_a_fact(status: str | None, fact: FactKind | None) -> None:
    assert fact is fact_of_receipt(status)
