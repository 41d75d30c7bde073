"""A hub that asks who is there: a stand-in issuer, its clients registered, every call by a real token with its proof."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from hub.api.protocol import BoundedHttp
from hub.clock import FixedClock
from hub.settings import read_settings
from hub.standin.issuer import StandinIssuer
from hub.standin.registration import register
from hub.wiring import build_hub
from tests.functional.conftest import (  # noqa: F401 - fixtures of the functional suite, here too
    database_url,
    make_client,
    new_database,
    pytest_generate_tests,
)
from tests.functional.hub_client import Client
from tests.tokens import AUDIENCE, ISSUER, Wire, make_issuer

SETTINGS = {"HUB_MODE": "test", "HUB_HELSEID_ISSUER": ISSUER, "HUB_HELSEID_AUDIENCE": AUDIENCE}
HOST = "http://127.0.0.1:8000"


class Town:
    """A hub, the issuer it trusts, and callers of every kind."""

    def __init__(self, client: Client, issuer: StandinIssuer, wire: Wire) -> None:
        self.client = client
        self.issuer = issuer
        self.wire = wire
        engine = client.hub.store.engine
        client.runner.run(engine.write(lambda c: register(c, issuer.url, issuer.now())))

    def ask(
        self, name: str, method: str, path: str, body: Any = None, **more: Any
    ) -> httpx.Response:
        """An actor of the stand-in and a request → the answer, with a token and a proof of its own."""
        whole = path if path.startswith("/") else f"/fhir/{path}"
        headers = self.issuer.headers(name, method, HOST + whole)
        return self.client.request(
            method, path, body, headers={**headers, **more.pop("headers", {})}, **more
        )

    def get(self, name: str, path: str, **more: Any) -> httpx.Response:
        """GET."""
        return self.ask(name, "GET", path, **more)

    def post(self, name: str, path: str, body: Any, **more: Any) -> httpx.Response:
        """POST."""
        return self.ask(name, "POST", path, body, **more)

    def say(self, *sent: bytes) -> list[httpx.Response]:
        """Bytes on a connection to this hub → the answers that came back until it ended."""
        got = self.client.runner.run(_said(self.client.hub, sent))
        return [_answer(part) for part in re.split(rb"(?=HTTP/1\.1 \d{3} )", got) if part]

    def rows(self, table: str) -> int:
        """A table → how many rows it has."""
        engine = self.client.hub.store.engine

        def count(connection: Any) -> int:
            return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

        return self.client.runner.run(engine.read(count))

    def stored(self) -> dict[str, int]:
        """Nothing → how many rows the tables of what clients store have."""
        tables = (
            "resource",
            "observation",
            "history",
            "judgement",
            "outbox",
            "message",
            "inbox_raw",
        )
        return {table: self.rows(table) for table in tables}


async def _said(hub: Any, sent: tuple[bytes, ...]) -> bytes:
    config = Config(hub.outer, interface="asgi3", log_config=None, lifespan="off")
    config.load()

    def line() -> BoundedHttp:
        state = ServerState()
        return BoundedHttp(
            *(hub.settings.limits, hub.figures, lambda: False, ()),
            config=config,
            server_state=state,
            app_state={},
        )

    server = await asyncio.get_running_loop().create_server(line, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            for piece in sent:
                writer.write(piece)
            await writer.drain()
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionError:
            return b""
        finally:
            writer.close()


def _answer(part: bytes) -> httpx.Response:
    head, _, body = part.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    headers = [tuple(line.split(b": ", 1)) for line in lines[1:]]
    return httpx.Response(int(lines[0].split()[1]), headers=headers, content=body)  # type: ignore[arg-type]


@pytest.fixture
def make_town(database_url: str, clock: FixedClock) -> Iterator[Callable[..., Town]]:  # noqa: F811
    """Settings beside those above → a town; `None` takes a setting away."""
    made: list[Town] = []

    def make(issuer: StandinIssuer | None = None, **settings: str | None) -> Town:
        values = {**SETTINGS, "HUB_DATABASE_URL": database_url, **settings}
        environment = {name: value for name, value in values.items() if value is not None}
        wire = Wire()
        issuer = issuer or make_issuer(clock)
        wire.publish(issuer)
        hub = build_hub(read_settings(environment), clock, outbound=wire)
        made.append(Town(Client(hub), issuer, wire))
        return made[-1]

    yield make
    for town in made:
        town.client.close()


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    """A hub in test mode with its issuer."""
    return make_town()
