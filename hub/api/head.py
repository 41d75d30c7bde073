"""The head of the answer to a plain create, as the general way writes it, with the places open that differ between answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hub.api.answer import send_answer
from hub.api.auth import Message
from hub.api.doors import Doors
from hub.api.fhir import FhirApp
from hub.fhir.interactions.done import Done
from hub.fhir.requests import FhirRequest, Stored
from hub.policy import Actor

_ID: Final = "the-id-of-what-was-stored"
_NOBODY: Final = Actor("development", "nobody", "nobody", 0)
_OPEN: Final = {
    b"x-request-id": b"%(request)b",
    b"content-length": b"%(length)d",
    b"last-modified": b"%(modified)b",
}
"""Headers whose whole value is a place."""


@dataclass(frozen=True, slots=True)
class Head:
    """Shape: `lines` of headers, each ended, with places named as in bytes formatting."""

    lines: bytes

    def fill(self, request_id: str, length: int, resource_id: str, modified: str) -> bytes:
        """What differs → the lines. Shape: none of it holds what a caller wrote, but for an id that was found harmless."""
        return self.lines % {
            b"request": request_id.encode(),
            b"length": length,
            b"id": resource_id.encode(),
            b"modified": modified.encode(),
        }


def open_head(headers: Sequence[tuple[bytes, bytes]]) -> Head:
    """The headers of an answer that tells of `_ID` → the head of all such answers."""
    lines: list[bytes] = []
    for name, value in headers:
        told = _OPEN.get(name)
        if told is None:
            told = value.replace(b"%", b"%%").replace(_ID.encode(), b"%(id)b")
        lines.append(b"%b: %b\r\n" % (name, told))
    head = b"".join(lines)
    if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines):
        raise ValueError("a header with a line break")
    return Head(head)


async def learn_head(doors: Doors, fhir: FhirApp, kind: str) -> Head:
    """The general way's last steps and a type → the head of the answers to its plain creates."""
    headers: list[tuple[bytes, bytes]] = []

    async def take(message: Message) -> None:
        headers.extend(message.get("headers", ()))

    stored = Stored(kind, _ID, 1, datetime(1970, 1, 1, tzinfo=UTC), b"{}")
    request = FhirRequest("POST", (kind,), (), {}, b"", _NOBODY, fhir.base_url)
    answer = Done(201, stored, "").answer(request)
    more = ((b"x-request-id", b""), *fhir.headers)
    await send_answer(doors.telling(take), answer, {}, more, with_body=True)
    return open_head(headers)
