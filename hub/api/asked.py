"""The headers of a request → what they ask, when that is nothing unusual; a head that comes again is read once.

Source: http://hl7.org/fhir/R4/http.html#create; RFC 9110.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.api.answer import takes_gzip
from hub.api.doors import name_of
from hub.fhir.negotiate import JSON_TYPES, negotiate, read_content_type
from hub.problems import HubError

_USUAL: Final = frozenset(
    (
        *(b"host", b"content-type", b"content-length", b"accept", b"accept-encoding"),
        *(b"x-request-id", b"authorization", b"dpop"),
        # which mean nothing to the hub
        *(b"user-agent", b"accept-language", b"connection", b"traceparent", b"tracestate"),
    )
)
"""Headers that a plain request may have; with any other it goes the general way."""
_MOST_SEEN: Final = 1024
_LONGEST_SEEN: Final = 1024
"""How many heads are remembered, and how long they may be. Units: heads, bytes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the headers of a plain request ask.

    Shape: `headers` by name in lower case; `sent_id` the request id as it was sent; `shows` when they show who asks; `length`
    of the body as declared; `gzip` when the answer may be packed.
    """

    headers: Mapping[str, str]
    sent_id: str | None
    shows: bool
    length: int
    gzip: bool


@dataclass(frozen=True, slots=True)
class Heads:
    """Reads heads. Shape: `hosts` the names the hub answers under; `seen` holds none that shows who asks."""

    hosts: frozenset[bytes]
    seen: dict[tuple[tuple[bytes, bytes], ...], Asked] = field(
        default_factory=dict[tuple[tuple[bytes, bytes], ...], Asked]
    )

    def read(self, headers: Sequence[tuple[bytes, bytes]]) -> Asked | None:
        """The headers of a POST → what they ask; None when the general way must look at them."""
        key = tuple(headers)
        found = self.seen.get(key)
        if found is None:
            found = read_asked(key, self.hosts)
            if found is not None and not found.shows and found.sent_id is None:
                self._keep(key, found)
        return found

    def _keep(self, key: tuple[tuple[bytes, bytes], ...], asked: Asked) -> None:
        if sum(len(name) + len(value) for name, value in key) <= _LONGEST_SEEN:
            if len(self.seen) >= _MOST_SEEN:
                self.seen.clear()
            self.seen[key] = asked


def read_asked(headers: Sequence[tuple[bytes, bytes]], hosts: frozenset[bytes]) -> Asked | None:
    """Headers and the names of the hub → what they ask: JSON for JSON; None when anything about them is unusual."""
    named: dict[str, str] = {}
    said = 0
    for name, value in headers:
        if name not in _USUAL:
            return None
        if name == b"host":
            said += 1
            if name_of(value) not in hosts:
                return None
        named[name.decode("latin-1")] = value.decode("latin-1")
    length = named.get("content-length", "")
    if said != 1 or not (length.isascii() and length.isdigit() and len(length) <= 9):
        return None
    try:
        plain = negotiate(named.get("accept"), ()).plain
        media = read_content_type(named.get("content-type", ""))
    except HubError:  # told by the general way
        return None
    if not plain or media not in (*JSON_TYPES, ""):
        return None
    return Asked(
        named,
        named.get("x-request-id"),
        "authorization" in named or "dpop" in named,
        int(length),
        takes_gzip(named.get("accept-encoding", "")[:256]),
    )
