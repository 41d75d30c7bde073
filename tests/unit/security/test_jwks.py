"""The keys of an issuer: fetched seldom, renewed, kept for a day, and never somebody else's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from hub.clock import FixedClock
from hub.problems import HubError, ProblemCode
from hub.security import jose
from hub.security.jose import BadJoseError
from hub.security.jwks import ASK_AGAIN_S, FRESH_S, MAX_BYTES, STALE_S, FetchedKeys, parse_jwks
from tests.tokens import ISSUER, Wire, make_issuer

DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"


@dataclass
class Watch:
    """A clock that is moved by hand."""

    at: float = 1000.0
    wire: Wire = field(default_factory=Wire)

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch(clock: FixedClock) -> Watch:
    made = Watch()
    made.wire.publish(make_issuer(clock))
    return made


def keys_of(watch: Watch) -> FetchedKeys:
    return FetchedKeys(ISSUER, watch.wire, watch)


def has(keys: FetchedKeys, kid: str) -> bool:
    return asyncio.run(keys.find(kid)) is not None


def test_keys_are_fetched_once_and_then_known(watch: Watch) -> None:
    keys = keys_of(watch)
    assert [has(keys, "standin-1") for _ in range(5)] == [True] * 5
    assert len(watch.wire.calls) == 2  # discovery and keys
    assert all(call.most_bytes == MAX_BYTES and call.timeout_s == 5 for call in watch.wire.calls)


def test_an_unknown_key_is_asked_for_at_most_once_a_minute(watch: Watch) -> None:
    keys = keys_of(watch)
    assert has(keys, "standin-1")
    for _ in range(50):
        assert not has(keys, "made-up")
        watch.at += 1
    assert len(watch.wire.calls) == 2
    watch.at += ASK_AGAIN_S
    assert not has(keys, "made-up")
    assert len(watch.wire.calls) == 4


def test_a_rotated_key_is_found_and_the_old_one_is_gone(watch: Watch, clock: FixedClock) -> None:
    keys = keys_of(watch)
    assert has(keys, "standin-1")
    issuer = make_issuer(clock)
    issuer.rotate("standin-2")
    watch.wire.publish(issuer)
    watch.at += ASK_AGAIN_S
    assert has(keys, "standin-2")
    assert not has(keys, "standin-1")


def test_known_keys_are_renewed_after_an_hour(watch: Watch) -> None:
    keys = keys_of(watch)
    assert has(keys, "standin-1")
    watch.at += FRESH_S + 1
    watch.wire.put(f"{DISCOVERY}/jwks", {"keys": []})
    assert not has(keys, "standin-1")


def test_keys_that_cannot_be_renewed_serve_for_a_day_and_no_longer(watch: Watch) -> None:
    keys = keys_of(watch)
    assert has(keys, "standin-1")
    watch.wire.answers.clear()
    watch.at += STALE_S
    assert has(keys, "standin-1")
    watch.at += 2
    with pytest.raises(HubError) as caught:
        has(keys, "standin-1")
    assert caught.value.problems[0].code is ProblemCode.UNREACHABLE


def test_without_any_keys_it_is_not_the_callers_fault_and_is_tried_again_soon(watch: Watch) -> None:
    keys = keys_of(watch)
    answers = dict(watch.wire.answers)
    watch.wire.answers.clear()
    for _ in range(10):
        with pytest.raises(HubError):
            has(keys, "standin-1")
    assert len(watch.wire.calls) == 1
    watch.wire.answers.update(answers)
    watch.at += 5
    assert has(keys, "standin-1")


def test_many_who_wait_for_the_same_key_make_one_fetch(watch: Watch) -> None:
    keys = keys_of(watch)

    async def all_at_once() -> list[object]:
        return await asyncio.gather(*[keys.find("standin-1") for _ in range(20)])

    assert all(asyncio.run(all_at_once()))
    assert len(watch.wire.calls) == 2


@pytest.mark.parametrize(
    "discovery",
    [
        {},
        {"issuer": "https://evil.example", "jwks_uri": f"{DISCOVERY}/jwks"},
        {"issuer": ISSUER},
        {"issuer": ISSUER, "jwks_uri": 5},
        {"issuer": ISSUER, "jwks_uri": "https://evil.example/jwks"},
        {"issuer": ISSUER, "jwks_uri": "http://issuer.example/jwks"},
        {"issuer": ISSUER, "jwks_uri": "https://issuer.example:8443/jwks"},
        {"issuer": ISSUER, "jwks_uri": "https://issuer.example@evil.example/jwks"},
        b"[]",
        b"<html>",
    ],
)
def test_keys_of_somebody_else_are_never_fetched(watch: Watch, discovery: object) -> None:
    watch.wire.put(DISCOVERY, discovery)
    with pytest.raises(HubError):
        has(keys_of(watch), "standin-1")
    assert [call.url for call in watch.wire.calls] == [DISCOVERY]


def test_an_answer_that_is_no_key_set_changes_nothing(watch: Watch) -> None:
    keys = keys_of(watch)
    assert has(keys, "standin-1")
    for bad in (b"", b"{", {"keys": 5}, {"keys": [{}] * 101}, b'{"keys":[],"keys":[]}'):
        watch.wire.put(f"{DISCOVERY}/jwks", bad)
        watch.at += FRESH_S + 1
        assert has(keys, "standin-1")
    watch.wire.put(f"{DISCOVERY}/jwks", {"keys": []}, status=302)
    watch.at += FRESH_S + 1
    assert has(keys, "standin-1")


def test_keys_that_cannot_be_used_are_left_out() -> None:
    good = jose.public_jwk(jose.new_key("ES256"))
    other = jose.public_jwk(jose.new_key("ES256"))
    found = parse_jwks(
        {
            "keys": [
                {**good, "kid": "good"},
                {**good, "kid": "twice"},
                {**other, "kid": "twice"},
                {**good, "kid": "same"},
                {**good, "kid": "same"},
                {"kty": "oct", "k": "AAAA", "kid": "secret"},
                {**good, "kid": "enc", "use": "enc"},
                good,
                {**good, "kid": 5},
                "x",
            ]
        }
    )
    assert sorted(found) == ["good", "same"]


def test_a_key_set_must_have_keys() -> None:
    for bad in ({"keys": {}}, {"keys": [good_key()] * 101}):
        with pytest.raises(BadJoseError):
            parse_jwks(bad)
    assert parse_jwks({}) == {}


def good_key() -> dict[str, str]:
    return {**jose.public_jwk(jose.new_key("ES256")), "kid": "1"}
