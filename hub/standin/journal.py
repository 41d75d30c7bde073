"""A stand-in GP journal with its broker: takes what the hub writes, answers with receipts, or misbehaves as told.

Source: emessage/apprec.md (duties of the receiver), transport/file-drop.md (the broker's side of the folders).
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, cast

import msgspec

from hub.emessage.apprec import AppRec, render_app_rec
from hub.emessage.codes.apprec_error_8221 import APPREC_ERROR
from hub.emessage.datatypes import CV
from hub.emessage.envelope import Party
from hub.emessage.read import Reading, read_message
from hub.emessage.receipt import build_receipt, decide_status
from hub.problems import Problem, ProblemCode
from hub.standin.delivery import Fault, Part, build_parts, write_part
from hub.transport.file_drop import Drop, NameFacts, build_name

Answer = Literal["accept", "reject", "silent", "twice", "fail"]
EventKind = Literal[
    "picked-up", "failed", "duplicate", "receipt", "unreadable", "answered", "brought"
]

ANSWERS: Final[tuple[Answer, ...]] = ("accept", "reject", "silent", "twice", "fail")
REJECT_CODES: Final = tuple(APPREC_ERROR.names)
_SOFTWARE: Final = ("Stand-in journal", "1")
_NEED_TEXT: Final = frozenset({"T01", "T02", "T99", "S99", "X99"})


@dataclass(frozen=True, slots=True)
class Manners:
    """How the journal behaves.

    Shape: `answer` twice sends a second receipt with an id of its own, fail moves the document to out/failed without
    an answer; `code` of list 8221 for reject; `fault` how the answer is written.
    Units: `delay_s` seconds before the answer, by the journal's own ticks.
    """

    answer: Answer = "accept"
    code: str = "E21"
    fault: Fault | None = None
    delay_s: float = 0.0
    transport_receipts: bool = False


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """One thing the journal did.

    Shape: `reading` is what it read in the document (also when it was a receipt of ours); `status` of list 8258 for
    a receipt read or written.
    """

    kind: EventKind
    name: str
    reading: Reading | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class _Planned:
    due: float
    parts: tuple[Part, ...]
    event: JournalEvent


@dataclass(slots=True)
class Journal:
    """The counterpart on the other side of one drop; `manners` may be changed while it runs."""

    drop: Drop
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    ticks: Callable[[], float]
    manners: Manners = field(default_factory=Manners)
    _planned: deque[_Planned] = field(default_factory=deque[_Planned])
    _known: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def step(self) -> tuple[JournalEvent, ...]:
        """Nothing → what happened in this round: documents taken from out/, answers (or parts of them) put into in/."""
        events = [event for name in self._names() for event in self._take(name)]
        return (*events, *self._answer())

    @property
    def idle(self) -> bool:
        """Nothing → whether every planned answer is written."""
        return not self._planned

    def run(
        self,
        stop: threading.Event,
        seen: Callable[[JournalEvent], None] = lambda _event: None,
        poll_s: float = 0.2,
    ) -> None:
        """A stop mark → steps until it is set; a drop that is away is waited for."""
        while not stop.is_set():
            try:
                for event in self.step():
                    seen(event)
            except OSError:
                stop.wait(poll_s)
            stop.wait(poll_s)

    def _names(self) -> list[str]:
        with os.scandir(self.drop.out) as entries:
            files = [
                (e.stat().st_mtime_ns, e.name)
                for e in entries
                if e.is_file() and e.name.lower().endswith(".xml") and not e.name.startswith(".")
            ]
        return [name for _, name in sorted(files)]

    def _take(self, name: str) -> list[JournalEvent]:
        path = self.drop.out / name
        data = path.read_bytes()
        if self.manners.answer == "fail":
            (self.drop.failed / f"{name}.reason.json").write_bytes(b'{"reason": "no route"}')
            path.rename(self.drop.failed / name)
            return [JournalEvent("failed", name)]
        path.rename(self.drop.sent / name)
        if self.manners.transport_receipts:
            row = msgspec.json.encode({"name": name, "status": "acknowledged"})
            write_part(self.drop.receipt, Part(f"{name}.json", row))
        reading = read_message(data, takes=lambda row: row.payload is not None)
        return [self._read(name, reading)]

    def _read(self, name: str, reading: Reading) -> JournalEvent:
        envelope = reading.envelope
        if reading.root == "AppRec":
            status = reading.app_rec.status.v if reading.app_rec else None
            return JournalEvent("receipt", name, reading, status)
        if (
            envelope is None
            or not envelope.answerable
            or envelope.sender is None
            or decide_status(reading.problems) is None
        ):
            return JournalEvent("unreadable", name, reading)
        sender = envelope.sender.unit_her_id or envelope.sender.her_id
        key = (sender.value if sender else "", envelope.msg_id)
        if key in self._known:
            return JournalEvent("duplicate", name, reading)  # no import, no second receipt
        self._known.add(key)
        self._plan(name, reading)
        return JournalEvent("picked-up", name, reading)

    def _plan(self, name: str, reading: Reading) -> None:
        answers = {"silent": 0, "twice": 2}.get(self.manners.answer, 1)
        for _ in range(answers):
            for role, party in _own_roles(reading):
                receipt = self._receipt(reading, role, party)
                data = render_app_rec(receipt, reading.app_rec_version)
                own = party.unit_her_id or party.her_id
                sender = reading.envelope.sender if reading.envelope else None
                theirs = (sender.unit_her_id or sender.her_id) if sender else None
                facts = NameFacts(
                    self.now(),
                    receipt.id,
                    own.value if own else "0",
                    theirs.value if theirs else "0",
                )
                parts = build_parts(build_name(facts), data, self.manners.fault)
                event = JournalEvent("answered", name, reading, receipt.status.v)
                self._planned.append(_Planned(self.ticks() + self.manners.delay_s, parts, event))

    def _receipt(self, reading: Reading, role: Literal["PRIM", "COP"], party: Party) -> AppRec:
        assert reading.envelope is not None
        reject = self.manners.answer == "reject"
        problems = _REFUSAL if reject else tuple(p for p in reading.problems if p.fatal)
        receipt = build_receipt(
            reading.envelope,
            party,
            role,
            problems,
            reading.app_rec_version,
            self.new_id(),
            self.now(),
            _SOFTWARE,
        )
        if not reject:
            return receipt
        error = APPREC_ERROR.cv(self.manners.code)
        if self.manners.code in _NEED_TEXT:
            error = CV(v=error.v, s=error.s, dn=error.dn, ot="The stand-in journal refuses as told")
        # The message classes are msgspec structs behind a dataclass face.
        return cast("AppRec", msgspec.structs.replace(cast("Any", receipt), error=(error,)))

    def _answer(self) -> list[JournalEvent]:
        """One part of each answer that is due: a chunk writer takes several rounds."""
        events: list[JournalEvent] = []
        for _ in range(len(self._planned)):
            planned = self._planned.popleft()
            if planned.due > self.ticks():
                self._planned.append(planned)
                continue
            write_part(self.drop.inbox, planned.parts[0])
            if len(planned.parts) > 1:
                self._planned.append(replace(planned, parts=planned.parts[1:]))
            else:
                events.append(planned.event)
        return events


_REFUSAL: Final = (Problem(ProblemCode.RECEIVER_UNKNOWN, "Refused as told"),)


def _own_roles(reading: Reading) -> list[tuple[Literal["PRIM", "COP"], Party]]:
    """A message → every addressee as the one journal that plays them all: the primary one and the copies."""
    envelope = reading.envelope
    if envelope is None:
        return []
    found: list[tuple[Literal["PRIM", "COP"], Party]] = []
    for addressee in envelope.receivers:
        if addressee.role == "PRIM":
            found.append(("PRIM", addressee.party))
        elif addressee.role == "COP":
            found.append(("COP", addressee.party))
    return found
