"""The file drop as a way out (hub.ports.Transport)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.ports import Delivery
from hub.problems import HubError, ProblemCode, fail
from hub.transport.file_drop import NameFacts, Trouble
from hub.transport.file_drop_out import FileDropOut


@dataclass(frozen=True, slots=True)
class DropTransport:
    """Writes each delivery once: the same MsgId and bytes are found again after a crash, lost files aside."""

    out: FileDropOut

    def submit(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[str]:
        """Deliveries → the names of their files, all on the disk. Problems: UNREACHABLE.

        Shape: a name says when the message was made, so that every try has the same; sent again, it has a name of its own.
        """
        names = [self._write(delivery, now) for delivery in deliveries]
        trouble = self.out.settle()
        if trouble is not None:
            raise _unreachable(trouble)
        return names

    def _write(self, delivery: Delivery, now: datetime) -> str:
        named = delivery.made is not None and not delivery.lost
        at = delivery.made if delivery.made is not None and named else now
        facts = NameFacts(at, delivery.msg_id, delivery.sender_her, delivery.receiver_her)
        mode = "named" if named else "again"
        written = self.out.submit(delivery.data, facts, mode=mode, lost=delivery.lost, settle=False)
        if isinstance(written, Trouble):
            raise _unreachable(written)
        return written.name


@dataclass(frozen=True, slots=True)
class NoTransport:
    """No way out is set up: messages wait in the outbox until there is one."""

    def submit(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[str]:  # noqa: ARG002 - the port's signature
        """Always UNREACHABLE."""
        raise fail(ProblemCode.UNREACHABLE, "No transport is set up (HUB_FILEDROP_DIR)")


def _unreachable(trouble: Trouble) -> HubError:
    return fail(ProblemCode.UNREACHABLE, f"The file drop cannot be written: {trouble.detail}")
