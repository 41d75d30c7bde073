"""An AppRec that arrives → the state of the message it answers; a rejection becomes a Task for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.emessage import xml
from hub.emessage.apprec import AppRec, Dept, HCPerson, HCProf, Inst
from hub.emessage.dialogue import FactKind, fact_of_receipt
from hub.emessage.envelope_read import read_envelope
from hub.emessage.read import Reading
from hub.flows.message_state import MessageState
from hub.flows.submit_message import record
from hub.log import Event, log
from hub.mapping.avvik import avvik_reason
from hub.mapping.series import message_key
from hub.ports import MessageRow, Unit
from hub.problems import HubError
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
            return self._of_no_use(claim_id, "a status that no list has")
        sent = unit.messages.sent(tenant_id, message_key(receipt.original_msg_id.id))
        rows = [row for row in sent if row.type != "APPREC"]
        if not rows:
            return self._of_no_use(claim_id, "answers no message of ours")
        found = _answered(rows, _answering(receipt))
        if found is None:
            return self._of_no_use(claim_id, f"is from a party that {rows[0].id} did not go to")
        state = record(unit, found, kind, self.now(), claim_id)
        if state == found.state:
            return f"a further receipt for {found.id}, which stays {state}"
        self.states.changed(unit, found, state, receipt)
        return f"answers {found.id}"

    def taken_back(self, unit: Unit, tenant_id: int, reading: Reading, claim_id: str) -> None:
        """A DIALOG_AVVIK → the message of ours it is about cannot be handled by its receiver, whatever was said before."""
        envelope, message = reading.envelope, reading.message
        if envelope is None or message is None or envelope.sender is None:
            return
        party = envelope.sender
        by = {her.value for her in (party.unit_her_id, party.her_id) if her is not None}
        named = dict.fromkeys(message_key(n) for n in (envelope.parent, envelope.conversation) if n)
        rows = [row for name in named for row in unit.messages.sent(tenant_id, name)]
        row = next((r for r in rows if r.type != "APPREC" and r.receiver_her in by), None)
        if row is None:
            self._of_no_use(claim_id, "an avvik about no message of ours")
            return
        state = record(unit, row, FactKind.TAKEN_BACK, self.now(), claim_id)
        if state != row.state:
            why = avvik_reason(message)
            self.states.changed(unit, row, state, why=f"Årsak: {why}." if why else "")

    def _of_no_use(self, claim_id: str, why: str) -> str:
        log(Event.RECEIPT_UNMATCHED, claim=claim_id, reason=why)
        return why


@dataclass(frozen=True, slots=True)
class Answering:
    """Who a receipt is from: HER-ids of level 1 (the entity) and of level 2 (the service, or the person)."""

    upper: frozenset[str]
    lower: frozenset[str]


_Part = Inst | HCProf | Dept | HCPerson


def _answering(receipt: AppRec) -> Answering:
    inst, prof = receipt.sender.hcp.inst, receipt.sender.hcp.hc_prof
    upper: tuple[_Part, ...] = (inst,) if inst is not None else ()
    lower: tuple[_Part, ...] = (prof,) if prof is not None else ()
    if inst is not None:
        lower = (*inst.dept, *inst.hc_person)
    return Answering(frozenset(_her_ids(upper)), frozenset(_her_ids(lower)))


def _answered(rows: Sequence[MessageRow], by: Answering) -> MessageRow | None:
    """Our messages with the MsgId (one per receiver) and who answers → the one that is answered.

    Shape: level 2 decides, for that is where it went; who names level 1 alone, or nobody, answers when only one message
    can be meant.
    """
    for row in rows:
        if row.receiver_her in by.lower or row.receiver_her in by.upper:
            return row
    if by.lower:
        return None
    meant = [row for row in rows if not by.upper or _entity(row) in by.upper]
    return meant[0] if len(meant) == 1 else None


def _entity(row: MessageRow) -> str:
    """A message of ours → the HER-id of the entity (level 1) of the receiver it went to, "" when it tells none."""
    try:
        envelope = read_envelope(xml.parse(row.raw))
    except HubError:
        return ""
    for addressee in envelope.receivers if envelope is not None else ():
        lower, upper = addressee.party.unit_her_id, addressee.party.her_id
        if lower is not None and upper is not None and lower.value == row.receiver_her:
            return upper.value
    return ""


def _her_ids(parts: Iterable[_Part]) -> Iterator[str]:
    for part in parts:
        pairs = [(part.id, part.type_id.v if part.type_id is not None else None)]
        pairs += [(more.id, more.type.v) for more in part.additional_id]
        for value, kind in pairs:
            her = parse_her_id(value) if value and kind == "HER" else None
            if her is not None:
                yield her.value
