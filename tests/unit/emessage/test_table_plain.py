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
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse_element
from hub.emessage.table_plain import parse_plain_as
from hub.problems import HubError
from tests.message_generator import generated, without_ends_in_values

ROWS = [row for row in MESSAGE_TYPES if row.payload is not None and row.root != "Message"]
replace: Any = structs.replace
_ELEMENT = re.compile(rb"<([\w:]+)[^<>]*(?:/>|>[^<]*</\1>)")


def plain(data: bytes) -> object:
    try:
        return parse_plain_as(data, MsgHead)
    except NotPlainError:
        return None


def strict(data: bytes) -> object:
    try:
        return parse_element(xml.parse(data), MsgHead)
    except HubError:
        return None


def from_tree(data: bytes) -> Reading:
    try:
        return read_root(xml.parse(data), lambda _: True)
    except HubError as error:
        return Reading("", problems=error.problems)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.standard}")
def test_both_readers_give_the_same_value_and_the_same_reading(row: MessageType) -> None:
    for seed in range(6):
        data = without_ends_in_values(render(generated(row, seed)))

        assert strict(data) == plain(data) is not None
        assert read_root(xml.parse(data), lambda _: True) == read_message(data, lambda _: True)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.standard}")
def test_a_changed_message_is_never_read_otherwise_than_from_its_tree(row: MessageType) -> None:
    random = Random(row.type)
    data = without_ends_in_values(render(generated(row, 2)))
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
        value, expected = plain(made), strict(made)
        refused += expected is None
        assert value is None or value == expected
        assert from_tree(made) == read_message(made, lambda _: True)
    assert refused > 3


def test_organisations_in_organisations_are_followed_no_deeper_than_a_tree() -> None:
    message = generated(ROWS[0], 1)
    for deep in (20, 200):
        organisation = Organisation(
            organisation_name="A", ident=message.msg_info.sender.organisation.ident
        )
        for _ in range(deep):
            organisation = replace(organisation, organisation=organisation)
        info = replace(message.msg_info, sender=Sender(organisation=organisation))
        data = without_ends_in_values(render(replace(message, msg_info=info)))

        assert (plain(data) is None) == (strict(data) is None) == (deep == 200)
