"""What is asked for and what is sent, on any header whatever; the letter of it is tested through HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.negotiate import JSON, Wanted, accepts, negotiate, read_content_type
from hub.problems import HubError

T = TypeVar("T")

parts = st.sampled_from(
    [
        "application/fhir+json",
        "application/fhir+xml",
        "text/xml",
        "application/json",
        "*/*",
        "text/*",
        "image/png",
        ",",
        ";",
        "q=0",
        "q=0.5",
        "q=1",
        "q=x",
        "charset=utf-8",
        "charset=a",
        "fhirVersion=4.0",
        "fhirVersion=3",
        "å",
        "=",
    ]
)
headers = st.lists(parts, max_size=12).map("".join) | st.text(max_size=60)


def outcome_of(work: Callable[[], T]) -> T | set[str]:
    """What comes back, or the codes of the problems."""
    try:
        return work()
    except HubError as error:
        return {p.code.name for p in error.problems}


@given(
    headers, st.lists(st.tuples(st.sampled_from(["_format", "_pretty", "x"]), headers), max_size=3)
)
def test_any_header_and_query_is_answered_or_refused_as_the_sender_s_fault(
    accept: str, query: list[tuple[str, str]]
) -> None:
    outcome = outcome_of(lambda: negotiate(accept, query))
    if isinstance(outcome, Wanted):
        assert outcome.xml == ("xml" in outcome.content_type)
        assert outcome.content_type.isascii()
        assert "\n" not in outcome.content_type
    else:
        assert outcome <= {"NOT_ACCEPTABLE", "BAD_PARAMETER"}


@given(headers)
def test_what_is_sent_is_something_the_sender_accepts(accept: str) -> None:
    try:
        wanted = negotiate(accept, ())
    except HubError:
        return
    people = accepts(accept, "text/html") or accepts(accept, "application/xhtml+xml")
    old = accepts(accept, "application/json+fhir") or accepts(accept, "application/xml+fhir")
    assert accepts(accept, wanted.content_type) or people or old


@given(headers)
def test_any_content_type_is_read_or_refused(content_type: str) -> None:
    outcome = outcome_of(lambda: read_content_type(content_type))
    assert outcome == (outcome.lower() if isinstance(outcome, str) else {"UNSUPPORTED_MEDIA"})


@pytest.mark.parametrize("accept", [None, "", " ", "*/*", "application/fhir+json"])
def test_stored_bytes_are_sent_as_they_are_to_whom_asks_for_nothing_else(
    accept: str | None,
) -> None:
    assert negotiate(accept, ()).plain
    assert not negotiate(accept, [("_pretty", "true")]).plain
    assert negotiate(accept, [("_format", "json")]).plain


def test_a_long_header_is_answered_as_a_short_one() -> None:
    assert negotiate("image/png," * 200 + "text/xml", ()) == Wanted(
        xml=True, content_type="text/xml"
    )
    assert JSON == negotiate(None, [("other", "xml")])
