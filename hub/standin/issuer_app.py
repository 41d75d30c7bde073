"""The stand-in issuer over HTTP: discovery, keys, tokens, and the headers of a request ready for curl.

`/connect/token` speaks client_credentials with a nonce as HelseID does; it takes any assertion, for nobody is authenticated.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from hub.security import jose
from hub.security.dpop import Expected, check_proof
from hub.security.htu import normal_url
from hub.security.jwks import DISCOVERY
from hub.security.nonce import Nonces
from hub.security.refusal import RefusedError
from hub.standin.actors import ACTORS, StandinActor
from hub.standin.issuer import LIFE_S, StandinIssuer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
MOST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class IssuerApp:
    """An ASGI application."""

    issuer: StandinIssuer
    nonces: Nonces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        body = await _body(receive) if scope["method"] == "POST" else b""
        status, kind, told, more = self._answer(scope, body)
        headers = [(b"content-type", kind), (b"cache-control", b"no-store"), *more]
        headers.append((b"content-length", str(len(told)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": told})

    def _answer(
        self, scope: Scope, body: bytes
    ) -> tuple[int, bytes, bytes, list[tuple[bytes, bytes]]]:
        path: str = scope["path"]
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        name = path.rpartition("/")[2]
        if path == DISCOVERY:
            return _json(200, self.issuer.discovery())
        if path == f"{DISCOVERY}/jwks":
            return _json(200, self.issuer.jwks())
        if path == "/actors":
            return _json(200, [_told(actor) for actor in ACTORS.values()])
        if path == f"/token/{name}" and name in ACTORS:
            return _json(200, self._token(name))
        if path == f"/headers/{name}" and name in ACTORS:
            return self._headers(name, asked)
        if path == "/connect/token" and scope["method"] == "POST":
            return self._connect(scope, body)
        return _json(
            404,
            {"error": "not_found", "try": ["/actors", "/token/gp", "/headers/gp?method=GET&url=…"]},
        )

    def _token(self, name: str) -> dict[str, Any]:
        return {
            "access_token": self.issuer.token(name),
            "token_type": "DPoP",
            "expires_in": LIFE_S,
            "dpop_key": jose.private_jwk(self.issuer.proof_key(name)),
        }

    def _headers(
        self, name: str, asked: dict[str, list[str]]
    ) -> tuple[int, bytes, bytes, list[tuple[bytes, bytes]]]:
        """The headers of one request, a line each: `curl -H @file` reads them so."""
        url = asked.get("url", [""])[0]
        if normal_url(url) is None:
            return _json(400, {"error": "url is needed, an absolute one"})
        found = self.issuer.headers(name, asked.get("method", ["GET"])[0], url)
        text = "".join(f"{key}: {value}\n" for key, value in found.items())
        return 200, b"text/plain", text.encode(), []

    def _connect(
        self, scope: Scope, body: bytes
    ) -> tuple[int, bytes, bytes, list[tuple[bytes, bytes]]]:
        form = parse_qs(body.decode("latin-1"))
        claimed = _claimed_client(form.get("client_assertion", [""])[0])
        actor = next(
            (a for a in ACTORS.values() if a.client_id == claimed and a.human is None), None
        )
        if actor is None or form.get("grant_type") != ["client_credentials"]:
            return _json(401, {"error": "invalid_client"})
        now = self.issuer.now()
        given = [value for key, value in scope["headers"] if key == b"dpop"]
        wanted = Expected(
            "POST",
            normal_url(f"{self.issuer.url}/connect/token") or "",
            now,
            nonce=lambda nonce: self.nonces.is_fresh(nonce, now),
        )
        try:
            proof = check_proof(given[0].decode("latin-1") if given else "", wanted)
        except RefusedError as error:
            why = error.refusal.value[1]
            nonce = (b"dpop-nonce", self.nonces.make(now).encode())
            status, kind, told, _ = _json(400, {"error": why})
            return status, kind, told, [nonce]
        token = self.issuer.token(actor.name, jkt=proof.jkt)
        return _json(200, {"access_token": token, "token_type": "DPoP", "expires_in": LIFE_S})


def _claimed_client(assertion: str) -> str:
    try:
        return str(jose.parse_jws(assertion).claims.get("iss"))
    except jose.BadJoseError:
        return ""


async def _body(receive: Receive) -> bytes:
    body = b""
    while len(body) <= MOST:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body[:MOST]


def _told(actor: StandinActor) -> dict[str, Any]:
    return {
        "name": actor.name,
        "kind": actor.kind,
        "about": actor.about,
        "client_id": actor.client_id,
        "organisation": actor.parent,
        "scopes": actor.scopes,
    }


def _json(status: int, value: object) -> tuple[int, bytes, bytes, list[tuple[bytes, bytes]]]:
    return status, b"application/json", json.dumps(value).encode(), []
