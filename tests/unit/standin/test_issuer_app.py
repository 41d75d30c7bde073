"""The stand-in issuer over HTTP: what it publishes is what it signs with, and its token endpoint asks for a nonce."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from hub.clock import FixedClock
from hub.security import jose
from hub.security.claims import Issuer, read_token
from hub.security.dpop import make_proof
from hub.security.jwks import FetchedKeys
from hub.security.nonce import Nonces
from hub.standin.actors import ACTORS
from hub.standin.issuer_app import IssuerApp
from tests.tokens import AUDIENCE, Wire, make_issuer

TOKEN_URL = "https://issuer.example/connect/token"


class Caller:
    """HTTP against a stand-in issuer in this process."""

    def __init__(self, clock: FixedClock) -> None:
        self.issuer = make_issuer(clock)
        self.app = IssuerApp(self.issuer, Nonces(b"n" * 32))

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request → the answer."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)  # pyright: ignore[reportArgumentType]
            async with httpx.AsyncClient(
                transport=transport, base_url="https://issuer.example"
            ) as http:
                return await http.request(method, path, **more)

        return asyncio.run(send())


@pytest.fixture
def caller(clock: FixedClock) -> Caller:
    return Caller(clock)


def test_it_tells_all_its_actors(caller: Caller) -> None:
    assert [row["name"] for row in caller.ask("GET", "/actors").json()] == list(ACTORS)


def test_its_tokens_hold_by_the_keys_it_publishes(caller: Caller) -> None:
    wire = Wire()
    for path in ("/.well-known/openid-configuration", "/.well-known/openid-configuration/jwks"):
        wire.put(f"https://issuer.example{path}", caller.ask("GET", path).content)
    keys = FetchedKeys("https://issuer.example", wire, lambda: 0.0)
    issuer = Issuer("https://issuer.example", AUDIENCE, keys, real_units=False)
    for name in ACTORS:
        told = caller.ask("GET", f"/token/{name}").json()
        claims = asyncio.run(read_token(told["access_token"], [issuer], caller.issuer.now()))
        key = jose.load_private_key(told["dpop_key"])
        assert (claims.client_id, claims.jkt) == (ACTORS[name].client_id, jose.thumbprint_of(key))


def test_headers_of_a_request_come_ready_for_curl(caller: Caller) -> None:
    text = caller.ask("GET", "/headers/gp?method=GET&url=http://127.0.0.1:8000/fhir/Patient").text
    names = [line.partition(":")[0] for line in text.splitlines()]
    assert names == ["Authorization", "DPoP"]
    assert caller.ask("GET", "/headers/gp").status_code == 400


@pytest.mark.parametrize("path", ["/", "/token/nobody", "/headers/", "/connect/token", "/x"])
def test_what_it_does_not_have_is_404(caller: Caller, path: str) -> None:
    assert caller.ask("GET", path).status_code == 404


def test_the_token_endpoint_gives_a_nonce_and_then_a_token(caller: Caller) -> None:
    key, now = jose.new_key("ES256"), caller.issuer.now()
    assertion = jose.sign({"alg": "ES256"}, {"iss": "standin-gp"}, jose.new_key("ES256"))
    form = {"grant_type": "client_credentials", "client_assertion": assertion}
    proof = make_proof(key, "POST", TOKEN_URL, now=now, jti="1")
    first = caller.ask("POST", "/connect/token", data=form, headers={"DPoP": proof})
    assert (first.status_code, first.json()) == (400, {"error": "use_dpop_nonce"})
    proof = make_proof(key, "POST", TOKEN_URL, now=now, jti="2", nonce=first.headers["DPoP-Nonce"])
    second = caller.ask("POST", "/connect/token", data=form, headers={"DPoP": proof})
    assert (second.status_code, second.json()["token_type"]) == (200, "DPoP")
    for bad in ({}, {"grant_type": "password"}, {**form, "client_assertion": "x"}):
        assert caller.ask("POST", "/connect/token", data=bad).status_code == 401
    assert caller.ask("POST", "/connect/token", data=form).status_code == 400
