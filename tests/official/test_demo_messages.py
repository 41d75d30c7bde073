"""The demo's hospital messages and the stand-in's receipts against the official schemas."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.demo.messages import build_message
from hub.demo.story import Event, build_story
from hub.emessage.schemas import Schemas, compile_schemas
from hub.standin.journal import Answer, Journal, Manners
from hub.transport.file_drop import prepare, standard_drop

pytestmark = pytest.mark.official

XSD = Path(__file__).parents[3] / "shared/standards/emessage/xsd"
STORY = build_story()
MESSAGES = [e for e in STORY.events if e.message]
NOW = datetime(2026, 4, 14, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    files = {p.name: p.read_bytes() for p in XSD.rglob("*.xsd") if p.name != "all.xsd"}
    assert files, "the official schemas are missing"
    return compile_schemas(files)


@pytest.mark.parametrize("event", MESSAGES, ids=lambda e: str(e.message))
def test_each_message_of_the_demo_is_valid(event: Event, schemas: Schemas) -> None:
    assert schemas.validate(build_message(STORY, event)) == ()


@pytest.mark.parametrize("answer", ["accept", "reject"])
def test_each_receipt_of_the_journal_is_valid(
    answer: Answer, tmp_path: Path, schemas: Schemas
) -> None:
    drop = standard_drop(tmp_path)
    prepare(drop)
    for number, event in enumerate(MESSAGES):
        (drop.out / f"{number}.xml").write_bytes(build_message(STORY, event))
    Journal(drop, lambda: NOW, lambda: "r1", lambda: 0.0, Manners(answer=answer)).step()

    receipts = [p for p in drop.inbox.iterdir() if p.is_file()]
    assert receipts
    assert [schemas.validate(p.read_bytes()) for p in receipts] == [()] * len(receipts)
