"""Generated messages: whatever the tables let the generator make is written and read back as the same value."""

from __future__ import annotations

from random import Random

import pytest

from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse
from tests.message_generator import Generator, generated

ROWS = [row for row in MESSAGE_TYPES if row.payload is not None and row.root != "Message"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.standard}")
def test_a_generated_message_is_read_back_as_it_was_written(row: MessageType) -> None:
    for seed in range(8):
        message = generated(row, seed)

        assert message == parse(render(message), MsgHead)


def test_the_same_seed_gives_the_same_message() -> None:
    assert generated(ROWS[0], 5) == generated(ROWS[0], 5)


@pytest.mark.parametrize(
    "row",
    [row for row in MESSAGE_TYPES if row.root == "Message"],
    ids=lambda row: row.standard,
)
def test_a_generated_letter_is_read_back_as_it_was_written(row: MessageType) -> None:
    assert row.payload is not None
    for seed in range(12):
        letter = Generator(Random(seed), edition=row.edition).value(row.payload)

        assert letter == parse(render(letter, row.edition), row.payload, row.edition)
