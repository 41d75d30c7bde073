"""A page becomes a searchset by joining bytes."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.codec import parse
from hub.fhir.requests import Stored
from hub.fhir.search.bundle import to_searchset
from hub.fhir.search.params import parse_cursor
from hub.fhir.search.query import Bodies, Cursor, Page
from tests.conftest import NOON

BASE = "https://hub.example/fhir"
ONE = Stored("Patient", "p", 1, NOON, b'{ "resourceType":"Patient", "id":"p" }', patient_id="p")
PAIRS = st.lists(st.tuples(st.text(max_size=10), st.text(max_size=20)), max_size=4)


def links(body: bytes) -> dict[str, str]:
    """A Bundle → its links."""
    return {link["relation"]: link["url"] for link in msgspec.json.decode(body)["link"]}


def test_bodies_are_joined_as_they_are() -> None:
    body = to_searchset(Page((ONE, ONE), None, 2), BASE, "Patient", [], posted=False)
    parse(to_searchset(Page((ONE,), None, 1), BASE, "Patient", [], posted=False), "Bundle")
    assert body.count(ONE.body) == 2
    assert msgspec.json.decode(body)["total"] == 2


@given(st.lists(st.from_regex(r"[A-Za-z0-9.\-]{1,12}", fullmatch=True), max_size=5))
def test_bodies_alone_make_the_bundle_that_their_resources_make(ids: list[str]) -> None:
    rows = [
        b'{"resourceType":"Observation","id":"%s","status":"final"}' % each.encode() for each in ids
    ]
    stored = [Stored("Observation", each, 1, NOON, row) for each, row in zip(ids, rows, strict=True)]  # fmt: skip
    told = [
        to_searchset(page, "http://x", "Observation", [("code", "c")], posted=False)
        for page in (
            Page(tuple(stored), None, None),
            Page((), None, None, bodies=Bodies("Observation", "p", rows)),
        )
    ]
    assert told[0] == told[1]


def test_an_empty_page_has_no_entry_and_an_unknown_total_is_left_out() -> None:
    assert "entry" not in msgspec.json.decode(
        to_searchset(Page((), None, 0), BASE, "Patient", [], posted=False)
    )
    assert "total" not in msgspec.json.decode(
        to_searchset(Page((ONE,), None), BASE, "Patient", [], posted=False)
    )


@given(PAIRS)
def test_the_links_carry_the_parameters_whatever_they_are(pairs: list[tuple[str, str]]) -> None:
    made = links(to_searchset(Page((ONE,), Cursor((7,), 8)), BASE, "Patient", pairs, posted=False))
    assert parse_qsl(urlsplit(made["self"]).query, keep_blank_values=True) == pairs
    follow = parse_qsl(urlsplit(made["next"]).query, keep_blank_values=True)
    assert follow[:-1] == [p for p in pairs if p[0] != "_cursor"]
    assert parse_cursor(follow[-1][1]) == Cursor((7,), 8)


def test_after_a_post_the_links_carry_the_form_as_long_as_they_fit() -> None:
    pairs, page = (
        [("code", "x"), ("_count", "5"), ("_cursor", "old")],
        Page((ONE,), Cursor((7,), 8)),
    )

    def follow(longest: int) -> str:
        path = "Patient/_search"
        made = to_searchset(page, BASE, path, pairs, posted=True, form="FORM", longest=longest)
        return links(made)["next"]

    whole = follow(8192)
    assert ["_form", "_count", "_cursor"] == [n for n, _ in parse_qsl(urlsplit(whole).query)]
    assert whole == follow(len(whole))
    assert ["_cursor"] == [n for n, _ in parse_qsl(urlsplit(follow(len(whole) - 1)).query)]


@given(PAIRS)
def test_after_a_post_the_links_without_a_form_carry_the_cursor_alone(
    pairs: list[tuple[str, str]],
) -> None:
    made = links(
        to_searchset(Page((ONE,), Cursor((7,), 8)), BASE, "Patient/_search", pairs, posted=True)
    )
    assert made["self"] == f"{BASE}/Patient/_search"
    assert [n for n, _ in parse_qsl(urlsplit(made["next"]).query)] == ["_cursor"]
