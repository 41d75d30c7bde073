"""What the index tables hold in place of texts: numbers that are nobody else's, and values that fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.search.definitions import definitions_for
from hub.store.index_keys import LONGEST, cut_key, cut_text, param_id, param_span, text_number
from hub.store.index_rows import IDENTIFIER_OF, TEXT_OF
from hub.store.layout import layout_of


def test_no_two_parameters_have_one_number_and_each_lies_in_the_span_of_its_table() -> None:
    seen: dict[int, tuple[str, str]] = {}
    forms = ("{param}", TEXT_OF, IDENTIFIER_OF, "{param}:of-type")
    for kind in sorted(RESOURCE_TYPES):
        first, last = param_span(layout_of(kind).table)
        for name in definitions_for(kind):
            for form in forms:
                number = param_id(kind, form.format(param=name))
                here = (kind, form.format(param=name))
                assert seen.setdefault(number, here) == here
                assert first <= number <= last < 1 << 31


@given(st.text(max_size=600), st.text(max_size=600))
def test_values_stay_apart_however_long_they_are(one: str, other: str) -> None:
    assert len(cut_key(one)) <= LONGEST + 20
    plain_one, plain_other = one.replace("\x00", ""), other.replace("\x00", "")
    assert (cut_key(one) == cut_key(other)) == (plain_one == plain_other)
    head, rest = cut_text(one)
    assert (rest or head) == plain_one
    assert head == plain_one[:LONGEST]


def test_nothing_has_the_number_nought_and_other_texts_have_others() -> None:
    assert text_number(None) == text_number("") == 0
    assert text_number("http://loinc.org") != text_number("http://snomed.info/sct")
    assert all(-(1 << 63) <= text_number(str(n)) < 1 << 63 for n in range(200))
