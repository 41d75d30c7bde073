"""The gate to lxml: what is read, what is refused, what is written."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.emessage import xml, xml_write
from hub.emessage.read import read_message
from hub.problems import HubError, ProblemCode


def refusal(data: bytes, **limits: int) -> ProblemCode:
    with pytest.raises(HubError) as caught:
        xml.parse(data, **limits)
    return caught.value.problems[0].code


def test_text_split_by_a_comment_is_one_text() -> None:
    element = xml.parse(b"<a>131169<!-- x -->00216<?pi?></a>")

    assert element.text == "13116900216"


def test_a_byte_order_mark_is_accepted() -> None:
    assert xml.parse(b"\xef\xbb\xbf<a/>").tag == "a"


@pytest.mark.parametrize("charset", ["ISO-8859-1", "windows-1252"])
def test_the_older_charsets_are_accepted_when_declared(charset: str) -> None:
    data = f'<?xml version="1.0" encoding="{charset}"?><a>blåbær</a>'.encode("latin-1")

    assert xml.parse(data).text == "blåbær"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"hei",
        b"<a>",
        b"<a></b>",
        b"<a>\xe5</a>",
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
        "<a/>".encode("utf-16-le"),
        "<a/>".encode("utf-32-be"),
        b'<?xml version="1.0" encoding="UTF-7"?><a/>',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
        b"<a>&unknown;</a>",
        b"<a b='1' b='2'/>",
    ],
)
def test_what_is_not_readable_xml_is_refused(data: bytes) -> None:
    assert refusal(data) is ProblemCode.XML_NOT_WELL_FORMED


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><a/>',
    ],
)
def test_a_document_type_declaration_is_refused(data: bytes) -> None:
    assert refusal(data) is ProblemCode.XML_FORBIDDEN


def test_an_entity_bomb_is_refused() -> None:
    lines = ['<!ENTITY a0 "hahaha">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    data = f"<!DOCTYPE a [{''.join(lines)}]><a>&a11;</a>".encode()

    assert refusal(data) is ProblemCode.XML_FORBIDDEN


def test_a_document_above_the_limit_is_refused() -> None:
    assert refusal(b"<a>" + b"x" * 100 + b"</a>", max_bytes=50) is ProblemCode.TOO_LARGE


def test_half_a_million_tags_are_refused_before_they_are_parsed() -> None:
    assert refusal(b"<a>" + b"<b/>" * xml.MAX_TAGS + b"</a>") is ProblemCode.TOO_LARGE


LARGE = b"x" * (xml.ORDINARY_BYTES + 1_100_000)


def test_a_single_text_of_more_than_ten_million_bytes_is_read() -> None:
    assert len(LARGE) == len(xml.parse(b"<a>" + LARGE + b"</a>").text or "")


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;' + LARGE + b"</a>",
        b"<!--" + LARGE + b"--><!DOCTYPE a><a/>",
        b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE a><a>' + LARGE + b"</a>",
    ],
    ids=["entity", "after a comment", "older charset"],
)
def test_a_large_document_with_a_dtd_is_refused_before_it_is_parsed(data: bytes) -> None:
    assert refusal(data) is ProblemCode.XML_FORBIDDEN


@pytest.mark.parametrize("depth", [xml.MAX_DEPTH + 1, 300, 5000])
def test_a_large_document_may_not_be_deeper_either(depth: int) -> None:
    assert refusal(b"<a>" * depth + LARGE + b"</a>" * depth) is ProblemCode.TOO_DEEP


@pytest.mark.parametrize("depth", [xml.MAX_DEPTH + 1, 300, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert refusal(b"<a>" * depth + b"</a>" * depth) is ProblemCode.TOO_DEEP


def test_the_deepest_allowed_nesting_is_read() -> None:
    assert xml.parse(b"<a>" * xml.MAX_DEPTH + b"</a>" * xml.MAX_DEPTH).tag == "a"


def test_the_path_counts_only_where_siblings_share_a_name() -> None:
    root = xml.parse(b"<a><b/><c/><b><d/></b></a>")
    inner = next(iter(list(root)[2]))

    assert xml.path(inner) == "/a/b[2]/d"


def test_rendering_keeps_white_space_in_attributes_and_carriage_returns_in_text() -> None:
    node = xml.Node("{urn:x}a", (("b", 'x\n\t"<&'),), ("1\r\n2 <&>",))

    assert xml.to_node(xml.parse(xml_write.render(node))) == node


def test_rendering_refuses_characters_that_xml_cannot_carry() -> None:
    with pytest.raises(HubError) as caught:
        xml_write.render(xml.Node("a", (), ("\x00",)))

    assert caught.value.problems[0].code is ProblemCode.OUTPUT_INVALID


def test_foreign_namespaces_and_attributes_survive_rendering() -> None:
    data = b'<a xmlns="urn:a" xml:lang="nb"><x:b xmlns:x="urn:b" x:c="1"><d xmlns=""/></x:b></a>'

    assert xml.canonical(xml_write.render(xml.to_node(xml.parse(data)))) == xml.canonical(data)


def test_prefixes_and_indentation_do_not_matter_to_the_canonical_form() -> None:
    one = b'<a xmlns="urn:a"><b c="1" d="2">t</b></a>'
    other = b'<p:a xmlns:p="urn:a">\n <p:b d="2" c="1">t</p:b><!-- x -->\n</p:a>'

    assert xml.canonical(one) == xml.canonical(other)


@given(
    st.binary(max_size=200) | st.text(alphabet="<>/ab&;\"'=![]-? x:", max_size=80).map(str.encode)
)
@settings(max_examples=400, deadline=None)
def test_no_bytes_raise_anything_but_the_hubs_error(data: bytes) -> None:
    with contextlib.suppress(HubError):
        xml.parse(data)
    assert read_message(data).root == ""
