"""Our own token endpoint: private_key_jwt and nothing else, each rule refused by itself, and tokens that open what was asked for.

Source: security/smart.md §1, §4.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.clock import FixedClock
from hub.ports import Agreement, Client
from hub.security import jose
from hub.security.dpop import make_proof
from hub.store.clients import ClientTable
from tests.security.conftest import HOST, Town
from tests.security.test_refusals_in_the_log import kept

URL = f"{HOST}/oauth/token"
ISSUER = f"{HOST}/oauth"
BASE = f"{HOST}/fhir"
KEY = jose.new_key("ES384")
RSA = jose.new_key("PS256")
PROOF_KEY = jose.new_key("ES256")
JWKS = {"keys": [{**jose.public_jwk(KEY), "kid": "k1"}, {**jose.public_jwk(RSA), "kid": "k2"}]}
SCOPES = ("system/Observation.crs", "system/Patient.r")
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Backend:
    """A supplier's system."""

    town: Town
    clock: FixedClock
    count: int = 0

    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def assertion(
        self,
        claims: dict[str, Any] | None = None,
        header: dict[str, Any] | None = None,
        key: jose.Key = KEY,
    ) -> str:
        """Changes (None takes away) → an assertion."""
        self.count += 1
        now = self.now()
        body = {
            "iss": "backend",
            "sub": "backend",
            "aud": URL,
            "iat": now,
            "exp": now + 60,
            "jti": f"j{self.count}",
            **(claims or {}),
        }
        head = {"alg": "ES384", "typ": "JWT", "kid": "k1", **(header or {})}
        strip = {k: v for k, v in body.items() if v is not None}
        return jose.sign({k: v for k, v in head.items() if v is not None}, strip, key)

    def form(self, **more: str | None) -> dict[str, str]:
        """Changes → the form."""
        values = {
            "grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": self.assertion(),
            "scope": "system/Observation.rs", **more,
        }  # fmt: skip
        return {k: v for k, v in values.items() if v is not None}

    def proof(self, **more: Any) -> str:
        """A proof for the token endpoint."""
        self.count += 1
        values: dict[str, Any] = {"now": self.now(), "jti": f"p{self.count}", **more}
        return make_proof(PROOF_KEY, "POST", URL, **values)

    def ask(
        self, form: dict[str, str], *, proof: str | None = "", **headers: str
    ) -> httpx.Response:
        """A form → the answer; with a proof unless it is None."""
        given = {} if proof is None else {"DPoP": proof or self.proof()}
        sent = {"Content-Type": "application/x-www-form-urlencoded", **given, **headers}
        body = str(httpx.QueryParams(form)).encode()
        return self.town.client.request("POST", "/oauth/token", body, headers=sent)

    def refused(self, form: dict[str, str], error: str, **more: Any) -> None:
        """A form → refused with this error, and nothing beside."""
        answer = self.ask(form, **more)
        assert answer.json() == {"error": error}
        assert answer.status_code == (401 if error == "invalid_client" else 400)
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def make_backend(
    make_town: Callable[..., Town], clock: FixedClock, tmp_path: Path
) -> Callable[..., Backend]:
    file = tmp_path / "key"
    file.write_text(json.dumps(jose.private_jwk(jose.new_key("ES256"))))
    file.chmod(0o600)

    def make(**more: Any) -> Backend:
        town = make_town(
            HUB_TOKEN_KEY_FILE=str(file), HUB_BASE_URL=BASE, **more.pop("settings", {})
        )
        agreements = (Agreement("999999999", 1, False, 0.0),)
        values: dict[str, Any] = {
            "agreements": agreements,
            "supplier": "313910067",
            "jwks": json.dumps(JWKS),
            "kind": "dho_vendor",
            **more,
        }
        client = Client(ISSUER, "backend", name="En leverandør", scopes=SCOPES, **values)
        engine = town.client.hub.store.engine
        town.client.runner.run(engine.write(lambda c: ClientTable(c).save(client, 0.0)))
        return Backend(town, clock)

    return make


@pytest.fixture
def backend(make_backend: Callable[..., Backend]) -> Backend:
    return make_backend()


def test_a_backend_is_given_a_bound_token_that_opens_what_it_asked_for(backend: Backend) -> None:
    answer = backend.ask(backend.form())
    told = answer.json()
    assert (answer.status_code, told["token_type"], told["expires_in"], told["scope"]) == (
        200, "DPoP", 300, "system/Observation.rs",
    )  # fmt: skip
    assert answer.headers["Cache-Control"] == "no-store"
    proof = make_proof(
        PROOF_KEY,
        "GET",
        f"{BASE}/Observation/none",
        now=backend.now(),
        jti="r1",
        access_token=told["access_token"],
    )
    headers = {"Authorization": f"DPoP {told['access_token']}", "DPoP": proof}
    assert backend.town.client.get("Observation/none", headers=headers).status_code == 404
    proof = make_proof(
        PROOF_KEY,
        "GET",
        f"{BASE}/Patient/none",
        now=backend.now(),
        jti="r2",
        access_token=told["access_token"],
    )
    assert (
        backend.town.client.get("Patient/none", headers={**headers, "DPoP": proof}).status_code
        == 403
    )


def test_a_token_says_what_smart_and_helseid_say(backend: Backend) -> None:
    token = jose.parse_jws(backend.ask(backend.form()).json()["access_token"])
    assert (token.header["typ"], token.header["alg"]) == ("at+jwt", "ES256")
    assert token.claims["cnf"] == {"jkt": jose.thumbprint_of(PROOF_KEY)}
    assert (token.claims["iss"], token.claims["aud"], token.claims["sub"]) == (
        ISSUER,
        BASE,
        "backend",
    )
    (known,) = backend.town.client.get("/oauth/jwks").json()["keys"]
    assert known["kid"] == token.header["kid"]
    jose.verify(
        token,
        jose.load_public_key({k: v for k, v in known.items() if k != "kid"}),
        frozenset({"ES256"}),
    )


@pytest.mark.parametrize(
    ("header", "key"), [({"alg": "PS256", "kid": "k2"}, RSA), ({"alg": "RS384", "kid": "k2"}, RSA), ({"typ": "client-authentication+jwt"}, KEY)]
)  # fmt: skip
def test_the_keys_and_types_of_smart_and_helseid_are_taken(
    backend: Backend, header: dict[str, str], key: jose.Key
) -> None:
    form = backend.form(client_assertion=backend.assertion(header=header, key=key))
    assert backend.ask(form).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None}, {"iss": "nobody"}, {"iss": 5}, {"iss": "x" * 300}, {"iss": "a\u0000"}, {"sub": None}, {"sub": "other"},
        {"aud": None}, {"aud": BASE}, {"aud": [URL, BASE]}, {"aud": "https://evil.example/oauth/token"}, {"exp": None}, {"exp": "x"},
        {"exp": True}, {"exp": 1}, {"exp": 4_000_000_000}, {"nbf": 4_000_000_000}, {"iat": 4_000_000_000}, {"iat": "x"}, {"jti": None},
        {"jti": ""}, {"jti": 5}, {"jti": "x" * 257},
    ],
)  # fmt: skip
def test_an_assertion_with_a_wrong_claim_is_no_client(
    backend: Backend, claims: dict[str, Any]
) -> None:
    backend.refused(backend.form(client_assertion=backend.assertion(claims)), "invalid_client")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES384", "kid": None},
        {"kid": "k9"},
        {"kid": 5},
        {"typ": "at+jwt"},
        {"typ": "dpop+jwt"},
        {"jku": "https://evil.example"},
    ],
)
def test_an_assertion_with_a_wrong_header_is_no_client(
    backend: Backend, header: dict[str, Any]
) -> None:
    form = backend.form(client_assertion=backend.assertion(header=header))
    backend.refused(form, "invalid_client")


def test_another_key_is_no_client(backend: Backend) -> None:
    form = backend.form(client_assertion=backend.assertion(key=jose.new_key("ES384")))
    backend.refused(form, "invalid_client")


def test_an_assertion_holds_once(backend: Backend) -> None:
    form = backend.form()
    assert backend.ask(form).status_code == 200
    backend.refused(form, "invalid_client")


def test_a_proof_holds_once_and_is_needed(backend: Backend) -> None:
    proof = backend.proof()
    assert backend.ask(backend.form(), proof=proof).status_code == 200
    backend.refused(backend.form(), "invalid_dpop_proof", proof=proof)
    backend.refused(backend.form(), "invalid_dpop_proof", proof=None)
    backend.refused(
        backend.form(), "invalid_dpop_proof", proof=backend.proof(now=backend.now() - 60)
    )


def test_a_client_registered_for_it_may_come_without_a_proof(
    make_backend: Callable[..., Backend],
) -> None:
    backend = make_backend(profile="legacy_bearer")
    told = backend.ask(backend.form(), proof=None).json()
    assert told["token_type"] == "Bearer"
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    assert backend.town.client.get("Observation/none", headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"client_assertion_type": "x"}, "invalid_client"),
        ({"client_assertion": "x"}, "invalid_client"),
        ({"client_assertion": None}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"client_id": "other"}, "invalid_client"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "system/CarePlan.r"}, "invalid_scope"),
        ({"scope": "system/Observation.cruds"}, "invalid_scope"),
        ({"scope": "system/Observation.rs system/CarePlan.r"}, "invalid_scope"),
        ({"scope": "system/*.rs"}, "invalid_scope"),
        ({"scope": "user/Observation.rs"}, "invalid_scope"),
        ({"scope": "system/Observation.sr"}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"organisation": "313910040"}, "unauthorized_client"),
    ],
)
def test_each_wrong_parameter_has_its_error(
    backend: Backend, change: dict[str, str | None], error: str
) -> None:
    backend.refused(backend.form(**change), error)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"status": "closed"}, "invalid_client"),
        ({"expires": 1.0}, "invalid_client"),
        ({"networks": ("10.0.0.0/8",)}, "invalid_client"),
        ({"kind": "privacy_officer"}, "invalid_client"),
        ({"jwks": ""}, "invalid_client"),
        ({"agreements": ()}, "unauthorized_client"),
    ],
)
def test_a_registration_that_does_not_hold_gives_nothing(
    make_backend: Callable[..., Backend], more: dict[str, Any], error: str
) -> None:
    backend = make_backend(**more)
    backend.refused(backend.form(), error)


def test_with_several_agreements_the_organisation_is_said(
    make_backend: Callable[..., Backend],
) -> None:
    agreements = (Agreement("999999999", 1, False, 0.0), Agreement("313910024", 1, True, 0.0))
    backend = make_backend(agreements=agreements)
    backend.refused(backend.form(), "invalid_request")
    token = backend.ask(backend.form(organisation="313910024")).json()["access_token"]
    claims = jose.parse_jws(token).claims
    assert claims["helseid://claims/client/claims/orgnr_parent"] == "313910024"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"), (b"grant_type=x&grant_type=y", "application/x-www-form-urlencoded"), (b"\xff", "application/x-www-form-urlencoded"),
        (b"a", "application/x-www-form-urlencoded"), (b"", "application/x-www-form-urlencoded"), (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(40)), "application/x-www-form-urlencoded"),
    ],
)  # fmt: skip
def test_what_is_no_form_is_400(backend: Backend, body: bytes, kind: str) -> None:
    answer = backend.town.client.request(
        "POST", "/oauth/token", body, headers={"Content-Type": kind}
    )
    assert (answer.status_code, answer.json()["error"]) in (
        (400, "invalid_request"),
        (401, "invalid_client"),
    )


def test_a_form_that_is_too_long_is_not_read(backend: Backend) -> None:
    answer = backend.ask({**backend.form(), "x": "y" * 40_000})
    assert answer.status_code == 413


def test_parameters_in_the_url_and_basic_log_in_are_refused(backend: Backend) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "DPoP": backend.proof()}
    body = str(httpx.QueryParams(backend.form())).encode()
    answer = backend.town.client.request("POST", "/oauth/token?scope=x", body, headers=form)
    assert answer.json() == {"error": "invalid_request"}
    backend.refused(backend.form(), "invalid_request", Authorization="Basic YTpi")


def test_other_methods_are_405(backend: Backend) -> None:
    for method, path, allow in (
        ("GET", "/oauth/token", "POST"),
        ("POST", "/oauth/jwks", "GET, HEAD"),
        ("DELETE", "/oauth/token", "POST"),
    ):
        answer = backend.town.client.request(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allow)


def test_where_nonces_are_on_the_token_endpoint_asks_for_one(
    make_backend: Callable[..., Backend], tmp_path: Path
) -> None:
    file = tmp_path / "nonce"
    file.write_bytes(b"n" * 32)
    file.chmod(0o600)
    backend = make_backend(settings={"HUB_NONCE_KEY_FILE": str(file)})
    first = backend.ask(backend.form())
    assert (first.status_code, first.json()) == (400, {"error": "use_dpop_nonce"})
    proof = backend.proof(nonce=first.headers["DPoP-Nonce"])
    assert backend.ask(backend.form(), proof=proof).status_code == 200


def test_without_a_key_there_is_no_token_endpoint(town: Town) -> None:
    assert town.client.request("POST", "/oauth/token", b"a=b").status_code == 404
    assert town.client.get("/oauth/jwks").status_code == 404


def test_the_smart_document_points_at_whoever_gives_the_tokens(
    make_backend: Callable[..., Backend], make_town: Callable[..., Town]
) -> None:
    own = make_backend().town.client.get(".well-known/smart-configuration")
    assert own.headers["Content-Type"] == "application/json"
    told = own.json()
    assert (told["token_endpoint"], told["issuer"], told["jwks_uri"]) == (
        URL,
        ISSUER,
        f"{ISSUER}/jwks",
    )
    assert "plain" not in told["code_challenge_methods_supported"]
    assert {"RS384", "ES384"} & set(told["token_endpoint_auth_signing_alg_values_supported"])
    theirs = make_town().client.get(".well-known/smart-configuration").json()
    assert theirs["token_endpoint"] == "https://issuer.example/connect/token"
    none = make_town(HUB_HELSEID_ISSUER=None, HUB_HELSEID_AUDIENCE=None)
    assert none.client.get(".well-known/smart-configuration").status_code == 404


@pytest.mark.parametrize(
    ("content", "mode", "named"),
    [(b"{}", 0o600, "no private key"), (b"x", 0o600, "no private key"), (None, 0o600, "cannot be read"), (b"good", 0o644, "read by others"), (b"rsa", 0o600, "P-256")],
)  # fmt: skip
def test_a_key_file_that_cannot_be_used_stops_the_start(
    make_town: Callable[..., Town], tmp_path: Path, content: bytes | None, mode: int, named: str
) -> None:
    from hub.wiring import NotReadyError

    file = tmp_path / "bad"
    if content is not None:
        kinds = {b"rsa": RSA, b"good": jose.new_key("ES256")}
        data = (
            json.dumps(jose.private_jwk(kinds[content])).encode() if content in kinds else content
        )
        file.write_bytes(data)
        file.chmod(mode)
    with pytest.raises(NotReadyError, match=named):
        make_town(HUB_TOKEN_KEY_FILE=str(file))


def test_who_got_a_token_and_who_did_not_is_in_the_hubs_own_log(backend: Backend) -> None:
    given = backend.ask(backend.form()).json()["access_token"]
    assert backend.ask(backend.form(client_assertion="x.y.z")).status_code == 401
    events = kept(backend.town)
    assert [each["outcome"] for each in events] == ["0", "4"]
    assert events[0]["outcomeDesc"] == "a token was given"
    assert "backend" in json.dumps(events[0])
    assert given.rpartition(".")[2] not in json.dumps(events)
