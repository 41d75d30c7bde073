"""A pytest plugin: keeps one of each shape of what the hub answers in the functional flows, and of what it stored meanwhile.

In: HUB_RECORD, the file to write. Out: one JSON line each, `[name, body]`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from shapes import distinct

from tests.functional import hub_client

_OUT: Final = Path(os.environ["HUB_RECORD"])
_bodies: Final[list[tuple[str, bytes]]] = []
_request: Final = hub_client.Client.request
_close: Final = hub_client.Client.close


def _kept(
    self: hub_client.Client, method: str, path: str, body: Any = None, **more: Any
) -> httpx.Response:
    answer = _request(self, method, path, body, **more)
    if "json" in answer.headers.get("content-type", "") and answer.content:
        _keep(f"{method} {path[:60]} {answer.status_code}", answer.content)
    return answer


def _keep(name: str, body: bytes) -> None:
    _bodies.append((name, body))


def pytest_sessionfinish() -> None:
    """At the end of the flows → the file."""
    with _OUT.open("wb") as file:
        for name, body in distinct(_bodies):
            line = msgspec.json.encode([name, msgspec.Raw(body)])
            file.write(line.replace(b"\n", b" ") + b"\n")


def _closed(self: hub_client.Client) -> None:
    """At the end of a test → everything that was stored, also what no request brought."""
    try:
        for path in ("_history?_count=100", "AuditEvent?_count=100"):
            answer = _request(self, "GET", path)
            for each in answer.json()["entry"] if b'"entry"' in answer.content else ():
                if "resource" in each:
                    body = msgspec.json.encode(each["resource"])
                    _keep(f"stored {each['resource']['resourceType']}", body)
    finally:
        _close(self)


hub_client.Client.request = _kept
hub_client.Client.close = _closed
