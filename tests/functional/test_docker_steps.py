"""The steps of docker/compose.yaml without a container: the same commands with the same settings, on a server of the tests' own."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import httpx
import pytest

from tests import postgres_cluster
from tests.functional.test_several_processes import free_port, start, wait_for

DOCKER = Path(__file__).parents[2] / "docker"
COMPOSE = (DOCKER / "compose.yaml").read_text()
COMMANDS = [
    re.findall(r'"([^"]+)"', line)
    for line in re.findall(r'^    command: \["(?:migrate|serve|work).*$', COMPOSE, re.MULTILINE)
]


def ready(base: str) -> bool:
    """An address → whether a hub is ready there."""
    try:
        return httpx.get(f"{base}/ready").status_code == 200
    except httpx.TransportError:
        return False


def as_role(url: str, command: str) -> str:
    """The URL of a database and a step → the URL as the step's own role, as the file names it."""
    role = re.search(
        rf'"{command}"\]\n    environment:\n.*\n      HUB_DATABASE_URL: postgresql://(\w+):',
        COMPOSE,
    )
    assert role is not None, command
    return url.replace("hub@", f"{role[1]}@", 1)


@pytest.mark.postgres
def test_the_steps_end_in_a_hub_that_is_ready_and_stops_when_it_is_told_to(tmp_path: Path) -> None:
    url, port = postgres_cluster.shared_cluster().create(), free_port()
    settings = {
        **dict(re.findall(r'^    (HUB_\w+): "?([^"\n]+)"?$', COMPOSE, re.MULTILINE)),
        "HUB_DATABASE_URL": url,
        "HUB_HOST": "127.0.0.1",
        "HUB_PORT": port,
        "HUB_BASE_URL": f"http://127.0.0.1:{port}/fhir",
        "HUB_FILEDROP_DIR": str(tmp_path / "drop"),
        "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "",
        "HUB_DEV_OPEN": "",
    }
    migrating, serving, working = COMMANDS
    with postgres_cluster.shared_cluster().keeper("postgres") as keeper:
        keeper.execute((DOCKER / "roles.sql").read_bytes())
    assert start(url, *migrating, **settings).wait(60) == 0
    running = [
        start(
            as_role(url, each[0]), *each, **{**settings, "HUB_DATABASE_URL": as_role(url, each[0])}
        )
        for each in (serving, working, working)
    ]
    try:
        wait_for(lambda: ready(f"http://127.0.0.1:{port}"))
        assert httpx.get(f"http://127.0.0.1:{port}/fhir/Patient").status_code == 401
        assert [process.poll() for process in running] == [None, None, None]
    finally:
        for process in running:
            process.terminate()
        codes = [process.wait(20) for process in running]
    postgres_cluster.shared_cluster().drop(url)
    # A server says by which signal it ended, once it is done; a worker that is still starting is ended by the signal itself.
    assert codes[0] == -signal.SIGTERM
    assert set(codes[1:]) <= {0, -signal.SIGTERM}
