"""Everything the hub emits, gathered from a demo run, the functional flows and requests that go well and ill: (name, JSON text).

Resources of every type in the demo's database, the pages that bring them, history, CapabilityStatement, OperationOutcomes,
AuditEvents, answers to transactions, and the Bundles that the mappers make of the golden messages; one of each shape.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec
from shapes import distinct

from hub.clock import SystemClock
from hub.demo.play import demo_settings
from hub.fhir.models import RESOURCE_TYPES
from hub.wiring import build_hub
from tests.builders import Json, entry, patient, transaction
from tests.functional.hub_client import Client

ROOT = Path(__file__).parent.parent
_PAGES = 1
_SECONDS = "8"


FLOWS: Final = (
    "people_on_alerts", "judging", "receiving", "replaying", "patch", "transaction", "batch", "validate",
)  # fmt: skip
"""tests/functional/test_NAME.py whose bodies are kept (recorder.py)."""


def emitted() -> Iterator[tuple[str, bytes]]:
    """Nothing → what the hub emits, one of each shape."""
    yield from distinct(chain(_golden(), _demo(), _flows()))


def _golden() -> Iterator[tuple[str, bytes]]:
    for bundle in sorted((ROOT / "tests/golden").rglob("bundle.json")):
        yield (
            f"golden {bundle.parent.name}",
            msgspec.json.encode(msgspec.json.decode(bundle.read_bytes())),
        )


def _demo() -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hub", "demo", "--once", "--seconds", _SECONDS]
        environment = {**os.environ, "HUB_PORT": str(_free_port())}
        subprocess.run(
            [*command, "--folder", folder],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            timeout=300,
        )
        client = Client(build_hub(demo_settings(Path(folder), 8000), SystemClock()))
        try:
            yield from _stored(client)
            yield from _answers(client)
        finally:
            client.close()


def _flows() -> Iterator[tuple[str, bytes]]:
    """The functional tests, run with the recorder beside them; a failed test is the business of `make test`."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.ndjson"
        files = [f"tests/functional/test_{name}.py" for name in FLOWS]
        marks = "not slow and not postgres and not official and not clients"
        paths = os.pathsep.join((str(ROOT / "conformance"), str(ROOT)))
        subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "recorder", "-m", marks, *files],
            check=False,
            env={**os.environ, "PYTHONPATH": paths, "HUB_RECORD": str(record)},
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            timeout=900,
        )
        for line in record.read_bytes().splitlines():
            name, body = msgspec.json.decode(line, type=tuple[str, msgspec.Raw])
            yield f"flow {name}", bytes(body)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stored(client: Client) -> Iterator[tuple[str, bytes]]:
    """Each resource by itself, and a few of the pages they come in."""
    for kind in sorted(RESOURCE_TYPES):
        path = f"{kind}?_count=100"
        for page in range(_PAGES):
            answer = client.get(path)
            assert answer.status_code == 200, answer.text
            if page < 1:
                yield f"searchset {kind}", answer.content
            bundle: Json = answer.json()
            for each in msgspec.json.decode(answer.content, type=_Bundle).entry:
                yield f"stored {kind}", bytes(each.resource)
            path = next((k["url"] for k in bundle["link"] if k["relation"] == "next"), "")
            path = path.partition("/fhir/")[2]
            if not path:
                break


class _Entry(msgspec.Struct):
    resource: msgspec.Raw


class _Bundle(msgspec.Struct):
    entry: tuple[_Entry, ...] = ()


def _answers(client: Client) -> Iterator[tuple[str, bytes]]:
    place = client.create(patient(4711))
    yield "capabilities", client.get("metadata").content
    yield "history of one", client.get(f"{place}/_history").content
    yield "history of a type", client.get("Patient/_history?_count=20").content
    yield "history of all", client.get("_history?_count=20").content
    entries = [entry("POST", "Patient", patient(4712)), entry("GET", place)]
    yield "transaction response", client.post("", transaction(*entries)).content
    for method, path, body in (
        ("GET", "Patient/nobody", None),
        ("GET", "Patient?foo=1", None),
        ("POST", "Patient", b"{"),
        ("POST", "Patient", {"resourceType": "Patient", "gender": "x", "foo": 1}),
        ("PUT", "Patient/a", {"resourceType": "Patient"}),
        ("PATCH", "metadata", None),
        ("POST", "Patient/$validate", patient()),
        ("POST", "", transaction(entry("POST", "Patient", patient(gender="f")))),
        ("GET", "Nothing", None),
    ):
        yield f"answer to {method} {path}", client.request(method, path, body).content
    patients = client.get("Patient?_count=1").json()["entry"][0]["resource"]["id"]
    yield "lastn", client.get(f"Observation/$lastn?patient={patients}").content
    yield "trend", client.get(f"Observation?patient={patients}&_sort=date&_count=50").content
