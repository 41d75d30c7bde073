"""A real `hub serve` that asks everybody who they are, with a stand-in issuer beside it: tokens and proofs over sockets."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import httpx

from bench.servers import Server
from hub.clock import SystemClock
from hub.security import jose
from hub.security.jwks import DISCOVERY
from hub.standin.issuer import StandinIssuer
from hub.standin.registration import register
from hub.store.engine import open_engine
from hub.store.migrate import mark_synthetic, migrate
from tests.live_hub import live_hub

AUDIENCE: Final = "dho-hub"
_CLOCK: Final = SystemClock()


@dataclass(frozen=True, slots=True)
class SecureHub:
    """A hub that takes tokens of `issuer` alone. Shape: `folder` holds its database and its log."""

    server: Server
    issuer: StandinIssuer
    folder: Path

    @property
    def base(self) -> str:
        """Its FHIR base."""
        return f"http://127.0.0.1:{self.server.port}/fhir"

    def headers(self, name: str, method: str, path: str) -> dict[str, str]:
        """An actor and a request, its path from the root → the headers that let it in once."""
        return self.issuer.headers(name, method, f"http://127.0.0.1:{self.server.port}{path}")

    def ask(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        """An actor and a request → the answer."""
        headers = {**self.headers(name, method, path.partition("?")[0]), **more.pop("headers", {})}
        with httpx.Client(timeout=30) as http:
            url = f"http://127.0.0.1:{self.server.port}{path}"
            return http.request(method, url, headers=headers, **more)

    def warm_up(self) -> None:
        """On a busy machine the first fetch of the issuer's keys may take longer than the hub waits for it."""
        for _ in range(60):
            if self.ask("gp", "GET", "/fhir/Observation/none").status_code != 503:
                return
            time.sleep(1)

    def said(self) -> str:
        """All it has said beside its answers."""
        return (self.folder / "hub.log").read_text("utf-8", "replace")


def _answering(issuer: StandinIssuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = issuer.discovery() if self.path == DISCOVERY else issuer.jwks()
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Nothing."""

    return Handler


@contextmanager
def secure_hub(folder: Path, **settings: str) -> Iterator[SecureHub]:
    """A folder and settings → a hub in test mode and its issuer, both ended with the block."""
    issuer = StandinIssuer("", AUDIENCE, lambda: _CLOCK.now().timestamp(), _CLOCK.new_id)
    publishing = ThreadingHTTPServer(("127.0.0.1", 0), _answering(issuer))
    issuer.url = f"http://127.0.0.1:{publishing.server_port}"
    threading.Thread(target=publishing.serve_forever, daemon=True).start()
    database = folder / "hub.db"
    migrate(database)
    mark_synthetic(database)
    engine = open_engine(database)
    asyncio.run(engine.write(lambda connection: register(connection, issuer.url, issuer.now())))
    engine.close()
    key = folder / "token.key"
    key.write_text(json.dumps(jose.private_jwk(jose.new_key("ES256"))))
    key.chmod(0o600)
    more = {
        "HUB_TOKEN_KEY_FILE": str(key),
        "HUB_MODE": "test",
        "HUB_DEV_OPEN": "no",
        "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "no",
        "HUB_HELSEID_ISSUER": issuer.url,
        "HUB_HELSEID_AUDIENCE": AUDIENCE,
        **settings,
    }
    try:
        with live_hub(folder, **more) as server:
            hub = SecureHub(server, issuer, folder)
            hub.warm_up()
            yield hub
    finally:
        publishing.shutdown()
        publishing.server_close()
