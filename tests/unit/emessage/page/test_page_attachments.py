"""Attachments on a page: named links with type and size, their bytes where the caller says, or nowhere."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from hub.emessage import xml
from hub.emessage.page.alone import stand_alone
from hub.emessage.page.attachments import Found, find_attachments, shown_size
from hub.emessage.page.message import read_page
from tests.page_reader import read_page_text

GOLDEN = Path(__file__).parents[3] / "golden" / "emessage" / "UTSKRIVNINGSRAPPORT" / "1.6"


def test_an_attachment_is_a_link_with_name_type_and_size() -> None:
    data = (GOLDEN / "attachment" / "message.xml").read_bytes()
    found = find_attachments(xml.to_node(xml.parse(data)), {})
    page = read_page_text(stand_alone(read_page(data, lambda one: f"/somewhere/{one.number}")))
    link = next(page.root.iter("a"))

    assert 1 == len(found)
    assert "/somewhere/1" == link.get("href")
    assert found[0].name == link.get("download")
    assert found[0].title == link.text
    assert (
        f"({'PDF' if found[0].mime_type == 'application/pdf' else found[0].mime_type}" in page.text
    )


def test_a_page_that_stands_alone_holds_the_bytes_of_types_without_programs_only() -> None:
    kept = stand_alone(read_page((GOLDEN / "attachment" / "message.xml").read_bytes()))
    odd = stand_alone(
        read_page((GOLDEN / "attachment-unknown-format" / "message.xml").read_bytes())
    )

    assert b'href="data:application/pdf;base64,' in kept
    assert b"href=" not in odd


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 100])
@pytest.mark.parametrize("ends", ["", "\n", "\r\n"])
def test_the_size_is_that_of_the_bytes(size: int, ends: str) -> None:
    text = base64.b64encode(bytes(size)).decode()
    lines = ends.join(text[at : at + 8] for at in range(0, len(text), 8)) + ends

    assert size == Found(1, "", "", lines).size


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0 byte"), (999, "999 byte"), (1500, "2 kB"), (12_345_678, "12,3 MB")],
)
def test_a_size_is_told_as_people_write_it(size: int, told: str) -> None:
    assert told == shown_size(size)
