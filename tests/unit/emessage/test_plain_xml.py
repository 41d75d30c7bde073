"""The reader of usual documents says what lxml says, or nothing."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.emessage import xml
from hub.emessage.message_types import MESSAGE_TYPES
from hub.emessage.plain_tags import MOST_REMEMBERED, NotPlainError, remembered
from hub.emessage.plain_xml import Plain, parse_plain
from hub.emessage.table_build import render
from hub.emessage.xml import MAX_ATTRIBUTES, MAX_DEPTH, Element
from hub.problems import HubError
from tests.message_generator import generated, without_ends_in_values

HEAD = b'<?xml version="1.0" encoding="utf-8"?>'
MESSAGES = [
    without_ends_in_values(render(generated(row, 3)))
    for row in MESSAGE_TYPES
    if row.payload is not None
]


USUAL = [
    b"<a/>",
    b"<a>x</a>",
    b"  <a> <b/> x </a>\n ",
    HEAD + b"\r\n<a>1\r\n2</a>",
    b"\xef\xbb\xbf" + HEAD + b"<a/>",
    b"<?xml version='1.0' encoding='ISO-8859-1'?><a>bl\xe5</a>",
    b'<?xml version="1.0" standalone="yes"?><a/>',
    b'<a xmlns="urn:x"><b c="1"/><p:d xmlns:p="urn:y" p:e="2"/><b/></a>',
    b'<p:a xmlns:p="urn:x"><p:b xmlns:p="urn:y"/><p:c/></p:a>',
    b'<a b=\'it&apos;s "so"\' c="&#65;&#x42;&lt;&#10;\nz\ty"/>',
    b"<a>&lt;b&gt; &amp;amp; &#13;\n]] > ></a>",
    b"<!-- first --><a>x<!-- <b> > -->y<b/><!----><!-- z -->w</a><!-- last -->",
    b"<a><!-- x -->y</a>",
    "<a>æøå€😀\u0085\u2028</a>".encode(),
    b'<a\n  b = "1"\tc="2" ></a>',
    b"<a>" * (MAX_DEPTH - 1) + b"<b/>" + b"</a>" * (MAX_DEPTH - 1),
    "<Formål å='1'/>".encode(),
    b"<a>1" + b"<b>2</b>3" * 3 + b"</a>",
]

NOT_PLAIN = [
    b"",
    b" ",
    b"x<a/>",
    b"<a/>x",
    b"<a/><b/>",
    b"<a>",
    b"</a>",
    b"<>",
    b"< a/>",
    b"<a></b>",
    b"<a><b></a></b>",
    b"<a",
    b"<a><b</a>",
    b"<a/ >",
    b"<a b/>",
    b"<a b=1/>",
    b'<a b="1"c="2"/>',
    b'<a><b c="x"/><b c="x""y/></a>',
    b'<a><b c="x"></b><b c="x""y></b></a>',
    b'<a><b c="x"/><b c=\'x"/></a>',
    b'<a b="1" b="2"/>',
    b'<a b="<"/>',
    b"<a b=\"1'/>",
    b'<a b="&"/>',
    b"<a>&</a>",
    b"<a>&nbsp;</a>",
    b"<a>&#0;</a>",
    b"<a>&#xFFFE;</a>",
    b"<a>&#xD800;</a>",
    b"<a>&#1114112;</a>",
    b"<a>\x00</a>",
    b"<a>\x0b</a>",
    b"<a>\xff</a>",
    b"<a>\xed\xa0\x80</a>",
    "<a>\ufffe</a>".encode(),
    b"<a>]]></a>",
    b"<a><![CDATA[x]]></a>",
    b"<!DOCTYPE a><a/>",
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    b"<?x?><a/>",
    b"<a><?x?></a>",
    b"<p:a/>",
    b'<a p:b="1"/>',
    b'<a xmlns:p="urn:x" xmlns:q="urn:x" p:b="1" q:b="2"/>',
    b'<a xmlns:p=""/>',
    b'<a xmlns="urn:x" xmlns="urn:y"/>',
    b'<a xmlns="http://a:b/c"/>',
    b'<a xmlns="relative"/>',
    b'<a xmlns="http://a/#b#c"/>',
    b'<a xmlns:xml="urn:x"/>',
    b'<a xmlns:xmlns="urn:x"/>',
    b'<a xmlns="http://www.w3.org/2000/xmlns/"/>',
    b'<a xml:space="preserve"/>',
    b"<a <!-- x --> b='1'/>",
    b"<a><!-- x -- y --></a>",
    b"<a><!-- x --->y</a>",
    b"<a><!-- x </a>",
    b"<a><!-></a>",
    b"<!--<a/>-->",
    b'<?xml version="1.1"?><a/>',
    b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    b'<?xml version="1.0" encoding="windows-1252"?><a/>',
    b"\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
    b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\x85</a>",
    b" <?xml version='1.0'?><a/>",
    "<a/>".encode("utf-16"),
    "<ж/>".encode(),
    b"<a>\r</a>",
    b"<a>" * MAX_DEPTH + b"<b/>" + b"</a>" * MAX_DEPTH,
    b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
    b"<a " + b" ".join(b'b%d="1"' % n for n in range(MAX_ATTRIBUTES + 1)) + b"/>",
    b"<a>" + b" " * (513 * 1024) + b"</a>",
]


def same(one: Element, other: Element) -> bool:
    if (one.tag, one.text or None, one.tail or None) != (other.tag, other.text, other.tail):
        return False
    if list(one.items()) != other.items() or len(one) != len(other):
        return False
    return all(same(*pair) for pair in zip(one, other, strict=True))


def read(data: bytes) -> Plain | None:
    try:
        return parse_plain(data)
    except NotPlainError:
        return None


@pytest.mark.parametrize("data", USUAL)
def test_a_usual_document_is_the_tree_that_lxml_makes(data: bytes) -> None:
    assert same(xml.parse(data), parse_plain(data))


@pytest.mark.parametrize("data", MESSAGES)
def test_what_we_write_ourselves_is_usual(data: bytes) -> None:
    for _ in range(2):  # once its tags are looked at, once they are known
        assert same(xml.parse(data), parse_plain(data))


def test_the_end_of_a_tag_in_a_value_is_left_to_lxml() -> None:
    assert read(b'<a b="&gt;"/>') is not None
    assert read(b'<a b=">"/>') is None


@pytest.mark.parametrize("data", NOT_PLAIN, ids=lambda data: repr(data[:40]))
def test_whatever_is_wrong_or_seldom_is_left_to_lxml(data: bytes) -> None:
    for _ in range(2):
        with pytest.raises(NotPlainError):
            parse_plain(data)


PIECES = [
    b"<", b">", b"/", b"</", b"/>", b"a", b"b", b"p:a", b" ", b"\n", b"\r\n", b"\r", b"=", b'"', b"'", b"&", b"&lt;", b"&#1;", b"&#65;", b"x",
    b"<!--", b"-->", b"--", b"<a>", b"</a>", b"<b/>", b' c="1"', b" c='2'", b' p:c="3"', b' xmlns="urn:x"', b' xmlns:p="urn:y"', b' xmlns:p="urn:z"',
    b"<![CDATA[", b"]]>", b"<?", b"?>", b"\xc3\xa5", b"\xff", b"\x00", b"<!DOCTYPE a>",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
@settings(max_examples=600, deadline=None)
def test_any_pieces_of_xml_are_read_as_lxml_reads_them_or_not_at_all(inside: bytes) -> None:
    for data in (inside, b'<a xmlns:p="urn:y">' + inside + b"</a>"):
        plain = read(data)
        assert plain is None or same(xml.parse(data), plain)


def test_a_message_with_any_bytes_changed_is_read_as_lxml_reads_it_or_not_at_all() -> None:
    random = Random(7)
    accepted = 0
    for data in MESSAGES:
        for _ in range(40):
            made = bytearray(data)
            for _ in range(random.randint(1, 3)):
                at = random.randrange(len(made))
                made[at : at + random.choice((0, 1, 1, 5))] = random.choice(PIECES)
            plain = read(bytes(made))
            if plain is not None:
                accepted += 1
                assert same(xml.parse(bytes(made)), plain)
    assert accepted > 50


def test_senders_who_write_ever_new_tags_make_the_hub_forget_and_nothing_else() -> None:
    known = [parse_plain(MESSAGES[0])]
    for number in range(40):
        ns = b"urn:x%d" % number
        many = b"".join(b'<b%d V="%d"/>' % (number, n) for n in range(1000))
        assert len(parse_plain(b'<a xmlns="%s">%s</a>' % (ns, many))) == 1000
    known.append(parse_plain(MESSAGES[0]))
    for number in range(200):
        assert read(b'<a xmlns="urn:y%d"/>' % number) is not None
    known.append(parse_plain(MESSAGES[0]))

    assert all(same(xml.parse(MESSAGES[0]), plain) for plain in known)
    assert remembered() <= MOST_REMEMBERED


def test_what_is_wrong_is_never_answered_by_a_plain_element() -> None:
    root = parse_plain(b"<a><b/></a>")

    with pytest.raises(NotPlainError):
        root.getparent()
    with pytest.raises(NotPlainError):
        _ = root.nsmap


def test_a_tag_by_tag_attack_is_refused_in_a_time_that_grows_with_its_length() -> None:
    for data in (b"<" * 500_000, b"<!--" * 120_000, b"<a " + b'"' * 400_000, b"<!--<" * 100_000):
        assert read(data) is None
    with pytest.raises(HubError):
        xml.parse(b"<!--" * 120_000)
