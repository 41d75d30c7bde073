"""The headers of a request → who asks, or why nobody is let in: token, registration, proof, in the order of the standard.

A token that was found good is remembered for half a minute by its hash, so that a client that is cut off is out within
that time; the proof is checked on every request.
Source: security/helseid.md §5; RFC 9449 §7; security README §3.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Final

from hub.policy.actor import Actor
from hub.ports import ClientRegister, OneTime
from hub.security.claims import LEEWAY_S, Claims, Issuer, read_token
from hub.security.clients import find_actor
from hub.security.dpop import REMEMBER_S, Expected, check_proof
from hub.security.htu import normal_path, normal_url
from hub.security.jose import MAX_BYTES, encode_segment
from hub.security.nonce import Nonces
from hub.security.refusal import Refusal, RefusedError

REMEMBER_TOKEN_S: Final = 30
MAX_TOKENS: Final = 4096
PREFIX: Final = "/fhir"
"""Where the FHIR base lies in this process, whatever it is called outside."""

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows of who sends it. Shape: `path` as it stands in the request line, without the query."""

    method: str
    path: str
    query: bytes
    headers: Headers
    address: str


@dataclass(frozen=True, slots=True)
class _Known:
    claims: Claims
    actor: Actor
    until: float
    address: str
    ath: str


@dataclass(slots=True)
class Admission:
    """Decides who is let in.

    Shape: `base` the FHIR base as the world knows it, in one spelling (`base_of`); `now` seconds since 1970.
    """

    issuers: Sequence[Issuer]
    register: ClientRegister
    one_time: OneTime
    base: str
    now: Callable[[], float]
    nonces: Nonces | None = None
    _known: OrderedDict[bytes, _Known] = field(default_factory=OrderedDict[bytes, _Known])

    async def admit(self, shown: Shown) -> Actor:
        """What a request shows → who asks. Raises RefusedError; Problems: UNREACHABLE, BUSY (nobody is let in unseen)."""
        now = self.now()
        scheme, token = _credentials(shown)
        known = self._remembered(token, now, shown.address)
        if known is None:
            known = await self._learn(token, now, shown.address)
        if scheme == "bearer":
            if known.claims.jkt:
                raise RefusedError(
                    Refusal.INVALID_TOKEN, "a bound token as bearer", known.claims.client_id
                )
            return known.actor
        if not known.claims.jkt:
            raise RefusedError(Refusal.INVALID_TOKEN, "cnf", known.claims.client_id)
        try:
            await self._prove(known, shown, now)
        except RefusedError as error:
            error.client_id = known.claims.client_id
            raise
        return known.actor

    def _remembered(self, token: str, now: float, address: str) -> _Known | None:
        key = sha256(token.encode()).digest()
        known = self._known.get(key)
        if known is None:
            return None
        if known.until <= now or known.address != address:
            del self._known[key]
            return None
        return known

    async def _learn(self, token: str, now: float, address: str) -> _Known:
        claims = await read_token(token, self.issuers, now)
        client = await self.register.find(claims.issuer, claims.client_id)
        actor = find_actor(claims, client, now, address)
        until = min(claims.expires + LEEWAY_S, now + REMEMBER_TOKEN_S)
        digest = sha256(token.encode()).digest()
        known = _Known(claims, actor, until, address, encode_segment(digest))
        self._known[digest] = known
        while len(self._known) > MAX_TOKENS:
            self._known.popitem(last=False)
        return known

    async def _prove(self, known: _Known, shown: Shown, now: float) -> None:
        proofs = [value for name, value in shown.headers if name == b"dpop"]
        if len(proofs) != 1:
            raise RefusedError(Refusal.INVALID_PROOF, "not exactly one proof")
        url = self.url_of(shown.path)
        if url is None:
            raise RefusedError(Refusal.INVALID_PROOF, "a path written to be misread")
        nonces = self.nonces
        fresh = None if nonces is None else partial(nonces.is_fresh, now=now)
        expected = Expected(shown.method, url, now, known.ath, known.claims.jkt, fresh)
        proof = check_proof(proofs[0].decode("latin-1"), expected)
        if not await self.one_time.first(proof.mark, now, now + REMEMBER_S):
            raise RefusedError(Refusal.INVALID_PROOF, "shown before")

    def url_of(self, path: str) -> str | None:
        """The path of a request → its URL as the world knows it, in one spelling."""
        found = normal_path(path)
        if found is None:
            return None
        if found == PREFIX or found.startswith(f"{PREFIX}/"):
            return f"{self.base}{found[len(PREFIX) :]}"
        return f"{'/'.join(self.base.split('/')[:3])}{found}"


def _credentials(shown: Shown) -> tuple[str, str]:
    """The one Authorization header → scheme and token."""
    if b"access_token=" in shown.query:
        raise RefusedError(Refusal.INVALID_TOKEN, "a token in the URL")
    found = [value for name, value in shown.headers if name == b"authorization"]
    if not found:
        raise RefusedError(Refusal.NO_TOKEN, "no credentials")
    if len(found) > 1 or len(found[0]) > MAX_BYTES:
        raise RefusedError(Refusal.INVALID_TOKEN, "not one Authorization header, or too long")
    scheme, _, token = found[0].decode("latin-1").partition(" ")
    scheme, token = scheme.lower(), token.strip(" ")
    if scheme not in ("dpop", "bearer") or not token:
        raise RefusedError(Refusal.INVALID_TOKEN, "another scheme")
    return scheme, token


def base_of(base_url: str) -> str:
    """The FHIR base URL as it is configured → in the spelling that proofs are compared with."""
    return (normal_url(base_url) or base_url).rstrip("/")
