"""The whole hub in this process, behind HTTP, on a clock that stands still."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.settings import read_settings
from hub.store.migrate import mark_synthetic, migrate
from hub.wiring import build_hub
from tests import postgres_cluster
from tests.functional.followed import ASLAUG, TWO_SERVICES, Followed
from tests.functional.hub_client import Client

DEVELOPMENT = {
    "HUB_MODE": "development",
    "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
    "HUB_DEV_OPEN": "yes",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever asks for a hub runs on every engine; what is `embedded` is about SQLite alone."""
    if "engine" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("embedded") is None
        shared = [pytest.param("postgres", marks=pytest.mark.postgres)] if both else []
        metafunc.parametrize("engine", ["sqlite", *shared])


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty development database; tests work on copies, which are made faster."""
    path = tmp_path_factory.mktemp("database") / "hub.db"
    migrate(path)
    mark_synthetic(path)
    return path


@pytest.fixture
def database_url(engine: str, tmp_path: Path, new_database: Path) -> Iterator[str]:
    """An engine → the URL of an empty development database of the test's own."""
    if engine == "sqlite":
        shutil.copy(new_database, tmp_path / "hub.db")
        yield f"sqlite:///{tmp_path}/hub.db"
        return
    url = postgres_cluster.new_database("synthetic")
    yield url
    postgres_cluster.give_back(url, "synthetic")


@pytest.fixture
def make_client(database_url: str, clock: FixedClock) -> Iterator[Callable[..., Client]]:
    """Settings beside those of development mode → a client; `None` takes a setting away."""
    made: list[Client] = []

    def make(**settings: str | None) -> Client:
        values = {**DEVELOPMENT, "HUB_DATABASE_URL": database_url, **settings}
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


@pytest.fixture
def followed(make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path) -> Followed:
    """A hub at work, with a file drop of its own."""
    return Followed(make_client, clock, tmp_path / "drop")


@pytest.fixture
def post(make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path) -> Followed:
    """A hub whose two services are those of the municipality in tests.message_builders."""
    return Followed(make_client, clock, tmp_path / "drop", TWO_SERVICES)


@pytest.fixture
def who(post: Followed) -> str:
    """The patient that the messages of tests.message_builders are about."""
    return post.client.create(ASLAUG)
