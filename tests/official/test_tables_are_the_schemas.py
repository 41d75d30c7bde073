"""Line by line, the tables of the codecs are what the official schemas declare: names, order, number, types, attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lxml import etree  # noqa: TID251 reads schemas, no messages # pyright: ignore[reportAttributeAccessIssue] no types

from hub.emessage import table
from hub.emessage.apprec import EDITIONS, AppRec
from hub.emessage.datatypes import FORMATTED_TEXT
from hub.emessage.message_types import MESSAGE_TYPES
from hub.emessage.msghead import MsgHead
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.emessage.plo.v1_5.edition import PLO_1_5
from hub.emessage.table import SELF, Edition, Simple, Special

pytestmark = pytest.mark.official

XSD = Path(__file__).parents[3] / "shared" / "standards" / "emessage" / "xsd"
XS = "{http://www.w3.org/2001/XMLSchema}"
UNBOUNDED = 1_000_000
# A key of Epikrise 1.1 asks for an attribute that a nested Event cannot have: declared, and never valid.
NEVER_VALID = {("Event", "{http://www.kith.no/xmlstds/epikrise/2006-09-23}Event")}
ROOTS: dict[tuple[Any, Edition | None], str] = {
    (row.payload, row.edition): row.title for row in MESSAGE_TYPES if row.payload is not None
} | {(MsgHead, None): "", (AppRec, EDITIONS["1.0"]): "", (AppRec, EDITIONS["1.1"]): ""}
# Types of the schemas by the name of ours that reads them.
TYPES = {
    "ST": "xs:string",
    "INT": "xs:integer",
    "oid": "OID",
    "string": "xs:string",
    "anyType": "anything",
}


@dataclass
class Schemas:
    """All declarations at the top of a schema, by kind, namespace and name."""

    top: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])

    def add(self, root: Any) -> None:
        ns = root.get("targetNamespace") or ""
        for node in root.iterchildren(f"{XS}*"):
            if node.get("name"):
                self.top[node.tag, f"{{{ns}}}{node.get('name')}"] = node

    def find(self, kind: str, node: Any, reference: str) -> Any:
        """A QName as it stands at a node → the declaration, or the bare name of a built-in type."""
        prefix, _, local = reference.rpartition(":")
        ns = node.nsmap.get(prefix or None, "")
        if f"{{{ns}}}" == XS:
            return local
        return self.top[kind, f"{{{ns}}}{local}"]


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    made = Schemas()
    for path in sorted(XSD.glob("*/**/*.xsd")):
        made.add(etree.parse(str(path), etree.XMLParser(load_dtd=False)).getroot())
    return made


@dataclass(frozen=True)
class Line:
    """One element of a content model. Shape: `least` is 0 within a choice and within a part that may be left out."""

    name: str
    least: int
    many: bool
    type: Any


def lines_of(schemas: Schemas, kind: Any) -> Iterator[Line]:
    """A complex type → its elements in order, those of the type that it extends before them."""
    for extension in kind.iter(f"{XS}extension"):
        base = schemas.find(f"{XS}complexType", extension, extension.get("base"))
        if not isinstance(base, str):
            yield from lines_of(schemas, base)
    for node in kind.iter(f"{XS}sequence", f"{XS}choice", f"{XS}all"):
        if _owner(node) is kind and _group(node) is None:
            yield from _particles(schemas, node, least=1, most=1)


def _owner(node: Any) -> Any:
    return next(a for a in node.iterancestors(f"{XS}complexType"))


def _group(node: Any) -> Any:
    parent = node.getparent()
    return parent if parent.tag in {f"{XS}sequence", f"{XS}choice"} else None


def _particles(schemas: Schemas, node: Any, *, least: int, most: int) -> Iterator[Line]:
    inner = 0 if node.tag == f"{XS}choice" else least * _least(node)
    outer = most * _most(node)
    for child in node.iterchildren(f"{XS}*"):
        if child.tag == f"{XS}element":
            declared = child
            if child.get("ref"):
                declared = schemas.find(f"{XS}element", child, child.get("ref"))
            yield Line(
                _element_name(declared),
                inner * _least(child),
                outer * _most(child) > 1,
                type_of(schemas, declared),
            )
        elif child.tag in {f"{XS}sequence", f"{XS}choice"}:
            yield from _particles(schemas, child, least=inner, most=outer)


def _least(node: Any) -> int:
    return int(node.get("minOccurs", "1"))


def _most(node: Any) -> int:
    most = node.get("maxOccurs", "1")
    return UNBOUNDED if most == "unbounded" else int(most)


def _element_name(node: Any) -> str:
    root = node.getroottree().getroot()
    qualified = node.getparent() is root or root.get("elementFormDefault") == "qualified"
    return f"{{{root.get('targetNamespace')}}}{node.get('name')}" if qualified else node.get("name")


def type_of(schemas: Schemas, node: Any) -> Any:
    """An element or attribute declaration → its complex type, or the name of its simple type."""
    inline = node.find(f"{XS}complexType")
    if inline is not None:
        return inline
    restriction = node.find(f"{XS}simpleType/{XS}restriction")
    if restriction is not None:
        return "restricted" if len(restriction) else restriction.get("base").rpartition(":")[2]
    if node.find(f"{XS}simpleType") is not None:
        return "restricted"
    reference = node.get("type", "anyType")
    if reference == "anyType":
        return "anyType"
    try:
        found = schemas.find(f"{XS}complexType", node, reference)
    except KeyError:
        return reference.rpartition(":")[2]
    return found


def compare(
    schemas: Schemas, cls: Any, edition: Edition | None, kind: Any, seen: set[tuple[Any, Any]]
) -> Iterator[str]:
    """A class and the complex type it stands for → every line that is not the same, all the way down."""
    if (cls, kind) in seen:
        return
    seen.add((cls, kind))
    yield from compare_attributes(schemas, cls, edition, kind)
    yield from compare_choices(schemas, cls, edition, kind)
    lines = table.table_of(cls, edition)
    chosen = {name for choice in lines.choices for name in choice.fields}
    ours = [
        (
            table.field_tag(f, name),
            0 if f.name in chosen or lines.may_be_empty else f.least,
            f,
            part,
        )
        for f in lines.fields
        if not f.is_attribute
        for name, part in f.kinds
    ]
    theirs = [
        line for line in lines_of(schemas, kind) if (cls.__name__, line.name) not in NEVER_VALID
    ]
    if [name for name, *_ in ours] != [line.name for line in theirs]:
        yield f"{cls.__name__}: {[n for n, *_ in ours]} and {[line.name for line in theirs]}"
        return
    for (name, least, f, part), line in zip(ours, theirs, strict=True):
        if (1 if least else 0, f.many) != (line.least, line.many) and len(f.kinds) == 1:
            yield f"{cls.__name__} {name}: {least} {f.many} and {line.least} {line.many}"
        yield from compare_type(schemas, (cls, part), edition, line, seen)


def choices_of(schemas: Schemas, kind: Any) -> set[tuple[frozenset[str], bool]]:
    """A complex type → its choices of one element among several, and whether one must be there."""
    found: set[tuple[frozenset[str], bool]] = set()
    for node in kind.iter(f"{XS}choice"):
        elements = list(node.iter(f"{XS}element"))
        inner = _group(node) is not None and _group(node).tag == node.tag
        if _owner(node) is kind and not inner and len(elements) > 1 and _most(node) == 1:
            names = [line.name for line in _particles(schemas, node, least=1, most=1)]
            found.add((frozenset(names), all(_least(part) for part in (node, *elements))))
    return found


def compare_choices(
    schemas: Schemas, cls: Any, edition: Edition | None, kind: Any
) -> Iterator[str]:
    lines = table.table_of(cls, edition)
    tags = {f.name: table.field_tag(f, name) for f in lines.fields for name, _ in f.kinds}
    ours = {
        (frozenset(tags[name] for name in choice.fields), choice.required)
        for choice in lines.choices
    }
    if ours != (theirs := choices_of(schemas, kind)):
        yield f"{cls.__name__}: choices {ours} and {theirs}"


def compare_type(
    schemas: Schemas,
    pair: tuple[Any, Any],
    edition: Edition | None,
    line: Line,
    seen: set[tuple[Any, Any]],
) -> Iterator[str]:
    owner, part = pair
    if isinstance(part, Simple):
        name = line.type if isinstance(line.type, str) else "complex"
        if part.name != TYPES.get(name, f"xs:{name}") and name != "restricted":
            yield f"{owner.__name__} {line.name}: {part.name} and {name}"
    elif isinstance(part, Special):
        if (part is FORMATTED_TEXT) != (line.type == "anyType"):
            yield f"{owner.__name__} {line.name}: {part.name} and {line.type}"
    elif isinstance(line.type, str):
        yield f"{owner.__name__} {line.name}: a class and {line.type}"
    else:
        yield from compare(schemas, owner if part is SELF else part, edition, line.type, seen)


def compare_attributes(
    schemas: Schemas, cls: Any, edition: Edition | None, kind: Any
) -> Iterator[str]:
    ours = {
        table.field_tag(f, f.kinds[0][0]): (bool(f.least), f.fixed)
        for f in table.table_of(cls, edition).fields
        if f.is_attribute
    }
    theirs = dict(_attributes(schemas, kind))
    if ours != theirs:
        yield f"{cls.__name__}: attributes {ours} and {theirs}"


def _attributes(schemas: Schemas, kind: Any) -> Iterator[tuple[str, tuple[bool, str | None]]]:
    for node in kind.iter(f"{XS}attribute", f"{XS}attributeGroup"):
        if next(node.iterancestors(f"{XS}complexType", f"{XS}attributeGroup"), None) is not kind:
            continue
        if node.tag == f"{XS}attributeGroup":
            yield from _attributes(schemas, schemas.find(node.tag, node, node.get("ref")))
            continue
        name = node.get("name")
        if node.get("ref"):
            declared = schemas.find(node.tag, node, node.get("ref"))
            name = _element_name(declared)
        yield name, (node.get("use") == "required", node.get("fixed"))


@pytest.mark.parametrize(
    ("cls", "edition"),
    ROOTS,
    ids=lambda part: getattr(part, "__name__", getattr(part, "name", "")),
)
def test_a_codec_is_line_by_line_what_the_schema_declares(
    cls: Any, edition: Edition | None, schemas: Schemas
) -> None:
    seen: set[tuple[Any, Any]] = set()
    root = schemas.top[f"{XS}element", table.tag_of(cls, edition)]

    assert list(compare(schemas, cls, edition, type_of(schemas, root), seen)) == []
    assert len(seen) >= 12


def test_a_table_that_differs_is_told_line_by_line(schemas: Schemas) -> None:
    only_renamed = Edition("1.6 in the namespaces of 1.5", PLO_1_5.namespaces)
    root = schemas.top[f"{XS}element", table.tag_of(TverrfagligEpikrise, PLO_1_5)]
    told = list(compare(schemas, TverrfagligEpikrise, only_renamed, type_of(schemas, root), set()))

    assert sorted(line.partition(" ")[0] for line in told) == [
        "InfoKontrolltime:",
        "InfoKontrolltime:",
        "InformasjonGitt",
        "MedisinskDiagnose",
        "OpplysningerRelevantOppfolging:",
        "ParorendeForesatt:",
    ]
