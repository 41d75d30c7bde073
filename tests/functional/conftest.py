"""The whole hub in this process, behind HTTP, on a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.settings import read_settings
from hub.wiring import build_hub
from tests.functional.hub_client import Client

DEVELOPMENT = {
    "HUB_MODE": "development",
    "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
    "HUB_DEV_OPEN": "yes",
}


@pytest.fixture
def make_client(tmp_path: Path, clock: FixedClock) -> Iterator[Callable[..., Client]]:
    """Settings beside those of development mode → a client; `None` takes a setting away."""
    made: list[Client] = []

    def make(**settings: str | None) -> Client:
        values = {
            **DEVELOPMENT,
            "HUB_DATABASE_URL": f"sqlite:///{tmp_path}/hub.db",
            **settings,
        }
        environment = {name: value for name, value in values.items() if value is not None}
        made.append(Client(build_hub(read_settings(environment), clock)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    """A client of a development hub on an empty database."""
    return make_client()
