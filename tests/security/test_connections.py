"""Bytes on a connection against the hub's own HTTP: each request is one request, whatever is written around it.

The protocol runs in this process before an application that notes what it is given. Source: security README §9; RFC 9112 §3, §6, §7, §9.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from hub.api.figures import Figures
from hub.api.protocol import BoundedHttp
from hub.api.slow_reader import LEAST_BYTES_A_SECOND
from hub.limits import Limits

BOUNDS: Final = replace(Limits(), header_s=1, idle_s=1, header_bytes=4096, url_bytes=1024)
HOST: Final = b"host: hub.example\r\n"
HIDDEN: Final = b"GET /hidden HTTP/1.1\r\n" + HOST + b"\r\n"


@dataclass
class Noted:
    """What the application was given, and what it answers."""

    answer: bytes = b"ok"
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    headers: list[list[tuple[bytes, bytes]]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        self.asked.append((scope["method"], scope["path"], body))
        self.headers.append(list(scope["headers"]))
        length = (b"content-length", b"%d" % len(self.answer))
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": self.answer})

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


@dataclass
class Place:
    """A hub that listens: its application, its connections, and where it is."""

    app: Noted
    state: ServerState
    figures: Figures
    port: int

    async def say(self, *sent: bytes, ends: bool = False) -> bytes:
        """Pieces of bytes → what came back until the hub ended the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in sent:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01 if len(sent) > 1 else 0)
            if ends:
                writer.write_eof()
            return await asyncio.wait_for(reader.read(), 8)
        except ConnectionError:
            return b""
        finally:
            writer.close()


def listening(
    test: Callable[[Place], Awaitable[None]], app: Noted | None = None, bounds: Limits = BOUNDS
) -> None:
    """A test → it is run against a hub that listens in this process."""

    async def main() -> None:
        noted, state, figures = app or Noted(), ServerState(), Figures()
        config = Config(noted, log_config=None, lifespan="off", timeout_keep_alive=bounds.idle_s)
        config.load()

        def line() -> BoundedHttp:
            return BoundedHttp(
                bounds, figures, lambda: False, (), config=config, server_state=state, app_state={}
            )

        server = await asyncio.get_running_loop().create_server(line, "127.0.0.1", 0)
        async with server:
            await test(Place(noted, state, figures, server.sockets[0].getsockname()[1]))

    asyncio.run(main())


def statuses(got: bytes) -> list[int]:
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", got)]


def get(path: bytes = b"/a", *more: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return b"".join((b"GET ", path, b" ", version, b"\r\n", HOST, *(m + b"\r\n" for m in more), b"\r\n"))  # fmt: skip


def post(body: bytes, *more: bytes) -> bytes:
    return b"".join((b"POST /a HTTP/1.1\r\n", HOST, *(m + b"\r\n" for m in more), b"\r\n", body))


CHUNKED: Final = b"transfer-encoding: chunked"
NO_REQUEST: Final = {
    "no version": b"GET /a\r\n\r\n",
    "version 0.9": get(version=b"HTTP/0.9"),
    "version 2.0": get(version=b"HTTP/2.0"),
    "version 1.2": get(version=b"HTTP/1.2"),
    "the beginning of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a proxy's line": b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + HIDDEN,
    "a tunnel": b"CONNECT hub.example:443 HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN,
    "lines that end in newlines": b"GET /a HTTP/1.1\nhost: hub.example\n\n",
    "a bare carriage return": get(b"/a", b"x: a\rcontent-length: 5"),
    "a zero byte in a header": get(b"/a", b"x: a\0b"),
    "a zero byte in the path": get(b"/a\0b"),
    "a space in the path": get(b"/a b"),
    "a tab in the path": get(b"/a\tb"),
    "bytes above 127 in the path": get(b"/\xc3\xa5"),
    "a fragment": get(b"/a#b"),
    "a target without a path": get(b"http://hub.example"),
    "a target with a user": get(b"http://hub.example@evil.example/a"),
    "a target of nothing": get(b"?x"),
    "a header before the line": b"x: y\r\n" + HIDDEN,
    "a method in small letters": b"get /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "a header without a name": get(b"/a", b": y"),
    "a header without a colon": get(b"/a", b"x"),
    "a blank in a header's name": get(b"/a", b"x y: z"),
    "a folded header": get(b"/a", b"x: y\r\n z"),
    "a length that is none": post(b"hello", b"content-length: 0x5"),
    "a length of many digits": post(b"hello", b"content-length: " + b"9" * 40),
    "the same length twice": post(b"hello", b"content-length: 5", b"content-length: 5"),
    "length and chunks": post(b"0\r\n\r\n", b"content-length: 5", CHUNKED),
    "chunks and length": post(b"0\r\n\r\n", CHUNKED, b"content-length: 5"),
    "chunks that are packed": post(b"0\r\n\r\n", b"transfer-encoding: gzip, chunked"),
    "chunks twice": post(b"0\r\n\r\n", b"transfer-encoding: chunked, chunked"),
    "chunks by another name": post(b"0\r\n\r\n", b"transfer-encoding: \xa0chunked"),
    "too long a path": get(b"/" + b"a" * 1100),
    "too long a header": get(b"/a", b"x: " + b"a" * 5000),
    "headers without an end": b"GET /a HTTP/1.1\r\n" + b"x: y\r\n" * 2000,
}  # fmt: skip


@pytest.mark.parametrize("name", NO_REQUEST)
def test_what_is_no_request_reaches_nothing_and_neither_does_what_follows(name: str) -> None:
    async def test(place: Place) -> None:
        got = await place.say(NO_REQUEST[name] + HIDDEN)
        assert set(statuses(got)) <= {400, 405, 408, 414, 431}
        assert len(statuses(got)) <= 1
        assert place.app.paths == []
        assert b"operationoutcome" in got.lower() or not got

    listening(test)


@pytest.mark.parametrize("size", [b"-1", b"0x1", b"1 ", b"+1", b"g", b"", b"f" * 17, b"1\n", b"1;a=\0"])  # fmt: skip
def test_a_chunk_that_is_none_ends_the_connection_and_hides_nothing(size: bytes) -> None:
    async def test(place: Place) -> None:
        await place.say(post(size + b"\r\na\r\n0\r\n\r\n" + HIDDEN, CHUNKED), ends=True)
        assert "/hidden" not in place.app.paths

    listening(test)


def test_what_stands_behind_a_chunked_body_is_no_header() -> None:
    trailer = b"0\r\nauthorization: DPoP x\r\nhost: evil.example\r\nx-tenant: 2\r\n\r\n"

    async def test(place: Place) -> None:
        got = await place.say(post(b"2\r\nhi\r\n" + trailer + HIDDEN, CHUNKED))
        assert statuses(got) == [200, 200]
        assert place.app.asked == [("POST", "/a", b"hi"), ("GET", "/hidden", b"")]
        assert place.app.headers[0] == [(b"host", b"hub.example"), (b"transfer-encoding", b"chunked")]  # fmt: skip

    listening(test)


def test_what_stands_behind_a_chunked_body_is_bounded() -> None:
    async def test(place: Place) -> None:
        await place.say(post(b"0\r\n" + b"x: y\r\n" * 4000, CHUNKED), ends=True)
        assert place.app.asked == []

    listening(test)


@pytest.mark.parametrize("wish", [b"h2c", b"websocket", b"TLS/1.0"])
def test_a_wish_for_another_protocol_is_passed_over_and_the_connection_ends(wish: bytes) -> None:
    """What follows was meant for the other protocol: read as requests, it would be answers that nobody asked for."""

    async def test(place: Place) -> None:
        asked = get(b"/a", b"connection: upgrade", b"upgrade: " + wish)
        for sent in ((asked + HIDDEN,), (asked, HIDDEN)):
            got = await place.say(*sent)
            assert statuses(got) == [200]
            assert b"connection: close" in got
        assert place.app.paths == ["/a", "/a"]

    listening(test)


def test_the_host_in_the_target_counts_and_not_the_header() -> None:
    async def test(place: Place) -> None:
        for target in (b"http://evil.example/a", b"http://evil.example:81/a", b"http://[::1]/a"):
            assert statuses(await place.say(get(target, b"connection: close"))) == [200]
        said = [[v for n, v in headers if n == b"host"] for headers in place.app.headers]
        assert said == [[b"evil.example"], [b"evil.example:81"], [b"[::1]"]]

    listening(test)


def test_a_word_to_go_on_is_given_once_and_to_who_knows_it() -> None:
    expects = b"expect: 100-continue"

    async def test(place: Place) -> None:
        got = await place.say(post(b"hello", b"content-length: 5", expects, b"connection: close"))
        assert statuses(got) == [100, 200]
        old = post(b"hello", b"content-length: 5", expects).replace(b"HTTP/1.1", b"HTTP/1.0")
        assert statuses(await place.say(old)) == [200]
        other = post(b"hello", b"content-length: 5", b"expect: 200-ok", b"connection: close")
        assert statuses(await place.say(other)) == [200]

    listening(test)


def test_the_answer_to_head_has_no_body_that_could_be_read_as_the_next_answer() -> None:
    async def test(place: Place) -> None:
        got = await place.say(get().replace(b"GET", b"HEAD") + get(b"/b", b"connection: close"))
        assert [len(part) for part in re.split(rb"\r\n\r\n", got)][-1] == len(place.app.answer)
        assert statuses(got) == [200, 200]
        assert got.count(place.app.answer) == 1

    listening(test, Noted(b"SECRET-BODY"))


def test_a_caller_that_ends_its_half_leaves_nothing_behind() -> None:
    async def test(place: Place) -> None:
        for sent in (get(), get()[:-2], post(b"he", b"content-length: 5"), b"", post(b"5\r\nhe", CHUNKED)):  # fmt: skip
            assert set(statuses(await place.say(sent, ends=True))) <= {200}
        assert set(place.app.paths) <= {"/a"}
        assert all(body == b"" for _, _, body in place.app.asked)
        await asyncio.sleep(0.05)
        assert (place.figures.connections, len(place.state.connections)) == (0, 0)
        assert not place.state.tasks

    listening(test)


def deaf(place: Place, *sent: bytes) -> socket.socket:
    """A caller that asks and never reads."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    line.connect(("127.0.0.1", place.port))
    line.sendall(b"".join(sent))
    return line


@pytest.mark.parametrize(("many", "last"), [(1, b""), (40, b""), (1, b"x: " + b"y" * 5000)])
def test_who_does_not_take_its_answers_is_cut_off_and_holds_no_place(
    many: int, last: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Also while the connection is being closed, and whatever it asked for behind them is not begun."""
    large = Noted(b"x" * 4_000_000)

    async def test(place: Place) -> None:
        with deaf(place, get() * many, get(b"/b", *([last] if last else []))):
            await asyncio.sleep(0.3)
            begun = len(place.app.asked)
            assert begun == 1  # what is not taken stops what follows
            assert not place.state.tasks  # and nothing works meanwhile
            for _ in range(60):
                await asyncio.sleep(0.1)
                if not place.figures.connections:
                    break
            assert (place.figures.connections, len(place.app.asked)) == (0, begun)

    listening(test, large)
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


def test_who_takes_its_answer_slowly_gets_the_whole_of_it() -> None:
    size = 4 * LEAST_BYTES_A_SECOND * 400
    large = Noted(b"x" * size)

    async def test(place: Place) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port, limit=4096)
        writer.write(get(b"/a", b"connection: close"))
        got = 0
        while part := await reader.read(size // 30):
            got += len(part)
            await asyncio.sleep(0.01 if got > size // 8 else 0.3)
        assert got > size
        writer.close()

    listening(test, large)


def test_no_bytes_break_a_connection_for_the_next() -> None:
    """Each prefix of a good request, and a good request with one byte changed: the next caller is served."""
    whole = post(b"5\r\nhello\r\n0\r\n\r\n", CHUNKED, b"x: y")

    async def test(place: Place) -> None:
        for at in range(len(whole)):
            for odd in (b"\0", b"\n", b"\r", b" ", b":", b"\xff"):
                got = statuses(await place.say(whole[:at] + odd + whole[at + 1 :], ends=True))
                assert set(got) <= {200, 400, 408, 414, 431}, (at, odd)
        assert statuses(await place.say(get(b"/last", b"connection: close"))) == [200]

    listening(test)
