"""The codec against the official XSDs and examples: same verdict, nothing lost, right receipt."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.emessage import xml
from hub.emessage.apprec import render_app_rec
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.read import read_message
from hub.emessage.receipt import build_receipt, own_receivers
from hub.emessage.schemas import Schemas, compile_schemas
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse

pytestmark = pytest.mark.official

ROOT = Path(__file__).parents[2]
STANDARD = ROOT.parent / "shared" / "standards" / "emessage"
GOLDEN = ROOT / "tests" / "golden" / "emessage"
EXAMPLES = sorted(
    path.relative_to(STANDARD / "examples").as_posix() for path in STANDARD.glob("examples/*/*.xml")
)
# Read, checked and written back; SUPPORTED are those that are also taken in.
CODED = [name for name in EXAMPLES if name.startswith(("plo-", "dialogmelding-", "henvisning-2.0"))]
# With an envelope of their own
LETTERS = [name for name in EXAMPLES if name.startswith(("epikrise-", "henvisning-1"))]
SUPPORTED = [
    name
    for name in EXAMPLES
    if (row := read_message((STANDARD / "examples" / name).read_bytes()).message_type) is not None
    and row.receives
]
OWN = sorted(path.relative_to(GOLDEN).as_posix() for path in GOLDEN.glob("*/*/*/message.xml"))
# Our own messages that are faulty on purpose, or stand for a payload without content.
INVALID = ("schema-invalid", "not-well-formed", "with-dtd", "PLO/2.0", "FRAVARSMELDING")
VERSION_OF = {
    "plo-1.5": "1.0",
    "plo-1.6": "1.1",
    "dialogmelding-1.0": "1.0",
    "epikrise-1.1": "1.0",
    "epikrise-1.2": "1.1",
    "henvisning-1.0": "1.0",
    "henvisning-1.1": "1.1",
    "henvisning-2.0": "1.1",
}
AT = datetime(2026, 3, 2, 10, 16, tzinfo=UTC)


def everything(_: MessageType) -> bool:
    return True


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    files = {path.name: path.read_bytes() for path in (STANDARD / "xsd").glob("*/**/*.xsd")}
    assert files, "the official schemas are missing"
    return compile_schemas(files)


def test_the_official_files_are_there() -> None:
    assert len(EXAMPLES) > 40
    assert len(SUPPORTED) >= 4


def example(name: str) -> bytes:
    return (STANDARD / "examples" / name).read_bytes()


@pytest.mark.parametrize("name", CODED)
def test_an_example_with_a_codec_is_read_without_a_problem_and_written_back_the_same(
    name: str, schemas: Schemas
) -> None:
    data = example(name)
    rendered = render(parse(data, MsgHead))

    assert read_message(data, everything).problems == ()
    assert xml.canonical(data) == xml.canonical(rendered)
    assert schemas.validate(rendered) == ()


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_read_without_a_problem_and_written_back_the_same(
    name: str, schemas: Schemas
) -> None:
    data = example(name)
    reading = read_message(data, everything)
    assert reading.message_type is not None
    rendered = render(reading.payload, reading.message_type.edition)

    assert reading.problems == ()
    assert xml.canonical(data) == xml.canonical(rendered)
    assert schemas.validate(rendered) == ()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_gets_valid_receipts_of_the_right_version(
    name: str, schemas: Schemas
) -> None:
    reading = read_message(example(name))
    assert reading.envelope is not None
    owners = own_receivers(reading.envelope, None)

    assert owners
    assert VERSION_OF[name.split("/", maxsplit=1)[0]] == reading.app_rec_version
    for own in owners:
        made = build_receipt(
            reading.envelope,
            own.party,
            own.role,
            reading.problems,
            reading.app_rec_version,
            "r-1",
            AT,
            ("hub", "1"),
        )
        assert ("1" if name in SUPPORTED else "2") == made.status.v
        assert ([] if name in SUPPORTED else ["T10"]) == [error.v for error in made.error]
        assert schemas.validate(render_app_rec(made, reading.app_rec_version)) == ()


@pytest.mark.parametrize("name", OWN)
def test_our_own_messages_are_what_the_schemas_say(name: str, schemas: Schemas) -> None:
    problems = schemas.validate((GOLDEN / name).read_bytes())

    assert any(part in name for part in INVALID) == bool(problems)


def test_the_table_knows_every_namespace_of_the_examples() -> None:
    known = {row.namespace for row in MESSAGE_TYPES}
    seen = {
        reading.envelope.namespace
        for name in EXAMPLES
        if (reading := read_message(example(name))).envelope
    }

    assert set() == seen - known
