"""A block of a message → its section of the page, walked by the codec's table of the same block.

One value is a line of name and value, a block a section with a heading. What the table does not know is shown all the
same, marked as foreign: a message that breaks its schema is read by people, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.emessage import table, xml
from hub.emessage.attached import ATTACHED
from hub.emessage.page.attachments import Attachments
from hub.emessage.page.formatted import foreign
from hub.emessage.page.labels import FOREMOST, TECHNICAL, label_of
from hub.emessage.page.leaves import is_leaf, show_leaf, show_text
from hub.emessage.page.short import Line, joined_lines, short_line
from hub.emessage.payloads import CONTENT, PAYLOADS
from hub.emessage.table import SELF, Edition, Field, Table
from hub.emessage.xml import WHITESPACE, Node
from hub.html import Html, Part, el, join

_DEEPEST: Final = 6
_FOREIGN: Final = "Fremmed innhold"


@dataclass(frozen=True, slots=True)
class Section:
    """A block inside a block. Shape: `cls` None for what no table knows."""

    label: str
    node: Node
    cls: type | None


@dataclass(frozen=True, slots=True)
class Block:
    """What a block holds, in document order."""

    lines: tuple[Line, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks one message. Shape: `edition` that of its tables; `attachments` where the bytes of an attachment are got."""

    edition: Edition | None
    attachments: Attachments

    def read(self, node: Node, cls: type) -> Block:
        """An element and its class → what it holds."""
        lines_of = table.table_of(cls, self.edition)
        named = {
            table.field_tag(field, name): (field, name, kind)
            for field in lines_of.fields
            for name, kind in field.kinds
        }
        lines = list(self._attributes(node, lines_of, named))
        sections: list[Section] = []
        for part in node.content:
            if isinstance(part, str):
                if part.strip(WHITESPACE):
                    lines.append(Line("", _FOREIGN, el("span", part)))
                continue
            found = named.get(part.tag)
            made = self._child(part, cls, found if found and not found[0].is_attribute else None)
            (lines if isinstance(made, Line) else sections).append(made)  # pyright: ignore[reportArgumentType] - each into its list
        return Block(tuple(joined_lines(lines)), tuple(sections))

    def _attributes(
        self, node: Node, lines_of: Table, named: dict[str, tuple[Field, str, Any]]
    ) -> Iterator[Line]:
        for name, value in node.attributes:
            found = named.get(name)
            short = xml.local_name(name)
            if found is None or not found[0].is_attribute:
                yield Line(short, f"{_FOREIGN}, attributtet {short}", el("span", value))
            else:
                yield Line(
                    short, label_of(lines_of.cls.__name__, short), show_text(value, found[2])
                )

    def _child(self, node: Node, cls: type, found: tuple[Field, str, Any] | None) -> Line | Section:
        name = xml.local_name(node.tag)
        if found is None:
            return Section(f"{_FOREIGN}: {name}", node, None)
        label, kind = label_of(cls.__name__, name), found[2]
        if kind is CONTENT or kind is ATTACHED:
            return self._content(node, label)
        if is_leaf(kind):
            shown = show_leaf(node, kind)
            return (
                Section(f"{label} ({_FOREIGN.lower()})", node, None)
                if shown is None
                else Line(name, label, shown, node)
            )
        inner = cls if kind is SELF else kind
        if not isinstance(inner, type):
            return Section(label, node, None)
        short = short_line(node, inner)
        return (
            Line(name, short.label or label, short.shown) if short else Section(label, node, inner)
        )

    def _content(self, node: Node, label: str) -> Line | Section:
        held = [part for part in node.content if isinstance(part, Node)]
        if len(held) == 1 and (link := self.attachments.link_to(held[0])):
            return Line("Content", label, link)
        return Section(label, node, Content)

    def show(self, node: Node, cls: type, level: int) -> Html:
        """An element, its class and the level of headings that its sections have → its content."""
        if cls is Content:
            return join(
                [self._payload(part, level) for part in node.content if isinstance(part, Node)]
            )
        return self.arrange(self.read(node, cls), level)

    def arrange(self, block: Block, level: int) -> Html:
        """What a block holds → its lines, then its sections, then what only machines ask for.

        Shape: a block that only wraps another is not told apart from it.
        """
        technical = [line for line in block.lines if line.name in TECHNICAL]
        lines = [line for line in block.lines if line.name not in TECHNICAL]
        lines.sort(key=lambda line: line.name not in FOREMOST)
        only = block.sections[0] if not lines and len(block.sections) == 1 else None
        return join(
            show_lines(lines),
            self.show(only.node, only.cls, level)
            if only is not None and only.cls is not None
            else self.sections(block.sections, level),
            el("p", [_aside(line) for line in technical], class_="technical")
            if technical
            else None,
        )

    def sections(self, sections: Sequence[Section], level: int) -> list[Html]:
        """Sections → the same as shown; those with one name are counted."""
        total: dict[str, int] = {}
        for section in sections:
            total[section.label] = total.get(section.label, 0) + 1
        seen: dict[str, int] = {}
        made: list[Html] = []
        for section in sections:
            number = seen[section.label] = seen.get(section.label, 0) + 1
            many = total[section.label] > 1
            count = (
                el("span", f" {number} av {total[section.label]}", class_="count") if many else None
            )
            made.append(self._section(section, count, level))
        return made

    def _section(self, section: Section, count: Part, level: int) -> Html:
        heading = el(f"h{min(level, _DEEPEST)}", section.label, count)
        if section.cls is None:
            ns = el(
                "p",
                "Fra navnerommet ",
                el("code", xml.namespace(section.node.tag) or "(uten navn)"),
                class_="technical",
            )
            return el("section", heading, foreign(section.node), ns, class_="foreign")
        inner = self.show(section.node, section.cls, level + 1)
        empty = el("p", "(uten innhold)", class_="technical") if not inner.text else None
        return el("section", heading, inner, empty)

    def _payload(self, node: Node, level: int) -> Html:
        """One element of a Content → the payload, or what is there in its stead."""
        link = self.attachments.link_to(node)
        if link is not None:
            return el("p", link)
        cls, edition = PAYLOADS.get(node.tag, (None, None))
        if cls is None:
            label = f"{_FOREIGN}: {xml.local_name(node.tag)}"
            return self._section(Section(label, node, None), None, level)
        return Walker(edition, self.attachments).show(node, cls, level)


class Content:
    """Stands for the Content of a RefDoc, which no table declares."""


def show_lines(lines: Sequence[Line]) -> Html | None:
    """Lines → a list of names and values; a name that comes again heads all its values."""
    if not lines:
        return None
    parts: list[Html] = []
    last = ""
    for line in lines:
        if line.label != last:
            parts.append(el("dt", line.label))
        parts.append(el("dd", line.shown))
        last = line.label
    return el("dl", parts, class_="facts")


def _aside(line: Line) -> Html:
    return el("span", line.label, ": ", line.shown, class_="aside")
