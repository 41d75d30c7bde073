"""A real hub under more than it can do: it refuses politely, answers its probes, and ends without losing anything."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.servers import Server
from tests.builders import entry, observation, patient, to_json, transaction
from tests.live_hub import all_from, base_of, client_of, line_to, live_hub

SMALL = {
    "HUB_MAX_IN_FLIGHT": "2",
    "HUB_MAX_WAITING": "4",
    "HUB_MAX_CONNECTIONS": "300",
    "HUB_HEADER_SECONDS": "1",
    "HUB_BODY_SECONDS": "1",
    "HUB_IDLE_SECONDS": "1",
    "HUB_MAX_URL_BYTES": "1000",
    "HUB_MAX_HEADER_BYTES": "4000",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A hub with little patience and little room."""
    with live_hub(tmp_path_factory.mktemp("small"), **SMALL) as server:
        yield server


def bundle(size: int) -> bytes:
    """A transaction that takes a while."""
    who = {"fullUrl": "urn:uuid:1", **entry("POST", "Patient", patient())}
    whole = transaction(
        who, *[entry("POST", "Observation", observation("urn:uuid:1")) for _ in range(size)]
    )
    return to_json(whole)


FHIR = {"content-type": "application/fhir+json"}


def test_more_than_it_can_do_is_refused_with_a_time_to_come_back_and_probes_are_answered(
    small: Server,
) -> None:
    async def storm() -> tuple[list[httpx.Response], list[float]]:
        bounds = httpx.Limits(max_connections=60)
        waits: list[float] = []
        async with httpx.AsyncClient(base_url=base_of(small), limits=bounds, timeout=60) as http:
            body = bundle(60)
            asked = [
                asyncio.create_task(http.post("/", content=body, headers=FHIR)) for _ in range(60)
            ]
            async with httpx.AsyncClient(timeout=60) as probe:
                while not all(task.done() for task in asked):
                    began = time.perf_counter()
                    answer = await probe.get(f"http://127.0.0.1:{small.port}/live")
                    waits.append(time.perf_counter() - began)
                    assert answer.status_code == 200
                    await asyncio.sleep(0.01)
            return await asyncio.gather(*asked), waits

    answers, waits = asyncio.run(storm())
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 503}
    assert statuses[200] >= 6
    for answer in answers:
        if answer.status_code == 503:
            assert answer.headers["Retry-After"].isdigit()
            assert answer.json()["issue"][0]["code"] == "transient"
    assert sorted(waits)[len(waits) // 2] < 1
    with client_of(small) as http:
        assert http.get("/fhir/Patient?_count=0").json()["total"] == statuses[200]


def test_headers_that_do_not_come_end_the_connection(small: Server) -> None:
    line = line_to(small)
    line.sendall(b"GET /fhir/metadata HTTP/1.1\r\nhost: 127.0.0.1\r\n")
    got = all_from(line)
    assert got.startswith(b"HTTP/1.1 408 ")
    assert b"too-slow" in got


def test_headers_that_come_drop_by_drop_end_the_connection(small: Server) -> None:
    line, began, sent = line_to(small), time.monotonic(), b""
    try:
        for byte in b"GET /fhir/metadata HTTP/1.1\r\nx-long: " + b"a" * 100:
            line.sendall(bytes([byte]))
            sent += bytes([byte])
            time.sleep(0.1)
    except OSError:
        pass
    line.close()
    assert time.monotonic() - began < 5
    assert len(sent) < 60


def test_a_connection_that_says_nothing_is_ended(small: Server) -> None:
    assert all_from(line_to(small)) == b""


def test_a_body_that_does_not_come_ends_the_connection(small: Server) -> None:
    line = line_to(small)
    line.sendall(
        b"POST /fhir/Patient HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/fhir+json\r\n"
        b"content-length: 1000\r\n\r\n{"
    )
    got = all_from(line)
    assert got.startswith(b"HTTP/1.1 408 ")
    assert b"too-slow" in got


def test_a_connection_that_rests_is_ended(small: Server) -> None:
    line = line_to(small)
    line.sendall(b"GET /live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    began = time.monotonic()
    assert all_from(line).startswith(b"HTTP/1.1 200 ")
    assert 0.5 < time.monotonic() - began < 5


@pytest.mark.parametrize("length", [900, 2000, 200_000])
def test_a_long_url_is_refused(small: Server, length: int) -> None:
    line = line_to(small)
    line.sendall(
        b"GET /fhir/Patient?_id="
        + b"a" * length
        + b" HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
    )
    got = all_from(line)
    assert got.startswith(b"HTTP/1.1 200 " if length < 1000 else b"HTTP/1.1 414 ")


@pytest.mark.parametrize("many", [10, 100])
def test_many_headers_are_refused(small: Server, many: int) -> None:
    line = line_to(small)
    headers = b"".join(b"x-h-%d: %s\r\n" % (n, b"a" * 60) for n in range(many))
    line.sendall(
        b"GET /live HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n" + headers + b"\r\n"
    )
    got = all_from(line)
    assert got.startswith(b"HTTP/1.1 200 " if many < 50 else b"HTTP/1.1 431 ")


def test_a_header_without_end_is_refused_before_it_fills_the_memory(small: Server) -> None:
    line = line_to(small)
    line.sendall(b"GET /live HTTP/1.1\r\nhost: 127.0.0.1\r\nx-long: ")
    sent = 0
    try:
        while sent < 50_000_000:
            line.sendall(b"a" * 65536)
            sent += 65536
    except OSError:
        pass
    line.close()
    assert sent < 10_000_000


def test_when_connections_run_out_the_ones_that_rest_make_room(small: Server) -> None:
    lines = [line_to(small) for _ in range(320)]
    with client_of(small) as http:
        assert http.get("/live").status_code == 200
        assert http.get("/fhir/Patient?_count=0").status_code == 200
    for line in lines:
        line.close()


def test_rubbish_behind_a_good_request_does_not_harm_its_answer(small: Server) -> None:
    line = line_to(small)
    line.sendall(b"GET /fhir/Patient?_count=0 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\nRUBBISH\r\n\r\n")
    assert all_from(line).startswith(b"HTTP/1.1 200 ")


def stored(server: Server) -> int:
    """A hub → how many patients it holds."""
    with client_of(server) as http:
        return http.get("/fhir/Patient?_count=0").json()["total"]


def test_at_sigterm_what_is_in_work_is_answered_and_kept(tmp_path: Path) -> None:
    answers: list[int] = []

    def send(server: Server) -> None:
        with client_of(server) as http:
            body = bundle(20)
            while True:
                try:
                    answers.append(http.post("/fhir", content=body, headers=FHIR).status_code)
                except httpx.NetworkError:  # refused, or reset where it waited: nothing was begun
                    return
                except httpx.RemoteProtocolError:  # a connection that rested was ended
                    return

    with live_hub(tmp_path) as server:
        senders = [threading.Thread(target=send, args=(server,)) for _ in range(6)]
        for sender in senders:
            sender.start()
        while len(answers) < 12 and any(sender.is_alive() for sender in senders):
            time.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=20)
        for sender in senders:
            sender.join()
        assert set(answers) == {200}
        assert "Traceback" not in server.log.read_text()
    with live_hub(tmp_path) as again:
        assert stored(again) == len(answers)


def test_while_it_drains_the_hub_is_not_ready_and_still_serves(tmp_path: Path) -> None:
    with live_hub(tmp_path, HUB_DRAIN_SECONDS="2") as server, client_of(server) as http:
        assert http.get("/ready").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert http.get("/ready").json()["because"] == ["the hub is stopping"]
        answer = http.post("/fhir/Patient", json=patient())
        assert (answer.status_code, answer.headers["Connection"]) == (201, "close")
        server.process.wait(timeout=20)


def test_a_request_that_does_not_end_is_given_up_at_the_end(tmp_path: Path) -> None:
    with live_hub(tmp_path, HUB_SHUTDOWN_SECONDS="1", HUB_BODY_SECONDS="60") as server:
        line = line_to(server)
        line.sendall(
            b"POST /fhir/Patient HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/fhir+json\r\n"
            b"content-length: 1000\r\n\r\n{"
        )
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        assert all_from(line).startswith(b"HTTP/1.1 408 ")
        server.process.wait(timeout=10)
