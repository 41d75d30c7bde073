"""The body of a request in any format that is taken → the JSON the router works on.

Source: http://hl7.org/fhir/R4/http.html#mime-type, http://hl7.org/fhir/R4/binary.html#rest.
"""

from __future__ import annotations

import asyncio
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import Final

from hub.api.body import OFFLOAD_BYTES
from hub.fhir.binary import is_binary, to_binary
from hub.fhir.negotiate import (
    FHIR_XML,
    JSON_PATCH,
    JSON_TYPES,
    XML_TYPES,
    parse_media_type,
    read_content_type,
)
from hub.fhir.requests import FHIR_JSON
from hub.fhir.xml_read import to_json
from hub.problems import ProblemCode, fail

XML_OFFLOAD_BYTES: Final = 4 * 1024
"""XML that takes more than about 2 ms to become JSON leaves the event loop (D8)."""


async def to_resource(
    method: str, path: tuple[str, ...], headers: dict[str, str], body: bytes
) -> bytes:
    """A body with its request → the same as JSON; Content-Type then says so.

    Shape: a JSON Patch stays one; raw bytes for Binary become its content; a byte order mark is no part of JSON (RFC 8259 §8.1).
    Problems: UNSUPPORTED_MEDIA, and those of the XML.
    """
    written = headers.get("content-type", "")
    if _writes_binary(method, path) and written:
        media = parse_media_type(written)[0]
        if not is_binary(body, media):
            context = headers.get("x-security-context")
            resource_id = path[1] if len(path) == 2 else ""
            headers["content-type"] = FHIR_JSON
            return await _elsewhere(
                lambda: to_binary(body, written, context, resource_id), len(body) > OFFLOAD_BYTES
            )
    media = read_content_type(written)
    if not body or media in (*JSON_TYPES, ""):
        return body.removeprefix(BOM_UTF8)
    if media in XML_TYPES:
        headers["content-type"] = FHIR_JSON
        return await _elsewhere(lambda: to_json(body), len(body) > XML_OFFLOAD_BYTES)
    if media == JSON_PATCH and method == "PATCH":
        return body.removeprefix(BOM_UTF8)
    raise fail(ProblemCode.UNSUPPORTED_MEDIA, f"The body must be {FHIR_JSON} or {FHIR_XML}")


def _writes_binary(method: str, path: tuple[str, ...]) -> bool:
    if path[:1] != ("Binary",):
        return False
    return (method == "POST" and len(path) == 1) or (method == "PUT" and len(path) == 2)


async def _elsewhere(work: Callable[[], bytes], long: bool) -> bytes:
    return await asyncio.to_thread(work) if long else work()
