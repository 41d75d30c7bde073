"""Raw bytes ↔ Binary: documents travel as themselves, and are kept as a resource.

Source: http://hl7.org/fhir/R4/binary.html#rest.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final

import msgspec

from hub.fhir.negotiate import JSON_TYPES, XML_TYPES, parse_media_type
from hub.fhir.wire import read_head
from hub.problems import ProblemCode, fail

UNKNOWN: Final = "application/octet-stream"
_NAME: Final = r"[A-Za-z0-9!#$&^_.+\-]{1,127}"
_MEDIA: Final = re.compile(
    rf'{_NAME}/{_NAME}(?:; ?{_NAME}=(?:{_NAME}|"[A-Za-z0-9 !#$&^_.+:/\-]{{0,127}}"))*'
)
_XML_ROOT: Final = re.compile(
    rb"\xef?\xbb?\xbf?\s*(?:<\?[^>]*>\s*|<!--(?:(?!-->)[\s\S])*-->\s*)*<(?:[A-Za-z_][\w.\-]{0,63}:)?Binary[\s/>]"
)
_HEADER: Final = re.compile(r"[\x21-\x7e]{1,1024}")
_ENCODER: Final = msgspec.json.Encoder()


class _Reference(msgspec.Struct, frozen=True):
    reference: str = ""


class _Binary(msgspec.Struct, rename="camel"):
    content_type: str = UNKNOWN
    security_context: _Reference = _Reference()
    data: str = ""


class _OnlyType(msgspec.Struct, rename="camel"):
    resource_type: str = ""


_BINARY: Final = msgspec.json.Decoder(_Binary)
_ONLY_TYPE: Final = msgspec.json.Decoder(_OnlyType)


@dataclass(frozen=True, slots=True)
class Document:
    """What a Binary holds. Shape: `security_context` a reference, "" when there is none."""

    content_type: str
    security_context: str
    data: bytes


def is_binary(body: bytes, media: str) -> bool:
    """A body and its media type → whether it is a Binary resource itself, not the content of one."""
    if media in XML_TYPES:
        return _XML_ROOT.match(body, 0, 4000) is not None
    if media not in (*JSON_TYPES, ""):
        return False
    if read_head(body)[0]:
        return read_head(body)[0] == "Binary"
    try:
        return _ONLY_TYPE.decode(body).resource_type in {"Binary", ""}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True  # it says it is a resource: it is refused as one


def to_binary(body: bytes, content_type: str, context: str | None, resource_id: str) -> bytes:
    """Raw bytes with their Content-Type, X-Security-Context and id ("" for a new one) → the JSON of a Binary.

    Problems: UNSUPPORTED_MEDIA when the Content-Type is none; BAD_VALUE when there is nothing in it.
    """
    written = "; ".join(part.strip() for part in content_type.split(";"))
    if _MEDIA.fullmatch(written) is None:
        raise fail(ProblemCode.UNSUPPORTED_MEDIA, "The Content-Type is no media type")
    if not body:
        raise fail(ProblemCode.BAD_VALUE, "The body is empty", "Binary.data")
    made: dict[str, object] = {"resourceType": "Binary"}
    if resource_id:
        made["id"] = resource_id
    made["contentType"] = written
    if context:
        made["securityContext"] = {"reference": context}
    return _ENCODER.encode({**made, "data": b64encode(body).decode()})


def to_document(body: bytes) -> Document:
    """The JSON of a Binary → what it holds; a content type that could not stand in a header becomes octets."""
    read = _BINARY.decode(body)
    content_type = read.content_type if _MEDIA.fullmatch(read.content_type) else UNKNOWN
    context = read.security_context.reference
    return Document(
        content_type, context if _HEADER.fullmatch(context) else "", b64decode(read.data)
    )


def is_text(content_type: str) -> bool:
    """A content type → whether it is worth compressing."""
    media = parse_media_type(content_type)[0]
    return media.startswith("text/") or media.endswith(("json", "xml"))
