"""The hub as a client: who it is, once per request; a nonce when asked; a token for what it was asked for and nothing else."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest

from hub.ports import Answer, Call
from hub.problems import HubError, ProblemCode
from hub.security import jose
from hub.security.dpop import Expected, check_proof
from hub.security.token_client import TokenClient, Wanted, organisation_of

ISSUER = "https://issuer.example"
URL = f"{ISSUER}/connect/token"
KEY, PROOF_KEY = jose.new_key("PS256"), jose.new_key("ES256")
READ = Wanted(frozenset({"api/read"}))


@dataclass
class Issuer:
    """Answers token requests, each with the next answer, or with a new token."""

    now: float = 1_800_000_000.0
    answers: list[Answer] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    count: int = 0

    async def send(self, call: Call) -> Answer:
        self.calls.append(call)
        await asyncio.sleep(0)
        return self.answers.pop(0) if self.answers else granted(f"t{len(self.calls)}")

    def new_id(self) -> str:
        self.count += 1
        return f"id{self.count}"

    def client(self, **more: Any) -> TokenClient:
        return TokenClient(
            ISSUER, URL, "me", KEY, "k1", PROOF_KEY, self, lambda: self.now, self.new_id, **more
        )

    def form(self, number: int = -1) -> dict[str, str]:
        return dict(parse_qsl(self.calls[number].body.decode()))

    def assertion(self, number: int = -1) -> jose.Jws:
        made = jose.parse_jws(self.form(number)["client_assertion"])
        jose.verify(made, jose.load_public_key(jose.public_jwk(KEY)), frozenset({"PS256"}))
        return made

    def proof(self, number: int = -1) -> str:
        return dict(self.calls[number].headers)["DPoP"]


def granted(token: str, **more: Any) -> Answer:
    body = {"access_token": token, "token_type": "DPoP", "expires_in": 60, **more}
    return Answer(200, {}, json.dumps(body).encode())


def refusal(error: str, **headers: str) -> Answer:
    return Answer(400, headers, json.dumps({"error": error}).encode())


def ask(client: TokenClient, wanted: Wanted = READ) -> str:
    return asyncio.run(client.token(wanted))


def test_a_request_says_who_asks_as_helseid_wants_it() -> None:
    issuer = Issuer()
    assert ask(issuer.client()) == "t1"
    assertion = issuer.assertion()
    assert assertion.header == {"alg": "PS256", "typ": "client-authentication+jwt", "kid": "k1"}
    claims = assertion.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("me", "me", ISSUER)
    assert claims["exp"] - claims["iat"] == 10
    assert issuer.form()["grant_type"] == "client_credentials"
    expected = Expected("POST", URL, issuer.now)
    assert check_proof(issuer.proof(), expected).jkt == jose.thumbprint_of(PROOF_KEY)
    assert issuer.calls[0].purpose == "tokens"


def test_smart_wants_the_token_endpoint_as_audience() -> None:
    issuer = Issuer()
    ask(issuer.client(profile="smart"), Wanted(READ.scopes, child="313910016"))
    assertion = issuer.assertion()
    assert (assertion.header["typ"], assertion.claims["aud"]) == ("JWT", URL)
    assert "assertion_details" not in assertion.claims


def test_a_nonce_is_taken_up_once_with_everything_made_anew_and_kept_for_the_next_request() -> None:
    issuer = Issuer(answers=[refusal("use_dpop_nonce", **{"dpop-nonce": "n1"})])
    client = issuer.client()
    assert ask(client) == "t2"
    first, second = issuer.assertion(0).claims, issuer.assertion(1).claims
    assert first["jti"] != second["jti"]
    assert issuer.proof(0) != issuer.proof(1)
    assert jose.parse_jws(issuer.proof(1)).claims["nonce"] == "n1"
    issuer.now += 100
    ask(client)
    assert jose.parse_jws(issuer.proof(2)).claims["nonce"] == "n1"


def test_a_nonce_that_is_asked_for_twice_is_not_tried_a_third_time() -> None:
    again = refusal("use_dpop_nonce", **{"dpop-nonce": "n"})
    issuer = Issuer(answers=[again, again])
    with pytest.raises(HubError):
        ask(issuer.client())
    assert len(issuer.calls) == 2


def test_a_token_serves_until_shortly_before_it_ends() -> None:
    issuer = Issuer()
    client = issuer.client()
    assert [ask(client), ask(client)] == ["t1", "t1"]
    issuer.now += 49
    assert ask(client) == "t1"
    issuer.now += 1
    assert ask(client) == "t2"


def test_a_token_is_for_what_it_was_asked_with_alone() -> None:
    issuer = Issuer()
    client = issuer.client()
    different = [
        READ,
        Wanted(frozenset({"api/write"})),
        Wanted(READ.scopes, parent="999999999"),
        Wanted(READ.scopes, parent="313910083"),
        Wanted(READ.scopes, child="313910016"),
        Wanted(READ.scopes, parent="999999999", child="313910016"),
        Wanted(READ.scopes, resource="https://api.example"),
    ]
    tokens = [ask(client, wanted) for wanted in different]
    assert len(set(tokens)) == len(different)
    client.proof_key = jose.new_key("ES256")
    assert ask(client) not in tokens


def test_many_who_want_the_same_make_one_request() -> None:
    issuer = Issuer()
    client = issuer.client()

    async def together() -> list[str]:
        return await asyncio.gather(*[client.token(READ) for _ in range(10)])

    assert asyncio.run(together()) == ["t1"] * 10


@pytest.mark.parametrize(
    "answer",
    [
        granted("x", token_type="Bearer"),
        granted("x", token_type="dpop"),
        granted("x", expires_in="60"),
        granted("x", expires_in=True),
        granted("x", access_token=None),
        refusal("invalid_client"),
        Answer(500, {}, b"<html>secret</html>"),
        Answer(200, {}, b"[]"),
        Answer(302, {"location": "https://evil.example"}, b""),
    ],
)
def test_what_is_no_bound_token_is_not_taken(answer: Answer) -> None:
    issuer = Issuer(answers=[answer])
    with pytest.raises(HubError) as caught:
        ask(issuer.client())
    (problem,) = caught.value.problems
    assert (problem.code, "secret" in problem.detail) == (ProblemCode.UNREACHABLE, False)
    assert len(issuer.calls) == 1


def test_the_organisation_is_said_as_the_kind_of_client_wants_it() -> None:
    def said(**more: str) -> tuple[str, str]:
        found = organisation_of(Wanted(READ.scopes, **more))
        assert found is not None
        identifier = found["practitioner_role"]["organization"]["identifier"]
        return identifier["system"], identifier["value"]

    assert organisation_of(READ) is None
    assert said(child="313910016") == ("urn:oid:2.16.578.1.12.4.1.4.101", "313910016")
    assert said(parent="999999999") == ("urn:oid:1.0.6523", "NO:ORGNR:999999999:")
    whole = said(parent="999999999", child="313910016")
    assert whole == ("urn:oid:1.0.6523", "NO:ORGNR:999999999:313910016")


def test_the_difference_of_clocks_is_measured() -> None:
    late = {"date": "Fri, 15 Jan 2027 08:00:07 GMT"}
    issuer = Issuer(answers=[Answer(200, late, granted("x").body), granted("y")])
    client = issuer.client()
    ask(client)
    assert client.skew_s == 7.0
    issuer.answers = [Answer(200, {"date": "yesterday"}, granted("y").body)]
    issuer.now += 100
    ask(client)
    assert client.skew_s == 7.0
