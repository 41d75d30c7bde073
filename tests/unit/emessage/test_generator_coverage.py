"""The generated messages that the round trips rest on hold every element and attribute that the tables of their type have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead, PatientReport
from hub.emessage.table import SELF, Edition, Simple, Special, table_of
from hub.emessage.xmldsig import SIGNATURE
from tests.letter_generator import LETTERS, letter
from tests.message_generator import generated

MOST: Final = 500
"""As many as the sweep of the round trips makes of each type."""
Place = tuple[type, str, str]
"""A class, its field and the name of the element or attribute that fills it."""


def places(cls: type, edition: Edition | None) -> set[Place]:
    """A class → all that its table, and those of the classes inside of it, can say."""
    found: set[Place] = set()
    waiting, seen = [cls], {cls}
    while waiting:
        here = waiting.pop()
        for line in table_of(here, edition).fields:
            for name, kind in line.kinds:
                if kind is SIGNATURE:
                    continue
                found.add((here, line.name, name))
                if kind is not SELF and isinstance(kind, type) and kind not in seen:
                    seen.add(kind)
                    waiting.append(kind)
    return found


def filled(value: Any, edition: Edition | None) -> Iterator[Place]:
    """A value → the places that are filled in it."""
    cls: type = value.__class__
    for line in table_of(cls, edition).fields:
        held = getattr(value, line.name)
        for part in held if line.many else (held,):
            if part is None:
                continue
            for name, kind in line.kinds:
                plain = isinstance(kind, (Simple, Special))
                if plain or isinstance(part, cls if kind is SELF else kind):
                    yield cls, line.name, name
            if hasattr(part, "__struct_fields__") and not _is_special(line.kinds):
                yield from filled(part, edition)


def _is_special(kinds: tuple[tuple[str, Any], ...]) -> bool:
    return any(isinstance(kind, (Simple, Special)) for _, kind in kinds)


def never(wanted: set[Place], made: Callable[[int], Iterator[Place]]) -> list[str]:
    """Places, and what the message of a seed fills → those that no message fills."""
    left = set(wanted)
    for seed in range(MOST):
        left.difference_update(made(seed))
        if not left:
            break
    return sorted(f"{cls.__name__}.{field} <{name}>" for cls, field, name in left)


SENT = [row for row in MESSAGE_TYPES if row.sends and row.root != "Message"]


@pytest.mark.parametrize("row", SENT, ids=lambda row: f"{row.type} {row.standard}")
def test_generated_payloads_hold_every_element_of_their_type(row: MessageType) -> None:
    assert row.payload is not None

    def made(seed: int) -> Iterator[Place]:
        content = generated(row, seed).document[0].ref_doc.content
        assert content is not None
        return filled(content.elements[0], row.edition)

    assert [] == never(places(row.payload, row.edition), made)


@pytest.mark.parametrize("row", LETTERS, ids=lambda row: row.standard)
def test_generated_letters_hold_every_element_of_their_type(row: MessageType) -> None:
    assert row.payload is not None

    def made(seed: int) -> Iterator[Place]:
        return filled(letter(row, seed), row.edition)

    assert [] == never(places(row.payload, row.edition), made)


def test_generated_envelopes_hold_every_element_of_a_msg_head() -> None:
    wanted = places(MsgHead, None)
    # Reports to a registry, which the hub neither takes nor sends, stand in place of the documents
    reports = {p for p in wanted if p[0] is PatientReport or p[1] == "patient_report"}

    assert len(reports) == 5
    assert [] == never(wanted - reports, lambda seed: filled(generated(SENT[0], seed), None))


def test_what_no_message_fills_is_named() -> None:
    wanted = places(MsgHead, None)

    assert "MsgHead.msg_info <MsgInfo>" in never(wanted, lambda _: iter(()))
