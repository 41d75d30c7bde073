"""Schema-valid letters with an envelope of their own: random like those of `message_generator.py`, but answerable."""

from __future__ import annotations

from random import Random
from typing import Any

from hub.emessage.datatypes import CS
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.table_build import render
from tests.message_generator import Generator, changed, uuid

LETTERS = [row for row in MESSAGE_TYPES if row.root == "Message"]


def letter(row: MessageType, seed: int, share: float | None = None, **more: Any) -> Any:
    """A row of the message types and a seed → a letter of that type whose sender can be answered."""
    random = Random(f"{row.standard} {seed}")
    generator = Generator(
        random, share=share or random.choice((0.2, 0.5, 0.8)), edition=row.edition, **more
    )
    assert row.payload is not None
    made = generator.value(row.payload)
    made = changed(made, type=CS(v=row.type, dn=row.title), msg_id=uuid(random))
    body, sender = (
        ("serv_rprt", "serv_provider") if hasattr(made, "serv_rprt") else ("serv_req", "requester")
    )
    held = getattr(made, body)
    party = getattr(held, sender)
    answerable = changed(party, hcp=_addressed(party.hcp))
    return changed(made, **{body: changed(held, **{sender: answerable})})


def _addressed(party: Any) -> Any:
    name = "inst" if party.inst is not None else "hc_prof"
    held = getattr(party, name)
    her = CS(v="HER", dn="HER-id")
    return changed(party, **{name: changed(held, id="91393", type_id=her)})


def letter_bytes(row: MessageType, seed: int, share: float | None = None, **more: Any) -> bytes:
    """The same, written."""
    return render(letter(row, seed, share, **more), row.edition)
