"""The large attachments of a document stay where they stand in it: what is parsed has a short mark in the place of each.

A parser keeps a text two or three times over while it reads, and a text of thirteen million digits tells it nothing.
Source: HIS 1036 (Base64Container), xs:base64Binary; XML 1.0 §2.4 (what may stand between two tags).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from hub.emessage import xml
from hub.emessage.base64_text import BLANKS, PART, Digits, digits_at
from hub.emessage.namespaces import BASE64
from hub.emessage.xml import Element
from hub.problems import HubError

LEAST: Final = 1 << 16
"""Texts below it are read like all others. Units: bytes."""
_MARK: Final = b"LargeTextInPlace"
_NAME: Final = b"Base64Container"
_TAG: Final = f"{{{BASE64}}}Base64Container"
_TAG_END: Final = re.compile(rb"[^<>]{0,500}>")


@dataclass(frozen=True, slots=True)
class LargeText:
    """Base64 digits, blanks among them, that stand in a document. Shape: valid base64, from `start` to `end`; `held` counts them."""

    document: bytes = field(repr=False)
    start: int
    end: int
    held: Digits

    @property
    def digits(self) -> int:
        """How many digits it has, the padding among them."""
        return self.held.number

    @property
    def size(self) -> int:
        """How many bytes it stands for."""
        return self.held.number // 4 * 3 - self.held.padding

    @property
    def text(self) -> str:
        """As written, whole."""
        return self.document[self.start : self.end].decode("ascii")

    def parts(self, size: int = PART) -> Iterator[bytes]:
        """How many characters are looked at at a time → the digits without blanks, in parts."""
        for start in range(self.start, self.end, size):
            yield self.document[start : min(start + size, self.end)].translate(None, BLANKS)

    def decoded(self, size: int = PART) -> Iterator[bytes]:
        """How many characters are looked at at a time → the bytes it stands for, in parts."""
        rest = b""
        for part in self.parts(size):
            digits = rest + part
            whole = len(digits) - len(digits) % 4
            rest = digits[whole:]
            yield base64.b64decode(digits[:whole])

    @property
    def data(self) -> bytes:
        """The bytes it stands for, whole."""
        made, at = bytearray(self.size), 0
        for part in self.decoded():
            made[at : at + len(part)] = part
            at += len(part)
        return bytes(made)

    def head(self, least: int) -> bytes:
        """A number → at least so many of the first bytes, or all."""
        made = b""
        for part in self.decoded(2 * least):
            made += part
            if len(made) >= least:
                break
        return made


class Cut(msgspec.Struct, frozen=True):
    """A document to be parsed. Shape: `texts` are those that were taken out, by the mark that stands for each."""

    document: bytes
    texts: Mapping[str, LargeText]


def cut_large(document: bytes, most: int) -> Cut:
    """A document of at most `most` bytes → the same with marks for its large attachments; any other as it came.

    Shape: a mark is valid base64 as well, and stands where valid base64 stood; what looks like an attachment may stand in a comment.
    """
    if not LEAST <= len(document) <= most or _MARK in document:
        return Cut(document, {})
    found = list(_large(document))
    if not found:
        return Cut(document, {})
    view, kept, at = memoryview(document), list[bytes | memoryview](), 0
    texts: dict[str, LargeText] = {}
    for number, one in enumerate(found):
        mark = b"%s%08d" % (_MARK, number)
        kept += [view[at : one.start], mark]
        texts[mark.decode()] = one
        at = one.end
    return Cut(b"".join([*kept, view[at:]]), texts)


def parse_cut(document: bytes) -> tuple[Element, Mapping[str, LargeText]]:
    """A document → its root, where marks stand for large attachments, and what they stand for.

    Shape: every mark is the text of one Base64Container, or the whole was parsed and there are no marks.
    Problems: those of `xml.parse`.
    """
    cut = cut_large(document, xml.MAX_BYTES)
    if cut.texts:
        try:
            root = xml.parse(cut.document)
        except HubError:  # the whole says where it is wrong
            return xml.parse(document), {}
        if cut.texts.keys() <= set(_held(root)):
            return root, cut.texts
    return xml.parse(document), {}


def _held(element: Element) -> Iterator[str | None]:
    for child in element:
        if child.tag == _TAG:
            yield child.text
        else:
            yield from _held(child)


def _large(document: bytes) -> Iterator[LargeText]:
    at = document.find(_NAME)
    while at >= 0:
        tag = _TAG_END.match(document, at + len(_NAME))
        if tag is not None and document[at - 1 : at] in (b"<", b":"):
            start, end = tag.end(), document.find(b"<", tag.end())
            held = digits_at(document, start, end) if end - start >= LEAST else None
            if held is not None:
                yield LargeText(document, start, end, held)
                at = end
        at = document.find(_NAME, at + 1)
