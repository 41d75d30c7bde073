"""The gate of all requests: so many in work, so many waiting, the rest refused at once; none longer than it may take.

Probes pass by. What is refused costs no parsing, no store and no thread.
Source: RFC 9110 §15.5.9, §15.6.4; RFC 6585 §4.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from hub.api.auth import ACTOR, App, Message, Receive, Scope, Send
from hub.api.figures import Figures
from hub.api.rates import Rates
from hub.api.request_id import request_id_for
from hub.fhir.outcome import respond
from hub.limits import Limits
from hub.log import Event, log
from hub.policy import Actor
from hub.problems import Problem, ProblemCode

RUN: Final = "hub.run"
PROBES: Final = frozenset(("/live", "/ready", "/health", "/metrics"))
SLOW_S: Final = 2.0
"""An answer that took longer is told in the log."""
TICK_S: Final = 0.25
"""How often time-outs are looked for: one look for all requests is cheaper than a timer for each."""
_DETAILS: Final = {
    ProblemCode.OVERLOADED: "The hub has as much to do as it can; nothing was begun, try again",
    ProblemCode.THROTTLED: "You ask more than one caller may; nothing was begun",
    ProblemCode.TOO_SLOW: "The body did not arrive in time; nothing was stored",
    ProblemCode.TIMED_OUT: "The work took too long; a change may have been stored: read before you repeat it",
}


@dataclass(slots=True)
class Run:
    """One request on its way.

    Shape: `status` 0 until an answer begins; `reading` while its body is not whole; `until` when it is given up.
    Units: seconds on the gate's clock.
    """

    began: float
    until: float
    interaction: str = "page"
    status: int = 0
    reading: bool = True
    request_id: str = ""
    given_up: bool = False

    def has_body(self, limits: Limits) -> None:
        """The body is whole: from here on the request's own time counts."""
        self.reading = False
        self.until = self.began + limits.request_s


@dataclass(slots=True)
class _Waiting:
    until: float
    turn: asyncio.Future[bool]


@dataclass(slots=True)
class Traffic:
    """An ASGI layer. Shape: `clock` never goes backwards; `headers` are put on its own answers."""

    app: App
    limits: Limits
    figures: Figures
    clock: Callable[[], float]
    headers: tuple[tuple[bytes, bytes], ...] = ()
    rates: Rates | None = None
    _queue: deque[_Waiting] = field(default_factory=deque[_Waiting])
    _runs: dict[asyncio.Task[object], Run] = field(default_factory=dict[asyncio.Task[object], Run])
    _callers: Counter[str] = field(default_factory=Counter[str])
    _looking: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        began = self.clock()
        run = Run(began, began + self.limits.body_s)
        refused = await self._enter(scope)
        if refused is not None:
            self.figures.refused[refused.name.lower()] += 1
            await self._refuse(scope, send, refused)
            return
        scope[RUN] = run
        tell = telling(run, send)
        await self.keep(run, scope, tell, self.app(scope, receive, tell))

    def enter_now(self, scope: Scope) -> Run | None:
        """A request → begun, to be given to `keep`; None when it must wait or may not begin, which is told by asking as others do."""
        limits, figures, now = self.limits, self.figures, self.clock()
        if self._queue or figures.in_flight >= limits.in_flight or limits.per_client:
            return None
        rates = None if _is_open(scope) else self.rates
        if rates is not None and not rates.may_ask(_caller(scope), now):
            return None
        figures.in_flight += 1
        return Run(now, now + limits.body_s)

    async def keep(self, run: Run, scope: Scope, tell: Send, work: Awaitable[None]) -> None:
        """A request that has entered, and its work → done or given up, and counted; its place is free.

        Shape: the work sets `run.status`; what `tell` is given sets it too.
        """
        task = asyncio.current_task()
        assert task is not None
        self._runs[task] = run
        if self._looking is None:
            self._look_later()
        try:
            await work
        except asyncio.CancelledError:
            if run.status:  # half an answer: only closing the connection tells the truth
                raise
            task.uncancel()
            code = ProblemCode.TOO_SLOW if run.reading else ProblemCode.TIMED_OUT
            await self._refuse(scope, tell, code, run.request_id)
        finally:
            del self._runs[task]
            seconds = self.clock() - run.began
            self.figures.answered(run.interaction, run.status, seconds)
            if seconds > SLOW_S:
                _tell_slow(run, seconds)
            self._leave(scope)

    async def _enter(self, scope: Scope) -> ProblemCode | None:
        """A request → None when it may begin (it then must leave), or why not."""
        most, caller = self.limits.per_client, ""
        if self.rates is not None and not _is_open(scope):
            caller = _caller(scope)
            if not self.rates.may_ask(caller, self.clock()):
                return ProblemCode.THROTTLED
            caller = ""
        if most:
            caller = _caller(scope)
            if self._callers[caller] >= most:
                return ProblemCode.THROTTLED
            self._callers[caller] += 1
        if self.figures.in_flight < self.limits.in_flight and not self._queue:
            self.figures.in_flight += 1
            return None
        came = False
        try:
            came = await self._turn()
        finally:
            if not came:
                self._forget(caller)
        return None if came else ProblemCode.OVERLOADED

    async def _turn(self) -> bool:
        """Wait in line → whether the turn came."""
        if self.figures.waiting >= self.limits.waiting:
            return False
        mine = _Waiting(
            self.clock() + self.limits.wait_s, asyncio.get_running_loop().create_future()
        )
        self._queue.append(mine)
        self.figures.waiting += 1
        if self._looking is None:
            self._look_later()
        try:
            return await mine.turn
        except asyncio.CancelledError:
            if mine.turn.done() and not mine.turn.cancelled() and mine.turn.result():
                self.figures.in_flight -= 1
                self._next()
            raise
        finally:
            self.figures.waiting -= 1

    def _leave(self, scope: Scope) -> None:
        self.figures.in_flight -= 1
        if self.limits.per_client:
            self._forget(_caller(scope))
        if self._queue:
            self._next()

    def _forget(self, caller: str) -> None:
        if caller:
            self._callers[caller] -= 1
            if self._callers[caller] <= 0:
                del self._callers[caller]

    def _next(self) -> None:
        """A place is free → whoever waits longest has it."""
        while self._queue and self.figures.in_flight < self.limits.in_flight:
            first = self._queue.popleft()
            if not first.turn.done():
                self.figures.in_flight += 1
                first.turn.set_result(True)

    def _look_later(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(TICK_S, self._look)

    def _look(self) -> None:
        """Give up what has waited or worked too long, and look again while there is anything."""
        now = self.clock()
        while self._queue and self._queue[0].until <= now:
            first = self._queue.popleft()
            if not first.turn.done():
                first.turn.set_result(False)
        for task, run in self._runs.items():
            if run.until <= now and not run.given_up:
                run.given_up = True
                task.cancel()
        self._looking = None
        if self._queue or self._runs:
            self._look_later()

    async def _refuse(
        self, scope: Scope, send: Send, code: ProblemCode, request_id: str = ""
    ) -> None:
        answer = respond([Problem(code, _DETAILS[code])])
        headers = [
            (b"content-type", b"application/fhir+json;charset=utf-8"),
            (b"content-length", str(len(answer.body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-request-id", (request_id or _request_id(scope)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in answer.headers),
            *self.headers,
        ]
        if code is ProblemCode.TOO_SLOW:  # the rest of its body must not be read as a request
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})


def telling(run: Run, send: Send) -> Send:
    """What takes an answer → the same, noting the status."""

    def tell(message: Message) -> Awaitable[None]:  # no coroutine of its own for each message
        if message["type"] == "http.response.start":
            run.status = message["status"]
        return send(message)

    return tell


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return request_id_for(value.decode("latin-1"))
    return request_id_for(None)


def _is_open(scope: Scope) -> bool:
    actor: Actor | None = scope.get(ACTOR)
    return actor is not None and actor.kind == "development"


def _caller(scope: Scope) -> str:
    actor: Actor | None = scope.get(ACTOR)
    if actor is not None:
        return f"{actor.kind}/{actor.client_id or actor.id}"
    client = scope.get("client")
    return client[0] if client else "?"


def _tell_slow(run: Run, seconds: float) -> None:
    log(
        Event.REQUEST_SLOW,
        interaction=run.interaction,
        status=run.status,
        ms=round(seconds * 1000),
        request=run.request_id,
    )
