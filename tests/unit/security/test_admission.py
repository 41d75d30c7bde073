"""Who is let in: credentials, token, registration and proof, in this order; nothing else opens the door."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from hub.clock import FixedClock
from hub.policy import Actor
from hub.problems import HubError, ProblemCode, fail
from hub.security.admission import REMEMBER_TOKEN_S, Admission, Shown, base_of
from hub.security.claims import Issuer
from hub.security.jwks import FixedKeys, parse_jwks
from hub.security.nonce import LIFE_S, Nonces
from hub.security.refusal import Refusal, RefusedError
from hub.standin.issuer import StandinIssuer
from tests.tokens import AUDIENCE, BASE, ISSUER, Shelf, make_issuer, registered

PATH = "/fhir/Observation"
URL = "http://127.0.0.1:8000/fhir/Observation"


@dataclass
class Door:
    """An admission with everything around it."""

    issuer: StandinIssuer
    clock: FixedClock
    shelf: Shelf
    admission: Admission

    def show(self, headers: dict[str, str], **more: object) -> Actor:
        """Headers → who is let in."""
        raw = [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()]
        shown = replace(Shown("GET", PATH, b"", raw, "10.0.0.1"), **more)  # pyright: ignore[reportArgumentType]
        return asyncio.run(self.admission.admit(shown))

    def refusal(self, headers: dict[str, str], **more: object) -> Refusal:
        """Headers → why nobody is."""
        with pytest.raises(RefusedError) as caught:
            self.show(headers, **more)
        return caught.value.refusal

    def headers(self, name: str = "gp", url: str = URL, **more: str) -> dict[str, str]:
        return {**self.issuer.headers(name, "GET", url), **more}

    def wait(self, seconds: float) -> None:
        self.clock.at = self.clock.at.fromtimestamp(
            self.clock.at.timestamp() + seconds, self.clock.at.tzinfo
        )


@pytest.fixture
def door(clock: FixedClock) -> Door:
    issuer = make_issuer(clock)
    shelf = Shelf()
    shelf.put(registered("gp"), registered("supplier"))
    keys = FixedKeys(parse_jwks(issuer.jwks()))
    trusted = Issuer(ISSUER, AUDIENCE, keys, real_units=False)
    admission = Admission([trusted], shelf, shelf, base_of(BASE), lambda: clock.now().timestamp())
    return Door(issuer, clock, shelf, admission)


def test_a_token_with_its_proof_lets_its_client_in(door: Door) -> None:
    actor = door.show(door.headers())
    assert (actor.kind, actor.client_id) == ("gp_system", "standin-gp")


def test_no_credentials_are_told_apart_from_wrong_ones(door: Door) -> None:
    assert door.refusal({}) is Refusal.NO_TOKEN
    for value in ("Basic abc", "DPoP", "DPoP ", "x", "", "DPoP a b", "Bearer"):
        assert door.refusal({"Authorization": value}) is Refusal.INVALID_TOKEN


def test_the_scheme_is_read_in_any_case(door: Door) -> None:
    headers = door.headers()
    headers["Authorization"] = headers["Authorization"].replace("DPoP", "dPoP")
    assert door.show(headers).kind == "gp_system"


def test_two_authorization_headers_are_refused(door: Door) -> None:
    headers = door.headers()
    raw = [(k.lower().encode(), v.encode()) for k, v in headers.items()]
    for doubled, why in ((raw[0], Refusal.INVALID_TOKEN), (raw[1], Refusal.INVALID_PROOF)):
        shown = Shown("GET", PATH, b"", [*raw, doubled], "10.0.0.1")
        with pytest.raises(RefusedError) as caught:
            asyncio.run(door.admission.admit(shown))
        assert caught.value.refusal is why


def test_a_token_in_the_url_is_refused_even_beside_a_good_one(door: Door) -> None:
    assert door.refusal(door.headers(), query=b"access_token=x") is Refusal.INVALID_TOKEN


def test_a_token_or_proof_that_is_too_long_is_refused(door: Door) -> None:
    headers = door.headers()
    long = {**headers, "Authorization": "DPoP " + "a" * 9000}
    assert door.refusal(long) is Refusal.INVALID_TOKEN
    assert door.refusal({**headers, "DPoP": "a" * 9000}) is Refusal.INVALID_PROOF


def test_a_bound_token_as_bearer_is_refused_with_and_without_proof(door: Door) -> None:
    headers = door.headers()
    bearer = headers["Authorization"].replace("DPoP", "Bearer")
    assert door.refusal({"Authorization": bearer}) is Refusal.INVALID_TOKEN
    assert door.refusal({**headers, "Authorization": bearer}) is Refusal.INVALID_TOKEN


def test_a_legacy_bearer_is_let_in_as_bearer_alone(door: Door) -> None:
    door.shelf.put(registered("gp", profile="legacy_bearer"))
    token = door.issuer.token("gp", jkt="")
    assert door.show({"Authorization": f"Bearer {token}"}).kind == "gp_system"
    assert (
        door.refusal({**door.headers(), "Authorization": f"DPoP {token}"}) is Refusal.INVALID_TOKEN
    )
    bound = door.headers()["Authorization"].replace("DPoP", "Bearer")
    assert door.refusal({"Authorization": bound}) is Refusal.INVALID_TOKEN


def test_a_proof_is_needed_and_holds_once(door: Door) -> None:
    headers = door.headers()
    assert door.refusal({"Authorization": headers["Authorization"]}) is Refusal.INVALID_PROOF
    assert door.show(headers).kind == "gp_system"
    assert door.refusal(headers) is Refusal.INVALID_PROOF


def test_a_proof_for_another_place_method_or_token_is_refused(door: Door) -> None:
    token = door.issuer.token("gp")
    other = door.issuer.token("gp")
    for headers in (
        door.issuer.headers("gp", "POST", URL, token),
        door.issuer.headers("gp", "GET", URL + "/1", token),
        door.issuer.headers("gp", "GET", URL.replace("Obs", "obs"), token),
        door.issuer.headers("gp", "GET", URL.replace("127.0.0.1", "evil.example"), token),
        {**door.issuer.headers("gp", "GET", URL, token), "Authorization": f"DPoP {other}"},
    ):
        assert door.refusal(headers) is Refusal.INVALID_PROOF


def test_what_a_request_says_of_its_host_changes_nothing(door: Door) -> None:
    evil = door.issuer.headers("gp", "GET", "http://evil.example/fhir/Observation")
    forwarded = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
    }
    assert door.refusal({**evil, **forwarded}) is Refusal.INVALID_PROOF
    assert door.show({**door.headers(), **forwarded}).kind == "gp_system"


def test_a_path_with_dots_is_refused_whatever_the_proof_says(door: Door) -> None:
    for path in ("/fhir/../Observation", "/fhir/%2e%2e/Observation", "/fhir/%zz"):
        headers = door.issuer.headers("gp", "GET", f"http://127.0.0.1:8000{path}")
        assert door.refusal(headers, path=path) is Refusal.INVALID_PROOF


def test_another_clients_key_does_not_fit(door: Door) -> None:
    stolen = door.headers("gp")["Authorization"].removeprefix("DPoP ")
    thief = door.issuer.headers("supplier", "GET", URL, stolen)
    assert door.refusal(thief) is Refusal.INVALID_PROOF


def test_a_good_token_is_not_looked_up_again_and_again(door: Door) -> None:
    token = door.issuer.token("gp")
    for _ in range(20):
        door.show(door.issuer.headers("gp", "GET", URL, token))
    assert door.shelf.asked == 1


def test_a_client_that_is_cut_off_is_out_within_half_a_minute(door: Door) -> None:
    token = door.issuer.token("gp")
    door.show(door.issuer.headers("gp", "GET", URL, token))
    door.shelf.put(registered("gp", status="closed"))
    door.wait(REMEMBER_TOKEN_S)
    assert door.refusal(door.issuer.headers("gp", "GET", URL, token)) is Refusal.INVALID_TOKEN


def test_a_remembered_token_still_expires(door: Door) -> None:
    token = door.issuer.token("gp", claims={"exp": int(door.issuer.now()) + 10})
    door.show(door.issuer.headers("gp", "GET", URL, token))
    door.wait(15)
    assert door.refusal(door.issuer.headers("gp", "GET", URL, token)) is Refusal.EXPIRED_TOKEN


def test_a_remembered_token_from_another_address_is_looked_at_anew(door: Door) -> None:
    door.shelf.put(registered("gp", networks=("10.0.0.0/8",)))
    token = door.issuer.token("gp")
    door.show(door.issuer.headers("gp", "GET", URL, token))
    elsewhere = door.issuer.headers("gp", "GET", URL, token)
    assert door.refusal(elsewhere, address="11.0.0.1") is Refusal.INVALID_TOKEN


def test_a_store_that_cannot_be_asked_lets_nobody_in(door: Door) -> None:
    class Broken(Shelf):
        async def first(self, mark: bytes, now: float, until: float) -> bool:
            raise fail(ProblemCode.BUSY, "down")

    door.admission.one_time = Broken()
    with pytest.raises(HubError):
        door.show(door.headers())


def test_where_nonces_are_on_one_of_ours_is_needed(door: Door) -> None:
    nonces = Nonces(b"s" * 32)
    door.admission.nonces = nonces
    assert door.refusal(door.headers()) is Refusal.NEEDS_NONCE
    now = door.issuer.now()
    nonce = nonces.make(now)
    assert nonces.is_fresh(nonce, now + LIFE_S)
    for other in (Nonces(b"t" * 32).make(now), nonce[:-2] + "AA", "", "x", nonce + nonce):
        assert not nonces.is_fresh(other, now)
    for moved in (-10, LIFE_S + 1):
        assert not nonces.is_fresh(nonce, now + moved)
    assert "sss" not in repr(nonces)


def test_the_base_is_what_the_world_calls_it(clock: FixedClock, door: Door) -> None:
    door.admission.base = base_of("https://Hub.example:443/dho/fhir")
    headers = door.issuer.headers("gp", "GET", "https://hub.example/dho/fhir/Observation")
    assert door.show(headers).kind == "gp_system"
    assert door.refusal(door.headers()) is Refusal.INVALID_PROOF
    assert door.admission.url_of("/oauth/token") == "https://hub.example/oauth/token"
