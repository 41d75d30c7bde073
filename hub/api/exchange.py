"""One request and its answer on a connection, as the ASGI application sees them: `receive` and `send`.

It stands in the place of uvicorn's own, whose cost for each request was that of parsing and checking a value: the answer
leaves in one piece, its headers are checked together, and nothing is made for a body that has come with its headers.
Source: https://asgi.readthedocs.io/en/latest/specs/www.html; RFC 9112 §6, §7.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HEADER_RE, STATUS_LINE

from hub.api.auth import WHOLE

if TYPE_CHECKING:
    from hub.api.auth import App, Message, Scope

Headers = Sequence[tuple[bytes, bytes]]

_ODD: Final = bytes(c for c in (*range(32), 127) if c not in b"\t\r\n")
"""What must not stand in a header; the ends of lines are counted."""
_NAMES: Final[set[bytes]] = set()
"""Names of headers that are known to be well formed: those the hub has in its code."""
_FRAMING: Final = frozenset((b"content-length", b"transfer-encoding", b"connection"))
_COPIED: Final = 32 * 1024
"""Up to this length a body is put behind its head, so that they leave together; a longer one is not copied. Units: bytes."""
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_FAILED: Final = b"Internal Server Error"
_LOG: Final = logging.getLogger("uvicorn.error")


class Line(Protocol):
    """The connection an exchange is on."""

    transport: asyncio.Transport
    flow: FlowControl
    loop: asyncio.AbstractEventLoop
    tasks: set[asyncio.Task[None]]

    def default_headers(self) -> Headers:
        """The headers that every answer has."""
        ...

    def on_response_complete(self) -> None:
        """The answer is whole."""
        ...

    def hang_up(self) -> None:
        """No more requests: what was written is taken by the caller, or given up."""
        ...


class Exchange:
    """Shape: `response_started` once the application has begun its answer, which leaves with the first part of its body."""

    __slots__ = (
        "_chunked",
        "_head",
        "_left",
        "_line",
        "_news",
        "_parts",
        "_size",
        "_waiter",
        "broken",
        "disconnected",
        "expects",
        "keep_alive",
        "more_body",
        "response_complete",
        "response_started",
        "scope",
    )

    def __init__(self, line: Line, scope: Scope, *, expects: bool, keep_alive: bool) -> None:
        """A connection and a request on it; `expects` when the body comes only after a word from here."""
        self._line = line
        self.scope = scope
        scope[WHOLE] = self.whole
        self.expects = expects
        self.keep_alive = keep_alive
        self.broken = False
        self.disconnected = False
        self.more_body = True
        self.response_started = False
        self.response_complete = False
        self._parts: list[bytes] = []
        self._size = 0
        self._news = False
        self._waiter: asyncio.Future[None] | None = None
        self._head = b""
        self._chunked = False
        self._left = 0

    # What the connection tells

    @property
    def message_event(self) -> Exchange:
        """What uvicorn wakes when a connection is lost."""
        return self

    def set(self) -> None:
        """There is something to receive: a part of the body, its end, or the end of the connection."""
        self._news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def take(self, part: bytes) -> None:
        """A part of the body has come."""
        self._parts.append(part)
        self._size += len(part)
        if self._size > HIGH_WATER_LIMIT:
            self._line.flow.pause_reading()
        self.set()

    def break_off(self) -> None:
        """Nothing more can be read: a body that is not whole is not waited for, and the connection ends behind the answer."""
        self.keep_alive = False
        if self.more_body:
            self.broken = True
            self.set()

    # What the application asks and tells

    async def run(self, app: App) -> None:
        """The application → its answer is sent; one that failed is told, and the connection ends."""
        task = asyncio.current_task(self._line.loop)
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as error:  # noqa: BLE001 - as uvicorn: whatever it was, the caller is told and it is logged
            if not isinstance(error, asyncio.CancelledError):  # given up, which is told elsewhere
                _LOG.error("Exception in ASGI application\n", exc_info=error)
            await self._fail()
        else:
            if self.broken and not self.response_started:
                self._line.hang_up()
            elif not self.response_complete and not self.disconnected:
                _LOG.error("ASGI callable returned without completing response.")
                await self._fail()
        finally:
            if task is not None:
                self._line.tasks.discard(task)

    async def receive(self) -> Message:
        """Nothing → the next part of the body, or that the caller is gone."""
        line = self._line
        if self.expects and not line.transport.is_closing():
            line.transport.write(_CONTINUE)
            self.expects = False
        if not self.disconnected and not self.response_complete and not self.broken:
            line.flow.resume_reading()
            while not self._news:
                self._waiter = line.loop.create_future()
                await self._waiter
            self._news = False
        if self.disconnected or self.response_complete or self.broken:
            return {"type": "http.disconnect"}
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts, self._size = [], 0
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def send(self, message: Message) -> None:
        """A message of the answer → on its way. Raises RuntimeError when it is none."""
        flow = self._line.flow
        if flow.write_paused and not self.disconnected:
            await flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if kind == "http.response.start" and not self.response_started:
            self._head = self._start(message["status"], message["headers"])
            self.response_started = True
            self.expects = False
        elif kind == "http.response.body" and self.response_started and not self.response_complete:
            self._body(message.get("body", b""), more=message.get("more_body", False))
        else:
            raise RuntimeError(f"an answer cannot go on with {kind}")

    def whole(self, status: int, head: bytes, body: bytes) -> bool:
        """A whole answer → on its way; False when it must be told by messages.

        Shape: `head` are lines that need no look: none frames the body otherwise than it is, or holds what a caller wrote.
        """
        line = self._line
        if self.response_started or self.disconnected or not self.keep_alive:
            return False
        if line.flow.write_paused or len(body) > _COPIED:
            return False
        self.response_started = self.response_complete = True
        self.expects = False
        line.transport.write(
            b"".join((STATUS_LINE[status], _lines(line.default_headers()), head, b"\r\n", body))
        )
        self.set()
        line.on_response_complete()
        return True

    def _start(self, status: int, headers: Headers) -> bytes:
        """A status and headers → the head of the answer, by which the caller finds the end of its body."""
        lines = [STATUS_LINE[status]]
        framed = closes = False
        for name, value in (*self._line.default_headers(), *headers):
            if name not in _NAMES:
                _check_name(name)
            if name in _FRAMING:
                closes = closes or (name == b"connection" and b"close" in value.lower())
                self._frame(name, value)
                framed = framed or name != b"connection"
            lines.append(b"%s: %s\r\n" % (name, value))
        if closes:
            self.keep_alive = False
        elif not self.keep_alive:
            lines.append(b"connection: close\r\n")
        if not framed and self.scope["method"] != "HEAD" and status not in (204, 304):
            self._chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")
        head = b"".join(lines)
        ends = head.count(b"\n")
        if ends != len(lines) or head.count(b"\r") != ends or head.translate(None, _ODD) != head:
            raise RuntimeError("Invalid HTTP header value.")
        return head + b"\r\n"

    def _frame(self, name: bytes, value: bytes) -> None:
        if name == b"content-length":
            self._left = int(value)
        elif name == b"transfer-encoding":
            self._chunked = value.lower() == b"chunked"

    def _body(self, body: bytes, *, more: bool) -> None:
        if self.scope["method"] == "HEAD":
            body, self._left = b"", 0
        elif self._chunked:
            body = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
            if not more:
                body += b"0\r\n\r\n"
        else:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("Response content is not as long as Content-Length")
        transport = self._line.transport
        if len(body) > _COPIED:
            transport.writelines((self._head, body))
            self._head = b""
        elif self._head or body:
            transport.write(self._head + body)
            self._head = b""
        if not more:
            self.response_complete = True
            self.set()
            if not self.keep_alive:
                self._line.hang_up()
            self._line.on_response_complete()

    async def _fail(self) -> None:
        """The application broke off: before anything has left the caller is told, after it only the end is the truth."""
        if self.disconnected:
            return
        if self.response_started and not self._head:
            self._line.hang_up()
            return
        self.response_started = self._chunked = False
        headers = (
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(_FAILED)),
            (b"connection", b"close"),
        )
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": _FAILED})


def _lines(headers: Headers) -> bytes:
    """The headers that every answer has → as they are written: once for as long as they hold, of which uvicorn makes new ones."""
    global _written  # noqa: PLW0603 - the last ones are remembered
    if _written[0] is not headers:
        _written = (headers, b"".join([b"%s: %s\r\n" % header for header in headers]))
    return _written[1]


_written: tuple[object, bytes] = (None, b"")


def _check_name(name: bytes) -> None:
    if HEADER_RE.search(name) or name != name.lower():
        raise RuntimeError("Invalid HTTP header name.")
    if len(_NAMES) < HIGH_WATER_LIMIT:
        _NAMES.add(name)
