"""Messages as pages: nothing is lost, nothing runs, everything has its name in Norwegian."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.emessage import xml, xml_write
from hub.emessage.dialogmelding import Dialogmelding
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.namespaces import DIALOG_1_1, MSGHEAD, XHTML
from hub.emessage.page.alone import stand_alone
from hub.emessage.page.labels import ROOTS
from hub.emessage.page.message import read_page
from hub.emessage.read import read_message
from hub.emessage.table_build import render
from tests.letter_generator import letter_bytes
from tests.message_builders import event, logistics, message
from tests.message_generator import generated
from tests.page_reader import Page, lost, read_page_text

TREE = Path(__file__).parents[3] / "golden"
CASES = sorted(TREE.glob("*/*/*/*/message.xml"))
UNREADABLE = ("not-well-formed", "with-dtd")
READABLE = [case for case in CASES if case.parent.name not in UNREADABLE]
ROWS = [row for row in MESSAGE_TYPES if row.payload is not None]


DEAD = render(message("LOG_DOD", logistics("LOG_DOD", event("13", "2026-03-01T10:00:00"))))


def page_of(data: bytes) -> Page:
    return read_page_text(stand_alone(read_page(data)))


def named(path: Path) -> str:
    return "/".join(path.parts[-5:-1])


@pytest.mark.parametrize("case", READABLE, ids=named)
def test_every_text_of_a_message_stands_on_its_page(case: Path) -> None:
    data = case.read_bytes()

    assert [] == lost(data, page_of(data))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.standard}")
def test_every_text_of_a_message_that_fills_whatever_its_table_has_stands_on_its_page(
    row: MessageType,
) -> None:
    data = letter_bytes(row, 3, 0.7) if row.root == "Message" else render(generated(row, 5))
    page = page_of(data)

    assert [] == lost(data, page)
    assert "Fremmed innhold" not in page.text


@pytest.mark.parametrize("case", CASES, ids=named)
def test_headings_stand_in_order_and_the_page_is_norwegian(case: Path) -> None:
    page = page_of(case.read_bytes())
    levels = [level for level, _ in page.headings]

    assert "nb" == page.root.get("lang")
    assert 1 == levels.count(1)
    assert 1 == levels[0]
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_page_holds_no_program_and_fetches_nothing(case: Path) -> None:
    document = stand_alone(read_page(case.read_bytes())).decode()

    assert not re.search(r"<script|<link|<img|<iframe|<object|<form|\son\w+=|\sstyle=", document)
    assert not re.search(r'(?:href|src)="(?!data:|#|/)', document)
    assert "url(" not in document


def test_what_breaks_the_schema_is_shown_and_marked_as_foreign() -> None:
    data = DEAD.replace(b"</MsgInfo>", b'<Odd why="because"><Deep>in here</Deep></Odd></MsgInfo>')
    page = page_of(data)

    assert [] == lost(data, page)
    assert "Fremmed innhold: Odd" in [text for _, text in page.headings]


def test_text_where_no_text_belongs_is_shown_and_marked_as_foreign() -> None:
    data = DEAD.replace(b"<MsgInfo>", b"<MsgInfo>stray words", 1)

    assert "Fremmed innhold stray words" in page_of(data).text.replace(
        "innholdstray", "innhold stray"
    )


def test_what_is_wrong_with_a_message_heads_its_page() -> None:
    data = DEAD.replace(b"Anslag", b"Anslaget")
    page = read_page_text(stand_alone(read_page(data, problems=read_message(data).problems)))

    assert "Meldingen har feil:" in page.text
    assert page.text.index("Meldingen har feil:") < page.text.index("Pasient")


def test_a_file_that_is_no_xml_is_shown_as_text() -> None:
    page = page_of(b"<MsgHead>\x00\x1b[2J never closed <script>alert(1)</script>")

    assert "never closed <script>alert(1)</script>" in page.text
    assert "Filen kan ikke leses" == page.headings[0][1]


ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</style><script>alert(1)</script>",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_a_sender_writes_is_text(attack: str) -> None:
    """The attack stands in every text and attribute that the message has room for."""
    data = stuffed(attack)
    page = page_of(data)

    assert [] == lost(data, page)
    assert {"html", "head", "body", "main", "meta", "title", "style"} < {
        e.tag for e in page.root.iter()
    }
    assert not {e.tag for e in page.root.iter()} & {"script", "img", "b", "iframe"}
    assert not [k for e in page.root.iter() for k in e.attrib if k.startswith("on")]


def stuffed(text: str) -> bytes:
    value = xml.to_node(xml.parse(DEAD))

    def stuff(node: xml.Node) -> xml.Node:
        leaf = not any(isinstance(part, xml.Node) for part in node.content)
        content = tuple(
            stuff(part) if isinstance(part, xml.Node) else part for part in node.content
        )
        attributes = tuple((name, text) for name, _ in node.attributes)
        return xml.Node(node.tag, attributes, (text,) if leaf and not node.attributes else content)

    return xml_write.render(stuff(value))


MARKUP = f"""<div xmlns="{XHTML}" onclick="alert(1)" style="position:fixed"><h1 class="x">Title</h1>
<p>One <b>bold</b> <a href="javascript:alert(1)">link</a></p><script>alert(2)</script>
<img src="https://example.org/x.png" alt="a picture"/><style>body{{display:none}}</style>
<table><tr><td colspan="2">cell</td></tr></table><iframe src="https://example.org"/></div>"""


def test_formatted_text_keeps_its_structure_and_loses_what_could_do_something() -> None:
    data = dialogue(MARKUP)
    page = page_of(data)
    tags = {e.tag for e in page.root.iter()}

    assert {"b", "table", "td"} <= tags
    assert not tags & {"script", "img", "iframe", "a"}
    assert [1] == [level for level, _ in page.headings if level == 1]
    assert "alert(2)" in page.text
    assert "src: https://example.org/x.png" in page.text
    assert "href: javascript:alert(1)" in page.text
    assert "2" == next(e.get("colspan") for e in page.root.iter("td"))


def dialogue(markup: str) -> bytes:
    return f"""<MsgHead xmlns="{MSGHEAD}"><Document><RefDoc><MsgType V="XML"/><Content><Dialogmelding xmlns="{DIALOG_1_1}">
<Notat><TekstNotatInnhold>{markup}</TekstNotatInnhold></Notat></Dialogmelding></Content></RefDoc></Document></MsgHead>""".encode()


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=60))
def test_any_text_is_found_again_and_stays_text(text: str) -> None:
    note = xml_write.render(xml.Node("x", (), (text,))).partition(b"<x")[2].partition(b">")[2]
    data = dialogue(note.removesuffix(b"</x>").decode() if text else "")

    assert [] == lost(data, page_of(data))


def test_dates_codes_and_yes_or_no_are_told_as_norwegians_write_them() -> None:
    page = page_of(DEAD)

    assert re.search(r"\d\d\.\d\d\.\d{4} kl\. \d\d:\d\d", page.text)
    assert "Anslag" in page.text
    assert "Nei" in page.text


def test_every_payload_has_a_name_of_its_own() -> None:
    payloads = {row.payload.__name__ for row in ROWS if row.payload is not None}

    assert payloads | {MsgHead.__name__, "AppRec"} <= set(ROOTS)
    assert Dialogmelding.__name__ in ROOTS
