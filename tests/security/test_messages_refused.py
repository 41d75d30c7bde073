"""Forged messages that come by file: kept as they came, answered or put aside, and nothing of a record is touched.

Source: security README §2 (4); xml-and-message-security.md §1, §2, §3 ("surreptitious forwarding").
"""

from __future__ import annotations

from collections import Counter
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
from tests.unit.emessage.test_signature import CURVE, RSA, certificate, signed

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


FORGED: dict[str, tuple[str, bytes]] = {
    "changed after it was signed": ("T4", signed().replace(b"2026-03-01", b"2026-03-02", 1)),
    "wrapped": ("X2", wrapped()),
    "signed by another key": ("X2", signed(certificate(CURVE), RSA)),
    "signed by a certificate of long ago": ("X3", signed(certificate(days=(-900, -800)))),
    "signed by a certificate for something else": ("X3", signed(certificate(signs=False))),
    "with a document type": ("T4", with_dtd()),
    "for somebody else": ("X6", admitted().replace(b"8095101", b"7095101").replace(b"8095001", b"7095001")),
    "a receipt of a stranger": ("X6", b'<?xml version="1.0"?><AppRec xmlns="http://www.kith.no/xmlstds/apprec/2004-11-21"><MsgType V="APPREC"/></AppRec>'),
    "no message at all": ("T4", b"\x00\x01\x02"),
}  # fmt: skip
AGAIN: dict[str, tuple[str, bytes]] = {
    "the same bytes": ("T7", admitted()),
    "other bytes under the same id": ("T7", admitted().replace(b"Testdal", b"Annendal")),
    "a receipt to a message that nobody sent": ("X6", b"<AppRec/>"),
}
"""What comes after the message `admitted()` was taken in."""
WATCHED = frozenset(threat for threat, _ in (*FORGED.values(), *AGAIN.values()))


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
    put(post, FORGED[name][1])
    entries = witness.refused((), (), told="04")  # it came, and that is logged, too
    assert entries, "the access log does not tell of it"
    assert not set(states(post)) & {"imported", "held"}


ALARM = POST | {"resource", "history", "index_date", "index_number", "index_text"}
"""Where a task for a person stands, and the file that it is about."""


def kinds(post: Followed) -> Counter[str]:
    """A hub → how many versions of each type it has."""
    rows = post.client.hub.store.engine.read_now(
        lambda c: c.execute("SELECT type, sum(version) FROM resource GROUP BY type", ()).fetchall()
    )
    return Counter(dict(rows))


@pytest.mark.parametrize("name", AGAIN)
def test_what_comes_again_touches_no_record_and_loses_none(
    post: Followed, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    post.client.create(ASLAUG)
    put(post, admitted())
    assert states(post) == ["imported"]
    before = kinds(post)
    caplog.set_level("DEBUG")
    alarm = "other bytes" in name
    witness = Witness(post.client, Wire(), caplog, (WHO, "Annendal", msg_id(1)), ALARM if alarm else POST)  # fmt: skip
    put(post, AGAIN[name][1], name="again")
    assert witness.refused((), (), told="04"), "the access log does not tell of it"
    assert states(post).count("imported") == 1
    assert kinds(post) - before == ({"Task": 1, "Binary": 1} if alarm else {})
