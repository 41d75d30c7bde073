"""Attributes that were seen before give the value that was made of them, and only those."""

from __future__ import annotations

import pytest

from hub.emessage import xml
from hub.emessage.datatypes import CS, CV, TS, URL
from hub.emessage.namespaces import KITH
from hub.emessage.table_parse import reader_of

_HER = 'V="HER" S="2.16.578.1.12.4.1.1.9051" DN="HER-id"'


def _read(cls: type, attributes: str, inner: str = "") -> tuple[object, list[str]]:
    errors: list[tuple[xml.Element, str]] = []
    root = xml.parse(f'<x xmlns="{KITH}" {attributes}>{inner}</x>'.encode())
    return reader_of(cls)(root, errors), [detail for _, detail in errors]


def test_a_code_that_comes_again_is_the_value_it_was():
    first, second = _read(CV, _HER), _read(CV, _HER)

    assert first == (CV(v="HER", s="2.16.578.1.12.4.1.1.9051", dn="HER-id"), [])
    assert first[0] is second[0]


@pytest.mark.parametrize(
    ("cls", "attributes"),
    [
        (CV, f'{_HER} OT="Ord fra avsender"'),
        (URL, 'V="tel:73555555"'),
        (CS, f'V="1" DN="{"x" * 200}"'),
    ],
)
def test_words_addresses_and_long_names_are_read_anew_each_time(cls: type, attributes: str):
    first, second = _read(cls, attributes), _read(cls, attributes)

    assert first == second
    assert first[0] is not second[0]


@pytest.mark.parametrize(
    ("cls", "attributes", "inner"),
    [
        (TS, 'V="2026-02-30"', ""),
        (CV, 'V="1" S="not an oid"', ""),
        (CS, 'V="1" S="2.16"', ""),
        (CV, _HER, "text"),
        (CV, _HER, "<y/>"),
    ],
)
def test_what_is_refused_is_refused_every_time(cls: type, attributes: str, inner: str):
    _read(cls, attributes)
    told = [_read(cls, attributes, inner)[1] for _ in range(2)]

    assert told[0]
    assert told[0] == told[1]


def test_where_a_schema_might_be_found_is_passed_over():
    hint = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"'

    assert _read(CS, f'V="1" {hint}') == (CS(v="1"), [])
