"""The file drop as a way out (hub.ports.Transport)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.ports import Delivery
from hub.problems import ProblemCode, fail
from hub.transport.file_drop import NameFacts, Trouble
from hub.transport.file_drop_out import FileDropOut


@dataclass(frozen=True, slots=True)
class DropTransport:
    """Writes each delivery once: the same MsgId and bytes are found again after a crash, lost files aside."""

    out: FileDropOut

    def submit(self, delivery: Delivery, now: datetime) -> str:
        """A delivery → the name of its file. Problems: UNREACHABLE.

        Shape: the name says when the message was made, so that every try has the same; sent again, it has a name of its own.
        """
        named = delivery.made is not None and not delivery.lost
        at = delivery.made if delivery.made is not None and named else now
        facts = NameFacts(at, delivery.msg_id, delivery.sender_her, delivery.receiver_her)
        mode = "named" if named else "again"
        written = self.out.submit(delivery.data, facts, mode=mode, lost=delivery.lost)
        if isinstance(written, Trouble):
            raise fail(
                ProblemCode.UNREACHABLE, f"The file drop cannot be written: {written.detail}"
            )
        return written.name


@dataclass(frozen=True, slots=True)
class NoTransport:
    """No way out is set up: messages wait in the outbox until there is one."""

    def submit(self, delivery: Delivery, now: datetime) -> str:  # noqa: ARG002 - the port's signature
        """Always UNREACHABLE."""
        raise fail(ProblemCode.UNREACHABLE, "No transport is set up (HUB_FILEDROP_DIR)")
