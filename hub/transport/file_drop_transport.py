"""The file drop as the port the flows send through.

Source: transport/README.md ("One internal port for all"), transport/file-drop.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.ports import Delivery
from hub.problems import ProblemCode, fail
from hub.transport.file_drop import NameFacts, Trouble
from hub.transport.file_drop_out import FileDropOut


@dataclass(frozen=True, slots=True)
class FileDropTransport:
    """Hands deliveries over to the local broker's folder."""

    out: FileDropOut

    def submit(self, delivery: Delivery, now: datetime) -> str:
        """A delivery → the name of its file; a crashed earlier try is found and nothing is written twice.

        Problems: UNREACHABLE while the folder cannot be written.
        """
        facts = NameFacts(now, delivery.msg_id, delivery.sender_her, delivery.receiver_her)
        written = self.out.submit(delivery.data, facts)
        if isinstance(written, Trouble):
            raise fail(ProblemCode.UNREACHABLE, f"{written.detail}: {written.folder}")
        return written.name
