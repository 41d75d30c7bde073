"""Bytes that are nearly HTTP, or nothing like it: the server answers none of them with a fault of its own, and stays up."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.servers import Server
from tests.live_hub import all_from, client_of, line_to, live_hub

METHODS = [b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI", b"get", b"", b"G\x00T", b"A" * 300]  # fmt: skip
TARGETS = [
    b"/fhir/metadata", b"/fhir/Patient", b"/fhir/Patient?name=%", b"/fhir/Patient/%00", b"/fhir/%ff%fe", b"/fhir/%2e%2e/x",
    b"http://other/fhir/Patient", b"other:80", b"*", b"", b"//", b"/fhir/Patient?\xc3\xa5=\xff", b"/fhir/\xc3", b"/" + b"a" * 9000,
    b"/fhir/Patient?a b", b"/live", b"/fhir/Patient#x", b"?",
]  # fmt: skip
VERSIONS = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.1.1", b"HTTP/", b"http/1.1", b"", b"HTTP/1.1 x"]  # fmt: skip
HEADERS = [
    b"host: x", b"host:", b"Host : x", b" folded: x", b"no colon", b": no name", b"a\x00b: c", b"x: \x00", b"x: \xff\xfe", b"x: " + b"y" * 40_000,
    b"content-length: 5", b"content-length: 2", b"content-length: -1", b"content-length: +5", b"content-length: 1e3", b"content-length: 5, 5",
    b"content-length: 99999999999999999999999", b"content-length: \xd9\xa3", b"content-length:", b"transfer-encoding: chunked", b"transfer-encoding: gzip, chunked",
    b"transfer-encoding: identity", b"transfer-encoding: chunked, chunked", b"transfer-encoding: \x0bchunked", b"content-encoding: gzip", b"content-encoding: br, gzip",
    b"content-type: application/fhir+json", b"content-type: ;;;=", b"content-type: \xff", b"expect: 100-continue", b"expect: x", b"upgrade: websocket",
    b"connection: upgrade", b"connection: \x00", b"accept: */*;q=x", b"accept: \xff/", b"if-match: W/", b'if-match: "', b"if-modified-since: 31 Feb",
    b"prefer: ;", b"if-none-exist: %", b"range: bytes=-", b"authorization: Bearer", b"x-request-id: \x7f", b"http2-settings: AA", b"sec-websocket-key: x",
]  # fmt: skip
BODIES = [
    b"", b"{}", b"hello", b"0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"2\r\n{}\r\n0\r\nx: y\r\n\r\n", b"-1\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5;ext=\x00\r\nhello\r\n0\r\n\r\n",
    b"ffffffffffffffffffff\r\n", b"5\nhello\n0\n\n", b"g\r\n", b"5\r\nhel", b"\x1f\x8b\x08", b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n",
]  # fmt: skip
ENDS = [b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"]
BYTES = st.binary(max_size=60)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request line, headers and a body, each right or wrong by itself; now and then a byte is changed, or the end cut."""
    end = draw(st.sampled_from(ENDS))
    line = [
        draw(st.sampled_from(METHODS)),
        draw(st.sampled_from(TARGETS)),
        draw(st.sampled_from(VERSIONS)),
    ]
    headers = draw(st.lists(st.sampled_from(HEADERS), max_size=5))
    whole = end.join([b" ".join(line), *headers, b"", draw(st.sampled_from(BODIES))])
    place, change = draw(st.integers(0, len(whole))), draw(st.sampled_from(["", "", "cut", "put"]))
    if change == "cut":
        return whole[:place]
    return whole[:place] + draw(BYTES) + whole[place:] if change == "put" else whole


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A hub that does not wait long for what never comes."""
    quick = {"HUB_HEADER_SECONDS": "1", "HUB_BODY_SECONDS": "1", "HUB_IDLE_SECONDS": "1"}
    with live_hub(tmp_path_factory.mktemp("raw"), **quick) as made:
        yield made


def answers(server: Server, sent: bytes) -> list[int]:
    """Bytes → the statuses that came back for them until the server ended the connection."""
    got = b""
    with line_to(server) as line:
        try:
            line.sendall(sent)
            with suppress(OSError):  # the other side may have ended it already
                line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                got += piece
        except ConnectionError:
            pass
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})[ \r]", got)]


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=st.one_of(requests(), requests(), requests(), st.binary(max_size=300)))
def test_no_bytes_are_answered_with_a_fault_of_the_server(server: Server, sent: bytes) -> None:
    assert [status for status in answers(server, sent) if status >= 500] == []
    assert server.process.poll() is None


@pytest.mark.parametrize("size", [b"-1", b"0x1a", b"+1a", b"g", b"", b"f" * 17])
def test_a_body_whose_chunks_cannot_be_read_is_answered_at_once(
    server: Server, size: bytes
) -> None:
    """Waited for until its time was over, each held a place among the requests in work for twenty seconds."""
    head = (
        b"POST /fhir/Patient HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/fhir+json\r\n"
    )
    behind = b"GET /live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    got = b""
    with line_to(server) as line, suppress(ConnectionError):
        line.sendall(
            head + b"transfer-encoding: chunked\r\n\r\n" + size + b"\r\n{}\r\n0\r\n\r\n" + behind
        )
        while piece := line.recv(65536):
            got += piece
    assert [b"400"] == re.findall(rb"HTTP/1\.1 (\d{3})", got)


def test_the_same_server_answers_ordinary_requests_afterwards(server: Server) -> None:
    good = b"GET /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    assert answers(server, good) == [200]
    assert answers(server, b"\x16\x03\x01\x02\x00" + bytes(200)) == [400]
    with client_of(server) as http:
        assert http.get("/fhir/metadata").status_code == 200
        assert http.get("/ready").status_code == 200


@pytest.mark.parametrize(
    ("line", "status", "allow"),
    [
        (b"FOO /fhir/Patient HTTP/1.1", 405, "DELETE, GET, HEAD, PATCH, POST, PUT"),
        (b"get /fhir/Patient?name=x HTTP/1.1", 405, "DELETE, GET, HEAD, PATCH, POST, PUT"),
        (b"FOO /fhir/metadata HTTP/1.1", 405, "GET, HEAD"),
        (b"FOO /fhir HTTP/1.1", 405, "GET, HEAD, POST"),
        (b"FOO /live HTTP/1.1", 405, "GET, HEAD"),
        (b"PURGE /fhir/metadata HTTP/1.1", 405, "GET, HEAD"),
        (b"GET /fhir/Patient?name=Pr\xc3\xb8ve HTTP/1.1", 400, ""),
        (b"FOO HTTP/1.1", 400, ""),
        (b"F\x00O /fhir/Patient HTTP/1.1", 400, ""),
    ],
)
def test_a_method_nobody_knows_is_405_and_what_is_no_request_400(
    server: Server, line: bytes, status: int, allow: str
) -> None:
    with line_to(server) as wire:
        wire.sendall(line + b"\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        got = all_from(wire).decode()
    assert got.startswith(f"HTTP/1.1 {status} ")
    assert re.findall(r"\nallow: (.*)\r", got) == ([allow] if allow else [])
    assert '"resourceType":"OperationOutcome"' in got


def test_a_method_nobody_knows_is_405_behind_another_request_too(server: Server) -> None:
    first = b"GET /live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
    with line_to(server) as wire:
        wire.sendall(first)
        assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")
        wire.sendall(b"FOO /fhir/metadata HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        got = all_from(wire).decode()
    assert got.startswith("HTTP/1.1 405 ")
    assert re.findall(r"\nallow: (.*)\r", got) == ["GET, HEAD"]


@pytest.mark.parametrize("written", ["Åse".encode(), "Åse".encode("latin-1"), b"Kari Nordmann"])
def test_a_name_that_is_not_percent_encoded_is_refused_with_what_to_do(
    server: Server, written: bytes
) -> None:
    with line_to(server) as line:
        line.sendall(b"GET /fhir/Patient?name=" + written + b" HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        got = all_from(line)
    assert got.startswith(b"HTTP/1.1 400 ")
    assert b"blanks and what is not ASCII are percent-encoded" in got
    assert answers(server, b"GET /live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n") == [200]
