"""Parties that come again are known by their characters, and never otherwise than read."""

from __future__ import annotations

import re
from random import Random

import pytest

from hub.emessage import xml
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.plain_parties import parted
from hub.emessage.plain_tags import NotPlainError
from hub.emessage.plain_xml import characters
from hub.emessage.table import Edition
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse_element
from hub.emessage.table_plain import parse_plain_as
from hub.problems import HubError
from tests.letter_generator import LETTERS, letter_bytes
from tests.message_generator import generated, without_ends_in_values

ROWS = [row for row in MESSAGE_TYPES if row.payload is not None and row.root != "Message"]
PARTY = re.compile(rb"<(Sender|Receiver|ServProvider|Requester)>.*?</\1>", re.DOTALL)


def message(row: MessageType, seed: int) -> bytes:
    made = letter_bytes(row, seed) if row in LETTERS else render(generated(row, seed))
    return without_ends_in_values(made)


def roots(row: MessageType) -> tuple[type, Edition | None]:
    if row.root != "Message":
        return MsgHead, None
    assert row.payload is not None
    return row.payload, row.edition


def plain(data: bytes, row: MessageType) -> object:
    try:
        return parse_plain_as(data, *roots(row))
    except NotPlainError:
        return None


def strict(data: bytes, row: MessageType) -> object:
    try:
        return parse_element(xml.parse(data), *roots(row))
    except HubError:
        return None


def test_a_sender_and_a_receiver_are_left_whole_and_nothing_is_lost() -> None:
    text = characters(message(ROWS[0], 1))
    parts = parted(text)
    whole = [part.partition(">")[0] for part in parts if "<" in part]

    assert ["Sender", "Receiver"] == whole
    assert text == "<".join(part for part in parts if part or part is parts[0])


@pytest.mark.parametrize("row", [ROWS[0], *LETTERS], ids=lambda row: f"{row.type}-{row.standard}")
def test_a_party_that_came_before_is_the_same_value(row: MessageType) -> None:
    data = message(row, 3)
    assert PARTY.search(data) is not None
    first, second = plain(data, row), plain(data, row)

    assert strict(data, row) == first == second is not None


@pytest.mark.parametrize("row", [ROWS[0], *LETTERS], ids=lambda row: f"{row.type}-{row.standard}")
def test_another_party_is_never_taken_for_the_one_before(row: MessageType) -> None:
    data = message(row, 3)
    random = Random(1)
    assert plain(data, row) is not None
    for place in PARTY.finditer(data):
        for _ in range(60):
            at = random.randrange(place.start(), place.end())
            put = random.choice(
                (b"x", b"", b"<", b">", b"</Sender>", b"<Sender>", b"&amp;", b"<a/>")
            )
            made = data[:at] + put + data[at + random.choice((0, 1)) :]
            value = plain(made, row)
            assert value is None or value == strict(made, row)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</Sender>", b"</Sender></Sender>"),
        (b"</Sender>", b"</Sender>x"),
        (b"<Receiver>", b"<Sender>x</Sender><Receiver>"),
        (b"<MsgId>", b"<MsgId><Sender>x</Sender></MsgId><MsgId>"),
        (b"<MsgId>", b"<Sender>x</Sender><MsgId>"),
        (b"<Receiver>", b"<Receiver "),
        (b"</Sender>", b"</Receiver>"),
    ],
)
def test_a_party_where_none_may_stand_is_refused(old: bytes, new: bytes) -> None:
    data = message(ROWS[0], 1)
    assert plain(data, ROWS[0]) is not None

    assert plain(data.replace(old, new, 1), ROWS[0]) is None


def test_the_same_characters_under_another_namespace_are_another_party() -> None:
    data = message(ROWS[0], 1)
    assert plain(data, ROWS[0]) is not None
    inner = re.search(rb"<Sender>", data)
    assert inner is not None
    moved = data.replace(
        b' xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"', b' xmlns="urn:other"', 1
    )

    assert moved != data
    assert plain(moved, ROWS[0]) is None


def test_a_letter_with_a_party_of_its_name_in_its_text_is_not_read_from_its_characters() -> None:
    row = next(row for row in LETTERS if row.type == "EPIKRISE")
    data = message(row, 5)
    for text in (
        b'<div xmlns="http://www.w3.org/1999/xhtml"><ServProvider>x</ServProvider></ServProvider></div>',
        b"<ServProvider>x</ServProvider></ServProvider>",
    ):
        place = re.search(rb"(?<=<Observation>)<Description>[^<]*</Description>", data)
        assert place is not None
        made = data[: place.start()] + b"<Description>%s</Description>" % text + data[place.end() :]

        assert plain(made, row) is None
        assert strict(made, row) is None
