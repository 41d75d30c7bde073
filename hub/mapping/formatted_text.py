"""Text fields of e-messages (plain, or the XHTML of HISD 1155) ↔ a FHIR text and, where it is formatted, its Narrative.

The text is what counts; the Narrative is the same text with its markup. So a text that was changed in FHIR is written
plain, and markup that a Narrative may not hold (links, styles, elements without namespace) is left to the message as it came.
Source: hodemelding.md (XHTML, HISD 1155); http://hl7.org/fhir/R4/narrative.html.
"""

from __future__ import annotations

from hub.emessage import xml
from hub.emessage.datatypes import FormattedText
from hub.emessage.xml import Node
from hub.fhir.models.r4.datatypes import Extension, Narrative
from hub.mapping.codes import content
from hub.mapping.fhir_parts import extension
from hub.mapping.markup import DIV, to_div
from hub.mapping.message_urls import DIV_ADDED


def to_text(field: FormattedText | str | None) -> tuple[str | None, Narrative | None]:
    """A text field → its text, and the formatted form of it where there is one."""
    if field is None or isinstance(field, str):
        return content(field), None
    if all(isinstance(part, str) for part in field.content):
        return content("".join(part for part in field.content if isinstance(part, str))), None
    return content(field.plain), _narrative(field)


def _narrative(field: FormattedText) -> Narrative | None:
    parts = [p for p in field.content if not isinstance(p, str) or content(p)]
    alone = parts[0] if len(parts) == 1 else None
    own = isinstance(alone, Node) and alone.tag == DIV and not alone.attributes
    node = alone if own and isinstance(alone, Node) else Node(DIV, (), field.content)
    div = to_div(node)
    if div is None:
        return None
    added = () if own else (Extension(url=DIV_ADDED, valueBoolean=True),)
    return Narrative(extension=added, status="additional", div=div)


def to_field(text: str | None, narrative: Narrative | None) -> FormattedText | None:
    """A text and its formatted form → the text field; formatted while the two still say the same."""
    if narrative is not None:
        node = xml.to_node(xml.parse(narrative.div.encode()))
        added = extension(narrative.extension, DIV_ADDED) is not None
        field = FormattedText(node.content if added else (node,))
        if content(field.plain) == text:
            return field
    return FormattedText((text,)) if text is not None else None
