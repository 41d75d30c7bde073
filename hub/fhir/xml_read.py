"""FHIR XML → FHIR JSON, without loss but for comments; what the tables do not allow is refused with its place.

The result is checked as any JSON body is (codec.py): here only that is refused which JSON cannot say.
Source: http://hl7.org/fhir/R4/xml.html, http://hl7.org/fhir/R4/json.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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


class _Frame:
    """An element that has started.

    Shape: `element` what the frame around it knows it as (None: a resource); `step` its part of the path; `table` what may
    be inside (None: one resource, or nothing); `members` JSON name → rendered values, `elements` what they are.
    """

    __slots__ = (
        "element",
        "elements",
        "last",
        "members",
        "name",
        "resource",
        "step",
        "table",
        "value",
    )

    def __init__(self, name: str, step: str, element: Element | None, table: Table | None) -> None:
        self.name = name
        self.step = step
        self.element = element
        self.table = table
        self.members: dict[str, list[bytes | None]] = {}
        self.elements: dict[str, Element] = {}
        self.value: bytes | None = None
        self.last = -1
        self.resource: bytes | None = None


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
            self._add(ProblemCode.XML_STRUCTURE, "", detail)

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
        frame = self._frames[-1]
        element = frame.element
        value, companion = frame.value, None
        if element is None:
            self._frames.pop()
            self._end_resource(frame)
            return
        if element.struct is not None:
            value = _joined(frame.members, frame.elements) or b"{}"
        elif element.kind == "Resource":
            value = frame.resource
            if value is None:
                self._add(ProblemCode.XML_STRUCTURE, "", "A resource must stand in here")
        else:
            companion = _joined(frame.members, frame.elements) if frame.members else None
            if value is None and companion is None:
                detail = "ele-1: an element must have a value or children"
                self._add(ProblemCode.INVARIANT, "", detail)
        self._frames.pop()
        self._keep(frame.name, element, value, companion)

    def _root(self, name: Name, attributes: Attributes) -> None:
        kept = [pair for pair in attributes if pair[0][0] != _XSI]  # schema hints
        self._resource(name, kept)

    def _resource(self, name: Name, attributes: Attributes) -> None:
        """The start tag of a resource, the whole document or inside an element."""
        namespace, kind = name
        step = ""
        if self._frames:
            self._frames[-1].resource = b"{}"  # something stood here, be it wrong
        elif _PLAIN.fullmatch(kind):
            step = kind
        if namespace != FHIR:
            self._skip(ProblemCode.XML_STRUCTURE, step, f"A resource is in the namespace {FHIR}")
        elif kind not in RESOURCE_TYPES:
            detail = "The element must be named after a resource type of FHIR R4"
            self._skip(ProblemCode.WRONG_RESOURCE_TYPE, step, detail)
        else:
            frame = _Frame(kind, step, None, table_for(struct_for(kind)))
            self._frames.append(frame)
            if attributes:
                self._take_attributes(frame, attributes)

    def _inside(self, frame: _Frame, name: Name, attributes: Attributes) -> None:
        namespace, local = name
        table = frame.table
        if table is None and frame.element is not None and frame.element.kind == "Resource":
            if frame.resource is not None:
                detail = "Only one resource may stand in here"
                self._skip(ProblemCode.XML_STRUCTURE, "", detail)
            else:
                self._resource(name, attributes)
            return
        element = table.elements.get(local) if table else None
        if table is None or element is None:
            step = f".{local if _PLAIN.fullmatch(local) else '?'}"
            self._skip(ProblemCode.UNKNOWN_ELEMENT, step, "There is no such element here")
            return
        narrative = element.kind == "xhtml"
        wanted = XHTML if narrative else FHIR
        if namespace != wanted:
            detail = f"This element is in the namespace {wanted}"
            self._skip(ProblemCode.XML_STRUCTURE, f".{local}", detail)
            return
        self._check_order(frame, table.rank[local], local, element)
        frame.elements[local] = element
        if narrative:
            plain = begins_plain(self._body, self._reading.index)
            self._narrative = Narrative(self._body, self._reading.index, plain=plain)
            self._narrative.start(name, attributes)
            return
        step = f".{local}"
        if element.many:
            step = f".{local}[{len(frame.members.get(local, ()))}]"
        inner = _Frame(local, step, element, _table_inside(element, local))
        self._frames.append(inner)
        if attributes:
            self._take_attributes(inner, attributes)

    def _check_order(self, frame: _Frame, rank: int, name: str, element: Element) -> None:
        if rank > frame.last:
            frame.last = rank
        elif rank < frame.last:
            detail = "This element stands behind one that must follow it; the order is that of the definition"
            self._add(ProblemCode.XML_STRUCTURE, f".{name}", detail)
        elif not element.many:
            self._add(ProblemCode.XML_STRUCTURE, f".{name}", "This element may stand only once")

    def _take_attributes(self, frame: _Frame, attributes: Attributes) -> None:
        allowed = frame.table.attributes if frame.table else ()
        element = frame.element
        primitive = element is not None and element.struct is None and element.kind != "Resource"
        for (namespace, name), text in attributes:
            if primitive and name == "value" and not namespace:
                assert element is not None
                frame.value = self._value(element, text)
            elif name in allowed and not namespace:
                frame.members[name] = [_STRING.encode(text)]
            else:
                shown = name if _PLAIN.fullmatch(name) else "?"
                detail = f"There is no attribute {shown} here"
                self._add(ProblemCode.UNKNOWN_ELEMENT, "", detail)

    def _value(self, element: Element, text: str) -> bytes:
        kind = element.json_type
        if kind == "string":
            return _STRING.encode(text)
        if kind == "boolean" and text in {"true", "false"}:
            return text.encode()
        if element.kind == "decimal" and _DECIMAL.fullmatch(text):
            return text.encode()
        if kind == "number" and element.kind != "decimal" and _INTEGER.fullmatch(text):
            return text.removeprefix("+").encode()
        self._add(ProblemCode.BAD_VALUE, "", f"not a valid {element.kind}")
        return b"null"

    def _keep(
        self, name: str, element: Element, value: bytes | None, companion: bytes | None
    ) -> None:
        """What an element became → into the frame around it."""
        frame = self._frames[-1]
        kept = frame.members.get(name)
        if kept is None:
            frame.members[name] = [value]
            if element.struct is None:
                frame.members[f"_{name}"] = [companion]
        else:
            kept.append(value)
            if element.struct is None:
                frame.members[f"_{name}"].append(companion)

    def _end_resource(self, frame: _Frame) -> None:
        kind = b'{"resourceType":' + _STRING.encode(frame.name)
        inner = _joined(frame.members, frame.elements)
        made = kind + (b"," + inner[1:] if inner else b"}")
        if self._frames:
            self._frames[-1].resource = made
        else:
            self.result = made

    def _skip(self, code: ProblemCode, step: str, detail: str) -> None:
        """A problem, and everything in the element is passed over."""
        self._add(code, step, detail)
        self._skipped = 1

    def _add(self, code: ProblemCode, step: str, detail: str) -> None:
        """A problem at the element that is open, or at a step below it."""
        if len(self.problems) < MAX_PROBLEMS:
            where = "".join(frame.step for frame in self._frames) + step
            told = f"{detail} (line {self._reading.line})"
            self.problems.append(Problem(code, told, where))


def _table_inside(element: Element, name: str) -> Table | None:
    """An element → what may stand in it: None where a resource does, or nothing but a value (the id of a resource)."""
    if element.struct is not None:
        return table_for(element.struct)
    if element.kind == "Resource" or (element.kind == "id" and name == "id"):
        return None
    return companion_table()


def _joined(members: dict[str, list[bytes | None]], elements: dict[str, Element]) -> bytes | None:
    """Rendered values by JSON name → an object, None when there is nothing in it."""
    parts: list[bytes] = []
    for name, values in members.items():
        if values.count(None) == len(values):
            continue
        element = elements.get(name.removeprefix("_"))
        if element is None or not element.many:
            written = values[0] or b"null"
        else:
            written = b"[" + b",".join(value or b"null" for value in values) + b"]"
        parts.append(_STRING.encode(name) + b":" + written)
    return b"{" + b",".join(parts) + b"}" if parts else None
