"""Threats that need a hub of their own, under the same watch: nonces, calls outward, starts that are refused.

Source: security README §2 (5, 8), §7, §9; helseid.md §5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from hub.clock import FixedClock
from hub.security import jose
from hub.security.dpop import hash_of
from hub.security.jwks import DISCOVERY
from hub.security.nonce import Nonces
from hub.settings import read_settings
from hub.transport.outbound import GuardedClient, Host
from hub.wiring import NotReadyError, build_hub
from tests.functional.hub_client import Client
from tests.security.attacks import MARKS, SENT
from tests.security.conftest import HOST, SETTINGS, Town
from tests.security.witness import Witness
from tests.tokens import ISSUER, Wire, make_issuer

WATCHED: Final = frozenset(("D4", "O1", "O2", "T8"))
URL: Final = f"{HOST}/fhir/Observation/none"
SECRET: Final = b"n" * 32


def test_no_nonce_but_a_fresh_one_of_ours_opens_anything(
    make_town: Callable[..., Town],
    tmp_path: Path,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "nonce"
    file.write_bytes(SECRET)
    file.chmod(0o600)
    town = make_town(HUB_NONCE_KEY_FILE=str(file))
    token, key, now = town.issuer.token("gp"), town.issuer.proof_key("gp"), clock.now().timestamp()
    ours = Nonces(SECRET)

    def ask(nonce: Any) -> httpx.Response:
        claims = {
            "jti": town.issuer.new_id(),
            "htm": "GET",
            "htu": URL,
            "iat": int(now),
            "ath": hash_of(token),
            "nonce": nonce,
        }
        if nonce is None:
            del claims["nonce"]
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jose.public_jwk(key)}
        proof = jose.sign(header, claims, key)
        return town.client.get(
            "Observation/none", headers={"Authorization": f"DPoP {token}", "DPoP": proof}
        )

    caplog.set_level("DEBUG")
    witness = Witness(town.client, town.wire, caplog, MARKS)
    good = ours.make(now)
    bad = (
        None,
        "",
        SENT,
        good[:-1],
        good + "A",
        good.swapcase(),
        ours.make(now - 301),
        ours.make(now + 60),
        Nonces(b"m" * 32).make(now),
        5,
        [good],
        {"a": good},
        "å" * 32,
    )
    answers = [ask(each) for each in bad]
    witness.refused(answers, {401})
    assert {a.headers["WWW-Authenticate"] for a in answers} == {'DPoP error="use_dpop_nonce"'}
    assert ask(good).status_code in (403, 404)


def guarded(
    addresses: Sequence[str], serve: Callable[[httpx.Request], httpx.Response]
) -> GuardedClient:
    """What the issuer's name resolves to, and who answers there → the hub's way out."""

    async def resolve(name: str, port: int) -> Sequence[str]:
        assert (name, port) == ("issuer.example", 443)
        return addresses

    return GuardedClient({"keys": (Host(ISSUER),)}, resolve, httpx.MockTransport(serve))


def watched(
    way_out: GuardedClient, database_url: str, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> httpx.Response:
    """A hub with this way out is asked with a good token → its answer; it has stored, called and told nothing more."""
    wire, issuer = Wire(), make_issuer(clock)
    settings = read_settings({**SETTINGS, "HUB_DATABASE_URL": database_url})
    town = Town(Client(build_hub(settings, clock, outbound=way_out)), issuer, wire)
    caplog.set_level("DEBUG")
    witness = Witness(town.client, wire, caplog, (*MARKS, "169.254", "issuer.example"))
    answer = town.get("gp", "Observation/none")
    assert answer.status_code == 503  # of no fault of the caller, and passing
    witness.refused((), (), told="4")
    for word in ("169.254", "issuer.example", SENT):
        assert word not in f"{answer.headers} {answer.text}"
    town.client.close()
    return answer


INSIDE: Final = (
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "::1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::ffff:127.0.0.1",
    "fe80::1",
    "0.0.0.0",
)


def test_a_name_that_leads_inside_is_not_called_whoever_asks(
    database_url: str, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        called.append(str(request.url))
        return httpx.Response(200, json={})

    for addresses in (
        *([each] for each in INSIDE[:3]),
        ["93.184.216.34", "127.0.0.1"],
        list(INSIDE),
    ):
        watched(guarded(addresses, serve), database_url, clock, caplog)
    assert called == []


@pytest.mark.parametrize(
    "answer",
    [
        (302, {"Location": "http://169.254.169.254/latest"}, b""),
        (200, {}, SENT.encode() * 40_000),
        (200, {}, b'{"issuer":"https://issuer.example","jwks_uri":"http://169.254.169.254/keys"}'),
        (200, {}, b'{"issuer":"https://issuer.example","jwks_uri":"https://issuer.example@169.254.169.254/keys"}'),
        (500, {}, SENT.encode()),
        (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08"),
    ],
    ids=["redirected", "too long", "keys inside", "keys in disguise", "broken", "packed"],
)  # fmt: skip
def test_what_the_other_side_answers_leads_nowhere_and_is_told_to_nobody(
    database_url: str,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    answer: tuple[int, dict[str, str], bytes],
) -> None:
    called: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        called.append(f"{request.headers['host']} {request.url.host} {request.url.path}")
        status, headers, body = answer
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    watched(guarded(["93.184.216.34"], serve), database_url, clock, caplog)
    assert called == [f"issuer.example 93.184.216.34 {DISCOVERY}"]


def test_a_start_that_is_refused_leaves_the_database_as_it_was_and_tells_no_secret(
    town: Town,
    database_url: str,
    clock: FixedClock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = tmp_path / "key"
    key.write_text(SENT)
    key.chmod(0o644)
    caplog.set_level("DEBUG")
    witness = Witness(town.client, town.wire, caplog, MARKS)
    for change in (
        {"HUB_MODE": "production"}, {"HUB_MODE": "production", "HUB_BASE_URL": "https://hub.example/fhir", "HUB_HELSEID_ISSUER": "", "HUB_HELSEID_AUDIENCE": ""},
        {"HUB_TOKEN_KEY_FILE": str(key)}, {"HUB_NONCE_KEY_FILE": str(key)},
    ):  # fmt: skip
        settings = read_settings({**SETTINGS, "HUB_DATABASE_URL": database_url, **change})
        with pytest.raises(NotReadyError) as caught:
            build_hub(settings, clock, outbound=town.wire)
        assert SENT not in str(caught.value)
    witness.refused((), (), told="")
