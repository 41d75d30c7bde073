"""HTTP/1.1 on one connection, with the bounds uvicorn leaves to others: length of URL and headers, time, connections.

What cannot be a request is answered as everything else is, with an OperationOutcome, and the connection is closed.
Imported only where a server runs: uvicorn takes its time.
Source: RFC 9110 §15.5; RFC 9112 §3, §9; RFC 6585 §5.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from hub.api.exchange import Exchange, Headers
from hub.api.figures import Figures
from hub.api.known_heads import KnownHead, KnownHeads
from hub.api.refused_head import render_refusal
from hub.api.slow_reader import SlowReader
from hub.api.target import host_of, names_host, odd_method, split_target
from hub.limits import Limits
from hub.problems import ProblemCode

_VERSIONS: Final = frozenset(("1.1", "1.0"))


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol with our limits.

    Shape: `_head` bytes of the headers that have come so far, None while none are awaited; `_between` when the parser awaits
    a request of which nothing has come; `stopping` tells that the hub ends, so that answers ask callers to connect elsewhere.
    """

    def __init__(
        self,
        limits: Limits,
        figures: Figures,
        stopping: Callable[[], bool],
        headers: tuple[tuple[bytes, bytes], ...],
        known: KnownHeads = KnownHeads(most=0),  # noqa: B008 - remembers nothing
        *,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Ours first, then what uvicorn gives each connection."""
        super().__init__(config, server_state, app_state, _loop)
        self._limits, self._figures = limits, figures
        self._stopping = stopping
        self._extra = headers
        self._known, self._between = known, True
        self._head: int | None = 0
        self._size, self._came = 0, b""
        self._fault = ProblemCode.MALFORMED_HTTP
        self._timer: asyncio.TimerHandle | None = None
        self._behind: deque[Exchange] = deque()
        self._under_way: Exchange | None = None
        self._rested, self._resting = 0.0, cast("asyncio.TimerHandle | None", None)
        self._reader: SlowReader | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn
        """A caller connected; the first request must come in time."""
        super().connection_made(transport)
        self._figures.connections += 1
        self._reader = SlowReader(transport, self.loop, self._limits.header_s)
        self._timer = self.loop.call_later(self._limits.header_s, self._too_slow)
        if len(self.connections) > self._limits.connections and not self._make_room():
            self._refuse(ProblemCode.OVERLOADED)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection ended."""
        super().connection_lost(exc)
        self._figures.connections -= 1
        self._stop_timer()
        if self._resting is not None:
            self._resting.cancel()
        if self._reader is not None:
            self._reader.stop()
        self._behind.clear()

    def pause_writing(self) -> None:
        """The caller does not take its answers as fast as they are made."""
        super().pause_writing()
        if self._reader is not None:
            self._reader.watch()

    def resume_writing(self) -> None:
        """The caller has taken what waited for it: what it asked for meanwhile begins."""
        super().resume_writing()
        if self._behind and self._under_way is None and not self.transport.is_closing():
            self._begin(self._behind.pop())

    def hang_up(self) -> None:
        """No more requests: the connection ends once the caller has what was written, or does not take it."""
        self.transport.close()
        if self._reader is not None:
            self._reader.watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request, or of several."""
        rests = self._between and not self._under_way and not self._behind
        if rests and not self.flow.write_paused and (found := self._known.find(data)) is not None:
            self._again(*found)
            return
        if self._head is not None:
            self._head += len(data)
        if self._head is not None or self._between:
            self._came = data
        super().data_received(data)
        self._came = b""
        if self._head is None:
            if rests and self._between and self._under_way:
                self._known.learn(data, self._under_way)
            return
        if self._head > self._limits.header_bytes + self._limits.url_bytes:
            self._refuse(ProblemCode.HEADERS_TOO_LARGE)
        elif self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(self._limits.header_s, self._too_slow)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._between = False
        self._head = 1
        self._size = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the URL."""
        self.url += url
        if len(self.url) > self._limits.url_bytes:
            self._give_up(ProblemCode.URL_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. Where a body ends is told by its length or by chunks, and by nothing that another reads otherwise.

        "If a Transfer-Encoding header field is present in a request and the chunked transfer coding is not the final
        encoding ... the server MUST respond with the 400 status code" (RFC 9112 §6.3); we take no other coding at all. What
        comes behind a chunked body is counted and otherwise passed over: whoever looked at the headers has done so.
        """
        self._size += len(name) + len(value)
        if self._size > self._limits.header_bytes:
            self._give_up(ProblemCode.HEADERS_TOO_LARGE)
        if self._head is None:
            return
        name = name.lower()
        self.headers.append((name, value))
        if name == b"transfer-encoding":
            if value.strip().lower() != b"chunked":
                self._give_up(ProblemCode.MALFORMED_HTTP)
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        """All headers are there: the application begins, or waits until the request before it is answered."""
        self._head = None
        self._stop_timer()
        parser, scope = cast("Any", self.parser), self.scope
        version = parser.get_http_version()
        if version not in _VERSIONS:
            raise ValueError(version)
        scope["http_version"] = version
        scope["method"] = parser.get_method().decode("ascii")
        if names_host(self.url):  # then what the Host header says does not count (RFC 9112 §3.2.2)
            named = (b"host", host_of(self.url))
            self.headers[:] = [named, *(each for each in self.headers if each[0] != b"host")]
        scope["path"], scope["raw_path"], scope["query_string"] = split_target(self.url)
        # What follows a request to go on in another protocol is read by nobody: the connection ends with the answer
        keep = version == "1.1" and parser.should_keep_alive() and not parser.should_upgrade()
        exchange = Exchange(
            self,
            cast("dict[str, Any]", scope),
            expects=self.expect_100_continue and version == "1.1",
            keep_alive=keep and not self._stopping(),
        )
        self.cycle = exchange  # pyright: ignore[reportAttributeAccessIssue] - it has what uvicorn asks of its own
        if self._under_way is None and not self._behind and not self.flow.write_paused:
            self._begin(exchange)
        else:  # a request that was sent before the answer to the last one was made, or taken
            self.flow.pause_reading()
            self._behind.appendleft(exchange)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        exchange = cast("Exchange", self.cycle)
        if not exchange.response_complete:
            exchange.take(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._between = True
        exchange = cast("Exchange", self.cycle)
        if not exchange.response_complete:
            exchange.more_body = False
            exchange.set()

    def on_response_complete(self) -> None:
        """An answer is whole: the next request, or rest."""
        self.server_state.total_requests += 1
        self._under_way = None
        if self.transport.is_closing():
            return
        if self._behind:
            if not self.flow.write_paused:
                self._begin(self._behind.pop())
            return
        self.flow.resume_reading()
        self._rested = self.loop.time()
        if self._resting is None:
            self._resting = self.loop.call_later(self.timeout_keep_alive, self._rest_is_over)

    def default_headers(self) -> Headers:
        """The headers that every answer has: uvicorn renews the date among them."""
        return self.server_state.default_headers

    def _again(self, known: KnownHead, body: bytes) -> None:
        """A request with a head that came before: what the parser and the steps above would have made of it."""
        self._head = None
        self._stop_timer()
        super().on_message_begin()
        self.headers += known.headers
        scope = cast("dict[str, Any]", self.scope)
        scope.update(known.scope)
        exchange = Exchange(self, scope, expects=False, keep_alive=not self._stopping())
        self.cycle = exchange  # pyright: ignore[reportAttributeAccessIssue] - as above
        exchange.more_body = False
        exchange.take(body)
        self._begin(exchange)

    def _begin(self, exchange: Exchange) -> None:
        self._under_way = exchange
        self.tasks.add(self.loop.create_task(exchange.run(cast("Any", self).app)))

    def _rest_is_over(self) -> None:
        """A connection on which nothing has come for long is closed: one look now and then costs less than a timer a request."""
        self._resting = None
        if self.transport.is_closing():
            return
        left = self._rested + self.timeout_keep_alive - self.loop.time()
        if left <= 0 and self.rests():
            self.hang_up()
        else:
            self._resting = self.loop.call_later(max(left, 1), self._rest_is_over)

    def _unsupported_upgrade_warning(self) -> None:
        """A wish for another protocol is nothing to write a line about: anybody may send many."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - what uvicorn says of it is not for callers
        """What came cannot be taken as a request."""
        allow = odd_method(self._came, sys.exception())
        self._refuse(ProblemCode.METHOD_NOT_ALLOWED if allow else self._fault, allow)

    def _give_up(self, code: ProblemCode) -> None:
        """From within the parser: the exception ends its work, and send_400_response answers."""
        self._fault = code
        raise ValueError(code.name)

    def _too_slow(self) -> None:
        self._timer = None
        if not self._busy():
            self._refuse(ProblemCode.TOO_SLOW)

    def _busy(self) -> bool:
        """Whether an answer is still to be given: nothing may be written before it."""
        return bool(self.cycle) and not self.cycle.response_complete

    def _refuse(self, code: ProblemCode, more: Headers = ()) -> None:
        """Answer with a problem and hang up; a caller that has sent nothing is just hung up on."""
        if self.transport.is_closing():
            return
        self._figures.refused[code.name.lower()] += 1
        if self._busy():  # the answer under way goes out first, then the connection ends
            cast("Exchange", self.cycle).break_off()
            self.flow.pause_reading()
            return
        if code is not ProblemCode.TOO_SLOW or self._head:
            headers = (*self.server_state.default_headers, *self._extra, *more)
            self.transport.write(render_refusal(code, headers))
        self.hang_up()

    def _make_room(self) -> bool:
        """As many connections as may be → whether one that rests could be closed."""
        for other in cast("set[object]", self.connections):
            if other is not self and isinstance(other, BoundedHttp) and other.rests():
                other.hang_up()
                return True
        return False

    def rests(self) -> bool:
        """Whether nothing is under way on this connection: between two requests, or before the first."""
        return not self._head and not self._busy() and not self.transport.is_closing()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
