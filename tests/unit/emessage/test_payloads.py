"""What stands in Content, and a signature beside the documents."""

from pathlib import Path

import pytest

from hub.emessage import xml
from hub.emessage.msghead import MsgHead
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse
from hub.problems import HubError

GOLDEN = Path(__file__).parents[2] / "golden" / "emessage"
NEW = (GOLDEN / "LOG_INNLAGT/1.6/new/message.xml").read_bytes()
SIGNATURE = (
    b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
    b'<ds:CanonicalizationMethod Algorithm="urn:c"/><ds:SignatureMethod Algorithm="urn:s"/><ds:Reference>'
    b'<ds:DigestMethod Algorithm="urn:d"/><ds:DigestValue>QUI=</ds:DigestValue></ds:Reference></ds:SignedInfo>'
    b"<ds:SignatureValue>QUI=</ds:SignatureValue></ds:Signature></MsgHead>"
)


def test_a_signature_is_carried_as_it_stands() -> None:
    data = NEW.replace(b"</MsgHead>", SIGNATURE)

    assert xml.canonical(data) == xml.canonical(render(parse(data, MsgHead)))


def test_a_payload_that_no_codec_reads_is_carried_whole() -> None:
    start, end = NEW.index(b"<Content>") + 9, NEW.index(b"</Content>")
    data = NEW[:start] + b'<other xmlns="urn:x" a="1">text<b/></other>' + NEW[end:]

    assert xml.canonical(data) == xml.canonical(render(parse(data, MsgHead)))


def test_an_empty_attachment_is_written_back_empty() -> None:
    start, end = NEW.index(b"<Content>") + 9, NEW.index(b"</Content>")
    data = (
        NEW[:start]
        + b'<Base64Container xmlns="http://www.kith.no/xmlstds/base64container"/>'
        + NEW[end:]
    )

    assert xml.canonical(data) == xml.canonical(render(parse(data, MsgHead)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<Content>", b'<Content a="1">'),
        (b"<Content>", b"<Content>text"),
        (b"</Content>", b"text</Content>"),
        (
            b"</Content>",
            b'<Base64Container xmlns="http://www.kith.no/xmlstds/base64container" a="1"/></Content>',
        ),
        (
            b"</Content>",
            b'<Base64Container xmlns="http://www.kith.no/xmlstds/base64container">!</Base64Container></Content>',
        ),
        (
            b"</MsgHead>",
            SIGNATURE.replace(b"<ds:Reference>", b"<ds:Other>").replace(
                b"</ds:Reference>", b"</ds:Other>"
            ),
        ),
        (b'm1:x="1"', b""),
    ],
)
def test_what_content_and_signature_may_not_hold_is_refused(old: bytes, new: bytes) -> None:
    data = (
        NEW.replace(old, new, 1)
        if old in NEW
        else NEW.replace(b"<MsgInfo>", b'<MsgInfo xmlns:m="urn:m" m:x="1">')
    )

    with pytest.raises(HubError):
        parse(data, MsgHead)
