"""Access tokens: every rule of the resource server refuses what breaks it; what holds says who and for whom."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.security import jose
from hub.security.claims import Claims, Issuer, read_token
from hub.security.jwks import FixedKeys, parse_jwks
from hub.security.refusal import Refusal, RefusedError
from hub.standin.actors import GP_OFFICE, HOME_CARE, MUNICIPALITY, SUPPLIER
from hub.standin.issuer import StandinIssuer
from tests.tokens import AUDIENCE, ISSUER, make_issuer

ORG = "helseid://claims/client/claims/orgnr_"
PID = "helseid://claims/identity/pid"
LEVEL = "helseid://claims/identity/security_level"
HPR = "helseid://claims/hpr/hpr_number"
EVIL = jose.new_key("ES256")


@pytest.fixture
def issuer(clock: FixedClock) -> StandinIssuer:
    return make_issuer(clock)


def read(issuer: StandinIssuer, text: str, **more: Any) -> Claims:
    """A token → what it says, at the issuer's own time."""
    keys = FixedKeys(parse_jwks(issuer.jwks()))
    trusted = Issuer(ISSUER, AUDIENCE, keys, real_units=more.get("real_units", False))
    return asyncio.run(read_token(text, [trusted], issuer.now()))


def refusal(issuer: StandinIssuer, text: str, **more: Any) -> Refusal:
    """A token → why it is refused."""
    with pytest.raises(RefusedError) as caught:
        read(issuer, text, **more)
    return caught.value.refusal


def test_a_systems_token_says_its_client_organisation_and_scopes(issuer: StandinIssuer) -> None:
    found = read(issuer, issuer.token("supplier"))
    assert (found.client_id, found.parent, found.child, found.supplier, found.person) == (
        "standin-supplier", MUNICIPALITY, "", SUPPLIER, None,
    )  # fmt: skip
    assert "system/Observation.crs" in found.scopes
    assert found.jkt == jose.thumbprint_of(issuer.proof_key("supplier"))
    assert read(issuer, issuer.token("municipality")).child == HOME_CARE


def test_a_persons_token_says_the_person_too(issuer: StandinIssuer) -> None:
    person = read(issuer, issuer.token("doctor")).person
    assert person is not None
    assert (person.subject, person.name, person.hpr) == (
        "standin-doctor",
        "Rolig Testlege",
        "565900011",
    )


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES384"])
def test_the_issuers_algorithms_are_taken(clock: FixedClock, algorithm: str) -> None:
    issuer = make_issuer(clock, algorithm=algorithm)
    assert read(issuer, issuer.token("gp")).parent == GP_OFFICE


@pytest.mark.parametrize("kind", ["at+jwt", "application/at+jwt", "JWT"])
def test_the_types_of_access_tokens_are_taken(issuer: StandinIssuer, kind: str) -> None:
    assert read(issuer, issuer.token("gp", header={"typ": kind})).client_id == "standin-gp"


def test_scopes_come_as_an_array_or_as_words(issuer: StandinIssuer) -> None:
    for scope in (["a", "b"], "a b"):
        assert read(issuer, issuer.token("gp", claims={"scope": scope})).scopes == {"a", "b"}


def test_an_audience_may_stand_alone_in_a_list(issuer: StandinIssuer) -> None:
    assert read(issuer, issuer.token("gp", claims={"aud": [AUDIENCE]}))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": None},
        {"typ": "dpop+jwt"},
        {"typ": "id+jwt"},
        {"typ": "AT+JWT"},
        {"kid": None},
        {"kid": ""},
        {"kid": 5},
        {"kid": "unknown"},
        {"jwk": jose.public_jwk(EVIL)},
        {"jku": "https://evil.example"},
        {"crit": []},
    ],
)
def test_a_wrong_header_is_refused(issuer: StandinIssuer, header: dict[str, Any]) -> None:
    assert refusal(issuer, issuer.token("gp", header=header)) is Refusal.INVALID_TOKEN


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": ISSUER + "/"},
        {"iss": [ISSUER]},
        {"iss": "https://evil.example"},
        {"aud": None},
        {"aud": "other"},
        {"aud": [AUDIENCE, "other"]},
        {"aud": []},
        {"aud": {"x": AUDIENCE}},
        {"exp": None},
        {"exp": "1"},
        {"exp": True},
        {"exp": 1e400},
        {"iat": None},
        {"iat": "now"},
        {"nbf": "now"},
        {"client_id": None},
        {"client_id": ["standin-gp"]},
        {"client_id": ""},
        {"client_id": "a\u0000b"},
        {"client_id": "x" * 300},
        {"jti": None},
        {"jti": 5},
        {"scope": None},
        {"scope": {"a": 1}},
        {"scope": ["a b"]},
        {"scope": [5]},
        {"scope": [["a"]]},
        {"scope": "a  b"},
        {"scope": ["x"] * 101},
        {"scope": 'a"b'},
        {"cnf": []},
        {"cnf": {}},
        {"cnf": {"jkt": 5}},
        {"cnf": {"jkt": ""}},
        {"cnf": {"x5t#S256": "x" * 43}},
        {ORG + "parent": None},
        {ORG + "parent": ""},
        {ORG + "parent": 999999999},
        {ORG + "parent": [MUNICIPALITY]},
        {ORG + "parent": "999999998"},
        {ORG + "parent": "999 999 999"},
        {ORG + "child": "123456789"},
        {ORG + "supplier": {"x": SUPPLIER}},
        {"sub": "somebody"},
    ],
)
def test_a_wrong_claim_is_refused(issuer: StandinIssuer, claims: dict[str, Any]) -> None:
    if claims.get("exp") == 1e400:
        text = issuer.token("gp", claims={"exp": 7777777})
        head, body, _ = text.split(".")
        raw = jose.decode_segment(body).replace(b"7777777", b"1e400")
        signed = f"{head}.{jose.encode_segment(raw)}"
        text = _signed(issuer, signed)
    else:
        text = issuer.token("gp", claims=claims)
    assert refusal(issuer, text) is Refusal.INVALID_TOKEN


def _signed(issuer: StandinIssuer, signed: str) -> str:
    from joserfc.jws import JWSRegistry

    made = JWSRegistry.algorithms["ES256"].sign(signed.encode(), issuer.key)
    return f"{signed}.{jose.encode_segment(made)}"


def test_a_claim_said_twice_is_refused(issuer: StandinIssuer) -> None:
    head, body, _ = issuer.token("gp").split(".")
    raw = jose.decode_segment(body)
    twice = raw[:-1] + b',"aud":"dho-hub"}'
    text = _signed(issuer, f"{head}.{jose.encode_segment(twice)}")
    assert refusal(issuer, text) is Refusal.INVALID_TOKEN


def test_another_signer_is_refused(issuer: StandinIssuer) -> None:
    assert refusal(issuer, issuer.token("gp", key=EVIL)) is Refusal.INVALID_TOKEN


@pytest.mark.parametrize(
    ("issued", "ends", "why"),
    [
        (0, 3600, None),
        (-3599, 1, None),
        (-600, -4, None),
        (5, 600, None),
        (-600, -6, Refusal.EXPIRED_TOKEN),
        (-7200, -3600, Refusal.EXPIRED_TOKEN),
        (7, 600, Refusal.INVALID_TOKEN),
        (0, 3601, Refusal.INVALID_TOKEN),
        (-86400, 600, Refusal.INVALID_TOKEN),
    ],
)
def test_a_token_lives_an_hour_at_most_with_five_seconds_of_leeway(
    issuer: StandinIssuer, issued: int, ends: int, why: Refusal | None
) -> None:
    now = int(issuer.now())
    claims = {"iat": now + issued, "nbf": now + issued, "exp": now + ends}
    text = issuer.token("gp", claims=claims)
    assert (refusal(issuer, text) if why else None) is why
    if why is None:
        assert read(issuer, text).expires == now + ends


def test_a_token_that_is_not_valid_yet_is_refused(issuer: StandinIssuer) -> None:
    later = int(issuer.now()) + 60
    assert refusal(issuer, issuer.token("gp", claims={"nbf": later})) is Refusal.INVALID_TOKEN


@pytest.mark.parametrize("level", [None, "3", "2", 4, "5", ["4"], ""])
def test_a_person_below_level_four_is_told_to_log_in_better(
    issuer: StandinIssuer, level: Any
) -> None:
    assert refusal(issuer, issuer.token("doctor", claims={LEVEL: level})) is Refusal.LEVEL_TOO_LOW


@pytest.mark.parametrize(
    "claims",
    [
        {PID: None},
        {PID: "12345678901"},
        {PID: 4857000574},
        {PID: "048570 00574"},
        {"sub": None},
        {HPR: "x"},
        {HPR: 5},
        {"name": ["x"]},
    ],
)
def test_a_person_that_is_not_told_properly_is_refused(
    issuer: StandinIssuer, claims: dict[str, Any]
) -> None:
    assert refusal(issuer, issuer.token("doctor", claims=claims)) is Refusal.INVALID_TOKEN


@pytest.mark.parametrize("name", [PID, LEVEL, HPR, "sid", "idp", "auth_time"])
def test_a_trace_of_a_person_makes_it_a_persons_token(issuer: StandinIssuer, name: str) -> None:
    text = issuer.token("gp", claims={name: "4"})
    assert refusal(issuer, text) in (Refusal.INVALID_TOKEN, Refusal.LEVEL_TOO_LOW)


def test_real_units_begin_with_eight_or_nine(issuer: StandinIssuer) -> None:
    assert refusal(issuer, issuer.token("gp"), real_units=True) is Refusal.INVALID_TOKEN
    only = {ORG + "child": None}
    assert read(issuer, issuer.token("municipality", claims=only), real_units=True)


def test_what_refuses_never_holds_a_value_of_the_token(issuer: StandinIssuer) -> None:
    for claims in ({PID: "09838100439"}, {ORG + "parent": "999999998"}, {"aud": "secret-aud"}):
        with pytest.raises(RefusedError) as caught:
            read(issuer, issuer.token("doctor", claims=claims))
        for value in claims.values():
            assert value not in str(caught.value)
