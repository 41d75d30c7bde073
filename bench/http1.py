"""A lean HTTP/1.1 client for measuring: keep-alive, no pipelining, one outstanding request per connection.

It builds requests beforehand and reads of an answer only its status, its length and, on demand, its body.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

HOST: Final = "127.0.0.1"
_LENGTH: Final = b"\r\ncontent-length:"


class LostError(RuntimeError):
    """The connection ended before the answer was whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response. Shape: `head` are the raw header lines."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """A header's name in lower case → its value, "" when it is not there."""
        mark = f"\r\n{name}:".encode()
        at = self.head.lower().find(mark)
        if at < 0:
            return ""
        return self.head[at + len(mark) :].partition(b"\r\n")[0].strip().decode("latin-1")


def get(path: str) -> bytes:
    """A path → the bytes of the request."""
    return f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\naccept: application/fhir+json\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    """A path and a body → the bytes of the request."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {HOST}\r\naccept: application/fhir+json\r\n"
        f"content-type: application/fhir+json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def take(data: bytes | bytearray) -> tuple[Answer, int] | None:
    """What has arrived → the first whole answer and where it ends, or None when more must come."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(data[:end])
    small = head.lower()
    if b"\r\ntransfer-encoding: chunked" in small:
        return _take_chunks(head, data, end + 4)
    stop = end + 4 + _length(small)
    if len(data) < stop:
        return None
    with memoryview(data) as view:  # one copy: the client's own work counts as the answer's
        return Answer(int(head[9:12]), head, bytes(view[end + 4 : stop])), stop


def _length(small: bytes) -> int:
    """A head in lower case → the length it tells, 0 where it tells none."""
    at = small.find(_LENGTH)
    return int(small[at + len(_LENGTH) :].partition(b"\r\n")[0]) if at >= 0 else 0


def _take_chunks(head: bytes, data: bytes | bytearray, at: int) -> tuple[Answer, int] | None:
    parts: list[bytes] = []
    while (line := data.find(b"\r\n", at)) >= 0:
        size = int(bytes(data[at:line]), 16)
        at = line + 2 + size + 2
        if len(data) < at:
            return None
        if size == 0:
            return Answer(int(head[9:12]), head, b"".join(parts)), at
        parts.append(bytes(data[line + 2 : at - 2]))
    return None


class Connection(asyncio.Protocol):
    """One keep-alive connection; `call` sends and waits."""

    def __init__(self) -> None:
        """Not connected yet."""
        self._buffer = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is there."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue] - uvloop's own class

    def data_received(self, data: bytes) -> None:
        """Some of an answer."""
        self._buffer += data
        found = take(self._buffer)
        if found is not None and self._waiting is not None:
            del self._buffer[: found[1]]
            waiting, self._waiting = self._waiting, None
            if not waiting.done():
                waiting.set_result(found[0])

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The end."""
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(LostError())

    async def call(self, request: bytes) -> Answer:
        """A request → its answer. Raises LostError."""
        if self._transport is None:
            raise LostError
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


async def connect(port: int) -> Connection:
    """A port of this machine → a connection. Raises OSError."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(Connection, HOST, port)
    return protocol


class Reader:
    """One blocking connection that receives into a place made ready beforehand: of large answers it costs the least.

    Shape: one request at a time; an answer has a `content-length` and is at most `room` bytes long.
    """

    def __init__(self, port: int, room: int = 4_000_000) -> None:
        """A port of this machine → connected. Raises OSError."""
        self._socket = socket.create_connection((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._place = bytearray(room)
        self._view = memoryview(self._place)

    def call(self, request: bytes) -> int:
        """A request → how long its answer is, which lies in the reader until the next call. Raises LostError."""
        self._socket.sendall(request)
        there, whole = 0, 0
        while not whole or there < whole:
            came = self._socket.recv_into(self._view[there:])
            if not came:
                raise LostError
            there += came
            if not whole and (end := self._place.find(b"\r\n\r\n", 0, there)) >= 0:
                whole = end + 4 + _length(bytes(self._view[:end]).lower())
        return whole

    def answer(self, whole: int) -> Answer:
        """How long the last answer is → it."""
        found = take(bytes(self._view[:whole]))
        if found is None:
            raise LostError
        return found[0]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@dataclass(slots=True)
class Run:
    """What a closed loop did. Units: seconds of a clock that never goes backwards."""

    statuses: dict[int, int] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0
    cpu: float = 0.0

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return self.ended - self.began

    @property
    def client_share(self) -> float:
        """The part of one core that the client itself took: near 1 it would be the bottleneck."""
        return self.cpu / self.seconds if self.seconds else 0.0


class _Loop(asyncio.Protocol):
    """One connection of a closed loop: the next request leaves when the answer is whole."""

    def __init__(self, requests: Iterator[bytes], run: Run, finished: Callable[[], None]) -> None:
        self._requests = requests
        self._run = run
        self._finished = finished
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue] - uvloop's own class
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            self._buffer += data
            data = bytes(self._buffer)
        end = data.find(b"\r\n\r\n")
        at = data.find(_LENGTH)
        if end >= 0 and at >= 0:
            stop = end + 4 + int(data[at + 17 : data.index(b"\r\n", at + 17)])
            if len(data) >= stop:
                self._buffer.clear()
                status = int(data[9:12])
                self._run.statuses[status] = self._run.statuses.get(status, 0) + 1
                self._next()
                return
        if not self._buffer:
            self._buffer += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._finished()


async def closed_loop(port: int, requests: list[bytes], connections: int) -> Run:
    """Requests and how many connections share them → when all are answered, what happened."""
    loop = asyncio.get_running_loop()
    run, left, done = Run(), connections, loop.create_future()

    def finished() -> None:
        nonlocal left
        left -= 1
        if left == 0 and not done.done():
            done.set_result(None)

    source = iter(requests)
    run.began, cpu = time.perf_counter(), time.process_time()
    for _ in range(connections):
        await loop.create_connection(lambda: _Loop(source, run, finished), HOST, port)
    await done
    run.ended, run.cpu = time.perf_counter(), time.process_time() - cpu
    if sum(run.statuses.values()) != len(requests):
        raise LostError
    return run
