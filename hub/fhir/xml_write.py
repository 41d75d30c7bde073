"""FHIR JSON → FHIR XML, without loss: every digit, every null beside an extension, every narrative as it is.

Source: http://hl7.org/fhir/R4/xml.html, http://hl7.org/fhir/R4/json.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html.entities import name2codepoint
from itertools import zip_longest
from typing import Any, Final, cast

from hub.fhir.models import struct_for
from hub.fhir.models.elements import Element
from hub.fhir.xml_table import FHIR, Table, companion_table, table_for
from hub.problems import ProblemCode, fail

Json = dict[str, Any]

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_SPECIAL: Final = re.compile('[&<"\t\n\r]')
_ESCAPES: Final = {
    "&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;",
}  # fmt: skip
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMED: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]*);")


def to_xml(body: bytes, *, pretty: bool = False) -> bytes:
    """The JSON of a valid resource → the same as XML in UTF-8.

    Problems: NOT_ACCEPTABLE when a text holds a character that XML cannot carry.
    """
    # Numbers stay the texts they are: a decimal keeps its digits.
    read: Json = json.loads(body, parse_float=str, parse_int=str)
    out = [_HEAD]
    _resource(read, out, f' xmlns="{FHIR}"', "\n" if pretty else "")
    text = "".join(out)
    if _ILLEGAL.search(text):
        detail = "A text holds a character that XML cannot carry; ask for JSON"
        raise fail(ProblemCode.NOT_ACCEPTABLE, detail)
    return text.encode()


def _resource(read: Json, out: list[str], declared: str, line: str) -> None:
    kind: str = read["resourceType"]
    table = table_for(struct_for(kind))
    out.append(f"{line}<{kind}{declared}")
    _content(read, kind, table, out, line)


def _content(read: Json, name: str, table: Table, out: list[str], line: str) -> None:
    """The end of a start tag, what is inside, and the end tag."""
    inner = line and line + "  "
    written = len(out)
    out.append(">")
    last = ""
    # A member the table does not know would be lost: it is a fault of ours and must not pass
    members = [k for k in read if k not in table.aside]
    for key in sorted(members, key=table.rank.__getitem__):
        member = key.removeprefix("_")
        if member != last:  # a primitive and its companion are one element
            last = member
            _member(member, table.elements[member], read, out, inner)
    if len(out) == written + 1:
        out[written] = "/>"
    else:
        out.append(f"{line}</{name}>")


def _member(name: str, element: Element, read: Json, out: list[str], line: str) -> None:
    value: Any = read.get(name)
    if element.struct is not None:
        table = table_for(element.struct)
        for each in _each(value):
            out.append(f"{line}<{name}{_attributes(each, table)}")
            _content(each, name, table, out, line)
    elif element.kind == "Resource":
        for each in _each(value):
            out.append(f"{line}<{name}>")
            _resource(each, out, "", line and line + "  ")
            out.append(f"{line}</{name}>")
    elif element.kind == "xhtml":
        out.append(line + _narrative(value))
    else:
        companion = read.get(f"_{name}")
        for one, beside in zip_longest(_each(value), _each(companion)):
            _primitive(name, one, beside, out, line)


def _each(value: Any) -> list[Any]:
    """What stands in a member → its items: those of an array, one, or none."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _primitive(name: str, value: Any, companion: Any, out: list[str], line: str) -> None:
    if value is None:
        written = ""
    elif isinstance(value, bool):
        written = ' value="true"' if value else ' value="false"'
    else:
        written = f' value="{_escape(value)}"'
    if companion is None:
        out.append(f"{line}<{name}{written}/>")
        return
    table = companion_table()
    out.append(f"{line}<{name}{_attributes(companion, table)}{written}")
    _content(cast("Json", companion), name, table, out, line)


def _attributes(read: Mapping[str, Any], table: Table) -> str:
    return "".join(f' {n}="{_escape(read[n])}"' for n in table.attributes if n in read)


def _escape(text: str) -> str:
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text)


def _narrative(div: str) -> str:
    """A narrative's div → the same for XML, which knows five named characters only."""
    text = div.strip()
    if "&" in text:
        text = _NAMED.sub(lambda found: f"&#{name2codepoint[found[1]]};", text)
    return text.replace("]]>", "]]&gt;") if "]]>" in text else text
