"""A URL has one spelling before it is compared; what is written to be misread has none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.security.htu import normal_path, normal_url


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("https://Hub.Example/fhir/Patient", "https://hub.example/fhir/Patient"),
        ("HTTPS://hub.example:443/fhir", "https://hub.example/fhir"),
        ("http://hub.example:80/fhir", "http://hub.example/fhir"),
        ("https://hub.example:8443/fhir", "https://hub.example:8443/fhir"),
        ("https://hub.example", "https://hub.example/"),
        ("https://hub.example/fhir?x=1", "https://hub.example/fhir"),
        ("https://hub.example/fhir#x", "https://hub.example/fhir"),
        ("https://hub.example/%7euser/%41", "https://hub.example/~user/A"),
        ("https://hub.example/a%2fb", "https://hub.example/a%2Fb"),
        ("https://hub.example/fhir/", "https://hub.example/fhir/"),
        ("https://[::1]:8000/fhir", "https://[::1]:8000/fhir"),
    ],
)
def test_a_url_has_one_spelling(text: str, spelling: str) -> None:
    assert normal_url(text) == spelling


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/fhir/Patient",
        "//hub.example/fhir",
        "ftp://hub.example/",
        "https:///fhir",
        "https://user@hub.example/fhir",
        "https://hub.example:99999/fhir",
        "https://hub.example:x/fhir",
        "https://hub.example/fhir/../admin",
        "https://hub.example/fhir/%2e%2e/admin",
        "https://hub.example/fhir/./x",
        "https://hub.example/%zz",
        "https://hub.example/%",
        "https://hub.example/\\x",
        "https://hub.example/a b",
        "https://hub.example/\u00e5",
        "https://hub.example/\n",
        "https://hub.example/" + "a" * 5000,
        "https://[::1/fhir",
    ],
)
def test_what_is_written_to_be_misread_has_no_spelling(text: str) -> None:
    assert normal_url(text) is None


def test_the_path_keeps_its_case_and_its_slashes() -> None:
    assert normal_path("/fhir/Patient") != normal_path("/fhir/patient")
    assert normal_path("/fhir//Patient") != normal_path("/fhir/Patient")


@given(st.text(max_size=80).map(lambda t: f"https://hub.example/{t}"))
def test_a_spelling_is_its_own_spelling(text: str) -> None:
    found = normal_url(text)
    assert found is None or normal_url(found) == found
