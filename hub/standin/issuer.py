"""A stand-in for HelseID: tokens of every kind of actor, with their DPoP keys, and broken ones where a test asks for them.

Never a substitute for the test environment of HelseID: nobody is authenticated, and whoever can reach it gets any token.
Source: security/helseid.md §1, §3, §7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.security import jose
from hub.security.dpop import make_proof
from hub.security.jose import Json, Key
from hub.security.jwks import DISCOVERY
from hub.standin.actors import ACTORS, StandinActor

LIFE_S = 600
_CLAIMS = "helseid://claims/"


@dataclass(slots=True)
class StandinIssuer:
    """The issuer. Shape: `url` its name; `now` seconds since 1970; `algorithm` what it signs with."""

    url: str
    audience: str
    now: Callable[[], float]
    new_id: Callable[[], str]
    algorithm: str = "ES256"
    kid: str = "standin-1"
    _key: Key | None = None
    _keys: dict[str, Key] = field(default_factory=dict[str, Key])

    @property
    def key(self) -> Key:
        """The key it signs with, made on first use."""
        if self._key is None:
            self._key = jose.new_key(self.algorithm)
        return self._key

    def rotate(self, kid: str, algorithm: str | None = None) -> None:
        """A new key id → a new key; the one before is gone."""
        self.algorithm, self.kid = algorithm or self.algorithm, kid
        self._key = jose.new_key(self.algorithm)

    def discovery(self) -> Json:
        """Nothing → its discovery document."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}{DISCOVERY}/jwks",
            "token_endpoint": f"{self.url}/connect/token",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }

    def jwks(self) -> Json:
        """Nothing → its keys."""
        public = jose.public_jwk(self.key)
        return {"keys": [{**public, "kid": self.kid, "use": "sig", "alg": self.algorithm}]}

    def proof_key(self, name: str) -> Key:
        """An actor → the DPoP key of its system, made on first use."""
        if name not in self._keys:
            self._keys[name] = jose.new_key("ES256")
        return self._keys[name]

    def token(
        self,
        name: str,
        *,
        claims: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        key: Key | None = None,
        jkt: str | None = None,
    ) -> str:
        """An actor's name → an access token.

        Shape: `claims` and `header` are put over the right ones, None takes one away; `key` signs instead of the issuer's;
        `jkt` the key it is bound to, "" = a bearer token.
        """
        actor = ACTORS[name]
        bound = jose.thumbprint_of(self.proof_key(name)) if jkt is None else jkt
        body = {**self._claims(actor), **({"cnf": {"jkt": bound}} if bound else {})}
        body = _without_none({**body, **(claims or {})})
        head = {"alg": self.algorithm, "typ": "at+jwt", "kid": self.kid}
        return jose.sign(_without_none({**head, **(header or {})}), body, key or self.key)

    def headers(self, name: str, method: str, url: str, token: str | None = None) -> dict[str, str]:
        """An actor and a request → the headers that let it in; `token` one that it has already."""
        token = token or self.token(name)
        proof = make_proof(
            self.proof_key(name),
            method,
            url.partition("?")[0],
            now=self.now(),
            jti=self.new_id(),
            access_token=token,
        )
        return {"Authorization": f"DPoP {token}", "DPoP": proof}

    def _claims(self, actor: StandinActor) -> Json:
        now = int(self.now())
        human = actor.human
        found: Json = {
            "iss": self.url,
            "aud": self.audience,
            "iat": now,
            "nbf": now,
            "exp": now + LIFE_S,
            "jti": self.new_id(),
            "client_id": actor.client_id,
            "client_amr": "private_key_jwt",
            "scope": sorted(actor.scopes),
            f"{_CLAIMS}client/claims/orgnr_parent": actor.parent,
            f"{_CLAIMS}client/claims/orgnr_child": actor.child or None,
            f"{_CLAIMS}client/claims/orgnr_supplier": actor.supplier or None,
        }
        if human is not None:
            found |= {
                "sub": human.subject,
                "sid": f"session-{human.subject}",
                "name": human.name,
                "auth_time": now,
                f"{_CLAIMS}identity/pid": human.pid,
                f"{_CLAIMS}identity/security_level": "4",
                f"{_CLAIMS}hpr/hpr_number": human.hpr or None,
            }
        return _without_none(found)


def _without_none(values: Mapping[str, Any]) -> Json:
    return {name: value for name, value in values.items() if value is not None}
