"""Hostile and odd XML through the drop: every one has its end, none stops its neighbour, none costs much time or room.

Source: security/xml-and-message-security.md §1, transport/file-drop.md ("Reading" 5), issue text "Bad input".
"""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from hub.clock import FixedClock
from tests.functional.followed import ASLAUG, Followed
from tests.functional.test_receiving import accepted, admitted, put, receipts, states, stays
from tests.message_builders import msg_id
from tests.unit.emessage.test_signature import signed

GOOD = admitted(2)


def text(encoding: str, declared: str) -> bytes:
    return (
        admitted().decode().replace('encoding="UTF-8"', f'encoding="{declared}"').encode(encoding)
    )


def with_dtd(inner: str) -> bytes:
    head, end, rest = admitted().partition(b"?>")
    return head + end + f"<!DOCTYPE MsgHead [{inner}]>".encode() + rest


def billion_laughs() -> str:
    lines = ['<!ENTITY a0 "hahaha">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    return "".join(lines)


QUARANTINED = {
    "billion laughs": with_dtd(billion_laughs()).replace(b"Testdal", b"&a11;"),
    "quadratic blow-up": with_dtd(f'<!ENTITY a "{"x" * 100_000}">').replace(b"Testdal", b"&a;" * 500),
    "external entity": with_dtd('<!ENTITY a SYSTEM "file:///etc/hostname">').replace(b"Testdal", b"&a;"),
    "external parameter entity": with_dtd('<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;'),
    "a DTD that does nothing": with_dtd(""),
    "UTF-7": text("utf-7", "UTF-7"),
    "UTF-16": text("utf-16", "UTF-16"),
    "UTF-16 without mark": text("utf-16-le", "UTF-16"),
    "UTF-32": text("utf-32", "UTF-32"),
    "UTF-8 called ISO-8859-1 behind a mark": b"\xef\xbb\xbf" + text("utf-8", "ISO-8859-1"),
    "EBCDIC": text("cp500", "EBCDIC-CP-BE"),
    "nested": admitted().replace(b"<GenDate>", b"<a>" * 3000 + b"</a>" * 3000 + b"<GenDate>"),
    "a million tags": b"<a>" + b"<b/>" * 1_000_000 + b"</a>",
    "attributes without end": b"<a " + b" ".join(b'b%d="1"' % n for n in range(200_000)) + b">",
    "an unknown entity": admitted().replace(b"Testdal", b"&testdal;"),
    "two roots": admitted() + b"<a/>",
    "text behind": admitted() + b"hei",
    "a name space of another envelope": admitted().replace(b"msghead/2006-05-24", b"msghead/2099-01-01"),
    "no name space": admitted().replace(b' xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"', b""),
}  # fmt: skip


@pytest.mark.parametrize("data", QUARANTINED.values(), ids=QUARANTINED)
def test_what_cannot_be_read_is_put_away_and_never_answered(post: Followed, data: bytes) -> None:
    who = post.client.create(ASLAUG)
    begun = time.monotonic()
    put(post, data, GOOD)

    assert ["quarantined", "imported"] == states(post)
    assert [accepted(2)] == receipts(post)
    assert 1 == len(stays(post, who))
    assert time.monotonic() - begun < 5


READ = {
    "a comment in the number": admitted().replace(b"12834812019", b"128348<!-- x -->12019"),
    "an instruction in the number": admitted().replace(b"12834812019", b"128348<?a b?>12019"),
    "a comment in the MsgId": admitted().replace(b"<MsgId>", b"<MsgId><!-- 1 -->"),
    "a comment in the HER-id": admitted().replace(b">8095101<", b">809<!-- -->5101<"),
    "CDATA in the number": admitted().replace(b">12834812019<", b"><![CDATA[12834812019]]><"),
    "numbers of characters": admitted().replace(b">12834812019<", b">&#49;2834812019<"),
    "another prefix": admitted()
    .replace(b"<MsgHead xmlns=", b"<m:MsgHead xmlns:m=", 1)
    .replace(b"</MsgHead>", b"</m:MsgHead>")
    .replace(b"<MsgInfo>", b'<MsgInfo xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24">')
    .replace(b"<Document>", b'<Document xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24">'),
    "a schema hint": admitted().replace(
        b"<MsgHead ",
        b'<MsgHead xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="a http://127.0.0.1:9/a.xsd" ',
        1,
    ),
    "a style sheet instruction": admitted().replace(b"?>", b'?><?xml-stylesheet href="http://127.0.0.1:9/a.xsl"?>', 1),
    "a byte order mark": b"\xef\xbb\xbf" + admitted(),
    "ISO-8859-1": text("iso-8859-1", "ISO-8859-1"),
    "Windows-1252": text("cp1252", "windows-1252"),
    "an instruction in the HER-id": admitted().replace(b">8095101<", b">809<?a b?>5101<"),
    "an instruction in the MsgId": admitted().replace(b"<MsgId>", b"<MsgId><?a b?>"),
    "a name space that nothing uses": admitted().replace(b"<MsgInfo>", b'<MsgInfo xmlns:evil="urn:evil">', 1),
    "made seventy years ago": admitted(sent="1956-03-02T10:15:00"),
    "made in seventy years": admitted(sent="2096-03-02T10:15:00"),
    "blanks around ids": admitted().replace(b">12834812019<", b"> 128348 12019\n<"),
}  # fmt: skip


@pytest.mark.parametrize("data", READ.values(), ids=READ)
def test_what_only_looks_odd_is_the_same_message(post: Followed, data: bytes) -> None:
    who = post.client.create(ASLAUG)
    put(post, data)

    assert ["imported"] == states(post)
    assert [accepted(1)] == receipts(post)
    assert 1 == len(stays(post, who))


INVALID = {
    "the number hidden in a foreign element": admitted().replace(
        b"<Id>12834812019</Id>", b'<Id><a xmlns="urn:a">12834812019</a></Id>'
    ),
    "the payload in another name space": admitted().replace(
        b"po/Pasientlogistikk/2012-04-01", b"po/Pasientlogistikk/2012-04-02"
    ),
    "a second patient": admitted().replace(b"</Patient>", b"</Patient><Patient/>"),
    "XInclude": admitted().replace(
        b"<GenDate>",
        b'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/><GenDate>',
    ),
}


@pytest.mark.parametrize("data", INVALID.values(), ids=INVALID)
def test_what_the_schema_does_not_know_is_refused(post: Followed, data: bytes) -> None:
    who = post.client.create(ASLAUG)
    put(post, data, GOOD)

    assert ["rejected", "imported"] == states(post)
    assert ["2", "1"] == [r.status for r in receipts(post)]
    assert 1 == len(stays(post, who))


@pytest.mark.parametrize("days", [-4000, -1, 1, 4000])
def test_a_clock_of_ours_that_jumps_loses_and_doubles_nothing(
    post: Followed, clock: FixedClock, days: int
) -> None:
    who = post.client.create(ASLAUG)
    put(post, admitted())
    clock.at += timedelta(days=days)
    put(post, admitted(), GOOD)

    assert ["duplicate", "imported", "imported"] == sorted(states(post))
    assert 2 == len(receipts(post))
    assert 1 == len(stays(post, who))


def test_a_signature_that_is_there_must_hold(post: Followed) -> None:
    post.client.create(ASLAUG)
    good = signed()
    put(post, good, good.replace(b"2026-03-01", b"2026-03-02", 1).replace(msg_id(1).encode(), msg_id(3).encode()), GOOD)  # fmt: skip

    assert ["imported", "rejected", "imported"] == states(post)
    assert [("1", ()), ("1", ()), ("2", ("S01",))] == [(r.status, r.errors) for r in receipts(post)]
