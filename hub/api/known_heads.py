"""Heads of requests that came before, byte for byte: what the parser made of them is not made again.

The bytes of a head decide alone what it means, also where its body ends; so a chunk that begins with a known head and goes on
with as many bytes as that head declares is the same request with another body.
Source: RFC 9112 §2, §6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hub.api.exchange import Exchange

LONGEST: Final = 1024
"""Longer heads are not remembered. Units: bytes."""
MOST: Final = 2048
"""How many are, of all connections; a head stands there once for each length of a body."""
_BEGINS: Final = b"POST "
_END: Final = b"\r\n\r\n"
_PLAIN: Final = frozenset(
    (
        *(b"host", b"content-type", b"content-length", b"accept", b"accept-encoding"),
        *(b"accept-language", b"user-agent"),
    )
)
"""Headers of heads that are remembered: none that shows who asks, is another each time, or changes the connection."""


@dataclass(frozen=True, slots=True)
class KnownHead:
    """Shape: `scope` what its scope has that follows from it; `headers` in lower case; `length` of the body, never 0."""

    scope: Mapping[str, Any]
    headers: tuple[tuple[bytes, bytes], ...]
    length: int


@dataclass(frozen=True, slots=True)
class KnownHeads:
    """What the connections of one server have met. Shape: at most `most`."""

    most: int = MOST
    seen: dict[bytes, KnownHead] = field(default_factory=dict[bytes, KnownHead])

    def find(self, data: bytes) -> tuple[KnownHead, bytes] | None:
        """What came on a connection that awaits a request → its head and its body, when it is one request with a known head."""
        if not data.startswith(_BEGINS):
            return None
        end = data.find(_END, 0, LONGEST)
        known = self.seen.get(data[:end]) if end > 0 else None
        if known is None or len(data) - end - 4 != known.length:
            return None
        return known, data[end + 4 :]

    def learn(self, data: bytes, made: Exchange) -> None:
        """What came at once on a connection that awaited a request, and what the parser made of it → remembered where it may be."""
        if not self.most or not made.keep_alive or made.more_body or made.expects:
            return
        end = data.find(_END, 0, LONGEST)
        scope = made.scope
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        names = [name for name, _ in headers]
        if end < 0 or not data.startswith(_BEGINS) or not _PLAIN.issuperset(names):
            return
        lengths = [value for name, value in headers if name == b"content-length"]
        if len(lengths) != 1 or not lengths[0].isdigit() or len(lengths[0]) > 9:
            return
        length = int(lengths[0])
        if not length or length != len(data) - end - 4:
            return
        if len(self.seen) >= self.most:
            self.seen.clear()
        parts = {key: scope[key] for key in ("method", "path", "raw_path", "query_string")}
        self.seen[data[:end]] = KnownHead(parts, tuple(headers), length)
