"""The KITH datatypes, whose values are attributes, and formatted text.

Source: kith.xsd (HIS 80117 datatypes), kith-base64.xsd (HIS 1036), HISD 1155 (XHTML in messages).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import msgspec

from hub.emessage import xml
from hub.emessage.large_text import LargeText
from hub.emessage.namespaces import (
    BASE64,
    DIALOG_1_0,
    DIALOG_1_1,
    EPIKRISE_1_1,
    EPIKRISE_1_2,
    KITH,
    SCHEMA_HINTS,
    XHTML,
    XSD,
    XSI,
    XSI_TYPE,
)
from hub.emessage.plain_tags import Head, NotPlainError
from hub.emessage.plain_words import plain_words
from hub.emessage.plain_xml import grow_node
from hub.emessage.simple_types import ANY_URI, DOUBLE, OID, POINT_IN_TIME, STRING, TOKEN, TRUE_FALSE
from hub.emessage.simple_types import BASE64 as BASE64_TEXT
from hub.emessage.table import Errors, Special, attribute, block
from hub.emessage.table_attributes import named_type
from hub.emessage.xml import Element, Node


@block(KITH)
class CS:
    """A code whose list the element implies; both parts may be missing on the wire: check `v`."""

    v: str | None = attribute("V", TOKEN)
    dn: str | None = attribute("DN", STRING)


@block(KITH)
class CV:
    """A code with its list: `s` is the OID, `ot` the text when no code fits."""

    v: str | None = attribute("V", TOKEN)
    s: str | None = attribute("S", OID)
    dn: str | None = attribute("DN", STRING)
    ot: str | None = attribute("OT", STRING)


@block(KITH)
class TS:
    """A point in time as written: date, date and time, year, year and month, or time."""

    v: str | None = attribute("V", POINT_IN_TIME)


@block(KITH)
class PQ:
    """A quantity: `v` the number as written, `u` the unit."""

    v: str | None = attribute("V", DOUBLE)
    u: str | None = attribute("U", TOKEN)


@block(KITH)
class BL:
    """Yes or no, written as true or false."""

    v: str | None = attribute("V", TRUE_FALSE)


@block(KITH)
class URL:
    """An address such as tel:73555555 or mailto:post@example.no."""

    v: str | None = attribute("V", ANY_URI)


class FormattedText(msgspec.Struct, frozen=True, dict=True):
    """The content of an anyType text field: plain text with its line breaks, or an XHTML subset.

    Shape: `content` mixes texts and Nodes in document order; markup is carried, never shown unchecked.
    """

    content: tuple[Node | str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()

    @cached_property
    def plain(self) -> str:
        """The words alone, as `plain_words` tells them."""
        return plain_words(self.content)


def text(plain: str) -> FormattedText:
    """Plain text → the content of a text field."""
    return FormattedText((plain,) if plain else ())


def _read_text(element: Element, errors: Errors) -> FormattedText:
    """An anyType element → its content.

    Problems: elements and attributes of a message vocabulary inside text are refused: a schema processor would judge
    them (lax), and nobody would read them.
    """
    if not len(element) and not element.items():
        return text(element.text or "")
    node = xml.to_node(element)
    if _is_called_a_string(element):
        return FormattedText(node.content)
    _check_lax(element, errors, top=True)
    return FormattedText(node.content, node.attributes)


def _is_called_a_string(element: Element) -> bool:
    """An element → whether it says of itself that it is a string (xsi:type), and is one: some systems write every text so."""
    attributes = [item for item in element.items() if item[0] not in SCHEMA_HINTS]
    if len(attributes) != 1 or attributes[0][0] != XSI_TYPE or len(element):
        return False
    return named_type(element) == f"{{{XSD}}}string"


def _check_lax(element: Element, errors: Errors, *, top: bool) -> None:
    if not top and _is_message_element(element.tag):
        errors.append((element, "A message element is not allowed inside text"))
        return
    for name in (item[0] for item in element.items()):
        ns = xml.namespace(name)
        if name not in SCHEMA_HINTS and (ns == XSI or is_message_vocabulary(ns)):
            errors.append(
                (element, f"Attribute {xml.local_name(name)[:64]} is not allowed inside text")
            )
    for child in element:
        _check_lax(child, errors, top=False)


# Markup has a few dozen names
@lru_cache(maxsize=512)
def _is_message_element(tag: str) -> bool:
    """Markup that forgot its namespace stands in that of the message: it is markup all the same.

    In an Epikrise it is told by its lower case; in a dialogue by not being one of the few elements that a schema knows there.
    """
    ns, name = xml.namespace(tag), xml.local_name(tag)
    if ns in _DIALOGUES:
        return name in _DIALOGUE_BLOCKS
    return is_message_vocabulary(ns) and not (ns in _MARKED_UP and name[:1].islower())


_MARKED_UP: Final = frozenset({EPIKRISE_1_1, EPIKRISE_1_2})
_DIALOGUES: Final = frozenset({DIALOG_1_0, DIALOG_1_1})
_DIALOGUE_BLOCKS: Final = frozenset(
    {
        "Dialogmelding",
        "Notat",
        "Foresporsel",
        "RollerRelatertNotat",
        "TilknyttetEnhet",
        "HealthcareProfessional",
        "Person",
    }
)
"""Elements that stand on their own in the schemas of Dialogmelding 1.0 and 1.1."""


def is_message_vocabulary(ns: str) -> bool:
    """A namespace → whether its elements belong to a message, so that a schema would judge them wherever they stand."""
    return "/xmlstds" in ns or "xmldsig" in ns or "icalendar" in ns


def _write_text(tag: str, value: FormattedText) -> Node:
    return Node(tag, value.attributes, value.content)


def _read_plain_text(
    head: Head, text: str, parts: Iterator[str], depth: int
) -> tuple[FormattedText, str]:
    """The start tag of an anyType element and what comes next → its content, and the text after its end."""
    node, after = grow_node(head, text, parts, depth)
    if node.attributes:
        _check_plain_attributes(node)
    open_: list[Node | str] = [*node.content]
    while open_:
        part = open_.pop()
        if isinstance(part, str):
            continue
        if _is_message_element(part.tag):
            raise NotPlainError
        if part.attributes:
            _check_plain_attributes(part)
        open_ += part.content
    return FormattedText(node.content, node.attributes), after


def _check_plain_attributes(node: Node) -> None:
    """Attributes inside of text → nothing, or NotPlainError where `_check_lax` has something to say."""
    for name, _ in node.attributes:
        ns = xml.namespace(name)
        if ns == XSI or is_message_vocabulary(ns):
            raise NotPlainError


FORMATTED_TEXT: Final[Special[FormattedText]] = Special(
    "formatted text", _read_text, _write_text, _read_plain_text
)


def xhtml(*content: Node | str) -> FormattedText:
    """Nodes and texts of XHTML → a text field that holds them in one wrapping div."""
    return FormattedText((Node(f"{{{XHTML}}}div", (), content),))


def html(name: str, *content: Node | str) -> Node:
    """An XHTML element name and its content → the Node."""
    return Node(f"{{{XHTML}}}{name}", (), content)


@dataclass(frozen=True, slots=True)
class Base64Container:
    """An attachment as base64 text (HIS 1036), kept as written; a large one stays in its document."""

    held: str | LargeText

    @property
    def text(self) -> str:
        """As written, whole."""
        return self.held if isinstance(self.held, str) else self.held.text


BASE64_TAG: Final = f"{{{BASE64}}}Base64Container"


def read_base64(element: Element, errors: Errors) -> Base64Container:
    """A Base64Container element → its text, checked."""
    if len(element) or any(name not in SCHEMA_HINTS for name, _ in element.items()):
        errors.append((element, "Only base64 text is allowed here"))
    content = element.text or ""
    if BASE64_TEXT.read(content) is None:
        errors.append((element, "The text is not valid base64"))
    return Base64Container(content)
