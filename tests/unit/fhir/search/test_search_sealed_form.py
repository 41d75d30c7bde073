"""A form comes back as it was sealed, at the same place alone, and nothing of it can be read."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.search.seal import Seal, seal_of
from hub.fhir.search.sealed_form import BESIDE, close_form, open_form
from hub.problems import HubError, ProblemCode

KEY = b"k" * 32
OWN = seal_of(KEY, 1, ("Observation",))
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAMES = TEXT.filter(lambda name: name not in BESIDE)
PAIRS = st.lists(st.tuples(NAMES, TEXT), max_size=5)
OTHERS = [
    seal_of(b"l" * 32, 1, ("Observation",)),
    seal_of(KEY, 2, ("Observation",)),
    seal_of(KEY, 1, ("Patient",)),
    seal_of(KEY, 1, ()),
    seal_of(KEY, 1, ("Patient", "a", "Observation")),
]


def refused(seal: Seal, token: str) -> bool:
    """Whether a token is refused as a problem of the caller's."""
    with pytest.raises(HubError) as caught:
        open_form(seal, token, 200)
    return [(p.code, p.where) for p in caught.value.problems] == [
        (ProblemCode.BAD_PARAMETER, "_form")
    ]


@given(PAIRS, st.sampled_from([OWN, seal_of(KEY, 1, ("Observation", "_search"))]))
def test_a_form_comes_back_as_it_went(pairs: list[tuple[str, str]], at: Seal) -> None:
    assert tuple(pairs) == open_form(at, close_form(OWN, pairs, "id"), 200)


def test_what_may_differ_from_page_to_page_is_left_out_of_it() -> None:
    pairs = [
        ("_count", "5"),
        ("code", "x"),
        ("_cursor", "c"),
        ("_format", "xml"),
        ("_sort", "date"),
    ]

    assert (("code", "x"), ("_sort", "date")) == open_form(OWN, close_form(OWN, pairs, "id"), 200)


@given(PAIRS, st.sampled_from(OTHERS))
def test_a_form_of_another_path_tenant_or_hub_is_refused(
    pairs: list[tuple[str, str]], other: Seal
) -> None:
    assert refused(OWN, close_form(other, pairs, "id"))


@given(st.text(max_size=60))
def test_what_nobody_gave_is_refused(text: str) -> None:
    assert refused(OWN, text)


@given(PAIRS, st.data())
def test_no_character_of_a_form_may_be_changed(
    pairs: list[tuple[str, str]], data: st.DataObject
) -> None:
    token = close_form(OWN, pairs, "id")
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from([c for c in "aZ0-_.=+/ é" if c != token[at]]))

    assert refused(OWN, token[:at] + other + token[at + 1 :])
    assert refused(OWN, token[:at])
    assert refused(OWN, token[:at] + other + token[at:])


def test_two_seals_of_one_form_have_nothing_in_common_and_show_nothing_of_it() -> None:
    one, other = (close_form(OWN, [("identifier", "13116900216")], each) for each in "ab")
    read = [urlsafe_b64decode(token + "=" * (-len(token) % 4)) for token in (one, other)]

    assert not any(b"identifier" in each or b"131169" in each for each in read)
    assert not [n for n in range(len(one) - 8) if one[n : n + 8] in other]
