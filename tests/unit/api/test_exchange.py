"""One request and its answer on a connection: what leaves, in which pieces, and what is never sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from hub.api.exchange import Exchange


class _Flow:
    write_paused = False

    def __init__(self) -> None:
        self.told: list[str] = []

    async def drain(self) -> None:
        self.told.append("drained")

    def pause_reading(self) -> None:
        self.told.append("paused")

    def resume_reading(self) -> None:
        self.told.append("resumed")


class _Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def writelines(self, parts: Sequence[bytes]) -> None:
        self.written += parts

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class _Line:
    def __init__(self) -> None:
        self.transport: Any = _Transport()
        self.flow: Any = _Flow()
        self.loop = asyncio.get_running_loop()
        self.tasks: set[asyncio.Task[None]] = set()
        self.complete = 0

    def default_headers(self) -> list[tuple[bytes, bytes]]:
        return [(b"date", b"today")]

    def on_response_complete(self) -> None:
        self.complete += 1

    def hang_up(self) -> None:
        self.transport.close()


def _exchange(
    line: _Line, method: str = "GET", *, expects: bool = False, keep_alive: bool = True
) -> Exchange:
    return Exchange(line, {"method": method}, expects=expects, keep_alive=keep_alive)


def _start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _body(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _run(test: Callable[[_Line], Awaitable[None]]) -> None:
    async def main() -> None:
        await test(_Line())

    asyncio.run(main())


def test_an_answer_leaves_in_one_piece_with_the_headers_of_every_answer() -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line)
        await exchange.send(_start((b"content-length", b"2"), (b"etag", b'W/"1"')))
        await exchange.send(_body(b"{}"))

        expected = b'HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 2\r\netag: W/"1"\r\n\r\n{}'
        assert line.transport.written == [expected]
        assert (exchange.response_complete, line.complete) == (True, 1)
        assert not line.transport.closed

    _run(test)


def test_a_long_body_follows_its_head_as_it_is() -> None:
    async def test(line: _Line) -> None:
        exchange, body = _exchange(line), b"x" * 100_000
        await exchange.send(_start((b"content-length", b"100000")))
        await exchange.send(_body(body))

        head, sent = line.transport.written
        assert head == b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 100000\r\n\r\n"
        assert sent is body
        assert exchange.response_complete

    _run(test)


def test_an_answer_without_a_length_is_chunked_and_ends_with_an_empty_chunk() -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line)
        await exchange.send(_start())
        await exchange.send(_body(b"abc", more=True))
        await exchange.send(_body(b"", more=True))
        await exchange.send(_body(b"d"))

        sent = b"".join(line.transport.written)
        assert sent.endswith(b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n")

    _run(test)


def test_the_answer_to_head_has_the_length_of_get_and_no_body() -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line, "HEAD")
        await exchange.send(_start((b"content-length", b"2")))
        await exchange.send(_body(b"{}"))

        assert line.transport.written[0].endswith(b"content-length: 2\r\n\r\n")

    _run(test)


def test_an_answer_that_says_close_or_must_close_closes_the_connection() -> None:
    async def test(line: _Line) -> None:
        for exchange, headers in (
            (_exchange(line), ((b"content-length", b"0"), (b"connection", b"Close"))),
            (_exchange(line, keep_alive=False), ((b"content-length", b"0"),)),
        ):
            line.transport = _Transport()
            await exchange.send(_start(*headers))
            await exchange.send(_body(b""))

            assert line.transport.written[0].lower().count(b"connection: close\r\n") == 1
            assert line.transport.closed

    _run(test)


@pytest.mark.parametrize(
    "header",
    [
        (b"location", b"/fhir\r\nset-cookie: a=b"),
        (b"location", b"/fhir\nx: y"),
        (b"location", b"a\x00b"),
        (b"location", b"a\x7fb"),
        (b"bad name", b"x"),
        (b"Upper", b"x"),
    ],
)
def test_a_header_that_would_break_out_of_its_line_is_not_sent(header: tuple[bytes, bytes]) -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line)

        with pytest.raises(RuntimeError):
            await exchange.send(_start(header))
        assert line.transport.written == []

    _run(test)


@pytest.mark.parametrize(("length", "bodies"), [(b"1", [b"ab"]), (b"3", [b"ab"])])
def test_a_body_that_is_not_as_long_as_said_is_a_fault(length: bytes, bodies: list[bytes]) -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line)
        await exchange.send(_start((b"content-length", length)))

        with pytest.raises(RuntimeError):
            await exchange.send(_body(bodies[0]))

    _run(test)


def test_messages_out_of_their_order_are_a_fault() -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line)
        with pytest.raises(RuntimeError):
            await exchange.send(_body(b""))
        await exchange.send(_start((b"content-length", b"0")))
        with pytest.raises(RuntimeError):
            await exchange.send(_start())
        await exchange.send(_body(b""))
        with pytest.raises(RuntimeError):
            await exchange.send(_body(b""))

    _run(test)


def test_a_body_is_received_in_parts_and_waited_for() -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line, "POST")
        exchange.take(b"a")
        exchange.take(b"b")
        assert (await exchange.receive())["body"] == b"ab"

        waiting = asyncio.create_task(exchange.receive())
        await asyncio.sleep(0)
        exchange.take(b"c")
        exchange.more_body = False
        exchange.message_event.set()
        assert await waiting == {"type": "http.request", "body": b"c", "more_body": False}

    _run(test)


def test_a_long_body_that_nobody_takes_stops_the_reading() -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line, "POST")
        exchange.take(b"a" * 70_000)
        await exchange.receive()

        assert line.flow.told == ["paused", "resumed"]

    _run(test)


def test_a_caller_that_waits_for_a_word_gets_it_when_its_body_is_wanted() -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line, "POST", expects=True)
        exchange.set()
        await exchange.receive()

        assert line.transport.written == [b"HTTP/1.1 100 Continue\r\n\r\n"]

    _run(test)


def test_a_lost_connection_is_told_and_nothing_is_sent_on_it() -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line, "POST")
        exchange.disconnected = True
        exchange.set()

        assert await exchange.receive() == {"type": "http.disconnect"}
        await exchange.send(_start())
        assert line.transport.written == []

    _run(test)


def test_a_caller_that_reads_slowly_is_waited_for() -> None:
    async def test(line: _Line) -> None:
        exchange = _exchange(line)
        line.flow.write_paused = True
        await exchange.send(_start((b"content-length", b"0")))

        assert line.flow.told == ["drained"]

    _run(test)


def test_an_application_that_fails_is_told_as_500_unless_something_has_left() -> None:
    async def fails(_: Any, __: Any, send: Any) -> None:
        await send(_start())
        raise ValueError("no")

    async def breaks_off(_: Any, __: Any, send: Any) -> None:
        await send(_start())
        await send(_body(b"a", more=True))
        raise ValueError("no")

    async def says_nothing(*_: Any) -> None:
        return None

    async def test(line: _Line) -> None:
        for app, expected in ((fails, 1), (breaks_off, 0), (says_nothing, 1)):
            line.transport = _Transport()
            task = asyncio.create_task(_exchange(line).run(app))
            line.tasks.add(task)
            await task
            sent = b"".join(line.transport.written)
            assert sent.count(b"HTTP/1.1 500 Internal Server Error\r\n") == expected
            assert line.transport.closed
            assert line.tasks == set()

    _run(test)


def test_an_application_whose_caller_is_gone_sends_nothing_more() -> None:
    async def fails(*_: Any) -> None:
        raise ValueError("no")

    async def test(line: _Line) -> None:
        exchange = _exchange(line)
        exchange.disconnected = True
        await exchange.run(fails)

        assert line.transport.written == []

    _run(test)
