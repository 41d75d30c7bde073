"""The hub as a client of HelseID: access tokens for calls to others, by private_key_jwt with DPoP; asked for no oftener than needed.

A token belongs to everything it was asked with: client, organisations, scopes, resource and key. Assertions and proofs are made
anew for each request, the one repeated for a nonce too.
Source: security/helseid.md §2, §4; RFC 7523, RFC 9449 §8.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal
from urllib.parse import urlencode

from hub.log import Event, log
from hub.ports import Answer, Call, Outbound
from hub.problems import HubError, ProblemCode, fail
from hub.security import jose
from hub.security.dpop import make_proof
from hub.security.jose import BadJoseError, Json, Key

ASSERTION_S: Final = 10
EARLY_S: Final = 10
"""A token is asked for anew so long before it ends."""
MOST_LIFE_S: Final = 3600
_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ENH: Final = "urn:oid:2.16.578.1.12.4.1.4.101"
_MULTI: Final = "urn:oid:1.0.6523"

Profile = Literal["helseid", "smart"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a token is to be for. Shape: `parent` with a multi-tenant client, `child` a unit, "" where there is none."""

    scopes: frozenset[str]
    parent: str = ""
    child: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """A token and when it ends, in seconds since 1970."""

    token: str
    ends: float


@dataclass(slots=True)
class TokenClient:
    """Asks one issuer as one client.

    Shape: `key` signs assertions and `proof_key` proofs: never the same one; `profile` whose rules assertions follow;
    `skew_s` how far the issuer's clock was ahead of ours when it last answered.
    """

    issuer: str
    token_url: str
    client_id: str
    key: Key
    kid: str
    proof_key: Key
    outbound: Outbound
    now: Callable[[], float]
    new_id: Callable[[], str]
    profile: Profile = "helseid"
    skew_s: float = 0.0
    _nonce: str | None = None
    _granted: dict[tuple[str, ...], Granted] = field(default_factory=dict[tuple[str, ...], Granted])
    _asking: dict[tuple[str, ...], asyncio.Lock] = field(
        default_factory=dict[tuple[str, ...], asyncio.Lock]
    )

    async def token(self, wanted: Wanted) -> str:
        """What a token is to be for → one that is good for some time yet. Problems: UNREACHABLE."""
        key = self._key(wanted)
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            known = self._granted.get(key)
            if known is None or known.ends - EARLY_S <= self.now():
                known = self._granted[key] = await self._ask(wanted)
            return known.token

    def _key(self, wanted: Wanted) -> tuple[str, ...]:
        thumbprint = jose.thumbprint_of(self.proof_key)
        scopes = " ".join(sorted(wanted.scopes))
        return (self.client_id, wanted.parent, wanted.child, scopes, wanted.resource, thumbprint)

    async def _ask(self, wanted: Wanted) -> Granted:
        answer = await self._post(wanted)
        if answer.status == 400 and _error(answer) == "use_dpop_nonce":
            answer = await self._post(wanted)
        told = _members(answer)
        token, kind, life = (
            told.get("access_token"),
            told.get("token_type"),
            told.get("expires_in"),
        )
        number = isinstance(life, int) and not isinstance(life, bool)
        if answer.status != 200 or kind != "DPoP" or not isinstance(token, str) or not number:
            raise _no_token(_error(answer) or f"status {answer.status}")
        return Granted(token, self.now() + max(0, min(int(told["expires_in"]), MOST_LIFE_S)))

    async def _post(self, wanted: Wanted) -> Answer:
        """One request, with an assertion and a proof of its own; the nonce it is given is for the next one."""
        now = self.now()
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "scope": " ".join(sorted(wanted.scopes)),
            "client_assertion_type": _TYPE,
            "client_assertion": self.assertion(wanted),
        }
        if wanted.resource:
            form["resource"] = wanted.resource
        proof = make_proof(
            self.proof_key, "POST", self.token_url, now=now, jti=self.new_id(), nonce=self._nonce
        )
        headers = (
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "application/json"),
            ("DPoP", proof),
        )
        call = Call("tokens", "POST", self.token_url, headers, urlencode(form).encode())
        answer = await self.outbound.send(call)
        self._nonce = answer.headers.get("dpop-nonce", self._nonce)
        self._measure(answer)
        return answer

    def assertion(self, wanted: Wanted) -> str:
        """What a token is to be for → who asks, signed; good once and for a few seconds."""
        now = int(self.now())
        claims: Json = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer if self.profile == "helseid" else self.token_url,
            "iat": now,
            "nbf": now,
            "exp": now + ASSERTION_S,
            "jti": self.new_id(),
        }
        details = organisation_of(wanted)
        if details is not None and self.profile == "helseid":
            claims["assertion_details"] = details
        kind = "client-authentication+jwt" if self.profile == "helseid" else "JWT"
        header: Json = {"alg": jose.algorithm_of(self.key), "typ": kind, "kid": self.kid}
        return jose.sign(header, claims, self.key)

    def _measure(self, answer: Answer) -> None:
        """Lifetimes are seconds: a clock that is wrong is the first thing to fail, so it is told of."""
        try:
            theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
        except (KeyError, TypeError, ValueError):
            return
        self.skew_s = theirs - self.now()


def organisation_of(wanted: Wanted) -> Mapping[str, Any] | None:
    """The organisation a token is to be for → HelseID's structured claim; None where the registration says it (helseid.md §4)."""
    if not wanted.parent and not wanted.child:
        return None
    system, value = _ENH, wanted.child
    if wanted.parent:
        system, value = _MULTI, f"NO:ORGNR:{wanted.parent}:{wanted.child}"
    identifier = {"system": system, "type": "ENH", "value": value}
    return {
        "type": "helseid_authorization",
        "practitioner_role": {"organization": {"identifier": identifier}},
    }


def _members(answer: Answer) -> Json:
    try:
        return jose.parse_object(answer.body)
    except BadJoseError:
        return {}


def _error(answer: Answer) -> str:
    """The error of a refusal, when it is one of OAuth's short words: nothing else of the answer is told on."""
    said = _members(answer).get("error")
    good = isinstance(said, str) and said.replace("_", "").isalpha() and len(said) <= 40
    return str(said) if good else ""


def _no_token(why: str) -> HubError:
    log(Event.TOKEN_NOT_GIVEN, why=why)
    return fail(ProblemCode.UNREACHABLE, "No access token was given for the other side")
