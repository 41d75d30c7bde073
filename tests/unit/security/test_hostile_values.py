"""Whatever stands where in a token, proof, assertion, key or key set: it is refused or taken, and never a fault of ours.

Each place is tried with values of every JSON kind, also by an issuer or client whose signature holds. Source: helseid.md §5 (6).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest

from hub.clock import FixedClock
from hub.ports import Client
from hub.problems import HubError
from hub.security import jose
from hub.security.admission import Admission, Shown
from hub.security.claims import Issuer, read_token
from hub.security.dpop import Expected, check_proof
from hub.security.jose import BadJoseError
from hub.security.jwks import FetchedKeys, FixedKeys, parse_jwks
from hub.security.refusal import RefusedError
from hub.security.token_endpoint import TokenEndpoint, TokenError, TokenRequest
from hub.standin.issuer import StandinIssuer
from tests.tokens import AUDIENCE, BASE, ISSUER, Shelf, Wire, make_issuer, registered

ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 10**400, -(10**400), 1e300, 0.5, "", " ", "\0", "å" * 43, "a" * 43, "\U0001f4a9", "'", "../x", "1e9", "x" * 4000,
    [], [[]], [None], ["at+jwt"], [{}], {}, {"a": {}}, {"jkt": None}, {"jkt": "å" * 43}, {"jkt": ["x"]}, {"jkt": "x" * 43},
)  # fmt: skip
HEADER: Final = (
    "typ",
    "alg",
    "kid",
    "jwk",
    "jku",
    "x5c",
    "crit",
    "cty",
    "zip",
    "b64",
    "enc",
    "epk",
)
ORG: Final = "helseid://claims/client/claims/orgnr_"
IDENTITY: Final = "helseid://claims/identity/"
CLAIMS: Final = (
    "iss", "aud", "exp", "iat", "nbf", "jti", "sub", "sid", "idp", "name", "auth_time", "client_id", "scope", "cnf", f"{ORG}parent", f"{ORG}child",
    f"{ORG}supplier", f"{IDENTITY}pid", f"{IDENTITY}security_level", "helseid://claims/hpr/hpr_number",
)  # fmt: skip
URL: Final = f"{BASE}/Observation"


@pytest.fixture
def issuer(clock: FixedClock) -> StandinIssuer:
    return make_issuer(clock)


def each(names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name in names for value in ODD)


def signed(header: dict[str, Any], claims: dict[str, Any], key: jose.Key) -> str:
    """A token as its owner could sign it, whatever its header says."""
    made = jose.sign({"alg": "ES256"}, {}, key).split(".")
    head, body = (jose.encode_segment(json.dumps(part).encode()) for part in (header, claims))
    if header.get("alg") == "ES256":
        return jose.sign(header, claims, key)
    return ".".join((head, body, made[2]))


def tried(work: Any, *refusals: type[Exception]) -> bool:
    """Something to do → whether it was taken; anything but a refusal is raised."""
    try:
        work()
    except refusals:
        return False
    return True


def test_no_value_in_a_token_is_a_fault_of_ours(issuer: StandinIssuer) -> None:
    keys = FixedKeys(parse_jwks(issuer.jwks()))
    trusted = [Issuer(ISSUER, AUDIENCE, keys, real_units=False)]
    for actor in ("gp", "nurse"):
        for name, value in each(HEADER):
            token = issuer.token(actor)
            head, body, _ = token.split(".")
            header = {**json.loads(jose.decode_segment(head)), name: value}
            claims = json.loads(jose.decode_segment(body))
            text = ".".join((jose.encode_segment(json.dumps(header).encode()), *token.split(".")[1:]))  # fmt: skip
            for one in (text, issuer.token(actor, header={name: value}) if name != "alg" else text):
                tried(lambda o=one: asyncio.run(read_token(o, trusted, issuer.now())), RefusedError)
            assert claims["iss"] == ISSUER
        for name, value in each(CLAIMS):
            token = issuer.token(actor, claims={name: value})
            tried(lambda t=token: asyncio.run(read_token(t, trusted, issuer.now())), RefusedError)


def test_no_value_in_a_proof_is_a_fault_of_ours(issuer: StandinIssuer) -> None:
    key = issuer.proof_key("gp")
    jkt = jose.thumbprint_of(key)
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jose.public_jwk(key)}
    claims = {"jti": "j", "htm": "GET", "htu": URL, "iat": int(issuer.now()), "ath": "x" * 43}
    expected = Expected("GET", URL, issuer.now(), "x" * 43, jkt, lambda _: True)
    assert check_proof(signed(header, {**claims, "nonce": "n"}, key), expected).jkt == jkt
    members = ("kty", "crv", "x", "y", "n", "e", "d", "k", "use", "key_ops", "alg", "kid", "ext", "oth")  # fmt: skip
    heads = [{**header, name: value} for name, value in each(HEADER)]
    heads += [{**header, "jwk": {**header["jwk"], name: value}} for name, value in each(members)]
    bodies = [{**claims, name: value} for name, value in each((*claims, "nonce"))]
    for one, two in [(h, claims) for h in heads] + [(header, b) for b in bodies]:
        text = signed(one, two, key)
        tried(lambda t=text: check_proof(t, expected), RefusedError)


def test_no_value_in_an_assertion_is_a_fault_of_ours(
    issuer: StandinIssuer, clock: FixedClock
) -> None:
    key, shelf = jose.new_key("ES256"), Shelf()
    jwks = json.dumps({"keys": [{**jose.public_jwk(key), "kid": "k"}]})
    client: Client = registered("supplier", jwks=jwks, profile="legacy_bearer")
    shelf.put(client)
    url = "https://hub.example/oauth/token"
    endpoint = TokenEndpoint(ISSUER, url, BASE, jose.new_key("ES256"), shelf, shelf, issuer.now, clock.new_id)  # fmt: skip
    header = {"typ": "JWT", "alg": "ES256", "kid": "k"}
    now = int(issuer.now())
    claims = {"iss": client.client_id, "sub": client.client_id, "aud": url, "exp": now + 60, "jti": "j", "iat": now, "nbf": now}  # fmt: skip
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    def ask(head: dict[str, Any], body: dict[str, Any]) -> bool:
        form = f"grant_type=client_credentials&scope={'+'.join(client.scopes)}&client_assertion_type={kind}&client_assertion={signed(head, body, key)}"
        request = TokenRequest("application/x-www-form-urlencoded", form.encode(), [], "127.0.0.1")
        return tried(lambda: asyncio.run(endpoint.answer(request)), TokenError)

    assert ask(header, claims)
    for name, value in each(HEADER):
        ask({**header, name: value}, {**claims, "jti": clock.new_id()})
    for name, value in each(tuple(claims)):
        ask(header, {**claims, "jti": clock.new_id(), name: value})


HOSTILE: Final[dict[str, Any]] = {
    "nothing": b"", "no JSON": b"<html>", "an array": [], "no keys": {}, "keys of no kind": {"keys": 5}, "keys in an object": {"keys": {"a": 1}},
    "odd keys": {"keys": list(ODD)}, "too many": {"keys": [{"kty": "EC"}] * 101}, "deep": b'{"keys":' + b"[" * 100_000,
    "a number too long": b'{"keys":[' + b"9" * 200_000 + b"]}", "a surrogate": b'{"keys":[{"kid":"\\ud800"}]}', "said twice": b'{"keys":[],"keys":[]}',
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_key_set_is_a_fault_of_ours(issuer: StandinIssuer, name: str) -> None:
    wire = Wire()
    wire.publish(issuer)
    wire.put(issuer.discovery()["jwks_uri"], HOSTILE[name])
    keys = FetchedKeys(ISSUER, wire, lambda: 1000.0)
    assert (
        not tried(lambda: asyncio.run(keys.find("standin-1")), HubError) or not keys._keys
    )  # none is taken


@pytest.mark.parametrize("url", [*ODD, "https://[bad", "https://issuer.example:99999/x", "http://issuer.example/x", "//issuer.example/x", f"{ISSUER}/{'x' * 70_000}", f"{ISSUER}@evil.example/x", "https://issuer.example.evil.example/x"])  # fmt: skip
@pytest.mark.parametrize("named", ["jwks_uri", "issuer"])
def test_no_discovery_document_leads_elsewhere_or_is_a_fault_of_ours(
    issuer: StandinIssuer, named: str, url: object
) -> None:
    wire = Wire()
    wire.publish(issuer)
    wire.put(f"{ISSUER}/.well-known/openid-configuration", {**issuer.discovery(), named: url})
    keys = FetchedKeys(ISSUER, wire, lambda: 1000.0)
    assert not tried(lambda: asyncio.run(keys.find("standin-1")), HubError)
    assert len(wire.calls) == 1, "its keys were asked for"


def test_a_key_set_of_costly_keys_is_read_in_bounded_time_and_the_good_one_serves(
    issuer: StandinIssuer,
) -> None:
    """As many keys as are taken, each as large as is taken, and kinds that nobody needs."""
    big = {"kty": "RSA", "e": "AQAB", "n": jose.encode_segment(b"\xff" * 1024)}
    rest = [{**big, "kid": f"k{n}"} for n in range(90)]
    odd = [{"kty": "OKP", "crv": "Ed25519", "x": "a", "kid": "o"}, {"kty": "oct", "k": "aaaa", "kid": "s"}, {"kty": "EC", "crv": "secp256k1", "x": "a", "y": "b", "kid": "c"}]  # fmt: skip
    began = time.process_time()
    found = parse_jwks({"keys": [*rest, *odd, *issuer.jwks()["keys"]]})
    assert time.process_time() - began < 2
    assert "standin-1" in found
    assert not found.keys() & {"o", "s", "c"}


def test_a_name_of_two_keys_names_none_however_often_it_is_said() -> None:
    one, two = (jose.public_jwk(jose.new_key("ES256")) for _ in range(2))
    for order in ((one, two), (two, one), (one, two, one), (one, one, two)):
        assert parse_jwks({"keys": [{**key, "kid": "k"} for key in order]}) == {}
    assert parse_jwks({"keys": [{**one, "kid": "k"}, {**one, "kid": "k"}]}).keys() == {"k"}


def test_no_bytes_in_the_headers_are_a_fault_of_ours(issuer: StandinIssuer) -> None:
    keys = FixedKeys(parse_jwks(issuer.jwks()))
    shelf = Shelf()
    shelf.put(registered("gp"))
    trusted = Issuer(ISSUER, AUDIENCE, keys, real_units=False)
    admission = Admission([trusted], shelf, shelf, BASE, issuer.now)
    good = {k.lower().encode(): v.encode() for k, v in issuer.headers("gp", "GET", URL).items()}
    bad = (b"", b" ", b"DPoP", b"DPoP ", b"\xff" * 20, b"DPoP \xe5.\xe5.\xe5", b"DPoP a.b.c", b"DPoP ..", b"DPoP " + b"." * 8000, b"DPoP\x00x", b"Bearer " + b"e30.e30.AA")  # fmt: skip
    for name in (b"authorization", b"dpop"):
        for value in bad:
            shown = Shown("GET", "/fhir/Observation", b"", [*{**good, name: value}.items()], "127.0.0.1")  # fmt: skip
            assert not tried(lambda s=shown: asyncio.run(admission.admit(s)), RefusedError)
    with pytest.raises(BadJoseError):
        jose.parse_jws("\ud800.\ud800.\ud800")
