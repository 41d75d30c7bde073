"""FHIR XML → FHIR JSON, without loss but for comments; what the tables do not allow is refused with its place.

The result is checked as any JSON body is (codec.py): here only that is refused which JSON cannot say.
Source: http://hl7.org/fhir/R4/xml.html, http://hl7.org/fhir/R4/json.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from hub.fhir.models import RESOURCE_TYPES, struct_for
from hub.fhir.models.elements import Element
from hub.fhir.xml_gate import Reading
from hub.fhir.xml_narrative import Narrative, begins_plain
from hub.fhir.xml_table import FHIR, XHTML, Table, companion_table, table_for
from hub.problems import HubError, Problem, ProblemCode

Name = tuple[str, str]
Attributes = Sequence[tuple[Name, str]]

MAX_PROBLEMS: Final = 100
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_STRING: Final = msgspec.json.Encoder()
_INTEGER: Final = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")


def to_json(body: bytes) -> bytes:
    """The XML of one resource → the same as compact JSON, members in the order of the definition.

    Problems: all that can be found: NOT_UTF8, XML_NOT_WELL_FORMED, XML_FORBIDDEN, TOO_DEEP, TOO_LARGE, XML_STRUCTURE,
    UNKNOWN_ELEMENT, WRONG_RESOURCE_TYPE, BAD_VALUE.
    Drops: comments, processing instructions, white space between elements, schema hints on the root.
    """
    reading = Reading(body)
    reader = _Reader(reading, body)
    try:
        reading.run(reader)
    except HubError as error:
        raise HubError(*reader.problems, *error.problems) from None
    if reader.problems:
        raise HubError(*reader.problems)
    return reader.result


@dataclass(slots=True)
class _Frame:
    """An element that has started.

    Shape: `element` what the frame around it knows it as; `table` what may be inside (None: one resource, or nothing
    known); `members` JSON name → rendered values; `value` a primitive's own.
    """

    name: str
    where: str
    element: Element | None = None
    table: Table | None = None
    members: dict[str, list[bytes | None]] = field(default_factory=dict[str, list[bytes | None]])
    elements: dict[str, Element] = field(default_factory=dict[str, Element])
    primitive: bool = False
    value: bytes | None = None
    last: int = -1
    resource: bytes | None = None


class _Reader:
    """Builds JSON from events; collects problems."""

    def __init__(self, reading: Reading, body: bytes) -> None:
        self.problems: list[Problem] = []
        self.result = b""
        self._reading = reading
        self._body = body
        self._frames: list[_Frame] = []
        self._skipped = 0
        self._narrative: Narrative | None = None

    def start(self, name: Name, attributes: Attributes) -> None:
        """A start tag."""
        if self._narrative is not None:
            self._narrative.start(name, attributes)
        elif self._skipped:
            self._skipped += 1
        elif not self._frames:
            self._root(name, attributes)
        else:
            self._inside(self._frames[-1], name, attributes)

    def text(self, text: str) -> None:
        """Characters: a narrative's, or white space."""
        if self._narrative is not None:
            self._narrative.text(text)
        elif not self._skipped and not text.isspace():
            detail = "No text may stand here; a value stands in the attribute `value`"
            self._add(ProblemCode.XML_STRUCTURE, self._frames[-1].where, detail)

    def end(self) -> None:
        """The end of an element."""
        if self._narrative is not None:
            done = self._narrative.end(self._reading.index)
            if done is not None:
                self._narrative = None
                self._keep("div", self._frames[-1].elements["div"], _STRING.encode(done), None)
            return
        if self._skipped:
            self._skipped -= 1
            return
        frame = self._frames.pop()
        if frame.element is None:
            self._end_resource(frame)
        elif frame.primitive:
            companion = _joined(frame.members, frame.elements)
            self._keep(frame.name, frame.element, frame.value, companion)
        elif frame.element.kind == "Resource":
            if frame.resource is None:
                self._add(ProblemCode.XML_STRUCTURE, frame.where, "A resource must stand in here")
            self._keep(frame.name, frame.element, frame.resource, None)
        else:
            made = _joined(frame.members, frame.elements) or b"{}"
            self._keep(frame.name, frame.element, made, None)

    def _root(self, name: Name, attributes: Attributes) -> None:
        kept = [pair for pair in attributes if pair[0][0] != _XSI]  # schema hints
        self._resource(name, kept, "")

    def _resource(self, name: Name, attributes: Attributes, where: str) -> None:
        """The start tag of a resource; `where` is the place of the element it stands in."""
        namespace, kind = name
        if self._frames:
            self._frames[-1].resource = b"{}"  # something stood here, be it wrong
        where = where or (kind if _PLAIN.fullmatch(kind) else "")
        if namespace != FHIR:
            self._skip(ProblemCode.XML_STRUCTURE, where, f"A resource is in the namespace {FHIR}")
        elif kind not in RESOURCE_TYPES:
            detail = "The element must be named after a resource type of FHIR R4"
            self._skip(ProblemCode.WRONG_RESOURCE_TYPE, where, detail)
        else:
            frame = _Frame(kind, where, table=table_for(struct_for(kind)))
            self._frames.append(frame)
            self._take_attributes(frame, attributes, value=False)

    def _inside(self, frame: _Frame, name: Name, attributes: Attributes) -> None:
        namespace, local = name
        if frame.element is not None and frame.element.kind == "Resource":
            if frame.resource is not None:
                detail = "Only one resource may stand in here"
                self._skip(ProblemCode.XML_STRUCTURE, frame.where, detail)
            else:
                self._resource(name, attributes, frame.where)
            return
        element = frame.table.elements.get(local) if frame.table else None
        shown = local if _PLAIN.fullmatch(local) else "?"
        if frame.table is None or element is None:
            where = f"{frame.where}.{shown}"
            self._skip(ProblemCode.UNKNOWN_ELEMENT, where, "There is no such element here")
            return
        wanted = XHTML if element.kind == "xhtml" else FHIR
        where = f"{frame.where}.{local}"
        if namespace != wanted:
            self._skip(
                ProblemCode.XML_STRUCTURE, where, f"This element is in the namespace {wanted}"
            )
            return
        self._check_order(frame, frame.table, local, element, where)
        frame.elements[local] = element
        if element.kind == "xhtml":
            plain = begins_plain(self._body, self._reading.index)
            self._narrative = Narrative(self._body, self._reading.index, plain=plain)
            self._narrative.start(name, attributes)
            return
        if element.many:
            where += f"[{len(frame.members.get(local, ()))}]"
        self._element(local, element, where, attributes)

    def _element(self, name: str, element: Element, where: str, attributes: Attributes) -> None:
        primitive = element.struct is None and element.kind != "Resource"
        table = None
        if primitive:
            table = companion_table()
        elif element.struct is not None:
            table = table_for(element.struct)
        frame = _Frame(name, where, element, table, primitive=primitive)
        self._frames.append(frame)
        self._take_attributes(frame, attributes, value=primitive)
        if primitive and element.kind != "xhtml" and _bare(element, name):
            frame.table = None

    def _check_order(
        self, frame: _Frame, table: Table, name: str, element: Element, where: str
    ) -> None:
        rank = table.rank[name]
        if rank < frame.last:
            detail = "This element stands behind one that must follow it; the order is that of the definition"
            self._add(ProblemCode.XML_STRUCTURE, where, detail)
        elif rank == frame.last and not element.many:
            self._add(ProblemCode.XML_STRUCTURE, where, "This element may stand only once")
        frame.last = max(rank, frame.last)

    def _take_attributes(self, frame: _Frame, attributes: Attributes, *, value: bool) -> None:
        allowed = frame.table.attributes if frame.table else ()
        for (namespace, name), text in attributes:
            if not namespace and name in allowed:
                frame.members[name] = [_STRING.encode(text)]
            elif not namespace and name == "value" and value and frame.element is not None:
                frame.value = self._value(frame.element, text, frame.where)
            else:
                shown = name if _PLAIN.fullmatch(name) else "?"
                detail = f"There is no attribute {shown} here"
                self._add(ProblemCode.UNKNOWN_ELEMENT, frame.where, detail)

    def _value(self, element: Element, text: str, where: str) -> bytes:
        kind = element.json_type
        if kind == "string":
            return _STRING.encode(text)
        if kind == "boolean" and text in {"true", "false"}:
            return text.encode()
        if element.kind == "decimal" and _DECIMAL.fullmatch(text):
            return text.encode()
        if kind == "number" and element.kind != "decimal" and _INTEGER.fullmatch(text):
            return text.removeprefix("+").encode()
        self._add(ProblemCode.BAD_VALUE, where, f"not a valid {element.kind}")
        return b"null"

    def _keep(
        self, name: str, element: Element, value: bytes | None, companion: bytes | None
    ) -> None:
        """What an element became → into the frame around it."""
        frame = self._frames[-1]
        frame.elements[name] = element
        if value is None and companion is None and element.kind != "Resource":
            where = f"{frame.where}.{name}"
            detail = "ele-1: an element must have a value or children"
            self._add(ProblemCode.INVARIANT, where, detail)
        frame.members.setdefault(name, []).append(value)
        frame.members.setdefault(f"_{name}", []).append(companion)

    def _end_resource(self, frame: _Frame) -> None:
        kind = b'{"resourceType":' + _STRING.encode(frame.name)
        inner = _joined(frame.members, frame.elements)
        made = kind + (b"," + inner[1:] if inner else b"}")
        if self._frames:
            self._frames[-1].resource = made
        else:
            self.result = made

    def _skip(self, code: ProblemCode, where: str, detail: str) -> None:
        """A problem, and everything in the element is passed over."""
        self._add(code, where, detail)
        self._skipped = 1

    def _add(self, code: ProblemCode, where: str, detail: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            told = f"{detail} (line {self._reading.line})"
            self.problems.append(Problem(code, told, where))


def _bare(element: Element, name: str) -> bool:
    """Whether a primitive may hold no extension: only the id of a resource."""
    return element.kind == "id" and name == "id"


def _joined(members: dict[str, list[bytes | None]], elements: dict[str, Element]) -> bytes | None:
    """Rendered values by JSON name → an object, None when there is nothing in it."""
    parts: list[bytes] = []
    for name, values in members.items():
        if not any(value is not None for value in values):
            continue
        element = elements.get(name.removeprefix("_"))
        if element is None or not element.many:
            written = values[0] or b"null"
        else:
            written = b"[" + b",".join(value or b"null" for value in values) + b"]"
        parts.append(_STRING.encode(name) + b":" + written)
    return b"{" + b",".join(parts) + b"}" if parts else None
