"""A page token and its tag: what a `next` link carries is taken back only as it was given, for the same search by the same tenant.

A token says where a page starts and never what may be seen: conditions and rows come from the request and its Permit each time.
The tag keeps callers from making up places, and tokens of one search out of another. Its key is the database's, so that all
processes and restarts agree (hub/store/page_key.py).
Source: RFC 2104 (HMAC).
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hub.fhir.search.hidden import hide, reveal
from hub.fhir.search.query import SortKey
from hub.problems import ProblemCode, fail

_TAG: Final = 15
"""How much of the HMAC is kept. Units: bytes, 120 bits; a multiple of three, so that its text has no rest to vary."""
_FREE: Final = ("_cursor", "_count", "_format", "_pretty", "_total", "_summary", "_elements")
"""What may differ from page to page: none of it says which rows there are or in which order."""

_TOLD: Final = frozenset({"_id", "_lastUpdated", "date"})
"""Sort keys whose values may stand in a link for anybody to read; others are names, numbers of persons, days of birth."""


def tells_more(order: Sequence[SortKey]) -> bool:
    """The order of a search → whether a page's place in it tells more of a row than its id and a time."""
    return any(key.param not in _TOLD for key in order)


@dataclass(frozen=True, slots=True)
class Seal:
    """What tokens are sealed with. Shape: `place` is the tenant and the path, and with `of` the search."""

    key: bytes
    place: str

    def of(self, pairs: Sequence[tuple[str, str]]) -> Seal:
        """The pairs that were used → the seal of that search, whichever way round they came."""
        asked = sorted(pair for pair in pairs if pair[0] not in _FREE)
        told = "\n".join(f"{len(name)} {name}={value}" for name, value in asked)
        return Seal(self.key, f"{self.place}\n{told}")

    def close(self, token: str) -> str:
        """A token → the same with its tag."""
        return f"{token}.{self._tag(token)}"

    def hide(self, token: str, once: str) -> str:
        """A token and a text that comes once → the same, readable to nobody: names and numbers are sorted by."""
        return hide(self.key, self._hidden, token, once)

    def open(self, text: str) -> str:
        """A token with its tag, or hidden → the token. Problems: BAD_PARAMETER when it is not one given here, for this search."""
        token, dot, tag = text.rpartition(".")
        found = None if dot else reveal(self.key, self._hidden, text)
        if found is not None:
            return found
        if not hmac.compare_digest(tag.encode(), self._tag(token).encode()):
            detail = "_cursor is not one that this server gave for this search: follow the links as they are"
            raise fail(ProblemCode.BAD_PARAMETER, detail, "_cursor")
        return token

    def open_in(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Pairs of a query → the same with its token opened. Problems: as `open`."""
        return [(name, self.open(value) if name == "_cursor" else value) for name, value in pairs]

    @property
    def _hidden(self) -> str:
        return f"_cursor\n{self.place}"

    def _tag(self, token: str) -> str:
        said = f"{self.place}\n{token}".encode("utf-8", "surrogatepass")
        return urlsafe_b64encode(hmac.digest(self.key, said, "sha256")[:_TAG]).decode()


def seal_of(key: bytes, tenant_id: int, path: Sequence[str]) -> Seal:
    """The key, who asks and the path → the seal of that place: `GET [type]?…` and `POST [type]/_search` are one."""
    return Seal(key, "\n".join((str(tenant_id), *(part for part in path if part != "_search"))))
