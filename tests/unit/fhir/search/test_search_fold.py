"""Texts are compared without case and accents, Norwegian and Sami letters included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.search.fold import fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Åse", "ase"),
        ("A\N{COMBINING RING ABOVE}se", "ase"),
        ("Øyvind BJØRN", "oyvind bjorn"),
        ("Sæther", "saether"),
        ("André", "andre"),
        ("Máret Áŋŋel Đ", "maret annel d"),
        ("  to   navn\t", "to navn"),
        ("Aase", "aase"),
        ("Straße", "strasse"),
        ("Anne-Lise  B. Ås", "anne lise b as"),
        (
            "O'Brien, O\N{RIGHT SINGLE QUOTATION MARK}Brien, O\N{ACUTE ACCENT}Brien",
            "obrien obrien obrien",
        ),
        ("C++ < 5 %", "c++ < 5"),
        ("%", "%"),
        ("\N{EM DASH}", "\N{EM DASH}"),
        ("", ""),
    ],
)
def test_a_text_is_found_without_case_and_accents(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_a_folded_text_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)
