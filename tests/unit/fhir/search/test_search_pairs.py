"""Pairs of a query string are read as the standard library reads them, and what it refuses is refused."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.fhir.search.pairs import read_pairs, render_pairs
from hub.problems import HubError

QUERIES = st.lists(st.sampled_from(["a", "=", "&", "+", "%20", "%C3%A6", "%ff", "%", "%0", "ø", ";"]), max_size=12).map("".join)  # fmt: skip


@given(QUERIES)
@example("patient=Patient/p&code=http://loinc.org|29463-7&_count=365")
def test_pairs_are_read_as_the_library_reads_them(text: str) -> None:
    try:
        expected = tuple(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except ValueError:
        with pytest.raises(HubError):
            read_pairs(text, 100)
        return
    assert read_pairs(text, 100) == expected


@given(st.lists(st.tuples(st.text(min_size=1).filter(lambda t: "\0" not in t), st.text()), max_size=4))  # fmt: skip
def test_pairs_that_were_rendered_are_read_back(pairs: list[tuple[str, str]]) -> None:
    if any("\0" in value for _, value in pairs):
        with pytest.raises(HubError):
            read_pairs(render_pairs(pairs), 10)
    else:
        assert read_pairs(render_pairs(pairs), 10) == tuple(pairs)


def test_more_pairs_than_may_be_are_refused() -> None:
    assert len(read_pairs("a=1&b=2", 2)) == 2
    with pytest.raises(HubError):
        read_pairs("a=1&b=2&c=3", 2)
