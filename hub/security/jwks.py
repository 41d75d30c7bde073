"""The keys of an issuer: fetched when needed, kept, renewed, and asked for no oftener than is decent.

A key that is not known makes one fetch, at most once a minute; keys that cannot be renewed serve on for a day.
Source: security/helseid.md §5 (3), §1; RFC 7517, OpenID Connect Discovery 1.0 §4.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from hub.log import Event, log
from hub.ports import Call, Outbound
from hub.problems import HubError, ProblemCode, fail
from hub.security import jose
from hub.security.jose import BadJoseError, Json, PublicKey

FRESH_S: Final = 3600
"""How long keys are used before they are fetched anew."""
STALE_S: Final = 24 * 3600
"""How long they serve when they cannot be fetched."""
ASK_AGAIN_S: Final = 60
"""Between two fetches for keys that are not known."""
RETRY_S: Final = 5
"""Between two fetches while there are no keys at all."""
MAX_BYTES: Final = 256 * 1024
TIMEOUT_S: Final = 5
MAX_KEYS: Final = 100
MAX_URL: Final = 2048
DISCOVERY: Final = "/.well-known/openid-configuration"


class Keys(Protocol):
    """Where the key of a token is looked up."""

    async def find(self, kid: str) -> PublicKey | None:
        """A key id → the key, or None. Problems: UNREACHABLE while there are no keys to look in."""
        ...


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys that are known once and for all: our own, and those registered for a client."""

    keys: dict[str, PublicKey]

    async def find(self, kid: str) -> PublicKey | None:
        """A key id → the key, or None."""
        return self.keys.get(kid)


@dataclass(slots=True)
class FetchedKeys:
    """The keys of one issuer. Shape: `ticks` seconds that never go backwards; `discovered` its discovery document, once read."""

    issuer: str
    outbound: Outbound
    ticks: Callable[[], float]
    discovered: Json = field(default_factory=dict[str, Any])
    _keys: dict[str, PublicKey] = field(default_factory=dict[str, PublicKey])
    _fetched: float | None = None
    _tried: float | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, kid: str) -> PublicKey | None:
        """A key id → the key, or None. Problems: UNREACHABLE."""
        found = self._keys.get(kid)
        if found is None or self._age() > FRESH_S:
            async with self._one:
                if self._may_fetch(known=kid in self._keys):
                    await self._fetch()
        if self._age() > STALE_S:
            raise fail(ProblemCode.UNREACHABLE, "The keys of the token's issuer cannot be had now")
        return self._keys.get(kid)

    def _age(self) -> float:
        return float("inf") if self._fetched is None else self.ticks() - self._fetched

    def _may_fetch(self, *, known: bool) -> bool:
        if self._tried is None:
            return True
        if known and self._age() <= FRESH_S:
            return False
        pause = RETRY_S if self._age() > STALE_S else ASK_AGAIN_S
        return self.ticks() - self._tried >= pause

    async def _fetch(self) -> None:
        self._tried = self.ticks()
        try:
            discovered = await self._get(self.issuer + DISCOVERY)
            keys = parse_jwks(await self._get(_jwks_url(discovered, self.issuer)))
        except (HubError, BadJoseError) as error:
            log(Event.KEYS_NOT_FETCHED, error=type(error).__name__)
            return
        self._keys, self._fetched, self.discovered = keys, self.ticks(), discovered

    async def _get(self, url: str) -> Json:
        call = Call(
            "keys",
            "GET",
            url,
            headers=(("Accept", "application/json"),),
            timeout_s=TIMEOUT_S,
            most_bytes=MAX_BYTES,
        )
        answer = await self.outbound.send(call)
        if answer.status != 200:
            raise BadJoseError("no keys there")
        return jose.parse_object(answer.body)


def _jwks_url(discovered: Json, issuer: str) -> str:
    """A discovery document → where the keys are: it must be the issuer's own, and so must its keys."""
    url = discovered.get("jwks_uri")
    if discovered.get("issuer") != issuer or not isinstance(url, str):
        raise BadJoseError("a discovery document of somebody else")
    try:
        same = urlsplit(url)[:2] == urlsplit(issuer)[:2]
    except ValueError:
        same = False
    if not same or len(url) > MAX_URL:
        raise BadJoseError("the keys lie at another host than the issuer's")
    return url


def parse_jwks(found: Json) -> dict[str, PublicKey]:
    """A key set → the keys that can be used, by their ids. Raises BadJoseError.

    Drops: keys without an id, of other kinds, too short, not for signatures; ids that two keys have.
    """
    keys: list[Json] = found.get("keys", [])
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:  # pyright: ignore[reportUnnecessaryIsInstance] - from outside
        raise BadJoseError("no key set")
    out: dict[str, PublicKey] = {}
    twice: set[str] = set()
    for jwk in keys:
        try:
            key = jose.load_public_key(jwk)
        except BadJoseError:
            continue
        kid = jwk.get("kid")
        if not isinstance(kid, str) or not kid:
            continue
        if kid in out and out[kid].thumbprint != key.thumbprint:
            twice.add(kid)
        out[kid] = key
    return {kid: key for kid, key in out.items() if kid not in twice}
