"""The load of the kill tests: clients that post values and keep a log of what was answered, and a hospital that drops files."""

from __future__ import annotations

import http.client
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bench.kill_judge import ClientLog, DroppedMessage, SentValue, Zone
from bench.kill_messages import build_message
from bench.town import MEASURES, Citizen, Measure, observation
from hub.clock import SystemClock
from hub.standin.delivery import Part, write_part
from hub.transport.file_drop import READY_ENDING, Drop, NameFacts, build_name

ZONES: Final[tuple[Zone, ...]] = ("green", "green", "yellow", "red")
SENDER_HER: Final = "8092011"
_TIMEOUT_S: Final = 20
_LATEST_S: Final = 3600


@dataclass(slots=True)
class _Value:
    """One value while the test runs."""

    key: str
    citizen: Citizen
    measure: Measure
    zone: Zone
    body: bytes
    tries: int = 0
    acknowledged: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Load:
    """Everything that is sent, and the log of it.

    Shape: `dice` decides everything; `refused` answers other than 201; `excused` while the database is away, as 503 is then no fault.
    """

    port: int
    drop: Drop
    clock: SystemClock
    dice: random.Random
    refused: list[str] = field(default_factory=list[str])
    in_flight: set[int] = field(default_factory=set[int])
    excused: bool = False
    on_sent: Callable[[], None] = lambda: None
    on_red: Callable[[Citizen], None] = lambda _: None
    answers: int = 0
    _values: dict[str, _Value] = field(default_factory=dict[str, _Value])
    _unanswered: list[_Value] = field(default_factory=list[_Value])
    _messages: list[DroppedMessage] = field(default_factory=list[DroppedMessage])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def log(self) -> ClientLog:
        """Nothing → the log as it stands."""
        with self._lock:
            values = tuple(
                SentValue(
                    v.key,
                    v.citizen.id,
                    v.citizen.rule(v.measure),
                    v.zone,
                    v.tries,
                    tuple(v.acknowledged),
                )
                for v in self._values.values()
            )
            return ClientLog(values, tuple(self._messages), self.answers)

    def counts(self) -> tuple[int, int, int]:
        """Nothing → how many values were sent, 201s were seen, and files were dropped."""
        with self._lock:
            acknowledged = sum(len(v.acknowledged) for v in self._values.values())
            return len(self._values), acknowledged, sum(m.copies for m in self._messages)

    def red_places(self) -> set[tuple[str, str]]:
        """Nothing → the (patient, rule) pairs of which a red was acknowledged."""
        with self._lock:
            return {
                (v.citizen.id, v.measure.key)
                for v in self._values.values()
                if v.zone == "red" and v.acknowledged
            }

    def client(self, number: int, people: tuple[Citizen, ...], stop: threading.Event) -> None:
        """One connection: posts values, one after the other, until the server is gone or the round is over."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)
        while not stop.is_set():
            value = self._next(people)
            try:
                again = self._post(line, number, value, stop)
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self._unanswered.append(
                        value
                    )  # stays in `in_flight`: a request without an answer
                break
            if again:
                continue
            stop.wait(self.dice.random() * 0.06)
        line.close()

    def _next(self, people: tuple[Citizen, ...]) -> _Value:
        """A new value, or now and then one whose answer was lost, or one that was answered already."""
        with self._lock:
            if self._unanswered and self.dice.random() < 0.5:
                return self._unanswered.pop(self.dice.randrange(len(self._unanswered)))
            if self._values and self.dice.random() < 0.08:
                known = list(self._values.values())[-60:]
                return self.dice.choice(known)
            number = len(self._values)
            citizen, measure = self.dice.choice(people), self.dice.choice(MEASURES)
            zone = self.dice.choice(ZONES)
            key = f"kill-{number}"
            at = self.clock.now() - timedelta(
                seconds=self.dice.randrange(_LATEST_S), milliseconds=number % 1000
            )
            body = observation(citizen, measure, zone, at, key, self.dice.randrange(8))
            value = self._values[key] = _Value(key, citizen, measure, zone, body)
            return value

    def _post(
        self, line: http.client.HTTPConnection, number: int, value: _Value, stop: threading.Event
    ) -> bool:
        with self._lock:
            value.tries += 1
            self.in_flight.add(number)
        line.request(
            "POST",
            "/fhir/Observation",
            value.body,
            {"content-type": "application/fhir+json", "accept": "application/fhir+json"},
        )
        self.on_sent()
        answer = line.getresponse()
        if answer.status == 201:
            # The status line and Location are the acknowledgement, whatever becomes of the rest
            found = (answer.getheader("location") or "").split("/")
            with self._lock:
                value.acknowledged.append(found[-3])
                self.in_flight.discard(number)
            if value.zone == "red":
                self.on_red(value.citizen)
        elif self.excused and answer.status in (500, 503):
            told = answer.read()
            with self._lock:  # what was not stored is sent again, and so is what nobody knows of
                value.tries -= b'"busy"' in told
                self._unanswered.append(value)
            stop.wait(0.05)
            return True
        else:
            with self._lock:
                self.in_flight.discard(number)
                value.tries -= 1
                self.refused.append(f"{answer.status} {answer.read(300)!r}")
            return True
        answer.read()
        return False

    def hospital(self, people: tuple[Citizen, ...], stop: threading.Event) -> None:
        """Drops a message for one patient after the other, now and then the same file twice."""
        for number, citizen in enumerate(people):
            if stop.wait(self.dice.random() * 0.3):
                return
            msg_id = self.clock.new_id()
            now = self.clock.now().astimezone()
            data = build_message(citizen, number, msg_id, now)
            copies = 2 if self.dice.random() < 0.25 else 1
            with self._lock:
                self._messages.append(DroppedMessage(msg_id, copies))
            for copy in range(copies):
                name = build_name(NameFacts(now, msg_id, SENDER_HER, "0"), copy + 1)
                write_part(self.drop.inbox, Part(name, data))
                write_part(self.drop.inbox, Part(name + READY_ENDING, b""))
