"""What is read from the tags of a document is what is read from its tree, and never more."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from msgspec import structs

from hub.emessage import xml
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead, Organisation, Sender
from hub.emessage.plain_tags import NotPlainError
from hub.emessage.read import Reading, read_message, read_root
from hub.emessage.table import Edition
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse_element
from hub.emessage.table_plain import parse_plain_as
from hub.problems import HubError
from tests.letter_generator import LETTERS, letter_bytes
from tests.message_generator import generated, without_ends_in_values

ROWS = [row for row in MESSAGE_TYPES if row.payload is not None and row.root != "Message"]
replace: Any = structs.replace
_ELEMENT = re.compile(rb"<([\w:]+)[^<>]*(?:/>|>[^<]*</\1>)")


def roots(row: MessageType) -> tuple[type, Edition | None]:
    if row.root != "Message":
        return MsgHead, None
    assert row.payload is not None
    return row.payload, row.edition


def plain(data: bytes, row: MessageType = ROWS[0]) -> object:
    try:
        return parse_plain_as(data, *roots(row))
    except NotPlainError:
        return None


def strict(data: bytes, row: MessageType = ROWS[0]) -> object:
    try:
        return parse_element(xml.parse(data), *roots(row))
    except HubError:
        return None


def message(row: MessageType, seed: int) -> bytes:
    made = render(generated(row, seed)) if row in ROWS else letter_bytes(row, seed)
    return without_ends_in_values(made)


def from_tree(data: bytes) -> Reading:
    try:
        return read_root(xml.parse(data), lambda _: True)
    except HubError as error:
        return Reading("", problems=error.problems)


@pytest.mark.parametrize("row", [*ROWS, *LETTERS], ids=lambda row: f"{row.type}-{row.standard}")
def test_both_readers_give_the_same_value_and_the_same_reading(row: MessageType) -> None:
    for seed in range(6):
        data = message(row, seed)

        assert strict(data, row) == plain(data, row) is not None
        assert read_root(xml.parse(data), lambda _: True) == read_message(data, lambda _: True)


@pytest.mark.parametrize("row", [*ROWS, *LETTERS], ids=lambda row: f"{row.type}-{row.standard}")
def test_a_changed_message_is_never_read_otherwise_than_from_its_tree(row: MessageType) -> None:
    random = Random(row.type)
    data = message(row, 2)
    places = list(_ELEMENT.finditer(data))
    refused = 0
    for _ in range(20):
        one, other = random.choice(places), random.choice(places)
        put = random.choice(
            (
                b"",
                one[0] * 2,
                other[0],
                one[0].replace(b">", b' odd="1">', 1),
                one[0].replace(b'"', b'"x', 1),
                b"<%s>odd</%s>" % (one[1], one[1]),
                b"<%s/>" % one[1],
                b"<%s> <!-- x --> </%s>" % (one[1], one[1]),
                one[0] + b"odd",
                one[0] + b"<odd/>",
            )
        )
        made = data[: one.start()] + put + data[one.end() :]
        value, expected = plain(made, row), strict(made, row)
        refused += expected is None
        assert value is None or value == expected
        assert from_tree(made) == read_message(made, lambda _: True)
    assert refused > 3


def nested(deep: int) -> bytes:
    """Organisations in one another, so many inside of the first."""
    message = generated(ROWS[0], 1)
    ident = message.msg_info.sender.organisation.ident
    organisation = Organisation(organisation_name="A", ident=ident)
    for _ in range(deep):
        organisation = replace(organisation, organisation=organisation)
    info = replace(message.msg_info, sender=Sender(organisation=organisation))
    return without_ends_in_values(render(replace(message, msg_info=info)))


def test_organisations_in_organisations_are_followed_no_deeper_than_a_tree() -> None:
    read = {deep for deep in range(50, 70) if strict(nested(deep)) is not None}

    assert {50} < read < set(range(50, 65))
    for deep in (20, *range(50, 70), 200):
        value = plain(nested(deep))
        assert value is None or value == strict(nested(deep))
    assert plain(nested(20)) is not None


def test_marked_up_text_is_followed_no_deeper_than_a_tree() -> None:
    row = next(row for row in LETTERS if row.type == "EPIKRISE")
    data = message(row, 5)
    place = re.search(rb"(?<=<Observation>)<Description>[^<]*</Description>", data)
    assert place is not None
    read: set[int] = set()
    for deep in (5, *range(50, 66)):
        text = b"<Description>%sx<br/>%s</Description>" % (b"<p>" * deep, b"</p>" * deep)
        made = data[: place.start()] + text + data[place.end() :]
        value = plain(made, row)
        read |= {deep} if value is not None else set()
        assert value is None or value == strict(made, row)
    assert {5} <= read < set(range(64))
