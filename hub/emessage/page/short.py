"""Small blocks that people read as one line: a name, an identifier, a telephone number, an address.

A block is told on one line only when it holds nothing but what the line can say; else it is a section like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hub.emessage import xml
from hub.emessage.page.leaves import attribute, text_of
from hub.emessage.xml import WHITESPACE, Node
from hub.html import Html, el

# The one element with the value → the one with its kind.
_IDENT: Final = {"Id": "TypeId"}
_OTHER_ID: Final = {"Id": "Type"}
_TELECOM: Final = {"TeleAddress": "TypeTelecom"}
_TEXTS: Final = frozenset({"StreetAdr", "PostalCode", "City", "Postbox"})
_NAMES: Final = ("GivenName", "MiddleName", "FamilyName")
# A value, and the value beside it that says what kind it is.
_KINDS: Final = {"Id": "TypeId", "OffId": "TypeOffId"}
_CODE: Final = frozenset({"V", "DN", "S", "OT"})


@dataclass(frozen=True, slots=True)
class Line:
    """One value with its name. Shape: `name` is the element's, `node` the element, None for an attribute or a text."""

    name: str
    label: str
    shown: Html
    node: Node | None = None


@dataclass(frozen=True, slots=True)
class Short:
    """A block on one line. Shape: `label` "" when that of the element is to be used."""

    label: str
    shown: Html


def short_line(node: Node, cls: type) -> Short | None:
    """An element and its class → its line, None when it has none."""
    name = cls.__name__
    if name == "Ident":
        return _typed(node, _IDENT)
    if name == "AdditionalId":
        return _typed(node, _OTHER_ID)
    if name == "TeleCom":
        return _typed(node, _TELECOM)
    if name == "Address":
        return _postal(node)
    return None


def joined_lines(lines: Sequence[Line]) -> list[Line]:
    """The lines of a block → the same, a name on one line and an identifier under the name of its kind."""
    by_name: dict[str, list[Line]] = {}
    for line in lines:
        by_name.setdefault(line.name, []).append(line)
    once = {
        name: each[0]
        for name, each in by_name.items()
        if len(each) == 1 and each[0].node is not None
    }
    changed: dict[int, Line | None] = {}
    names = [once[name] for name in _NAMES if name in once]
    if len(names) > 1:
        parts = [text_of(line.node) for line in names if line.node is not None]
        changed |= {id(line): None for line in names}
        first = next(line for line in lines if id(line) in changed)
        changed[id(first)] = Line("Name", "Navn", _full_name(parts))
    for name, kind in _KINDS.items():
        value, of = once.get(name), once.get(kind)
        if value is None or of is None or of.node is None or not (told := attribute(of.node, "DN")):
            continue
        title = " ".join(filter(None, (attribute(of.node, each) for each in ("V", "OT", "S"))))
        changed[id(value)] = Line(
            name, told, el("span", value.shown, title=title or None), value.node
        )
        changed[id(of)] = None
    return [new for line in lines if (new := changed.get(id(line), line)) is not None]


def _full_name(parts: Sequence[str]) -> Html:
    """Given, middle and family name → one name; each as it was written."""
    return el("span", [part for text in parts for part in (el("span", text), " ")][:-1])


def _parts(node: Node) -> dict[str, Node] | None:
    """An element → its children by name; None when there is anything else in it, or one of them twice."""
    found: dict[str, Node] = {}
    if node.attributes:
        return None
    for part in node.content:
        if isinstance(part, str):
            if part.strip(WHITESPACE):
                return None
            continue
        name = xml.local_name(part.tag)
        if name in found or any(isinstance(each, Node) for each in part.content):
            return None
        found[name] = part
    return found


def _typed(node: Node, names: dict[str, str]) -> Short | None:
    """A value and a code that says what kind it is → the kind as the label."""
    found = _parts(node)
    if (
        found is None
        or set(found) - {*names, *names.values()}
        or (own := next(iter(names))) not in found
    ):
        return None
    value, kind = found[own], found.get(names[own])
    if {name for name, _ in value.attributes} - {"V"}:
        return None
    written = attribute(value, "V") or text_of(value)
    shown = written.removeprefix("tel:").removeprefix("mailto:")
    if kind is None:
        return Short("", el("data", shown, value=written))
    known = {name for name, _ in kind.attributes}
    if not known <= _CODE or kind.content or not (told := attribute(kind, "DN")):
        return None
    system = attribute(kind, "S")
    title = " ".join(part for part in (attribute(kind, "V"), attribute(kind, "OT"), system) if part)
    return Short(told, el("data", shown, value=written, title=title or None))


def _postal(node: Node) -> Short | None:
    found = _parts(node)
    if found is None or not set(found) <= _TEXTS | {"Type"}:
        return None
    if any(found[name].attributes for name in _TEXTS & set(found)):
        return None
    kind = found.get("Type")
    if kind is not None and (kind.content or {n for n, _ in kind.attributes} - {"V", "DN"}):
        return None
    texts = {name: text_of(part) for name, part in found.items() if name in _TEXTS}
    place = " ".join(texts[n] for n in ("PostalCode", "City") if n in texts)
    told = [texts[name] for name in ("StreetAdr", "Postbox") if name in texts]
    label = attribute(kind, "DN") if kind is not None else ""
    code = attribute(kind, "V") if kind is not None else ""
    return Short(label, el("data", ", ".join([*told, place] if place else told), value=code))
