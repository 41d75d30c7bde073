"""The short way of a plain create against the general one: the same bytes on the wire, rows, figures and entries in the log."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from bench.calls import Wire
from hub.api.figures import Figures
from hub.api.known_heads import KnownHeads
from hub.api.protocol import BoundedHttp
from hub.api.short_way import ShortWay
from hub.clock import FixedClock
from hub.settings import read_settings
from hub.wiring import Hub, build_hub
from tests.builders import observation, patient, quantity, to_json
from tests.conftest import NOON
from tests.functional.conftest import DEVELOPMENT

WHO = "Patient/00000000-0000-4000-8000-000000000001"
USUAL = (
    "host: 127.0.0.1:8000",
    "content-type: application/fhir+json",
    "accept: application/fhir+json",
)
HEADERS = [
    *("accept: */*", "accept: application/fhir+xml", "accept: application/json", "accept: text/plain", "accept: "),
    *("content-type: application/json", "content-type: application/fhir+json; charset=utf-8", "content-type: text/xml"),
    *("content-type: application/fhir+json; fhirVersion=4.0", "content-type: application/fhir+json; charset=latin1"),
    *("host: 127.0.0.1", "host: elsewhere.example", "host: LOCALHOST:9", "user-agent: x", "x-request-id: mine-1", "x-request-id: with blank"),
    *("prefer: return=minimal", "prefer: return=OperationOutcome", "prefer: handling=lenient", "accept-encoding: gzip", "accept-encoding: br"),
    *("if-none-exist: identifier=x", 'if-match: W/"1"', "content-encoding: identity", "connection: close", "expect: 100-continue"),
    *("authorization: Bearer x", "dpop: x", "traceparent: 00-x", "origin: http://elsewhere", "transfer-encoding: chunked", "x-odd: 1"),
]  # fmt: skip
PATHS = ["/fhir/Observation"] * 4 + [
    *("/fhir/Patient", "/fhir/Device", "/fhir/Binary", "/fhir/Bundle", "/fhir/AuditEvent", "/fhir/Observation/", "/fhir/observation"),
    *("/fhir/Observation?", "/fhir/Observation?code=x", "/fhir/Observation?_pretty=true", "/fhir/%4fbservation", "/fhir%2fObservation"),
    *("/fhir/Observation/_search", "/fhir/Observation/1", "/fhir", "/fhir/13097248022"),
]  # fmt: skip
METHODS = ["POST"] * 12 + ["PUT", "GET", "HEAD", "PATCH", "OPTIONS"]
PLAIN = observation(WHO)
BODIES = [to_json(each) for each in (
    PLAIN,
    PLAIN,
    observation(WHO, value="94.50", identifier=[{"system": "urn:x", "value": "1"}], note=[{"text": 'æøå \\ "x"'}]),
    observation("Patient/nobody"),
    observation(WHO, valueString="x"),
    observation(WHO, effectiveDateTime="2026-02-30"),
    observation(WHO, performer=[{"reference": "Patient/other"}]),
    observation(WHO, id="mine", meta={"tag": [{"code": "SUBSETTED"}]}),
    observation(WHO, meta={"profile": ["http://x.example/p"], "security": [{"code": "R"}]}),
    observation(WHO, component=[{"code": {"text": "c"}, "valueQuantity": quantity("1")}] * 12),
    {**PLAIN, "status": "finale"},
    {**PLAIN, "subject": None},
    {k: v for k, v in PLAIN.items() if k != "subject"},
    patient(7),
    {"resourceType": "Device", "deviceName": [{"name": "x" * 1500, "type": "other"}]},
    {"resourceType": "AuditEvent"},
    {"resourceType": "Bundle", "type": "collection"},
    {"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="},
)] + [b"", b"{}", b"nothing", b"[]", b'{"resourceType":"Observation"', b"\xef\xbb\xbf" + to_json(PLAIN), b"\xff\xfe",
      to_json(PLAIN)[:-1] + b',"status":"final"}', b" \n" + to_json(PLAIN), b'{"a":' * 70 + b"1" + b"}" * 70]  # fmt: skip


class Line:
    """One hub and one connection after the other to it, by the short way or by the general one alone."""

    def __init__(self, url: str, runner: asyncio.Runner, *, short: bool) -> None:
        environment = {**DEVELOPMENT, "HUB_DATABASE_URL": url}
        self.hub: Hub = build_hub(read_settings(environment), FixedClock(NOON))
        self.runner = runner
        assert isinstance(self.hub.outer, ShortWay)
        self.app: Any = self.hub.outer if short else self.hub.outer.general
        self.known = KnownHeads(most=8 if short else 0)

    async def _say(self, chunks: Sequence[bytes], *, settle: bool) -> bytes:
        config = Config(self.app, interface="asgi3", ws="none", proxy_headers=False, server_header=False, log_config=None)  # fmt: skip
        config.load()
        wire, state = Wire(), ServerState()
        line = BoundedHttp(self.hub.settings.limits, self.hub.figures, lambda: False, self.hub.app.headers, self.known, config=config, server_state=state, app_state={})  # fmt: skip
        line.connection_made(wire)
        for chunk in chunks:
            line.data_received(chunk)
            await (_end(state) if settle else asyncio.sleep(0))
        await _end(state)
        line.connection_lost(None)
        return bytes(wire.written)

    def say(self, request: bytes, pieces: int = 1) -> str:
        """The bytes of a request → those of the answer, ids of requests left out, which are counted in the process."""
        step = max(1, -(-len(request) // pieces))
        return self.say_all([request[at : at + step] for at in range(0, len(request), step)])

    def say_all(self, chunks: Sequence[bytes], *, settle: bool = False) -> str:
        """Chunks on one connection, each after the answer to the last one where `settle` says so → all answers."""
        said = self.runner.run(asyncio.wait_for(self._say(chunks, settle=settle), 20))
        return _without_ids(said.decode("latin-1"))

    def stored(self) -> dict[str, list[Any]]:
        """Nothing → what the hub holds, and what it has counted."""
        tables = ("observation", "resource", "series", "index_text", "audit_event", "judgement")
        found: dict[str, list[Any]] = {}

        def read(connection: Any) -> None:
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            for table in sorted(names & set(tables)):
                rows = connection.execute(f"SELECT * FROM {table}").fetchall()
                found[table] = [[_shown(cell) for cell in row] for row in rows]

        self.runner.run(self.hub.store.engine.read(read))
        return {**found, "figures": _counted(self.hub.figures)}


async def _end(state: ServerState) -> None:
    """A server → once nothing is under way on it."""
    while state.tasks:
        await asyncio.gather(*state.tasks, return_exceptions=True)


def _without_ids(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{16}\b", "*", text)


def _shown(cell: Any) -> Any:
    """A cell → what both hubs must agree on: links of the chain follow from the ids of requests."""
    if isinstance(cell, bytes):
        return "link" if len(cell) == 32 else _without_ids(cell.decode("latin-1"))
    return _without_ids(cell) if isinstance(cell, str) else cell


def _counted(figures: Figures) -> list[Any]:
    latency = sorted((name, sum(each.counts)) for name, each in figures.latency.items())
    return [latency, sorted(figures.answers.items()), figures.refused, figures.in_flight]


@contextmanager
def two_lines(folder: Path, new_database: Path) -> Iterator[tuple[Line, Line]]:
    """A folder and an empty database → a hub with the short way and one without, each with a patient in it."""
    lines: list[Line] = []
    with asyncio.Runner() as runner:
        for short in (True, False):
            path = folder / f"{short}.db"
            shutil.copy(new_database, path)
            lines.append(Line(f"sqlite:///{path}", runner, short=short))
            assert "201 Created" in lines[-1].say(request(body=to_json(patient())))
        yield lines[0], lines[1]
        for line in lines:
            line.hub.store.engine.close()


def request(
    method: str = "POST",
    path: str = "/fhir/Patient",
    headers: tuple[str, ...] = USUAL,
    body: bytes = b"",
) -> bytes:
    """The parts of a request → its bytes; the length is told unless the body comes in chunks."""
    chunked = any(each.startswith("transfer-encoding") for each in headers)
    length = () if chunked else (f"content-length: {len(body)}",)
    head = "\r\n".join([f"{method} {path} HTTP/1.1", *headers, *length, "", ""])
    return head.encode("latin-1") + (b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked and body else b"0\r\n\r\n" if chunked else body)  # fmt: skip


@pytest.fixture
def lines(tmp_path: Path, new_database: Path) -> Iterator[tuple[Line, Line]]:
    """A hub with the short way, and one without."""
    with two_lines(tmp_path, new_database) as both:
        yield both


def test_both_ways_answer_each_header_and_each_body_alike(lines: tuple[Line, Line]) -> None:
    short, general = lines
    observed = "/fhir/Observation"
    asked = [request(path=observed, headers=(*USUAL, each), body=BODIES[0]) for each in HEADERS]
    asked += [request(path=observed, headers=(each,), body=BODIES[0]) for each in HEADERS]
    asked += [request(path=observed, body=each) for each in BODIES]
    asked += [request(path=each, body=BODIES[0]) for each in PATHS]
    for sent in asked:
        for _ in range(2):  # the second time the head is known
            assert general.say(sent) == short.say(sent), sent[:400]
    assert short.known.seen
    assert general.stored() == short.stored()


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS),
    headers=st.lists(st.sampled_from([*USUAL, *HEADERS]), max_size=6, unique=True),
    body=st.sampled_from(BODIES),
    pieces=st.integers(1, 4),
)
def test_both_ways_answer_any_request_alike(
    lines: tuple[Line, Line],
    method: str,
    path: str,
    headers: list[str],
    body: bytes,
    pieces: int,
) -> None:
    sent = request(method, path, tuple(headers), body)
    short, general = lines
    assert general.say(sent, pieces) == short.say(sent, pieces)
    assert _counted(general.hub.figures) == _counted(short.hub.figures)


def test_a_plain_create_is_told_in_one_piece_and_once(lines: tuple[Line, Line]) -> None:
    said = lines[0].say(request(path="/fhir/Observation", body=BODIES[0]))
    assert said.count("HTTP/1.1") == 1
    head, _, body = said.partition("\r\n\r\n")
    told = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert json.loads(body)["subject"]["reference"] == WHO
    assert (told["etag"], told["content-length"]) == ('W/"1"', str(len(body.encode("latin-1"))))


def test_a_known_head_is_taken_for_nothing_more_than_it_is(lines: tuple[Line, Line]) -> None:
    short, general = lines
    whole = request(path="/fhir/Observation", body=BODIES[0])
    other = request(path="/fhir/Observation", body=BODIES[0][:-1] + b"]")
    longer = whole + b"GET /live HTTP/1.1\r\nhost: localhost\r\n\r\n"
    chunks = [whole, whole, whole[:50], whole[50:], whole + whole, longer, other, whole[:-9], whole[-9:], whole, whole[:-1] + b"\x00", b"\r\n", whole, b"x" + whole]  # fmt: skip
    assert general.say_all(chunks[:7], settle=True) == short.say_all(chunks[:7], settle=True)
    assert general.say_all(chunks) == short.say_all(chunks)
    assert general.say_all(chunks[9:], settle=True) == short.say_all(chunks[9:], settle=True)
    assert short.known.seen
