"""One real hub for all ordinary clients, and what they tell it of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.servers import Server
from tests.live_hub import base_of, live_hub

SPO2 = {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]}
SYSTEM = "https://leverandor.example/maling"


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A hub in development mode, as `hub serve` starts it."""
    with live_hub(tmp_path_factory.mktemp("clients")) as server:
        yield server


@pytest.fixture(scope="session")
def base(hub: Server) -> str:
    """The FHIR base of the hub."""
    return base_of(hub)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is for `make test-clients`."""
    for item in items:
        if "tests/clients" in item.path.as_posix():
            item.add_marker(pytest.mark.clients)
