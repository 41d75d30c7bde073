"""The narrative inside FHIR XML → the text JSON carries: the bytes as they are, or XHTML written anew.

Its bytes are kept where they can stand alone; a div whose namespace is declared around it, or by a prefix, is written anew.
Source: http://hl7.org/fhir/R4/xml.html, http://hl7.org/fhir/R4/narrative.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from hub.fhir.xml_table import XHTML

_PLAIN: Final = re.compile(
    rb"""<div(?:\s+(?!xmlns\b)[A-Za-z:]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s+xmlns\s*=\s*["']http://www\.w3\.org/1999/xhtml["']"""
)
_START: Final = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")
_XML: Final = "http://www.w3.org/XML/1998/namespace"


def begins_plain(body: bytes, index: int) -> bool:
    """Bytes and where a div starts → whether the div declares its namespace itself, without a prefix."""
    return _PLAIN.match(body, index) is not None


class Narrative:
    """A div being read."""

    def __init__(self, body: bytes, index: int, *, plain: bool) -> None:
        """The document, where the div starts, and whether its bytes can stand alone."""
        self._body = body
        self._index = index
        self._plain = plain
        self._open: list[str] = []
        self._out: list[str] = []

    def start(
        self, name: tuple[str, str], attributes: Sequence[tuple[tuple[str, str], str]]
    ) -> None:
        """A start tag."""
        # Another namespace's name would pass for one of XHTML: nothing has this one, so the narrative is refused
        local = name[1] if name[0] == XHTML else "foreign"
        if not self._plain:
            declared = "" if self._open else f' xmlns="{XHTML}"'
            written = "".join(f' {_attribute(key)}="{_escape(text)}"' for key, text in attributes)
            self._out.append(f"<{local}{declared}{written}>")
        self._open.append(local)

    def text(self, text: str) -> None:
        """Characters."""
        if not self._plain:
            self._out.append(_escape(text))

    def end(self, index: int) -> str | None:
        """The end of an element, and where it begins in the bytes → the whole div when it was that, else None."""
        name = self._open.pop()
        if not self._plain:
            self._out.append(f"</{name}>")
        if self._open:
            return None
        if not self._plain:
            return "".join(self._out)
        begun = _START.match(self._body, self._index)
        empty = begun is not None and begun[1] == b"/"
        end = index if empty else self._body.index(b">", index) + 1
        return self._body[self._index : end].decode()


def _attribute(name: tuple[str, str]) -> str:
    namespace, local = name
    return local if not namespace else f"xml:{local}" if namespace == _XML else f"foreign-{local}"


def _escape(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;")
