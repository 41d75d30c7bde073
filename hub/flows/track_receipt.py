"""An AppRec that arrives → the state of the message it answers; a rejection becomes a Task for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.emessage.apprec import AppRec
from hub.emessage.dialogue import fact_of_receipt
from hub.flows.message_state import MessageState
from hub.flows.submit_message import record
from hub.mapping.series import message_key
from hub.ports import MessageRow, Unit
from hub.values import parse_her_id


@dataclass(frozen=True, slots=True)
class TrackReceipt:
    """Matches on OriginalMsgId and the responding party (apprec.md, "Receiving duties")."""

    now: Callable[[], datetime]
    states: MessageState

    def __call__(self, unit: Unit, tenant_id: int, receipt: AppRec, claim_id: str) -> str:
        """A receipt → what it did, in words; one that answers nothing of ours, or a second one, changes nothing."""
        kind = fact_of_receipt(receipt.status.v)
        if kind is None:
            return "a status that no list has"
        answering = _her_ids(receipt)
        found = [
            row
            for row in unit.messages.sent(tenant_id, message_key(receipt.original_msg_id.id))
            if not answering or row.receiver_her in answering
        ]
        if not found:
            return "answers no message of ours"
        for row in found:
            self._apply(unit, row, receipt, claim_id)
        return f"answers {found[0].id}"

    def _apply(self, unit: Unit, row: MessageRow, receipt: AppRec, claim_id: str) -> None:
        kind = fact_of_receipt(receipt.status.v)
        assert kind is not None
        state = record(unit, row, kind, self.now(), claim_id)
        if state != row.state:
            self.states.changed(unit, row, state, receipt)


def _her_ids(receipt: AppRec) -> set[str]:
    """All HER-ids by which the responding party names itself, both levels."""
    inst = receipt.sender.hcp.inst
    prof = receipt.sender.hcp.hc_prof
    pairs: list[tuple[str | None, str | None]] = []
    for part in (inst, prof, *(inst.dept if inst else ()), *(inst.hc_person if inst else ())):
        if part is None:
            continue
        pairs.append((part.id, part.type_id.v if part.type_id else None))
        pairs += [(more.id, more.type.v) for more in part.additional_id]
    parsed = [parse_her_id(value) for value, kind in pairs if value and kind == "HER"]
    return {her.value for her in parsed if her is not None}
