"""The Prefer header as it may be written."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.prefer import Prefer, parse_prefer


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Prefer()),
        ("", Prefer()),
        ("return=minimal", Prefer("minimal")),
        ("return=representation", Prefer("representation")),
        ("return=OperationOutcome", Prefer("OperationOutcome")),
        ("return=operationoutcome", Prefer()),
        ("handling=lenient", Prefer("", "lenient")),
        ("handling=strict, return=minimal", Prefer("minimal", "strict")),
        ("return=minimal, return=representation", Prefer("minimal")),
        ('RETURN="minimal";x=y,wait=10', Prefer("minimal")),
    ],
)
def test_what_is_preferred(header: str | None, expected: Prefer) -> None:
    assert parse_prefer(header) == expected


def test_lenient_is_asked_for_by_handling() -> None:
    assert parse_prefer("handling=lenient").lenient
    assert not parse_prefer("handling=strict").lenient


def test_blanks_cost_what_they_are_long() -> None:
    began = process_time()
    parse_prefer("return=" + " " * 60_000 + "\x01")

    assert process_time() - began < 2  # seconds; their number squared would take a minute


@given(st.text())
def test_nothing_that_is_sent_can_break_it(header: str) -> None:
    assert parse_prefer(header).returns in ("", "minimal", "representation", "OperationOutcome")
