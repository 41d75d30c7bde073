"""Each case: messages received earlier (earlier/1.xml, 2.xml …), the message, and the transaction Bundle it becomes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hub.emessage.msghead import MsgHead
from hub.emessage.read import read_message
from hub.fhir import codec
from hub.mapping.draft import draft_to_bundle
from tests.message_town import Town

CASES = sorted(p.parent for p in (Path(__file__).parent / "mapping").rglob("message.xml"))


def read(path: Path) -> MsgHead:
    message = read_message(path.read_bytes()).message
    assert message is not None
    return message


@pytest.mark.parametrize("case", CASES, ids=lambda p: "/".join(p.parts[-3:]))
def test_a_message_becomes_the_golden_bundle(case: Path, *, golden_rewrite: bool) -> None:
    town = Town()
    for earlier in sorted(case.glob("earlier/*.xml")):
        town.receive(read(earlier))
    bundle = draft_to_bundle(town.draft(read(case / "message.xml")))
    actual = msgspec.json.format(codec.encode(bundle), indent=2) + b"\n"
    expected = case / "bundle.json"
    if golden_rewrite:
        expected.write_bytes(actual)

    assert expected.read_bytes().decode() == actual.decode()


@pytest.mark.parametrize("case", CASES, ids=lambda p: "/".join(p.parts[-3:]))
def test_every_resource_of_a_golden_bundle_is_valid(case: Path) -> None:
    codec.parse((case / "bundle.json").read_bytes(), "Bundle")


@pytest.mark.parametrize("case", CASES, ids=lambda p: "/".join(p.parts[-3:]))
def test_every_golden_case_says_what_it_shows(case: Path) -> None:
    assert (case / "note.md").read_text(encoding="utf-8").strip()
