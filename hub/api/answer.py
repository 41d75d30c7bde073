"""A FhirResponse → HTTP: in the format that is wanted, packed where that pays, with the headers every answer has.

Reading as JSON stays what it was: stored bytes, neither parsed nor copied.
Source: RFC 9110 §12.5.3, §9.3.2; http://hl7.org/fhir/R4/binary.html#rest.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from hub.api.auth import Send
from hub.api.body import OFFLOAD_BYTES
from hub.fhir.binary import is_text, to_document
from hub.fhir.negotiate import JSON_TYPES, XML_TYPES, Wanted, accepts
from hub.fhir.requests import FHIR_JSON, FhirResponse
from hub.fhir.xml_write import to_xml
from hub.problems import ProblemCode, fail

T = TypeVar("T")

PACK_FROM: Final = 1024
"""Shorter answers fit into a packet as they are."""
XML_OFFLOAD_BYTES: Final = 8 * 1024
"""JSON that takes more than about 2 ms to become XML leaves the event loop (D8)."""
_GZIP: Final = 16 + zlib.MAX_WBITS
# The hub has two cores and its readers are near: the fastest level saves nearly as much as the best
_LEVEL: Final = 1
_VARY: Final = (b"vary", b"Accept, Accept-Encoding")
_DOCUMENT: Final = (
    # A document is somebody else's: it is saved, never run as a page of the hub
    ("Content-Disposition", "attachment"),
    ("Content-Security-Policy", "sandbox; default-src 'none'"),
)


async def in_format(answer: FhirResponse, wanted: Wanted) -> FhirResponse:
    """An answer in JSON → the same as it is wanted. Problems: NOT_ACCEPTABLE (a character XML cannot carry)."""
    if wanted.plain or not answer.body or answer.content_type != FHIR_JSON:
        return answer
    body = answer.body
    if wanted.xml:
        size, make = XML_OFFLOAD_BYTES, lambda: to_xml(body, pretty=wanted.pretty)
    elif wanted.pretty:
        size, make = OFFLOAD_BYTES, lambda: msgspec.json.format(body, indent=2)
    else:
        return replace(answer, content_type=wanted.content_type)
    made = await _elsewhere(make, len(body) > size)
    return replace(answer, body=made, content_type=wanted.content_type)


async def as_document(answer: FhirResponse, wanted: Wanted, accept: str | None) -> FhirResponse:
    """The answer to a read of a Binary → its content, unless FHIR's own types were asked for.

    Problems: NOT_ACCEPTABLE when neither the content nor the resource is what Accept takes.
    """
    if answer.status != 200 or wanted.explicit:
        return await in_format(answer, wanted)
    document = await _elsewhere(lambda: to_document(answer.body), len(answer.body) > OFFLOAD_BYTES)
    if not accepts(accept, document.content_type):
        if not any(accepts(accept, media) for media in (*JSON_TYPES, *XML_TYPES)):
            detail = "Accept takes neither what the Binary holds nor FHIR"
            raise fail(ProblemCode.NOT_ACCEPTABLE, detail)
        return await in_format(answer, wanted)
    headers = (*answer.headers, *_DOCUMENT)
    if document.security_context:
        headers = (*headers, ("X-Security-Context", document.security_context))
    return FhirResponse(200, document.data, headers, document.content_type, document=True)


async def _elsewhere(work: Callable[[], T], long: bool) -> T:
    return await asyncio.to_thread(work) if long else work()


@lru_cache(maxsize=64)
def takes_gzip(accept_encoding: str) -> bool:
    """Accept-Encoding → whether gzip may be sent."""
    found = {"gzip": "", "*": ""}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        found[coding.strip().replace("x-gzip", "gzip")] = parameter.strip() or "q=1"
    quality = found["gzip"] or found["*"]
    return quality.startswith("q=") and quality[2:].strip("0.") != ""


@lru_cache(maxsize=256)
def _written(name: str) -> bytes:
    """A header's name as FHIR spells it → as it is sent."""
    return name.lower().encode()


def pack(body: bytes) -> bytes:
    """Bytes → a gzip file."""
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    return packer.compress(body) + packer.flush()


async def send_answer(
    send: Send,
    answer: FhirResponse,
    request: Mapping[str, str],
    more: tuple[tuple[bytes, bytes], ...],
    *,
    with_body: bool,
) -> None:
    """An answer and the headers of its request → onto the wire; HEAD has the headers of GET and no body."""
    body = answer.body
    headers: list[tuple[bytes, bytes]] = [
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        _VARY,
        *more,
    ]
    if answer.status not in (204, 304):
        if len(body) >= PACK_FROM and takes_gzip(request.get("accept-encoding", "")[:256]):
            packed = await _packed(answer)
            if packed is not None:
                body = packed
                headers.append((b"content-encoding", b"gzip"))
        if body:
            # A document says its own charset, or none
            charset = "" if answer.document else ";charset=utf-8"
            headers.append((b"content-type", f"{answer.content_type}{charset}".encode("latin-1")))
        headers.append((b"content-length", b"%d" % len(body)))
    headers += [(_written(name), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body if with_body else b""})


async def _packed(answer: FhirResponse) -> bytes | None:
    """The body as gzip; None where it would not be shorter."""
    body = answer.body
    if not is_text(answer.content_type):
        return None
    packed = await _elsewhere(lambda: pack(body), len(body) > OFFLOAD_BYTES)
    return packed if len(packed) < len(body) else None
