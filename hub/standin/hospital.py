"""A stand-in hospital: puts documents of our own making into the hub's in folder, properly or with a fault.

Source: transport/file-drop.md, "Monitoring and stand-in".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.emessage.read import read_message
from hub.standin.delivery import Fault, build_parts, write_part
from hub.transport.file_drop import Drop, NameFacts, build_name


@dataclass(frozen=True, slots=True)
class Hospital:
    """The counterpart that sends through the broker of one drop."""

    drop: Drop
    now: Callable[[], datetime]

    def send(self, data: bytes, fault: Fault | None = None) -> str:
        """A document (and a fault) → it lies in in/; the file name comes back.

        Chunks are written one after the other without a pause: who wants a slow writer uses `build_parts`.
        """
        name = build_name(self._facts(data))
        for part in build_parts(name, data, fault):
            write_part(self.drop.inbox, part)
        return name

    def _facts(self, data: bytes) -> NameFacts:
        envelope = read_message(data).envelope
        sender = envelope.sender.unit_her_id if envelope and envelope.sender else None
        first = envelope.receivers[0].party.unit_her_id if envelope and envelope.receivers else None
        return NameFacts(
            self.now(),
            envelope.msg_id if envelope and envelope.msg_id else "unknown",
            sender.value if sender else "0",
            first.value if first else "0",
        )
