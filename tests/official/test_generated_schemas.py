"""What the generator of messages makes is what the official schemas accept."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from hub.cli.emessage_schemas import load_schemas
from hub.emessage.message_types import MESSAGE_TYPES
from hub.emessage.schemas import compile_schemas
from hub.emessage.table_build import render
from tests.message_generator import Generator, generated
from tests.receipt_generator import VERSIONS, receipt_bytes

XSD = Path(__file__).parents[3] / "shared" / "standards" / "emessage" / "xsd"
pytestmark = pytest.mark.official


def test_generated_messages_hold_against_the_official_schemas() -> None:
    schemas = compile_schemas(load_schemas(XSD))
    rows = [row for row in MESSAGE_TYPES if row.payload is not None and row.root != "Message"]
    found = {
        (row.type, seed): problems
        for row in rows
        for seed in range(15)
        if (problems := schemas.validate(render(generated(row, seed))))
    }

    assert found == {}


def test_generated_letters_hold_against_the_official_schemas() -> None:
    schemas = compile_schemas(load_schemas(XSD))
    found: dict[tuple[str, int], object] = {}
    for row in MESSAGE_TYPES:
        for seed in range(40 if row.root == "Message" else 0):
            assert row.payload is not None
            letter = Generator(Random(seed), edition=row.edition).value(row.payload)
            if problems := schemas.validate(render(letter, row.edition)):
                found[(row.type, seed)] = problems

    assert found == {}


def test_generated_receipts_hold_against_the_official_schemas() -> None:
    schemas = compile_schemas(load_schemas(XSD))
    found = {
        (version, seed): problems
        for version in VERSIONS
        for seed in range(100)
        if (problems := schemas.validate(receipt_bytes(version, seed)))
    }

    assert found == {}
