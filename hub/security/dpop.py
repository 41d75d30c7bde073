"""Proofs of possession (DPoP): whoever shows a token also shows that the key the token is bound to is theirs.

Pure but for the one memory of header lines that were read already; whether a proof was seen before is asked by the caller.
Source: RFC 9449 §4, §7; security/helseid.md §5 (second table).
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from hub.security import jose
from hub.security.htu import normal_url
from hub.security.jose import BadJoseError, Json, PublicKey
from hub.security.refusal import SIGNING, Refusal, RefusedError

PAST_S: Final = 10
FUTURE_S: Final = 5
"""How old a proof may be, and how far a peer's clock may run ahead."""
REMEMBER_S: Final = 90
"""How long a proof is remembered: longer than any clock within the window could let it be shown again."""
_JTI: Final = 128
_ALLOWED: Final = frozenset(SIGNING)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a proof must be about.

    Shape: `url` in its one spelling (htu.py); `ath` the token's hash, None at a token endpoint; `jkt` the thumbprint the token is
    bound to, None where there is no token yet; `nonce` says whether one of ours was given, None = none is asked for.
    """

    method: str
    url: str
    now: float
    ath: str | None = None
    jkt: str | None = None
    nonce: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds, but for having been shown before. Shape: `mark` names it among all proofs."""

    jkt: str
    mark: bytes


def check_proof(text: str, expected: Expected) -> Proof:
    """The DPoP header's value and what it must be about → the proof. Raises RefusedError."""
    try:
        key, claims = _read(text)
    except BadJoseError as error:
        raise _bad(str(error)) from None
    if expected.jkt is not None and not hmac.compare_digest(key.thumbprint, expected.jkt):
        raise _bad("another key than the token's")
    _check_claims(claims, expected)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= _JTI:
        raise _bad("jti")
    return Proof(key.thumbprint, sha256(f"{key.thumbprint}\0{jti}".encode()).digest())


def _read(text: str) -> tuple[PublicKey, Json]:
    header, _, rest = text.partition(".")
    if len(text) > jose.MAX_BYTES or not rest:
        raise BadJoseError("not a proof")
    key, algorithm = _key_of(header)
    claims, _, signature = rest.partition(".")
    token = jose.Jws(
        {"alg": algorithm},
        jose.parse_object(jose.decode_segment(claims)),
        f"{header}.{claims}".encode(),
        jose.decode_segment(signature),
    )
    jose.verify(token, key, _ALLOWED)
    return key, token.claims


@lru_cache(maxsize=1024)
def _key_of(segment: str) -> tuple[PublicKey, str]:
    """A header, still encoded → its key and algorithm. A client's header is the same in each of its proofs."""
    header = jose.parse_header(segment)
    algorithm = header.get("alg")
    if header.get("typ") != "dpop+jwt":
        raise BadJoseError("typ")
    if not isinstance(algorithm, str) or algorithm not in _ALLOWED:
        raise BadJoseError("alg")
    return jose.load_public_key(header.get("jwk")), algorithm


def _check_claims(claims: Json, expected: Expected) -> None:
    if claims.get("htm") != expected.method:
        raise _bad("htm")
    said = claims.get("htu")
    if not isinstance(said, str) or not (said == expected.url or normal_url(said) == expected.url):
        raise _bad("htu")
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise _bad("iat")
    if not expected.now - PAST_S <= issued <= expected.now + FUTURE_S:
        raise _bad("iat outside the window")
    if expected.ath is not None:
        said = claims.get("ath")
        if not isinstance(said, str) or not hmac.compare_digest(
            said.encode(), expected.ath.encode()
        ):
            raise _bad("ath")
    if expected.nonce is not None:
        said = claims.get("nonce")
        if not isinstance(said, str) or not expected.nonce(said):
            raise RefusedError(Refusal.NEEDS_NONCE, "nonce")


def hash_of(access_token: str) -> str:
    """An access token → `ath` (RFC 9449 §4.2)."""
    return urlsafe_b64encode(sha256(access_token.encode()).digest()).rstrip(b"=").decode()


def _bad(why: str) -> RefusedError:
    return RefusedError(Refusal.INVALID_PROOF, why)


def make_proof(
    key: jose.Key,
    method: str,
    url: str,
    *,
    now: float,
    jti: str,
    access_token: str | None = None,
    nonce: str | None = None,
) -> str:
    """A private key and what the proof is about → the DPoP header's value."""
    algorithm = jose.algorithm_of(key)
    header: Json = {"typ": "dpop+jwt", "alg": algorithm, "jwk": jose.public_jwk(key)}
    claims: Json = {"jti": jti, "htm": method, "htu": url, "iat": int(now)}
    if access_token is not None:
        claims["ath"] = hash_of(access_token)
    if nonce is not None:
        claims["nonce"] = nonce
    return jose.sign(header, claims, key)
