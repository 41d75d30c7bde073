"""Every element and attribute of a letter stands somewhere in FHIR, or is listed as left behind; the page tells all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from hub.emessage.apprec import EDITIONS, AppRec
from hub.emessage.attached import ATTACHED, Attached
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.table import SELF, Edition, Simple, table_of
from hub.emessage.xml import Node
from hub.mapping.letter.drops import DROPS
from hub.mapping.registry import payload_of
from tests.letter_generator import LETTERS, letter_bytes
from tests.letter_trace import Letter, read_letter, stands
from tests.message_generator import generated

ROOT = Path(__file__).parents[4]
GOLDEN = ROOT / "tests" / "golden" / "emessage"
GOLDEN_LETTERS = sorted(GOLDEN.glob("EPIKRISE/*/*/message.xml"))
REFERRALS = [row for row in MESSAGE_TYPES if row.standard == "Henvisning 2.0"]


def unseen(letter: Letter) -> set[str]:
    return {path for path, where in stands(letter).items() if not where}


@pytest.mark.parametrize("path", GOLDEN_LETTERS, ids=lambda path: path.parent.name)
def test_every_value_of_a_golden_letter_is_found(path: Path) -> None:
    assert unseen(read_letter(path.read_bytes())) == set()


@pytest.mark.parametrize("row", LETTERS, ids=lambda row: row.standard)
def test_every_value_of_a_generated_letter_is_found(row: MessageType) -> None:
    found = {seed: unseen(read_letter(letter_bytes(row, seed, 0.7))) for seed in range(3)}

    assert found == {key: set() for key in range(3)}


@pytest.mark.parametrize("row", REFERRALS, ids=lambda row: row.type)
def test_every_value_of_a_generated_referral_is_found(row: MessageType) -> None:
    messages = {seed: generated(row, seed) for seed in range(3)}
    found = {
        seed: unseen(Letter(row, message, payload_of(message), row.root))
        for seed, message in messages.items()
    }

    assert found == {key: set() for key in range(3)}


@pytest.mark.parametrize("row", LETTERS, ids=lambda row: row.standard)
def test_what_is_listed_as_left_behind_is_left_behind(row: MessageType) -> None:
    letter = read_letter(letter_bytes(row, Random(row.standard).randrange(9), 0.7))
    name = "serv_rprt" if hasattr(letter.payload, "serv_rprt") else "serv_req"
    body = getattr(letter.payload, name)
    document = table_of(type(body)).fields
    cls: Any = next(f.kinds[0][1] for f in document if f.name == "ref_doc")
    if not any(kind is ATTACHED for f in table_of(cls).fields for _, kind in f.kinds):
        return
    foreign = Attached((Node("{urn:example}note", (), ("what somebody attached",)),))
    ref_doc = _ref_doc(cls, foreign)
    payload = msgspec.structs.replace(
        letter.payload, **{name: msgspec.structs.replace(body, ref_doc=(ref_doc,))}
    )
    lost = unseen(Letter(letter.kind, letter.message, payload, letter.root))

    assert len(lost) == 1
    assert lost < set(DROPS)


def _ref_doc(cls: type, content: Attached) -> Any:
    from tests.message_generator import Generator

    made = Generator(Random(1), share=0.9).value(cls)
    return msgspec.structs.replace(made, content=content, file_reference=None)


def elements(
    cls: type, path: str, edition: Edition | None, within: tuple[type, ...] = ()
) -> Iterator[str]:
    """A class of the codec → the paths of its elements that hold a value, each class once on the way down."""
    for field in table_of(cls, edition).fields:
        for name, kind in field.kinds:
            here = path if field.is_attribute else f"{path}/{name}"
            if kind is SELF or kind in within:
                continue
            if isinstance(kind, type) and not isinstance(kind, Simple) and _has_table(kind):
                yield from elements(kind, here, edition, (*within, cls))
            elif not field.fixed:
                yield f"{here}/Base64Container" if kind is ATTACHED else here


def _has_table(kind: type) -> bool:
    return hasattr(kind, "__struct_fields__")


def told() -> set[str]:
    text = (ROOT / "docs/reference/mapping-letters.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


PAYLOADS: list[tuple[str, Any, Edition | None]] = [
    *((row.root, row.payload, row.edition) for row in (*LETTERS, REFERRALS[0])),
    *(("AppRec", AppRec, edition) for edition in EDITIONS.values()),
]


@pytest.mark.parametrize(("root", "payload", "edition"), PAYLOADS)
def test_the_page_tells_where_every_element_stands(
    root: str, payload: Any, edition: Edition | None
) -> None:
    known = told()
    missing = {
        path
        for path in elements(payload, root, edition)
        if path not in known and path.partition("/HCP/")[2] not in known
    }

    assert missing == set()
