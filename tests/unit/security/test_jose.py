"""Tokens are read strictly: one spelling, one meaning, keys and algorithms of the kinds that are taken."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from hub.security import jose
from hub.security.jose import BadJoseError

ES256 = frozenset({"ES256"})
KEY = jose.new_key("ES256")
RSA = jose.new_key("PS256")
PUBLIC = jose.public_jwk(KEY)


def coded(text: str) -> str:
    """Text → base64url."""
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def token(header: str = '{"alg":"ES256"}', claims: str = '{"a":1}') -> str:
    """Header and claims as JSON texts → a token with a signature of the right length."""
    return f"{coded(header)}.{coded(claims)}.{coded('x' * 64)}"


@pytest.mark.parametrize("algorithm", sorted(jose.ALGORITHMS))
def test_what_is_signed_is_verified_with_the_public_key_alone(algorithm: str) -> None:
    key = jose.new_key(algorithm) if algorithm.startswith("ES") else RSA
    made = jose.parse_jws(jose.sign({"alg": algorithm, "kid": "1"}, {"a": "ø"}, key))
    public = jose.load_public_key(jose.public_jwk(key))
    jose.verify(made, public, frozenset({algorithm}))
    assert (made.header["kid"], made.claims) == ("1", {"a": "ø"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c.d",
        token() + ".x",
        token() + "=",
        token().replace(".", " .", 1),
        token(header="[]"),
        token(header="{"),
        token(claims="null"),
        token(claims='{"a":1,"a":2}'),
        token(claims='{"a":{"b":1,"b":1}}'),
        token(claims='{"a":NaN}'),
        token(claims='{"a":"\\ud800"}'),
        token(claims="[" * 3000),
        token(claims='{"a":' + "1" * 5000 + "}"),
        token(header='{"alg":"ES256","crit":["x"]}'),
        token(header='{"alg":"ES256","jku":"https://x"}'),
        token(header='{"alg":"ES256","x5u":"https://x"}'),
        token(header='{"alg":"ES256","x5c":["x"]}'),
        token(header='{"alg":"ES256","zip":"DEF"}'),
        token(header='{"alg":"ES256","b64":false}'),
        "x" * 9000,
        token()[:-1] + "B",  # the last character carries bits that stand for nothing
        "é.é.é",
    ],
)
def test_what_is_not_exactly_a_token_is_refused(text: str) -> None:
    with pytest.raises(BadJoseError):
        jose.parse_jws(text)


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{0,20}){2}"))
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(BadJoseError):
        jose.parse_jws(text)


@pytest.mark.parametrize(
    "algorithm", ["none", "HS256", "ES384", "PS256", "", None, ["ES256"], "es256"]
)
def test_an_algorithm_that_does_not_fit_the_key_or_the_list_is_refused(algorithm: Any) -> None:
    made = jose.parse_jws(jose.sign({"alg": "ES256"}, {"a": 1}, KEY))
    other = jose.Jws({**made.header, "alg": algorithm}, made.claims, made.signed, made.signature)
    with pytest.raises(BadJoseError):
        jose.verify(other, jose.load_public_key(PUBLIC), frozenset(jose.ALGORITHMS))


def test_the_public_key_as_a_shared_secret_is_refused() -> None:
    public = json.dumps(jose.public_jwk(RSA)).encode()
    secret = OctKey.import_key(public)
    import hmac

    signed = f"{coded(json.dumps({'alg': 'HS256'}))}.{coded('{}')}"
    mac = hmac.digest(secret.raw_value, signed.encode(), "sha256")
    made = jose.parse_jws(f"{signed}.{jose.encode_segment(mac)}")
    with pytest.raises(BadJoseError):
        jose.verify(made, jose.load_public_key(jose.public_jwk(RSA)), frozenset({"HS256", "RS256"}))


@pytest.mark.parametrize("part", ["header", "claims", "signature"])
def test_a_changed_token_does_not_hold(part: str) -> None:
    head, claims, signature = jose.sign({"alg": "ES256", "kid": "1"}, {"a": 1}, KEY).split(".")
    changed = {
        "header": f"{coded(json.dumps({'alg': 'ES256', 'kid': '2'}))}.{claims}.{signature}",
        "claims": f"{head}.{coded(json.dumps({'a': 2}))}.{signature}",
        "signature": f"{head}.{claims}.{jose.encode_segment(bytes(64))}",
    }[part]
    with pytest.raises(BadJoseError):
        jose.verify(jose.parse_jws(changed), jose.load_public_key(PUBLIC), ES256)


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        [],
        "x",
        {},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
        jose.private_jwk(KEY),
        jose.private_jwk(RSA),
        {**PUBLIC, "k": "AAAA"},
        {**PUBLIC, "crv": "secp256k1"},
        {**PUBLIC, "crv": "P-384"},
        {**PUBLIC, "x": 5},
        {**PUBLIC, "x": "AAAA"},
        {**PUBLIC, "use": "enc"},
        {**PUBLIC, "key_ops": ["sign"]},
        {**PUBLIC, "key_ops": "verify"},
        {**PUBLIC, "alg": "ES384"},
        {**PUBLIC, "alg": ["ES256"]},
        {**jose.public_jwk(RSA), "alg": "ES256"},
        {**jose.public_jwk(RSA), "n": "AQAB"},
        {**jose.public_jwk(RSA), "e": "AQABAQABAQAB"},
        {**jose.public_jwk(RSA), "e": ""},
    ],
)
def test_keys_that_are_private_short_or_of_another_kind_are_refused(jwk: Any) -> None:
    with pytest.raises(BadJoseError):
        jose.load_public_key(jwk)


@pytest.mark.parametrize("bits", [1024, 2040])
def test_short_rsa_keys_are_refused(bits: int) -> None:
    modulus = jose.encode_segment(((1 << (bits - 1)) + 1).to_bytes(bits // 8))
    with pytest.raises(BadJoseError, match="size"):
        jose.load_public_key({"kty": "RSA", "n": modulus, "e": "AQAB"})


def test_a_public_key_of_ours_shows_nothing_private() -> None:
    for key in (KEY, RSA):
        assert not jose.public_jwk(key).keys() & jose.PRIVATE
        assert jose.load_public_key(jose.public_jwk(key)).thumbprint == jose.thumbprint_of(key)
        again = jose.load_private_key(jose.private_jwk(key))
        assert jose.thumbprint_of(again) == jose.thumbprint_of(key)


@pytest.mark.parametrize("jwk", [{}, PUBLIC, {"kty": "oct", "k": "AAAA"}, {"kty": "EC", "d": "x"}])
def test_what_is_no_private_key_is_not_taken_as_one(jwk: dict[str, Any]) -> None:
    with pytest.raises(BadJoseError):
        jose.load_private_key(jwk)
