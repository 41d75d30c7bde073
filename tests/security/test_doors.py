"""HTTP hygiene: names, methods, headers, and how often one may ask; no door stands open beside the front one.

Source: security README §6, §9.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.api.doors import Doors
from hub.clock import FixedClock
from hub.log import COUNTS
from hub.settings import SettingsError, read_settings
from hub.store.migrate import migrate
from hub.wiring import NotReadyError, build_hub
from tests.functional.hub_client import codes_of
from tests.security.conftest import HOST, Town
from tests.tokens import AUDIENCE, ISSUER

PRODUCTION = {
    "HUB_MODE": "production", "HUB_HELSEID_ISSUER": ISSUER, "HUB_HELSEID_AUDIENCE": AUDIENCE, "HUB_BASE_URL": "https://hub.example/fhir",
}  # fmt: skip


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "",
        "10.0.0.1",
        "localhost.",
        "[::2]:8000",
        "hub@localhost",
    ],
)
def test_under_another_name_the_hub_does_not_answer(town: Town, host: str) -> None:
    for path in ("metadata", "Observation", "/", "/oauth/token"):
        answer = town.client.get(path, headers={"Host": host})
        assert (answer.status_code, codes_of(answer)) == (400, ["wrong-host"])
        assert host not in answer.text or not host


def test_its_own_names_are_configured(make_town: Callable[..., Town]) -> None:
    town = make_town(HUB_ALLOWED_HOSTS="Hub.example, other.example")
    for host, status in (
        ("hub.example", 200),
        ("HUB.example:443", 200),
        ("other.example", 200),
        ("localhost", 400),
    ):
        assert town.client.get("metadata", headers={"Host": host}).status_code == status
    assert town.client.get("/live", headers={"Host": "10.0.0.7"}).status_code == 200


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND"])
def test_methods_that_nobody_needs_do_nothing(town: Town, method: str) -> None:
    secret = {"X-Secret": "marked-4711", "Cookie": "marked-4711"}
    answer = town.ask("supplier", method, "Observation", headers=secret)
    assert answer.status_code in (404, 405, 501)
    assert "marked-4711" not in answer.text


def test_every_answer_has_the_headers_that_keep_it_where_it_is(town: Town) -> None:
    for path in (
        "metadata",
        "Observation",
        "/",
        "/live",
        "/metrics",
        "/nothing",
        "/oauth/jwks",
        ".well-known/smart-configuration",
    ):
        headers = town.client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "no-store" in headers["Cache-Control"], path
        assert "Server" not in headers
        assert "X-Powered-By" not in headers


def test_behind_tls_browsers_are_told_to_stay_there(make_town: Callable[..., Town]) -> None:
    town = make_town(HUB_BASE_URL="https://127.0.0.1:8000/fhir")
    assert town.client.get("metadata").headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Strict-Transport-Security" not in make_town().client.get("metadata").headers


@pytest.mark.parametrize(
    "path",
    [
        "/openapi.json",
        "/docs",
        "/redoc",
        "/patients",
        "/alerts",
        "/messages",
        "/debug",
        "/.env",
    ],
)
def test_outside_development_there_are_no_pages_and_no_description(town: Town, path: str) -> None:
    assert town.client.get(path).status_code in (401, 404)


def test_health_tells_no_version(town: Town) -> None:
    assert "version" not in town.client.get("/health").text


def test_who_asks_too_often_is_told_to_wait_and_others_are_not(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(HUB_RATE_PER_CLIENT="12")
    before = COUNTS["caller_too_busy"]
    answers = [town.get("gp", "Observation/none") for _ in range(5)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True, True, True]
    assert answers[-1].headers["Retry-After"]
    assert town.get("supplier", "Observation/none").status_code != 429
    assert COUNTS["caller_too_busy"] == before + 1


def test_a_wave_of_bad_tokens_is_told_of(town: Town) -> None:
    before = COUNTS["refusals_many"]
    for _ in range(25):
        town.client.get("Observation", headers={"Authorization": "Bearer x"})
    assert COUNTS["refusals_many"] == before + 1


def test_who_guesses_person_numbers_is_stopped(town: Town) -> None:
    before = COUNTS["lookups_many"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    statuses: list[int] = []
    for number in range(25):
        body = f"identifier=urn:oid:2.16.578.1.12.4.1.4.1|{13116900216 + number}".encode()
        answer = town.post("gp", "Patient/_search", body, headers=form)
        statuses.append(answer.status_code)
    assert set(statuses[:21]) == {200}
    assert set(statuses[21:]) == {429}
    assert COUNTS["lookups_many"] == before + 1
    assert town.get("gp", "Observation/none").status_code != 429


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"HUB_HELSEID_ISSUER": None, "HUB_HELSEID_AUDIENCE": None}, "HUB_HELSEID_ISSUER"),
        ({"HUB_BASE_URL": "http://hub.example/fhir"}, "https://"),
        ({"HUB_BASE_URL": None}, "https://"),
    ],
)
def test_production_without_an_issuer_or_tls_does_not_start(
    tmp_path: Path, clock: FixedClock, change: dict[str, str | None], named: str
) -> None:
    migrate(tmp_path / "hub.db")
    values = {**PRODUCTION, "HUB_DATABASE_URL": f"sqlite:///{tmp_path}/hub.db", **change}
    settings = read_settings({k: v for k, v in values.items() if v is not None})
    with pytest.raises(NotReadyError, match=named):
        build_hub(settings, clock)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"HUB_HELSEID_ISSUER": "http://issuer.example"}, "HUB_HELSEID_ISSUER"),
        ({"HUB_HELSEID_ISSUER": "http://127.0.0.1:8100"}, "HUB_HELSEID_ISSUER"),
        ({"HUB_HELSEID_ISSUER": "https://issuer.example/"}, "HUB_HELSEID_ISSUER"),
        ({"HUB_HELSEID_AUDIENCE": None}, "HUB_HELSEID_AUDIENCE"),
        ({"HUB_ALLOWED_HOSTS": "a b"}, "HUB_ALLOWED_HOSTS"),
        ({"HUB_DEV_OPEN": "yes"}, "HUB_DEV_OPEN"),
    ],
)
def test_settings_that_open_a_door_are_refused(change: dict[str, str | None], named: str) -> None:
    values = {k: v for k, v in {**PRODUCTION, **change}.items() if v is not None}
    with pytest.raises(SettingsError, match=named):
        read_settings(values)


def test_development_never_takes_the_production_issuer() -> None:
    values = {
        "HUB_MODE": "development", "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes", "HUB_HELSEID_ISSUER": "https://helseid-sts.nhn.no",
        "HUB_HELSEID_AUDIENCE": "x",
    }  # fmt: skip
    with pytest.raises(SettingsError, match="production HelseID"):
        read_settings(values)


def test_in_open_development_a_real_token_is_still_a_real_token(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(
        HUB_MODE="development", HUB_I_ACCEPT_INSECURE_DEVELOPMENT="yes", HUB_DEV_OPEN="yes"
    )
    assert town.client.get("Observation/none").status_code == 404
    assert town.client.get("Observation", headers={"Authorization": "Bearer x"}).status_code == 401
    assert town.get("operator", "Observation/none").status_code == 403
    stolen = town.issuer.headers("gp", "GET", f"{HOST}/fhir/Patient")
    assert town.client.get("Observation/none", headers=stolen).status_code == 401


@pytest.mark.parametrize(
    ("version", "said", "status"),
    [
        ("1.0", [], 200),
        ("1.1", [], 400),
        ("1.0", [(b"host", b"evil.example")], 400),
        ("1.0", [(b"host", b"localhost"), (b"host", b"localhost")], 400),
    ],
)
def test_a_caller_older_than_the_header_need_not_name_the_hub(
    version: str, said: list[tuple[bytes, bytes]], status: int
) -> None:
    told: list[int] = []

    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            told.append(message["status"])

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/fhir/metadata", "headers": said, "http_version": version}  # fmt: skip
    asyncio.run(Doors(app, frozenset({b"localhost"}), https=False)(scope, receive, send))  # pyright: ignore[reportArgumentType] - a whole scope has more

    assert [status] == told
