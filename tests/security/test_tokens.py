"""Tokens over HTTP: who is let in, how the others are answered, and that nothing comes of a refusal.

Source: security README §2 (3), helseid.md §5-7.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from hub.clock import FixedClock
from hub.security import jose
from hub.security.dpop import hash_of
from hub.standin.actors import ACTORS
from tests.builders import observation
from tests.functional.hub_client import codes_of
from tests.security.conftest import HOST, Town
from tests.tokens import ISSUER

URL = f"{HOST}/fhir/Observation"
CHALLENGE = 'DPoP algs="PS256 PS384 PS512 ES256 ES384 ES512 RS256"'
INVALID = 'DPoP error="invalid_token", algs="PS256 PS384 PS512 ES256 ES384 ES512 RS256"'
PROOF = 'DPoP error="invalid_dpop_proof", algs="PS256 PS384 PS512 ES256 ES384 ES512 RS256"'
LEVEL = 'DPoP error="insufficient_user_authentication", acr_values="Level4"'


def refused(
    town: Town, headers: Mapping[str, str], challenge: str | None, code: str, status: int = 401
) -> httpx.Response:
    """Headers → the refusal, after it was seen that nothing was stored, and nobody was called."""
    before, called = town.stored(), len(town.wire.calls)
    answer = town.client.post("Observation", observation("Patient/1"), headers=dict(headers))
    assert (answer.status_code, codes_of(answer)) == (status, [code])
    assert answer.headers.get("WWW-Authenticate") == challenge
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"]
    assert town.stored() == before
    assert {call.purpose for call in town.wire.calls[called:]} <= {"keys"}
    return answer


@pytest.mark.parametrize("name", [n for n in ACTORS if n != "unregistered"])
def test_every_actor_of_the_stand_in_is_let_in(town: Town, name: str) -> None:
    assert town.get(name, "Observation/none").status_code in (403, 404)


def test_without_a_token_the_challenge_names_no_fault(town: Town) -> None:
    refused(town, {}, CHALLENGE, "unauthenticated")


def test_a_client_that_nobody_registered_is_401(town: Town) -> None:
    headers = town.issuer.headers("unregistered", "POST", URL)
    refused(town, headers, INVALID, "unauthenticated")


def test_a_bound_token_as_bearer_is_401(town: Town) -> None:
    token = town.issuer.token("supplier")
    refused(town, {"Authorization": f"Bearer {token}"}, INVALID, "unauthenticated")


def test_an_expired_token_is_told_so(town: Town, clock: FixedClock) -> None:
    headers = town.issuer.headers("supplier", "POST", URL)
    clock.at = clock.at.fromtimestamp(clock.at.timestamp() + 3600, clock.at.tzinfo)
    answer = refused(town, headers, INVALID, "token-expired")
    assert answer.json()["issue"][0]["code"] == "expired"


def test_a_person_below_level_four_is_told_which_level_is_needed(town: Town) -> None:
    low = {"helseid://claims/identity/security_level": "3"}
    token = town.issuer.token("nurse", claims=low)
    headers = town.issuer.headers("nurse", "POST", URL, token)
    refused(town, headers, LEVEL, "unauthenticated")


def test_an_organisation_outside_the_agreement_is_403_without_a_challenge(town: Town) -> None:
    claims = {"helseid://claims/client/claims/orgnr_parent": ACTORS["hospital"].parent}
    token = town.issuer.token("supplier", claims=claims)
    refused(town, town.issuer.headers("supplier", "POST", URL, token), None, "forbidden", 403)


PROOFS: dict[str, Callable[[dict[str, Any]], None]] = {
    "no htu": lambda c: c.pop("htu"),
    "no htm": lambda c: c.pop("htm"),
    "iat in the past": lambda c: c.update(iat=c["iat"] - 60),
    "iat in the future": lambda c: c.update(iat=c["iat"] + 60),
    "no ath": lambda c: c.pop("ath"),
    "no jti": lambda c: c.pop("jti"),
    "another method": lambda c: c.update(htm="GET"),
    "another path": lambda c: c.update(htu=URL + "/1"),
    "lower case path": lambda c: c.update(htu=URL.lower()),
    "another host": lambda c: c.update(htu="https://evil.example/fhir/Observation"),
    "another token": lambda c: c.update(ath=hash_of("other")),
}


@pytest.mark.parametrize("name", PROOFS)
def test_each_broken_proof_is_401(town: Town, name: str) -> None:
    token, key = town.issuer.token("supplier"), town.issuer.proof_key("supplier")
    claims = {
        "jti": "x",
        "htm": "POST",
        "htu": URL,
        "iat": int(town.issuer.now()),
        "ath": hash_of(token),
    }
    PROOFS[name](claims)
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jose.public_jwk(key)}
    proof = jose.sign(header, claims, key)
    refused(town, {"Authorization": f"DPoP {token}", "DPoP": proof}, PROOF, "unauthenticated")


@pytest.mark.parametrize(
    "change",
    [
        {"alg": None},
        {"alg": "none"},
        {"alg": "HS256"},
        {"jwk": None},
        {"typ": "JWT"},
        {"jwk": "private"},
        {"jwk": "other"},
    ],
)
def test_each_broken_header_of_a_proof_is_401(town: Town, change: dict[str, Any]) -> None:
    token, key = town.issuer.token("supplier"), town.issuer.proof_key("supplier")
    if change.get("jwk") == "private":
        change = {"jwk": jose.private_jwk(key)}
    elif change.get("jwk") == "other":
        change = {"jwk": jose.public_jwk(jose.new_key("ES256"))}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jose.public_jwk(key), **change}
    header = {k: v for k, v in header.items() if v is not None}
    claims = {
        "jti": "x",
        "htm": "POST",
        "htu": URL,
        "iat": int(town.issuer.now()),
        "ath": hash_of(token),
    }
    right = jose.sign({**header, "alg": "ES256"}, claims, key)
    import json

    said = jose.encode_segment(json.dumps(header).encode())
    proof = right if header.get("alg") == "ES256" else ".".join((said, *right.split(".")[1:]))
    refused(town, {"Authorization": f"DPoP {token}", "DPoP": proof}, PROOF, "unauthenticated")


def test_a_proof_that_is_shown_again_is_401_also_in_another_process(
    make_town: Callable[..., Town],
) -> None:
    here, there = make_town(), make_town()
    headers = here.issuer.headers("supplier", "GET", URL)
    there.wire.publish(here.issuer)
    assert here.client.get("Observation", headers=headers).status_code != 401
    for town in (here, there):
        answer = town.client.get("Observation", headers=headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, PROOF)


def test_of_many_who_show_one_proof_at_once_one_is_let_in(town: Town) -> None:
    headers = town.issuer.headers("supplier", "GET", f"{HOST}/fhir/Observation/none")
    answers = town.client.together(*[("GET", "Observation/none", None, headers)] * 12)
    assert sorted(answer.status_code == 401 for answer in answers) == [False] + [True] * 11


def test_a_refusal_says_the_same_whatever_was_wrong_with_the_token(town: Town) -> None:
    bodies = set[bytes]()
    for claims in (
        {"aud": "other"},
        {"iss": "https://evil.example"},
        {"scope": 5},
        {"client_id": "x"},
    ):
        token = town.issuer.token("supplier", claims=claims)
        headers = town.issuer.headers("supplier", "POST", URL, token)
        bodies.add(refused(town, headers, INVALID, "unauthenticated").content)
    assert len(bodies) == 1


def test_refusals_are_logged_without_a_value_of_the_token(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "marked-client-4711"
    pid = "helseid://claims/identity/pid"
    for claims in ({"client_id": secret}, {"aud": secret}, {pid: "09838100438", "name": secret}):
        token = town.issuer.token("nurse", claims=claims)
        headers = town.issuer.headers("nurse", "POST", URL, token)
        town.client.post("Observation", observation("Patient/1"), headers=headers)
        for text in (token, headers["DPoP"], secret, "09838100438", ACTORS["nurse"].human.pid):  # pyright: ignore[reportOptionalMemberAccess]
            assert text not in caplog.text
    assert "TOKEN_REFUSED" in caplog.text


def test_tokens_in_the_url_or_a_form_open_nothing(town: Town) -> None:
    token = town.issuer.token("supplier", jkt="")
    for path in (f"Observation?access_token={token}", f"Observation/_search?access_token={token}"):
        assert town.client.get(path).status_code == 401
        assert town.get("supplier", path).status_code == 401
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"access_token={token}".encode()
    assert town.client.post("Observation/_search", body, headers=form).status_code == 401


def test_headers_that_claim_a_tenant_or_a_host_change_nothing(town: Town) -> None:
    claimed = {
        "X-Tenant": "2", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "10.0.0.1", "X-Original-URL": "/fhir/metadata",
        "X-HTTP-Method-Override": "DELETE", "X-Emergency": "true", "X-Forwarded-User": "admin",
    }  # fmt: skip
    refused(town, claimed, CHALLENGE, "unauthenticated")
    plain = town.get("gp", "Observation/none")
    answer = town.get("gp", "Observation/none", headers=claimed)
    assert answer.status_code == plain.status_code
    assert answer.json() == plain.json()


def test_a_refusal_comes_in_xml_where_xml_is_asked_for(town: Town) -> None:
    answer = town.client.get("Observation", headers={"Accept": "application/fhir+xml"})
    assert answer.status_code == 401
    assert "<OperationOutcome" in answer.text
    assert answer.headers["WWW-Authenticate"] == CHALLENGE


def test_where_nonces_are_on_the_first_answer_gives_one(
    make_town: Callable[..., Town], tmp_path: Any
) -> None:
    file = tmp_path / "nonce"
    file.write_bytes(b"n" * 32)
    file.chmod(0o600)
    town = make_town(HUB_NONCE_KEY_FILE=str(file))
    token, key = town.issuer.token("gp"), town.issuer.proof_key("gp")
    first = town.client.get(
        "Observation/none", headers=town.issuer.headers("gp", "GET", URL + "/none", token)
    )
    assert (first.status_code, first.headers["WWW-Authenticate"]) == (
        401,
        'DPoP error="use_dpop_nonce"',
    )
    claims = {
        "jti": "y", "htm": "GET", "htu": URL + "/none", "iat": int(town.issuer.now()), "ath": hash_of(token),
        "nonce": first.headers["DPoP-Nonce"],
    }  # fmt: skip
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jose.public_jwk(key)}
    headers = {"Authorization": f"DPoP {token}", "DPoP": jose.sign(header, claims, key)}
    assert town.client.get("Observation/none", headers=headers).status_code in (403, 404)


def test_without_the_issuers_keys_nobody_is_let_in_and_it_is_said_to_be_passing(town: Town) -> None:
    town.wire.answers.clear()
    answer = town.get("gp", "Observation/none")
    assert (answer.status_code, codes_of(answer)) == (503, ["unreachable"])
    assert "WWW-Authenticate" not in answer.headers
    assert ISSUER not in answer.text


def test_public_paths_do_not_look_at_tokens(town: Town) -> None:
    for headers in ({}, {"Authorization": "DPoP x"}, {"Authorization": "Bearer x"}):
        assert town.client.get("metadata", headers=headers).status_code == 200
        assert town.client.get("/health", headers=headers).status_code == 200
