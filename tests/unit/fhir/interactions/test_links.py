"""Links between the entries of a transaction."""

from __future__ import annotations

import msgspec
import pytest

from hub.fhir.interactions.links import resolve_links

URN = "urn:uuid:11111111-2222-4333-8444-555555555555"
ROOT = "https://elsewhere.example/fhir"
LINKS = {URN.encode(): b"Patient/new", f"{ROOT}/Patient/7".encode(): b"Patient/seven"}


def resolved(element: str, value: str, full_url: str = "") -> str:
    """An element with a text → the text after the links are resolved."""
    return msgspec.json.decode(
        resolve_links(msgspec.json.encode({element: value}), LINKS, full_url)
    )[element]


@pytest.mark.parametrize("element", ["reference", "valueUri", "url", "valueCanonical"])
def test_an_element_that_is_exactly_a_full_url_is_a_link(element: str) -> None:
    assert resolved(element, URN) == "Patient/new"
    assert resolved(element, f"{ROOT}/Patient/7") == "Patient/seven"


@pytest.mark.parametrize("element", ["value", "fullUrl", "system"])
def test_values_and_systems_are_no_links(element: str) -> None:
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
    assert resolve_links(body, LINKS, "") == body
