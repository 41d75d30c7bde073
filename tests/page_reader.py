"""What stands on a page: its texts, its attributes, its headings; and what of a message does not stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from hub.emessage import xml
from hub.emessage.datatypes import BASE64_TAG
from hub.emessage.namespaces import SCHEMA_HINTS
from hub.emessage.xml import Element

TURNING: Final = re.compile("[\u061c\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the order of letters around: a page shows it by its name."""


def _named(found: re.Match[str]) -> str:
    return f"[U+{ord(found[0]):04X}]"


@dataclass(frozen=True)
class Page:
    """A page that has been read. Shape: `text` with single blanks, `told` the values of attributes."""

    root: ET.Element
    text: str
    told: frozenset[str]
    headings: tuple[tuple[int, str], ...]

    @property
    def style(self) -> str:
        """The page's own style."""
        return "".join(each.text or "" for each in self.root.iter("style"))


def read_page_text(document: bytes) -> Page:
    """An HTML document of ours, which is XML too → the Page."""
    root = ET.fromstring(document.decode().removeprefix("<!doctype html>"))
    body = root.find("body")
    assert body is not None
    told = {" ".join(value.split()) for each in body.iter() for value in each.attrib.values()}
    headings = tuple(
        (int(each.tag[1]), "".join(each.itertext()))
        for each in body.iter()
        if len(each.tag) == 2 and each.tag[0] == "h" and each.tag[1].isdigit()
    )
    return Page(root, " ".join("".join(body.itertext()).split()), frozenset(told), headings)


def texts_of(element: Element) -> Iterator[tuple[str, str]]:
    """An element → every text and attribute in and below it, with where it stands; the bytes of attachments left out."""
    for name, value in element.items():
        if name not in SCHEMA_HINTS:
            yield f"{xml.path(element)}/@{xml.local_name(name)}", value
    if element.tag != BASE64_TAG:
        yield xml.path(element), element.text or ""
    for child in element:
        yield from texts_of(child)
        yield xml.path(element), child.tail or ""


def lost(data: bytes, page: Page) -> list[str]:
    """A message and its page → where the texts stand that the page does not show."""
    return [
        f"{where}: {text[:80]}"
        for where, written in texts_of(xml.parse(data))
        if (text := " ".join(TURNING.sub(_named, written).split()))
        and text not in page.text
        and not any(text in each for each in page.told)
    ]
