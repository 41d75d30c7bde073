"""Links between the entries of a transaction."""

from __future__ import annotations

from itertools import count

import msgspec
import pytest

from hub.fhir.interactions.links import Links, replace_places

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"
ROOT = "https://elsewhere.example/fhir"
PLACES = {URN.encode(): b"Patient/new", f"{ROOT}/Patient/7".encode(): b"Patient/seven"}


def links() -> Links:
    """Two entries that can be linked to; ids are counted."""
    counted = count(1)
    return Links(lambda: f"n{next(counted)}", dict(PLACES))


def resolved(element: str, value: str, full_url: str = "") -> str:
    """An element with a text → the text after the links are resolved."""
    body, _ = links().resolve(msgspec.json.encode({element: value}), full_url)
    return msgspec.json.decode(body)[element]


@pytest.mark.parametrize("element", ["reference", "valueUri", "url", "valueUuid"])
def test_an_element_that_is_exactly_a_full_url_is_a_link(element: str) -> None:
    assert resolved(element, URN) == "Patient/new"
    assert resolved(element, f"{ROOT}/Patient/7") == "Patient/seven"


@pytest.mark.parametrize(
    "element",
    ["value", "fullUrl", "system", "valueCanonical", "questionnaire", "valueString", "text"],
)
def test_values_systems_canonicals_and_texts_are_no_links(element: str) -> None:
    assert resolved(element, URN) == URN


@pytest.mark.parametrize("text", [f"{URN}x", f"see {URN}", URN[:-1], "Patient/7", ""])
def test_a_text_that_only_contains_one_is_no_link(text: str) -> None:
    assert resolved("reference", text) == text


def test_a_relative_reference_is_a_link_below_the_root_of_its_own_entry() -> None:
    assert resolved("reference", "Patient/7", f"{ROOT}/Observation/1") == "Patient/seven"
    assert resolved("reference", "Patient/8", f"{ROOT}/Observation/1") == "Patient/8"
    assert resolved("reference", "Patient/7", "https://third.example/Observation/1") == "Patient/7"
    assert resolved("reference", "Patient/7", URN) == "Patient/7"


def test_everything_else_keeps_its_bytes() -> None:
    body = b'{ "a" : [1.50, "\\u00e6"],\n "reference" :  "x", "text": "\\"reference\\": \\"y\\"" }'
    assert links().resolve(body, "") == (body, frozenset())


def test_a_reference_by_search_gets_a_place_of_its_own_each_search_one() -> None:
    found = links()
    one, used = found.resolve(b'{"reference":"Patient?identifier=a|1"}', "")
    assert one == b'{"reference":"Patient/n1"}'
    again, _ = found.resolve(b'{"reference" : "Patient?identifier=a|1"}', "")
    assert again == b'{"reference" : "Patient/n1"}'
    other, _ = found.resolve(b'{"reference":"Patient?identifier=a|2"}', "")
    assert other == b'{"reference":"Patient/n2"}'
    assert used == {b"Patient/n1"}
    assert found.open == {b"Patient/n1", b"Patient/n2"}


@pytest.mark.parametrize(
    ("element", "value"),
    [("url", "Patient?identifier=a"), ("reference", "patient?x=1"), ("reference", "Patient?")],
)
def test_other_question_marks_are_no_references_by_search(element: str, value: str) -> None:
    assert resolved(element, value) == value


def test_places_that_became_another_are_replaced_where_they_stand_alone() -> None:
    body = b'{"a":"Patient/n1","b":"see Patient/n1","c":"Patient/n11"}'
    made = replace_places(body, {b"Patient/n1": b"Patient/known"})
    assert made == b'{"a":"Patient/known","b":"see Patient/n1","c":"Patient/n11"}'


def test_lists_of_uris_have_links_in_them() -> None:
    body = f'{{"instantiatesUri": ["{URN}", "x"], "instantiatesCanonical": ["{URN}"]}}'.encode()
    made, _ = links().resolve(body, "")
    assert made == body.replace(URN.encode(), b"Patient/new", 1)


def test_links_and_pictures_of_the_narrative_are_links_and_its_text_is_none() -> None:
    div = f"""<div xmlns="http://www.w3.org/1999/xhtml"><a href="{URN}">{URN}</a><img alt='a' src='{URN}'/></div>"""
    made, _ = links().resolve(msgspec.json.encode({"text": {"div": div}}), "")
    assert msgspec.json.decode(made)["text"]["div"] == div.replace(
        f'"{URN}"', '"Patient/new"'
    ).replace(f"'{URN}'", "'Patient/new'")


def test_an_open_place_in_the_narrative_becomes_what_it_is() -> None:
    found = links()
    found.open.add(b"Patient/new")
    made, used = found.resolve(msgspec.json.encode({"div": f'<a href="{URN}">a</a>'}), "")
    assert used == {b"Patient/new"}
    final = replace_places(made, {b"Patient/new": b"Patient/known"})
    assert msgspec.json.decode(final) == {"div": '<a href="Patient/known">a</a>'}


def test_what_has_a_canonical_url_keeps_it_and_is_found_by_references() -> None:
    found, url = links(), "https://elsewhere.example/ValueSet/v"
    found.places[url.encode()] = b"ValueSet/v"
    body = f'{{"url": "{url}", "a": {{"reference": "{url}"}}}}'.encode()
    made, _ = found.resolve(body, "")
    assert msgspec.json.decode(made) == {"url": url, "a": {"reference": "ValueSet/v"}}


def test_a_reference_to_a_version_of_a_new_resource_is_to_its_first() -> None:
    text = f"{ROOT}/Patient/7/_history/3"
    assert resolved("reference", text) == "Patient/seven"
    found = links()
    found.made.add(b"Patient/seven")
    made, _ = found.resolve(msgspec.json.encode({"reference": text}), "")
    assert msgspec.json.decode(made) == {"reference": "Patient/seven/_history/1"}
