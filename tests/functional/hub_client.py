"""HTTP against a whole hub in this process: no sockets, the worker at rest."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from hub.wiring import Hub
from tests.builders import Json, to_json

FHIR_JSON = "application/fhir+json"
BASE = "http://127.0.0.1:8000/fhir"


class Client:
    """HTTP against a hub in this process, one call after the other or several at once."""

    def __init__(self, hub: Hub, app: Any = None) -> None:
        self.hub = hub
        self.runner = asyncio.Runner()
        transport = httpx.ASGITransport(app=app or hub.outer)  # pyright: ignore[reportArgumentType] - typed more widely there
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """A path below the FHIR base (or an absolute one with a leading slash) → the answer."""
        return self.runner.run(self._send(method, path, body, **more))

    def together(self, *calls: tuple[str, str, Any, dict[str, str]]) -> list[httpx.Response]:
        """(method, path, body, headers) of several requests → their answers; all are sent at once."""

        async def all_of_them() -> list[httpx.Response]:
            return await asyncio.gather(*[self._send(m, p, b, headers=h) for m, p, b, h in calls])

        return self.runner.run(all_of_them())

    async def _send(self, method: str, path: str, body: Any, **more: Any) -> httpx.Response:
        headers = {**more.pop("headers", {})}
        if body is not None:
            more["content"] = body if isinstance(body, bytes) else to_json(body)
            headers.setdefault("Content-Type", FHIR_JSON)
        url = path if path.startswith("/") else f"/fhir/{path}"
        return await self.http.request(method, url, headers=headers, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """GET."""
        return self.request("GET", path, **more)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """POST."""
        return self.request("POST", path, body, **more)

    def put(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """PUT."""
        return self.request("PUT", path, body, **more)

    def create(self, resource: Json) -> str:
        """A resource → its `Type/id`, after it was created."""
        answer = self.post(resource["resourceType"], resource)
        assert answer.status_code == 201, answer.text
        return f"{resource['resourceType']}/{answer.json()['id']}"

    def search(self, path: str) -> list[Json]:
        """A search → the resources of all its pages."""
        found: list[Json] = []
        while path:
            answer = self.get(path)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += [e["resource"] for e in page.get("entry", ())]
            path = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
            path = path.removeprefix(BASE).lstrip("/")
        return found

    def close(self) -> None:
        """End."""
        self.runner.run(self.http.aclose())
        self.runner.close()
        self.hub.store.engine.close()


def codes_of(answer: httpx.Response) -> list[str]:
    """An OperationOutcome → our codes in it."""
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    return [issue["details"]["coding"][0]["code"] for issue in outcome["issue"]]


def expressions_of(answer: httpx.Response) -> list[str]:
    """An OperationOutcome → the paths in it."""
    return [e for issue in answer.json()["issue"] for e in issue.get("expression", ())]
