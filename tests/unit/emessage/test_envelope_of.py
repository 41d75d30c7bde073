"""The envelope of a message that was read strictly is the one that is found leniently in the same document."""

from __future__ import annotations

import pytest

from hub.emessage import xml
from hub.emessage.envelope_of import envelope_of
from hub.emessage.envelope_read import payload_element, read_envelope
from hub.emessage.letter_envelope import envelope_of_letter
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse_element
from tests.letter_generator import LETTERS, letter_bytes
from tests.message_generator import generated

ROWS = [row for row in MESSAGE_TYPES if row.payload is not None and row.root != "Message"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.standard}")
def test_both_readers_find_the_same_envelope(row: MessageType) -> None:
    for seed in range(8):
        root = xml.parse(render(generated(row, seed)))
        payload = payload_element(root)
        assert payload is not None

        strict = envelope_of(parse_element(root, MsgHead), payload.tag)

        assert read_envelope(root) == strict


def test_white_space_in_a_code_is_the_same_to_both() -> None:
    root = xml.parse(render(generated(ROWS[0], 1)).replace(b'<Type V="', b'<Type V=" \n', 1))
    payload = payload_element(root)
    assert payload is not None

    strict = envelope_of(parse_element(root, MsgHead), payload.tag)

    assert (ROWS[0].type, read_envelope(root)) == (strict.type, strict)


@pytest.mark.parametrize("row", LETTERS, ids=lambda row: row.standard)
def test_both_readers_find_the_same_envelope_of_a_letter(row: MessageType) -> None:
    assert row.payload is not None
    for seed in range(12):
        root = xml.parse(letter_bytes(row, seed))

        strict = envelope_of_letter(parse_element(root, row.payload, row.edition), root.tag)

        assert read_envelope(root) == strict
