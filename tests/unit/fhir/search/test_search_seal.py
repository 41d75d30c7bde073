"""A page token is taken back as it was given, for the search it was given for, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.search.seal import Seal, seal_of
from hub.fhir.search.sealed_form import close_form
from hub.problems import HubError, ProblemCode

KEY = b"k" * 32
PAIRS = [("patient", "Patient/a"), ("_sort", "-date"), ("_count", "5")]
OWN = seal_of(KEY, 1, ("Observation",)).of(PAIRS)
OTHERS = [
    seal_of(b"l" * 32, 1, ("Observation",)).of(PAIRS),
    seal_of(KEY, 2, ("Observation",)).of(PAIRS),
    seal_of(KEY, 1, ("Patient",)).of(PAIRS),
    seal_of(KEY, 1, ("Patient", "a", "Observation")).of(PAIRS),
    seal_of(KEY, 1, ("Observation",)).of([("patient", "Patient/b"), *PAIRS[1:]]),
    seal_of(KEY, 1, ("Observation",)).of([PAIRS[0], ("_sort", "date")]),
    seal_of(KEY, 1, ("Observation",)).of([*PAIRS, ("code", "x")]),
    seal_of(KEY, 1, ("Observation",)).of([("patient", "Patient/a\n5 _sort=-date")]),
]


def refused(seal: Seal, text: str) -> bool:
    """Whether a token is refused as a problem of the caller's."""
    with pytest.raises(HubError) as caught:
        seal.open(text)
    return [p.code for p in caught.value.problems] == [ProblemCode.BAD_PARAMETER]


@given(st.text(max_size=40))
def test_a_token_comes_back_as_it_went(token: str) -> None:
    assert token == OWN.open(OWN.close(token))


@given(st.text(max_size=40))
def test_a_hidden_token_comes_back_as_it_went_and_shows_nothing(token: str) -> None:
    one, other = (OWN.hide(token, once) for once in "ab")

    assert token == OWN.open(one) == OWN.open(other)
    assert one != other
    assert not [part for part in (one, other) if len(token) > 2 and token in part]


@given(st.text(max_size=40), st.sampled_from(OTHERS))
def test_a_hidden_token_of_another_search_tenant_or_hub_is_refused(token: str, other: Seal) -> None:
    assert refused(OWN, other.hide(token, "a"))
    assert refused(OWN, close_form(OWN, [("a", token)], "a"))


@given(st.text(max_size=40), st.sampled_from(OTHERS))
def test_a_token_of_another_search_tenant_or_hub_is_refused(token: str, other: Seal) -> None:
    assert refused(OWN, other.close(token))


@given(st.text(max_size=40))
def test_what_nobody_gave_is_refused(text: str) -> None:
    assert refused(OWN, text)


@given(st.text("abcXYZ019-_", min_size=1, max_size=20), st.data())
def test_no_character_of_a_token_may_be_changed(token: str, data: st.DataObject) -> None:
    sealed = OWN.close(token)
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.sampled_from([c for c in "aZ0-_." if c != sealed[at]]))

    assert refused(OWN, sealed[:at] + other + sealed[at + 1 :])


def test_the_order_of_parameters_and_what_is_about_one_page_alone_do_not_count() -> None:
    searched = seal_of(KEY, 1, ("Observation", "_search"))
    again = searched.of(
        [("_count", "9"), *reversed(PAIRS[:2]), ("_cursor", "x"), ("_format", "xml")]
    )

    assert "token" == again.open(OWN.close("token"))
