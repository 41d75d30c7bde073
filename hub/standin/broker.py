"""A stand-in for the local message broker: moves what the hub writes to sent, answers for the other side, and brings documents.

Source: transport/file-drop.md, "Monitoring and stand-in".
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from hub.emessage.read import read_message
from hub.standin.delivery import Fault, Part, build_parts, write_part
from hub.standin.journal import Journal, JournalEvent
from hub.transport.file_drop import Drop, NameFacts, build_name

_MSG_ID = re.compile(rb"(<(?:[A-Za-z0-9]+:)?MsgId>)[^<]*(</)")
_HURRY = 500
"""Parts written in one step when thousands of files wait."""


@dataclass(slots=True)
class Broker:
    """The broker of one drop. Shape: `journal` plays whoever is on the other side; `fault` is how documents are brought."""

    drop: Drop
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    journal: Journal
    fault: Fault | None = None
    _waiting: deque[Part] = field(default_factory=deque[Part])

    def bring(self, data: bytes, copies: int = 1) -> None:
        """A document → to be put into in/, and so often; every copy after the first has a MsgId of its own."""
        for number in range(copies):
            made = data if number == 0 else _MSG_ID.sub(rb"\g<1>" + self.new_id().encode() + rb"\g<2>", data, count=1)  # fmt: skip
            self._waiting.extend(build_parts(self._name(made, number), made, self.fault))

    def step(self) -> tuple[JournalEvent, ...]:
        """Nothing → one round: out/ is emptied, answers and documents are brought, a part of each faulty one at a time."""
        hidden = not self.drop.inbox.is_dir()
        events = () if hidden else self.journal.step()
        return (*events, *(JournalEvent("brought", name) for name in self._bring_some()))

    def _bring_some(self) -> list[str]:
        """Some parts are written → the files that lie there whole now."""
        names: list[str] = []
        for part in self._next():
            write_part(self.drop.inbox, part)
            if not any(other.name == part.name for other in islice(self._waiting, 1)):
                names.append(part.name)
        return names

    @property
    def idle(self) -> bool:
        """Nothing → whether nothing is left to be brought."""
        return self.journal.idle and not self._waiting

    def _next(self) -> Iterator[Part]:
        """One part for each look of the reader when they are faulty, many at once when they are plain."""
        for _ in range(_HURRY if self.fault is None else 1):
            if not self._waiting:
                return
            yield self._waiting.popleft()

    def _name(self, data: bytes, number: int) -> str:
        envelope = read_message(data).envelope if number == 0 else None
        sender = envelope.sender.unit_her_id if envelope and envelope.sender else None
        first = envelope.receivers[0].party.unit_her_id if envelope and envelope.receivers else None
        return build_name(
            NameFacts(
                self.now(),
                self.new_id(),
                sender.value if sender else "0",
                first.value if first else "0",
            )
        )
