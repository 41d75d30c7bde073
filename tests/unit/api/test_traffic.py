"""The gate: so many in work, so many waiting, the rest refused at once, and none longer than it may take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from hub.api.auth import ACTOR, Message, Receive, Scope, Send
from hub.api.figures import Figures
from hub.api.traffic import RUN, Run, Traffic
from hub.limits import Limits
from hub.policy import Actor


class Gate:
    """A gate before an application that waits until it is told to go on."""

    def __init__(self, **limits: int) -> None:
        self.limits = Limits(**limits)
        self.figures = Figures()
        self.now = 0.0
        self.go = asyncio.Event()
        self.begun = 0
        self.whole_body = True
        self.half = False
        self.traffic = Traffic(self.app, self.limits, self.figures, lambda: self.now)

    async def app(self, scope: Scope, _: Receive, send: Send) -> None:
        self.begun += 1
        run: Run = scope[RUN]
        if self.whole_body:
            run.has_body(self.limits)
        if self.half:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.go.wait()
        if not self.half:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    def ask(
        self, path: str = "/fhir/Patient", more: Scope | None = None, **scope: Any
    ) -> asyncio.Task[dict[str, Any]]:
        """A request, begun."""
        return asyncio.get_running_loop().create_task(
            self._ask({"path": path, **scope, **(more or {})})
        )

    async def _ask(self, more: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {"headers": {}, "body": b""}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                answer["headers"] = dict(message["headers"])
            else:
                answer["body"] += message["body"]

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "GET", "headers": [], "client": ("192.0.2.1", 1), **more}
        await self.traffic(scope, receive, send)
        return answer


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


def run(story: Callable[[], Awaitable[None]]) -> None:
    """A story → told to its end."""

    async def told() -> None:
        await story()

    asyncio.run(told())


def code_of(answer: dict[str, Any]) -> str:
    """A refusal → our code."""
    return msgspec.json.decode(answer["body"])["issue"][0]["details"]["coding"][0]["code"]


def test_only_so_many_are_in_work_and_the_next_begin_in_order() -> None:
    async def story() -> None:
        gate = Gate(in_flight=2, waiting=5)
        tasks = [gate.ask() for _ in range(4)]
        await settle()
        assert (gate.begun, gate.figures.in_flight, gate.figures.waiting) == (2, 2, 2)
        gate.go.set()
        assert [t["status"] for t in await asyncio.gather(*tasks)] == [200] * 4
        assert (gate.figures.in_flight, gate.figures.waiting) == (0, 0)

    run(story)


def test_when_as_many_wait_as_may_the_next_is_refused_at_once_with_a_time_to_come_back() -> None:
    async def story() -> None:
        gate = Gate(in_flight=1, waiting=1)
        first, second = gate.ask(), gate.ask()
        await settle()
        refused = await gate.ask(headers=[(b"x-request-id", b"mine")])
        assert (refused["status"], code_of(refused)) == (503, "overloaded")
        assert refused["headers"][b"retry-after"].isdigit()
        assert refused["headers"][b"x-request-id"] == b"mine"
        assert gate.begun == 1
        gate.go.set()
        assert (await first)["status"] == (await second)["status"] == 200
        assert gate.figures.refused == {"overloaded": 1}

    run(story)


def test_probes_pass_by_a_full_gate() -> None:
    async def story() -> None:
        gate = Gate(in_flight=1, waiting=0)
        gate.traffic.app = seen = Seen()
        gate.figures.in_flight = 1
        for path in ("/live", "/ready", "/health", "/metrics"):
            await gate.ask(path)
        assert seen.paths == ["/live", "/ready", "/health", "/metrics"]

    run(story)


class Seen:
    """An application that notes what came."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, _: Receive, __: Send) -> None:
        self.paths.append(scope["path"])


def test_who_waits_too_long_is_refused_and_who_came_later_still_has_a_turn() -> None:
    async def story() -> None:
        gate = Gate(in_flight=1, waiting=5, wait_s=5, request_s=600)
        first, early = gate.ask(), gate.ask()
        await settle()
        gate.now = 4.0
        late = gate.ask()
        await settle()
        gate.now = 6.0
        refused = await early
        assert (refused["status"], code_of(refused)) == (503, "overloaded")
        gate.go.set()
        assert (await first)["status"] == (await late)["status"] == 200

    run(story)


def test_a_request_that_takes_too_long_is_given_up_and_told_so() -> None:
    async def story() -> None:
        gate = Gate(request_s=60)
        asked = gate.ask()
        await settle()
        gate.now = 59.0
        await asyncio.sleep(0.3)
        assert not asked.done()
        gate.now = 61.0
        answer = await asked
        assert (answer["status"], code_of(answer)) == (503, "timed-out")
        assert gate.figures.answers == {("page", 503): 1}
        assert gate.figures.in_flight == 0

    run(story)


def test_a_body_that_does_not_come_is_given_up_sooner_and_the_connection_ends() -> None:
    async def story() -> None:
        gate = Gate(body_s=20, request_s=60)
        gate.whole_body = False
        asked = gate.ask()
        await settle()
        gate.now = 21.0
        answer = await asked
        assert (answer["status"], code_of(answer)) == (408, "too-slow")
        assert answer["headers"][b"connection"] == b"close"

    run(story)


def test_half_an_answer_is_not_made_to_look_whole() -> None:
    async def story() -> None:
        gate = Gate(request_s=60)
        gate.half = True
        asked = gate.ask()
        await settle()
        gate.now = 61.0
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert gate.figures.in_flight == 0

    run(story)


def test_one_caller_may_have_so_many_and_others_are_not_hindered() -> None:
    async def story() -> None:
        gate = Gate(per_client=1)
        ada = Actor("development", "ada", "Ada", 1)
        first = gate.ask(more={ACTOR: ada})
        await settle()
        refused = await gate.ask(more={ACTOR: ada})
        assert (refused["status"], code_of(refused)) == (429, "throttled")
        assert refused["headers"][b"retry-after"].isdigit()
        other = gate.ask()
        await settle()
        assert gate.begun == 2
        gate.go.set()
        assert (await first)["status"] == (await other)["status"] == 200
        assert (await gate.ask(more={ACTOR: ada}))["status"] == 200

    run(story)


def test_a_caller_that_hangs_up_while_waiting_leaves_no_trace() -> None:
    async def story() -> None:
        gate = Gate(in_flight=1, waiting=5, per_client=2)
        first, second = gate.ask(), gate.ask()
        await settle()
        second.cancel()
        await settle()
        assert gate.figures.waiting == 0
        gate.go.set()
        assert (await first)["status"] == 200
        tasks = [gate.ask(), gate.ask()]
        assert [t["status"] for t in await asyncio.gather(*tasks)] == [200, 200]

    run(story)


def test_a_turn_that_came_to_a_caller_who_had_just_hung_up_goes_to_the_next() -> None:
    async def story() -> None:
        gate = Gate(in_flight=1, waiting=5)
        first, second, third = gate.ask(), gate.ask(), gate.ask()
        await settle()
        gate.go.set()
        await first  # its place goes to the second, which has not run since
        second.cancel()
        assert (await third)["status"] == 200
        assert (gate.figures.in_flight, gate.figures.waiting) == (0, 0)

    run(story)


def test_a_refused_head_request_has_no_body() -> None:
    async def story() -> None:
        gate = Gate(in_flight=1, waiting=0)
        first = gate.ask()
        await settle()
        refused = await gate.ask(method="HEAD")
        assert (refused["status"], refused["body"]) == (503, b"")
        gate.go.set()
        await first

    run(story)
