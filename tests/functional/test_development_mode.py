"""Development mode is explicit, loud and kept away from real data; without it nobody gets in.

Source: security/README §9; architecture D9.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.settings import SettingsError, read_settings
from hub.store.migrate import is_synthetic, migrate
from hub.wiring import NotReadyError, build_hub
from hub.wiring.loud import EVERY_S, Loud
from tests.access_log import logged
from tests.builders import observation, patient
from tests.functional.conftest import DEVELOPMENT
from tests.functional.hub_client import Client, codes_of

CLOSED: dict[str, str | None] = {"HUB_DEV_OPEN": None}
TEST_MODE: dict[str, str | None] = {
    "HUB_MODE": "test",
    "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": None,
    "HUB_DEV_OPEN": None,
}


def test_every_answer_says_that_this_is_development_mode(client: Client) -> None:
    for path in ("metadata", "Patient", "Patient/none", "Nothing", "/health"):
        assert client.get(path).headers["X-Hub-Mode"] == "development", path


def test_outside_development_no_answer_says_so(make_client: Callable[..., Client]) -> None:
    client = make_client(**TEST_MODE)
    for path in ("metadata", "Patient", "/health"):
        assert "X-Hub-Mode" not in client.get(path).headers


def test_resources_are_marked_as_test_data_and_keep_their_own_labels(client: Client) -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    made = client.post("Patient", {**patient(), "meta": {"security": [label]}}).json()
    assert made["meta"]["security"][0] == label
    assert [s["code"] for s in made["meta"]["security"]] == ["R", "HTEST"]


def test_the_mark_is_not_put_on_twice(client: Client) -> None:
    made = client.post("Patient", patient()).json()
    again = client.put(f"Patient/{made['id']}", made).json()
    assert [s["code"] for s in again["meta"]["security"]] == ["HTEST"]


@pytest.mark.parametrize("settings", [CLOSED, TEST_MODE])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "Patient"),
        ("GET", "Patient/1"),
        ("GET", "Patient/1/_history/1"),
        ("POST", "Patient"),
        ("PUT", "Patient/1"),
        ("DELETE", "Patient/1"),
        ("POST", ""),
        ("POST", "Patient/_search"),
        ("GET", "Observation/$lastn"),
        ("GET", "Nothing"),
        ("PATCH", "Patient/1"),
        ("GET", "metadata/more"),
    ],
)
def test_without_a_token_everything_but_metadata_is_401(
    make_client: Callable[..., Client], settings: dict[str, str | None], method: str, path: str
) -> None:
    answer = make_client(**settings).request(method, path)
    assert (answer.status_code, codes_of(answer)) == (401, ["unauthenticated"])
    assert answer.headers["WWW-Authenticate"].startswith('DPoP algs="PS256 ')


@pytest.mark.parametrize("settings", [CLOSED, TEST_MODE])
def test_metadata_and_health_are_open(
    make_client: Callable[..., Client], settings: dict[str, str | None]
) -> None:
    client = make_client(**settings)
    assert client.get("metadata").status_code == 200
    assert client.get("/health").status_code == 200


def test_health_tells_its_state_and_nothing_of_patients(client: Client) -> None:
    client.create(patient())
    answer = client.get("/health")
    assert answer.json()["status"] == "ok"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Testesen" not in answer.text


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"HUB_MODE": None}, "HUB_MODE"),
        ({"HUB_MODE": "prod"}, "HUB_MODE"),
        ({"HUB_I_ACCEPT_INSECURE_DEVELOPMENT": None}, "HUB_I_ACCEPT_INSECURE_DEVELOPMENT"),
        ({"HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "true"}, "HUB_I_ACCEPT_INSECURE_DEVELOPMENT"),
        ({"HUB_HOST": "0.0.0.0"}, "HUB_HOST"),
        ({"HUB_HOST": "::"}, "HUB_HOST"),
        ({"HUB_HOST": "hub.example"}, "HUB_HOST"),
        ({"HUB_MODE": "test"}, "HUB_DEV_OPEN"),
        ({"HUB_MODE": "production"}, "HUB_DEV_OPEN"),
    ],
)
def test_a_start_that_is_not_meant_or_not_safe_is_refused_with_the_setting_named(
    change: dict[str, str | None], named: str
) -> None:
    values = {k: v for k, v in {**DEVELOPMENT, **change}.items() if v is not None}
    with pytest.raises(SettingsError, match=named):
        read_settings(values)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_is_taken(host: str) -> None:
    assert read_settings({**DEVELOPMENT, "HUB_HOST": host}).host == host


def test_development_never_touches_a_database_that_is_not_synthetic(
    tmp_path: Path, clock: FixedClock
) -> None:
    path = tmp_path / "real.db"
    migrate(path)
    before = path.read_bytes()
    with pytest.raises(NotReadyError, match="not marked synthetic"):
        build_hub(read_settings({**DEVELOPMENT, "HUB_DATABASE_URL": f"sqlite:///{path}"}), clock)
    assert not is_synthetic(path)
    assert path.read_bytes() == before


def test_development_sets_up_an_empty_database_by_itself(tmp_path: Path, clock: FixedClock) -> None:
    path = tmp_path / "var" / "new.db"
    hub = build_hub(read_settings({**DEVELOPMENT, "HUB_DATABASE_URL": f"sqlite:///{path}"}), clock)
    hub.store.engine.close()
    assert is_synthetic(path)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("mode", ["test", "production"])
def test_other_modes_need_a_migrated_database(tmp_path: Path, clock: FixedClock, mode: str) -> None:
    path = tmp_path / "none.db"
    with pytest.raises(NotReadyError, match="hub migrate"):
        build_hub(read_settings({"HUB_MODE": mode, "HUB_DATABASE_URL": f"sqlite:///{path}"}), clock)
    assert not path.exists()


def test_the_start_says_loudly_that_this_is_development_mode(client: Client) -> None:
    lines: list[str] = []
    client.hub.announce(lines.append)
    assert any("DEVELOPMENT MODE" in line for line in lines)
    assert any("http://127.0.0.1:8000/fhir" in line for line in lines)


def test_the_label_that_the_hub_puts_on_is_found(client: Client) -> None:
    who = client.create(patient())
    made = client.create(observation(who))
    label = "http://terminology.hl7.org/CodeSystem/v3-ActReason|HTEST"
    for asked in ("HTEST", label):
        assert [f"Patient/{r['id']}" for r in client.search(f"Patient?_security={asked}")] == [who]
        (found,) = client.search(f"Observation?_security={asked}")
        assert f"Observation/{found['id']}" == made
    assert client.search("Patient?_security:not=HTEST") == []
    client.put(who, {**patient(), "id": who[8:], "active": False})
    assert len(client.search("Patient?_security=HTEST")) == 1


def test_development_mode_is_told_again_every_ten_minutes(caplog: pytest.LogCaptureFixture) -> None:
    async def told(loud: Loud) -> int:
        caplog.clear()
        loud.begin()
        await asyncio.sleep(0.2)
        loud.end()
        seen = len(caplog.records)
        await asyncio.sleep(0.05)
        assert len(caplog.records) == seen  # nothing more once it has ended
        return seen

    assert EVERY_S == 600
    assert asyncio.run(told(Loud(development=True, every_s=0.02))) > 2
    assert asyncio.run(told(Loud(development=False, every_s=0.02))) == 0


def test_a_start_in_development_mode_stands_in_the_access_log(client: Client) -> None:
    async def live() -> list[bytes]:
        told: asyncio.Queue[str] = asyncio.Queue()
        asked: asyncio.Queue[dict[str, str]] = asyncio.Queue()

        async def send(message: Any) -> None:
            await told.put(message["type"])

        running = asyncio.create_task(client.hub.app({"type": "lifespan"}, asked.get, send))
        await asked.put({"type": "lifespan.startup"})
        assert await told.get() == "lifespan.startup.complete"
        await asyncio.sleep(0.2)
        found = await client.hub.store.engine.read(logged)
        await asked.put({"type": "lifespan.shutdown"})
        await running
        return [event for (tenant, _), event in found.items() if tenant == 0]

    (entry,) = client.runner.run(live())
    assert b"development" in entry
