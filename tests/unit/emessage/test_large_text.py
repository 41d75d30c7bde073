"""Large attachments that stay where they stand: what is read is the same as when the whole is parsed."""

import base64

import pytest

from hub.emessage import xml, xml_write
from hub.emessage.large_text import LEAST, LargeText, cut_large, parse_cut
from hub.emessage.read import read_message, read_root
from hub.problems import HubError
from tests.unit.emessage.test_large_attachments import with_attachment

DATA = b"%PDF-1.4\n" + bytes(range(256)) * 600
END = b"</Base64Container>"
PLAIN = with_attachment(base64.b64encode(DATA))


def test_only_the_small_part_of_a_document_is_parsed() -> None:
    root, large = parse_cut(PLAIN)

    assert len(PLAIN) - len(base64.b64encode(DATA)) + 100 > len(xml_write.render(xml.to_node(root)))
    assert [DATA] == [text.data for text in large.values()]


@pytest.mark.parametrize("encode", [base64.b64encode, base64.encodebytes], ids=["plain", "lines"])
def test_what_is_read_is_what_the_whole_says(encode) -> None:
    data = with_attachment(encode(DATA))

    cut, whole = read_message(data), read_root(xml.parse(data))

    assert isinstance(cut.attachments[0].container.held, LargeText)
    assert isinstance(whole.attachments[0].container.held, str)
    assert (whole.attachments[0].data, whole.attachments[0].size) == (DATA, len(DATA))
    assert (cut.attachments[0].data, cut.attachments[0].size) == (DATA, len(DATA))
    assert whole.attachments[0].container.text == cut.attachments[0].container.text
    assert whole.problems == cut.problems
    assert whole.envelope == cut.envelope


@pytest.mark.parametrize("rest", [0, 1, 2])
def test_size_and_digits_are_counted_without_decoding(rest: int) -> None:
    data = DATA + b"!" * (rest - len(DATA) % 3)
    (text,) = cut_large(with_attachment(base64.encodebytes(data)), xml.MAX_BYTES).texts.values()

    assert len(data) == text.size
    assert base64.b64encode(data) == b"".join(text.parts())
    assert text.digits == len(base64.b64encode(data))


@pytest.mark.parametrize(
    "document",
    [
        PLAIN.replace(b"Base64Container", b"Base64Other"),
        with_attachment(b"!" + base64.b64encode(DATA)),
        with_attachment(base64.b64encode(DATA) + b"A"),
        with_attachment(b"QUI=" * LEAST),
        PLAIN.replace(b"</MsgHead>", b"<!-- LargeTextInPlace --></MsgHead>"),
    ],
    ids=["other element", "no base64", "digits left over", "padding inside", "has a mark"],
)
def test_what_cannot_be_cut_is_read_whole(document: bytes) -> None:
    assert {} == cut_large(document, xml.MAX_BYTES).texts
    assert read_message(document).problems == _whole(document)


@pytest.mark.parametrize(
    "document",
    [
        PLAIN.replace(b"<Base64Container", b"<!-- <Base64Container").replace(END, END + b" -->"),
        PLAIN.replace(b"<Base64Container", b"<![CDATA[ <Base64Container").replace(
            END, END + b" ]]>"
        ),
        PLAIN.replace(END, END + b"<"),
        PLAIN.replace(b"base64container", b"somethingelse"),
    ],
    ids=["in a comment", "in CDATA", "broken", "of another namespace"],
)
def test_a_mark_that_is_no_attachment_leads_back_to_the_whole(document: bytes) -> None:
    assert cut_large(document, xml.MAX_BYTES).texts
    assert read_message(document).problems == _whole(document)


def test_a_mark_in_what_is_carried_unread_is_never_shown() -> None:
    inside = PLAIN.replace(b"<Base64Container", b'<x xmlns="urn:x"><Base64Container').replace(
        END, END + b"</x>"
    )

    reading = read_message(inside)

    assert "LargeTextInPlace" not in repr(reading)
    assert reading.problems == read_root(xml.parse(inside)).problems


def test_a_document_above_the_limit_is_not_looked_into() -> None:
    assert {} == cut_large(PLAIN, len(PLAIN) - 1).texts


def _whole(document: bytes) -> object:
    try:
        return read_root(xml.parse(document)).problems
    except HubError as error:
        return error.problems
