"""A token request → an access token of our own, or the error of OAuth: backend services by private_key_jwt, nothing else.

For suppliers that cannot use HelseID; off unless the hub has a key for it. There is no other grant, no secret, no registration.
Source: security/smart.md §4; SMART App Launch 2.2, "Backend Services"; RFC 6749 §4.4, §5.2; RFC 7523 §3; RFC 9449 §5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl

from hub.policy.scopes import parse_scope
from hub.ports import Agreement, Client, ClientRegister, OneTime
from hub.security import jose
from hub.security.clients import BEARER, PERSONS, is_within, narrow, standing
from hub.security.dpop import REMEMBER_S, Expected, check_proof
from hub.security.jose import BadJoseError, Json, Jws, Key, PublicKey
from hub.security.jwks import parse_jwks
from hub.security.nonce import Nonces
from hub.security.refusal import Refusal, RefusedError

LIFE_S: Final = 300
ASSERTION_S: Final = 300
"""How far ahead an assertion may expire."""
LEEWAY_S: Final = 5
MAX_FORM: Final = 32 * 1024
SIGNING: Final = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS384")
_ALLOWED: Final = frozenset(SIGNING)
_TYPES: Final = frozenset(("JWT", "client-authentication+jwt", None))
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ORG: Final = "helseid://claims/client/claims/orgnr_"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Given:
    """A token that was given. Shape: `body` the response's members."""

    client_id: str
    body: Json = field(repr=False)


class TokenError(Exception):
    """A token request that is refused. Shape: `error` of RFC 6749 §5.2; `why` for our own log; `nonce` where one is asked for."""

    def __init__(self, error: str, why: str, client_id: str = "") -> None:
        """What the peer is told, and what we know."""
        super().__init__(f"{error}: {why}")
        self.error = error
        self.why = why
        self.client_id = client_id

    @property
    def status(self) -> int:
        """401 where the client has not shown who it is, else 400."""
        return 401 if self.error == "invalid_client" else 400


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What was sent. Shape: `proofs` the values of all DPoP headers."""

    content_type: str
    body: bytes
    proofs: Sequence[str]
    address: str


@dataclass(slots=True)
class TokenEndpoint:
    """Gives tokens. Shape: `issuer` its name; `url` its own; `audience` the FHIR base; `now` seconds since 1970."""

    issuer: str
    url: str
    audience: str
    key: Key
    register: ClientRegister
    one_time: OneTime
    now: Callable[[], float]
    new_id: Callable[[], str]
    nonces: Nonces | None = None
    _decoy: PublicKey | None = None

    async def answer(self, request: TokenRequest) -> Given:
        """A request → whom a token was given, and the response. Raises TokenError; Problems: BUSY."""
        now = self.now()
        form = _form(request)
        client, assertion = await self._client(form, request, now)
        if form.get("grant_type") != "client_credentials":
            raise TokenError("unsupported_grant_type", "grant", client.client_id)
        agreement = _agreement(form, client, now)
        scopes = _scopes(form, client)
        jkt = await self._bind(request, client, now)
        await self._use_up(assertion, client, now)
        token = self._token(client, agreement, scopes, jkt, now)
        kind = "DPoP" if jkt else "Bearer"
        told = {"access_token": token, "token_type": kind, "expires_in": LIFE_S}
        return Given(client.client_id, {**told, "scope": " ".join(scopes)})

    def jwks(self) -> Json:
        """Nothing → the keys its tokens are signed with."""
        public = jose.public_jwk(self.key)
        kid = jose.thumbprint_of(self.key)
        return {"keys": [{**public, "kid": kid, "use": "sig", "alg": "ES256"}]}

    async def _client(
        self, form: Mapping[str, str], request: TokenRequest, now: float
    ) -> tuple[Client, Jws]:
        """The client an assertion speaks for, once it holds. An unknown client costs the same work as a wrong signature."""
        if form.get("client_assertion_type") != _ASSERTION_TYPE or "client_secret" in form:
            raise TokenError("invalid_client", "no assertion")
        try:
            assertion = jose.parse_jws(form.get("client_assertion", ""))
        except BadJoseError as error:
            raise TokenError("invalid_client", str(error)) from None
        name = assertion.claims.get("iss")
        if not isinstance(name, str) or not name.isprintable() or len(name) > 256:
            name = ""
        client = await self.register.find(self.issuer, name)
        key = self._key_of(client, assertion)
        try:
            jose.verify(assertion, key or self._decoy_key(), _ALLOWED)
        except BadJoseError as error:
            raise TokenError("invalid_client", str(error)) from None
        if client is None or key is None:
            raise TokenError("invalid_client", "client or key not known")
        self._check_assertion(assertion, client, form, now)
        _check_client(client, request.address, now)
        return client, assertion

    def _key_of(self, client: Client | None, assertion: Jws) -> PublicKey | None:
        kid = assertion.header.get("kid")
        if client is None or not client.jwks or not isinstance(kid, str):
            return None
        try:
            return parse_jwks(jose.parse_object(client.jwks.encode())).get(kid)
        except BadJoseError:
            return None

    def _decoy_key(self) -> PublicKey:
        if self._decoy is None:
            self._decoy = jose.load_public_key(jose.public_jwk(jose.new_key("ES256")))
        return self._decoy

    def _check_assertion(
        self, assertion: Jws, client: Client, form: Mapping[str, str], now: float
    ) -> None:
        claims = assertion.claims
        expires, begins = (
            _number(claims.get("exp")),
            _number(claims.get("nbf", claims.get("iat", now))),
        )
        why = ""
        typ = assertion.header.get("typ")
        if not (typ is None or isinstance(typ, str)) or typ not in _TYPES:
            why = "typ"
        elif claims.get("sub") != client.client_id:
            why = "sub"
        elif form.get("client_id", client.client_id) != client.client_id:
            why = "another client_id in the form"
        elif claims.get("aud") not in (self.url, self.issuer, [self.url], [self.issuer]):
            why = "aud"
        elif not now - LEEWAY_S < expires <= now + ASSERTION_S + LEEWAY_S:
            why = "exp"
        elif not begins <= now + LEEWAY_S:
            why = "nbf or iat"
        elif not isinstance(claims.get("jti"), str) or not 1 <= len(claims["jti"]) <= 256:
            why = "jti"
        if why:
            raise TokenError("invalid_client", why, client.client_id)

    async def _bind(self, request: TokenRequest, client: Client, now: float) -> str:
        """The key the token is bound to; "" for a client that is registered to come without."""
        if not request.proofs:
            if client.profile == BEARER:
                return ""
            raise TokenError("invalid_dpop_proof", "no proof", client.client_id)
        if len(request.proofs) > 1:
            raise TokenError("invalid_dpop_proof", "several proofs", client.client_id)
        fresh = None if self.nonces is None else partial(self.nonces.is_fresh, now=now)
        try:
            proof = check_proof(request.proofs[0], Expected("POST", self.url, now, nonce=fresh))
        except RefusedError as error:
            needs = error.refusal is Refusal.NEEDS_NONCE
            told = "use_dpop_nonce" if needs else "invalid_dpop_proof"
            raise TokenError(told, error.why, client.client_id) from None
        if not await self.one_time.first(proof.mark, now, now + REMEMBER_S):
            raise TokenError("invalid_dpop_proof", "shown before", client.client_id)
        return proof.jkt

    async def _use_up(self, assertion: Jws, client: Client, now: float) -> None:
        told = f"assertion\0{client.client_id}\0{assertion.claims['jti']}"
        until = now + ASSERTION_S + 2 * LEEWAY_S
        if not await self.one_time.first(sha256(told.encode()).digest(), now, until):
            raise TokenError("invalid_client", "assertion shown before", client.client_id)

    def _token(
        self, client: Client, agreement: Agreement, scopes: Sequence[str], jkt: str, now: float
    ) -> str:
        at = int(now)
        claims: Json = {
            "iss": self.issuer,
            "aud": self.audience,
            "iat": at,
            "nbf": at,
            "exp": at + LIFE_S,
            "jti": self.new_id(),
            "client_id": client.client_id,
            "sub": client.client_id,
            "scope": " ".join(scopes),
            f"{_ORG}parent": agreement.organisation,
        }
        if client.supplier:
            claims[f"{_ORG}supplier"] = client.supplier
        if jkt:
            claims["cnf"] = {"jkt": jkt}
        header = {"typ": "at+jwt", "alg": "ES256", "kid": jose.thumbprint_of(self.key)}
        return jose.sign(header, claims, self.key)


def _form(request: TokenRequest) -> dict[str, str]:
    """The form of a token request, each parameter once (RFC 6749 §3.2)."""
    if request.content_type.partition(";")[0].strip().lower() != _FORM:
        raise TokenError("invalid_request", "no form")
    try:
        pairs = parse_qsl(
            request.body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=30,
        )
    except ValueError:
        raise TokenError("invalid_request", "no form") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenError("invalid_request", "a parameter twice")
    return form


def _check_client(client: Client, address: str, now: float) -> None:
    why = ""
    if client.status != "active" or (client.expires is not None and client.expires <= now):
        why = "client not active"
    elif client.networks and not is_within(address, client.networks):
        why = "from another network"
    elif client.kind in PERSONS:
        why = "a client of persons"
    if why:
        raise TokenError("invalid_client", why, client.client_id)


def _agreement(form: Mapping[str, str], client: Client, now: float) -> Agreement:
    """The one organisation the token is to be for: said, where the client has agreements with several."""
    found = standing(client, now)
    said = form.get("organisation")
    if said is not None:
        found = [each for each in found if each.organisation == said]
    elif len(found) > 1:
        raise TokenError("invalid_request", "organisation is needed", client.client_id)
    if not found:
        raise TokenError("unauthorized_client", "no agreement", client.client_id)
    return found[0]


def _scopes(form: Mapping[str, str], client: Client) -> list[str]:
    """The scopes asked for, all of them system scopes that are registered for the client."""
    asked = form.get("scope", "").split(" ")
    for text in asked:
        scope = parse_scope(text)
        granted = narrow([text], client.scopes, user=False)
        if scope is None or [each.text for each in granted][:1] != [scope.text]:
            raise TokenError("invalid_scope", "a scope that is not registered", client.client_id)
    return list(dict.fromkeys(asked))


def _number(value: Any) -> float:
    """A claim that must be a time; NaN, which lies in no window, for anything else."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return value if good else math.nan
