"""Forged messages that come by file: kept as they came, answered or put aside, and nothing of a record is touched.

Source: security README §2 (4); xml-and-message-security.md §1, §2, §3 ("surreptitious forwarding").
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.clock import FixedClock
from tests.functional.followed import ASLAUG, TWO_SERVICES, Followed
from tests.functional.hub_client import Client
from tests.functional.test_receiving import admitted, put, states
from tests.message_builders import msg_id
from tests.security.witness import Witness
from tests.tokens import Wire
from tests.unit.emessage.test_signature import signed

POST = frozenset(
    ("inbox_raw", "inbox_import", "inbox_link", "message", "message_fact", "outbox", "own_service")
)
"""Where what came is kept, and its receipt waits."""
WHO = "Aslaug"
DTD = b'<!DOCTYPE MsgHead [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def wrapped() -> bytes:
    """A signed message inside another: the signature is right, and not over what would be read."""
    head, _, inner = signed().partition(b"?>")
    return head + b"?><Outer>" + inner + b"</Outer>"


def with_dtd() -> bytes:
    head, _, rest = admitted().partition(b"?>")
    return head + b"?>" + DTD + rest.replace(b"Testdal", b"&a;")


FORGED: dict[str, bytes] = {
    "changed after it was signed": signed().replace(b"2026-03-01", b"2026-03-02", 1),
    "wrapped": wrapped(),
    "with a document type": with_dtd(),
    "for somebody else": admitted().replace(b"8095101", b"7095101").replace(b"8095001", b"7095001"),
    "a receipt of a stranger": b'<?xml version="1.0"?><AppRec xmlns="http://www.kith.no/xmlstds/apprec/2004-11-21"><MsgType V="APPREC"/></AppRec>',
    "no message at all": b"\x00\x01\x02",
}  # fmt: skip


@pytest.fixture
def post(make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path) -> Followed:
    return Followed(make_client, clock, tmp_path / "drop", TWO_SERVICES)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_message_touches_no_record_and_is_told_nowhere(
    post: Followed, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    post.client.create(ASLAUG)
    caplog.set_level("DEBUG")
    witness = Witness(post.client, Wire(), caplog, (WHO, "root:", msg_id(1)), POST)
    put(post, FORGED[name])
    witness.refused((), (), told="04")  # it came, and that is logged, too
    assert not set(states(post)) & {"imported", "held"}
