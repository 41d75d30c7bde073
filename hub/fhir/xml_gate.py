"""The one gate to XML of this room: bytes → events, with nothing in them that XML may be attacked by.

Expat reads once, front to back, and keeps nothing; a document type declaration ends the reading before anything in it can
be expanded or fetched (ADR 0012).
Source: XML 1.0 5th ed.; http://hl7.org/fhir/R4/xml.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Protocol
from xml.parsers import expat

from hub.fhir.wire import MAX_DEPTH as JSON_DEPTH
from hub.fhir.wire import is_utf8
from hub.problems import HubError, ProblemCode, fail

MAX_DEPTH: Final = 2 * JSON_DEPTH
"""Levels of elements, those of a narrative counted; the JSON they become has its own, stricter limit."""
MAX_TAGS: Final = 1_000_000
"""Start and end tags together."""
_LONGEST_KNOWN: Final = 128


class Events(Protocol):
    """Who is told what is read. A name is (namespace, local name)."""

    def start(
        self, name: tuple[str, str], attributes: Sequence[tuple[tuple[str, str], str]]
    ) -> None:
        """A start tag with its attributes, namespace declarations left out."""
        ...

    def end(self) -> None:
        """The end of the element that started last and has not ended."""
        ...

    def text(self, text: str) -> None:
        """Characters; long ones come in parts."""
        ...


class Reading:
    """One document being read; knows where it stands."""

    def __init__(self, body: bytes) -> None:
        """The bytes of one document."""
        self._body = body
        self._depth = 0
        # A namespace holds no blank, so the last one divides it from the local name
        self._parser = expat.ParserCreate("utf-8", " ")

    @property
    def index(self) -> int:
        """Where in the bytes the thing begins that is being told."""
        return self._parser.CurrentByteIndex

    @property
    def line(self) -> int:
        """The line that is being read, from 1."""
        return self._parser.CurrentLineNumber

    def run(self, events: Events) -> None:
        """Tell everything in the document.

        Problems: NOT_UTF8, XML_NOT_WELL_FORMED, XML_FORBIDDEN (a DTD), TOO_DEEP, TOO_LARGE (too many tags).
        Drops: comments and processing instructions.
        """
        # Expat would take UTF-16 by its zero bytes, whatever it is told
        if not is_utf8(self._body) or b"\x00" in self._body:
            raise fail(ProblemCode.NOT_UTF8, "The body must be UTF-8")
        if self._body.count(b"<") > MAX_TAGS:
            raise fail(ProblemCode.TOO_LARGE, f"A document may have at most {MAX_TAGS} tags")
        self._set_up(events)
        try:
            self._parser.Parse(self._body, True)
        except expat.ExpatError as error:
            raise self._unreadable(error) from None

    def _set_up(self, events: Events) -> None:
        def start(name: str, attributes: list[str]) -> None:
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise fail(ProblemCode.TOO_DEEP, f"Elements are nested deeper than {MAX_DEPTH}")
            told = iter(attributes)
            events.start(_name(name), [(_name(key), next(told)) for key in told])

        def end(_: str) -> None:
            self._depth -= 1
            events.end()

        parser = self._parser
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.XmlDeclHandler = _check_declaration
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = events.text

    def _unreadable(self, error: expat.ExpatError) -> HubError:
        text = expat.ErrorString(error.code) or "cannot be read"
        detail = f"The body is not well-formed XML: {text} (line {error.lineno})"
        return fail(ProblemCode.XML_NOT_WELL_FORMED, detail)


def _divide(told: str) -> tuple[str, str]:
    namespace, _, local = told.rpartition(" ")
    return namespace, local


_known = lru_cache(maxsize=2048)(_divide)


def _name(told: str) -> tuple[str, str]:
    # What a stranger wrote is not remembered at any length
    return _known(told) if len(told) <= _LONGEST_KNOWN else _divide(told)


def _check_declaration(version: str, encoding: str | None, _: int) -> None:
    if version != "1.0":
        raise fail(ProblemCode.XML_NOT_WELL_FORMED, "The body must be XML 1.0")
    if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
        raise fail(ProblemCode.NOT_UTF8, "The body must be UTF-8, and say no other encoding")


def _refuse_doctype(*_: Any) -> None:
    raise fail(ProblemCode.XML_FORBIDDEN, "A document type declaration (DTD) is not allowed")
