"""What people write between the digits of a number does not count, nor does case elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.search.contact import contact_key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("+47 900 00 000", "+4790000000"),
        ("tel:+47-900.00.000", "+4790000000"),
        ("(900) 00 000", "(900) 00 000"),
        ("900 00 000", "90000000"),
        (" Kari@Example.NO ", "kari@example.no"),
        ("https://Example.no/A B", "https://example.no/a b"),
        ("90000000 lokal 12", "90000000 lokal 12"),
    ],
)
def test_a_contact_is_compared_without_what_only_people_need(written: str, key: str) -> None:
    assert contact_key(written) == key


@given(st.text())
def test_a_key_stays_as_it_is(text: str) -> None:
    assert contact_key(contact_key(text)) == contact_key(text)
