"""Proofs of possession: each rule of the standard refuses what breaks it, and a right proof holds.

Source: security/helseid.md §5, §7 (the broken proofs of HelseID's test token service).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from hub.security import jose
from hub.security.dpop import Expected, check_proof, hash_of, make_proof
from hub.security.jose import Json
from hub.security.refusal import Refusal, RefusedError

NOW = 1_800_000_000.0
URL = "https://hub.example/fhir/Observation"
TOKEN = "a.b.c"
KEYS = {alg: jose.new_key(alg) for alg in ("ES256", "ES384", "ES512", "PS256")}
KEY = KEYS["ES256"]
EXPECTED = Expected("POST", URL, NOW, hash_of(TOKEN), jose.thumbprint_of(KEY))
HEADER = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jose.public_jwk(KEY)}
CLAIMS: Json = {"jti": "one", "htm": "POST", "htu": URL, "iat": int(NOW), "ath": hash_of(TOKEN)}


def proof(claims: Mapping[str, Any] | None = None, header: Mapping[str, Any] | None = None) -> str:
    """Changes to the right claims and header (None takes away) → a proof, properly signed."""
    head = {k: v for k, v in {**HEADER, **(header or {})}.items() if v is not None}
    body = {k: v for k, v in {**CLAIMS, **(claims or {})}.items() if v is not None}
    made = jose.sign({**head, "alg": "ES256"}, body, KEY)
    if head.get("alg") == "ES256":
        return made
    changed = jose.encode_segment(__import__("json").dumps(head).encode())
    return ".".join((changed, *made.split(".")[1:]))


@pytest.mark.parametrize("algorithm", sorted(KEYS))
def test_a_right_proof_holds_for_every_kind_of_key(algorithm: str) -> None:
    key = KEYS[algorithm]
    text = make_proof(key, "POST", URL, now=NOW, jti="x", access_token=TOKEN)
    expected = replace(EXPECTED, jkt=jose.thumbprint_of(key))
    assert check_proof(text, expected).jkt == jose.thumbprint_of(key)


@pytest.mark.parametrize(
    "claims",
    [
        {"htu": None},
        {"htu": "https://hub.example/fhir/Patient"},
        {"htu": "https://hub.example/fhir/observation"},
        {"htu": "https://hub.example/fhir/Observation/"},
        {"htu": "https://other.example/fhir/Observation"},
        {"htu": "http://hub.example/fhir/Observation"},
        {"htu": "https://hub.example/x/../fhir/Observation"},
        {"htu": ["https://hub.example/fhir/Observation"]},
        {"htm": None},
        {"htm": "GET"},
        {"htm": "post"},
        {"htm": ["POST"]},
        {"iat": None},
        {"iat": int(NOW) - 11},
        {"iat": int(NOW) + 6},
        {"iat": str(int(NOW))},
        {"iat": True},
        {"ath": None},
        {"ath": hash_of("a.b.d")},
        {"ath": 5},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 129},
        {"jti": 5},
    ],
)
def test_a_proof_with_a_wrong_claim_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as caught:
        check_proof(proof(claims), EXPECTED)
    assert caught.value.refusal is Refusal.INVALID_PROOF


@pytest.mark.parametrize(
    "header",
    [
        {"typ": None},
        {"typ": "JWT"},
        {"typ": "DPoP+jwt"},
        {"alg": None},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"jwk": None},
        {"jwk": jose.private_jwk(KEY)},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": jose.public_jwk(KEYS["ES384"])},
        {"crit": ["x"]},
        {"jku": "https://evil.example/keys"},
    ],
)
def test_a_proof_with_a_wrong_header_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as caught:
        check_proof(proof(header=header), EXPECTED)
    assert caught.value.refusal is Refusal.INVALID_PROOF


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "a.b", "." * 5, "x" * 9000, proof() + ".x"])
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        check_proof(text, EXPECTED)


def test_a_proof_by_another_key_than_the_tokens_is_refused() -> None:
    other = jose.new_key("ES256")
    text = make_proof(other, "POST", URL, now=NOW, jti="x", access_token=TOKEN)
    with pytest.raises(RefusedError, match="another key"):
        check_proof(text, EXPECTED)


def test_a_bad_signature_is_refused() -> None:
    head, body, _ = proof().split(".")
    with pytest.raises(RefusedError):
        check_proof(f"{head}.{body}.{jose.encode_segment(bytes(64))}", EXPECTED)


@pytest.mark.parametrize("seconds", [-10, 0, 5])
def test_the_window_is_ten_seconds_back_and_five_ahead(seconds: int) -> None:
    assert check_proof(proof({"iat": int(NOW) + seconds}), EXPECTED).jkt


@pytest.mark.parametrize(
    "htu", [URL + "?code=1", URL + "#x", "HTTPS://HUB.example:443/fhir/Observation", "https://hub.example/fhir/%4fbservation"]
)  # fmt: skip
def test_other_spellings_of_the_same_url_hold(htu: str) -> None:
    assert check_proof(proof({"htu": htu}), EXPECTED).jkt


def test_a_nonce_is_asked_for_where_one_is_needed() -> None:
    expected = replace(EXPECTED, nonce=lambda nonce: nonce == "ours")
    for claims in ({}, {"nonce": "theirs"}, {"nonce": 5}):
        with pytest.raises(RefusedError) as caught:
            check_proof(proof(claims), expected)
        assert caught.value.refusal is Refusal.NEEDS_NONCE
    assert check_proof(proof({"nonce": "ours"}), expected).jkt


def test_the_mark_names_key_and_jti_and_nothing_else() -> None:
    one = check_proof(proof(), EXPECTED).mark
    assert one == check_proof(proof({"iat": int(NOW) - 3}), EXPECTED).mark
    assert one != check_proof(proof({"jti": "two"}), EXPECTED).mark
    other = make_proof(KEYS["ES384"], "POST", URL, now=NOW, jti="one", access_token=TOKEN)
    thumb = jose.thumbprint_of(KEYS["ES384"])
    assert one != check_proof(other, replace(EXPECTED, jkt=thumb)).mark


def test_at_a_token_endpoint_there_is_no_token_and_no_key_yet() -> None:
    text = make_proof(KEY, "POST", URL, now=NOW, jti="x", nonce="n")
    expected = Expected("POST", URL, NOW, nonce=lambda nonce: nonce == "n")
    assert check_proof(text, expected).jkt == jose.thumbprint_of(KEY)
