"""Plain text of e-messages → XHTML that a person reads, and the contained resources of one resource.

Source: http://hl7.org/fhir/R4/narrative.html (allowed XHTML), http://hl7.org/fhir/R4/references.html#contained.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any, Final

import msgspec

from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Reference

_PARAGRAPHS: Final = re.compile(r"\n[ \t]*\n\s*")


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def to_paragraphs(text: str) -> str:
    """Plain text → XHTML paragraphs; single line breaks are kept as such."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return "".join(
        f"<p>{escape(part, quote=False).replace(chr(10), '<br/>')}</p>"
        for part in _PARAGRAPHS.split(whole)
        if part.strip()
    )


def to_list(items: Iterable[str]) -> str:
    """Plain texts → an XHTML list, or nothing when there are none."""
    rows = "".join([f"<li>{_plain(item)}</li>" for item in items])
    return f"<ul>{rows}</ul>" if rows else ""


def labelled(label: str, text: str | None) -> str:
    """A label and its text → one XHTML paragraph, or nothing when there is no text."""
    if not text or text.isspace():
        return ""
    body = escape(text.strip("\n"), quote=False).replace("\n", "<br/>")
    return f"<p><b>{escape(label, quote=False)}:</b> {body}</p>"


def shown(value: CodeableConcept | Coding | None) -> str:
    """A coded value → the words that show it: its text, else the name of its code, else the code."""
    if value is None:
        return ""
    if isinstance(value, Coding):
        return value.display or value.code or ""
    return value.text or next((s for s in map(shown, value.coding) if s), "")


def local_time(text: str | None) -> str:
    """A FHIR dateTime → how a Norwegian reads it: 31.01.2018 kl. 10:00, 31.01.2018, 01.2018 or 2018."""
    if not text:
        return ""
    day, _, clock = text.partition("T")
    date = ".".join(reversed(day.split("-")))
    return f"{date} kl. {clock[:5]}" if clock else date


def yes_no(value: bool) -> str:
    """A boolean → Ja or Nei."""
    return "Ja" if value else "Nei"


class Contained(msgspec.Struct, frozen=True):
    """The resources that live inside one resource while it is being built."""

    items: list[Any] = []

    def add(self, resource: msgspec.Struct, display: str | None = None) -> Reference:
        """A resource without id → the local reference to it."""
        return self.keep(
            msgspec.structs.replace(resource, id=self.next_id(type(resource))), display
        )

    def next_id(self, kind: type) -> str:
        """The type of the next resource → the id it will go by here."""
        return f"{kind.__name__.lower()}-{len(self.items) + 1}"

    def keep(self, resource: Any, display: str | None = None) -> Reference:
        """A resource with the next id → the local reference to it."""
        self.items.append(resource)
        return Reference(reference=f"#{resource.id}", display=display or None)

    def listed(self) -> tuple[Any, ...]:
        """Nothing → what `contained` of the resource is to hold."""
        return tuple(self.items)
