"""A party that comes again is the value it was, and a fault in it is told again."""

from __future__ import annotations

import pytest

from hub.emessage import xml
from hub.emessage.msghead import Organisation, Sender
from hub.emessage.namespaces import MSGHEAD
from hub.emessage.remembered import LARGEST
from hub.emessage.table_parse import parse_element
from hub.problems import HubError

_IDENT = '<Ident><Id>90213</Id><TypeId V="HER" S="2.16.578.1.12.4.1.1.9051" DN="HER-id"/></Ident>'


def _read(content: str) -> Organisation:
    whole = f'<Sender xmlns="{MSGHEAD}"><Organisation>{content}</Organisation></Sender>'
    return parse_element(xml.parse(whole.encode()), Sender).organisation


def test_a_party_that_comes_again_is_the_same_value():
    content = f"<OrganisationName>Hjemmetjenesten</OrganisationName>{_IDENT}"

    assert _read(content) is _read(content)


def test_a_party_that_differs_in_one_letter_is_read():
    names = [
        _read(f"<OrganisationName>{name}</OrganisationName>{_IDENT}").organisation_name
        for name in ("Legevakten", "legevakten", "Legevakten ")
    ]

    assert names == ["Legevakten", "legevakten", "Legevakten "]


def test_a_large_party_is_read_each_time():
    content = f"<OrganisationName>{'x' * LARGEST}</OrganisationName>{_IDENT}"
    first, second = _read(content), _read(content)

    assert first == second
    assert first is not second


@pytest.mark.parametrize(
    "content",
    [
        f"<OrganisationName>Legevakten</OrganisationName>{_IDENT.replace('9051', '9051.x')}",
        f"<OrganisationName>Legevakten</OrganisationName>{_IDENT}<Unknown/>",
        f"{_IDENT}<OrganisationName>Legevakten</OrganisationName>",
    ],
)
def test_a_fault_in_a_party_is_told_every_time(content: str):
    told: list[list[str]] = []
    for _ in range(2):
        with pytest.raises(HubError) as caught:
            _read(content)
        told.append([f"{p.where} {p.detail}" for p in caught.value.problems])

    assert told[0]
    assert told[0] == told[1]


def test_the_same_words_in_another_namespace_are_another_value():
    _read(f"<OrganisationName>Legevakten</OrganisationName>{_IDENT}")
    with pytest.raises(HubError):
        _read(f"<OrganisationName>Legevakten</OrganisationName>{_IDENT}".replace(
            "<Ident>", '<Ident xmlns="urn:x">'))  # fmt: skip
