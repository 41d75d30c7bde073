"""The body of a request: read whole, unpacked, bounded both ways.

Source: RFC 9110 §8.4, RFC 1952.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from typing import Final

from hub.api.auth import Receive
from hub.problems import HubError, ProblemCode, fail

OFFLOAD_BYTES: Final = 64 * 1024
"""What is longer takes more than about 2 ms to unpack and leaves the event loop (D8)."""
MEMBERS: Final = 16
"""Parts one gzip file may have; each costs a pass over what is left."""
_GZIP: Final = 16 + zlib.MAX_WBITS


async def read_body(receive: Receive, headers: Mapping[str, str], most: int) -> bytes:
    """The whole body, unpacked; `most` bounds what is sent and what it becomes.

    Problems: TOO_LARGE, without reading on; BROKEN_BODY; UNSUPPORTED_MEDIA for a coding other than gzip.
    """
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip"}:
        raise fail(ProblemCode.UNSUPPORTED_MEDIA, "A body may be sent as it is or with gzip")
    declared = headers.get("content-length", "0")[:20]
    if declared.isascii() and declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise fail(
                ProblemCode.BROKEN_BODY,
                "The connection ended, or came to what is no chunk, before the body was whole",
            )
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
        more = bool(message.get("more_body"))
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    if coding == "identity" or not body:
        return body
    # A short body may unpack to a long one: the loop does not wait for it
    return await asyncio.to_thread(unpack, body, most)


def unpack(body: bytes, most: int) -> bytes:
    """A gzip file, of several members perhaps → its content. Problems: TOO_LARGE, BROKEN_BODY."""
    parts: list[bytes] = []
    left = most
    for _ in range(MEMBERS):
        reader = zlib.decompressobj(_GZIP)
        try:
            part = reader.decompress(body, left + 1)
        except zlib.error:
            raise _broken() from None
        if len(part) > left:
            raise _too_large(most)
        if not reader.eof:
            raise _broken()
        left -= len(part)
        parts.append(part)
        body = reader.unused_data
        if not body:
            return b"".join(parts)
    raise _broken()


def _broken() -> HubError:
    return fail(ProblemCode.BROKEN_BODY, "The body is not the gzip that Content-Encoding says")


def _too_large(most: int) -> HubError:
    return fail(ProblemCode.TOO_LARGE, f"A body may have at most {most} bytes, unpacked too")
