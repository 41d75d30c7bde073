"""The bytes of an e-message → its card.

The answer is decided as in flows/receive_message.py, without a database: no patient is matched, no duplicate known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace as changed

from hub.cli.emessage_card import (
    Answer,
    AttachmentCard,
    Card,
    ErrorCard,
    PartyCard,
    PatientCard,
    ProblemCard,
    ReceiptCard,
)
from hub.emessage.apprec import AppRec, render_app_rec
from hub.emessage.emergency import taking, without_bearable
from hub.emessage.envelope import Addressee, EnvelopePatient, Party, is_sufficient
from hub.emessage.message_types import MessageType
from hub.emessage.read import Reading, read_message
from hub.emessage.receipt import OwnReceiver, build_receipt, decide_status, own_receivers
from hub.problems import Problem
from hub.values import OwnService

if TYPE_CHECKING:
    from hub.emessage.signature import Trust


@dataclass(frozen=True, slots=True)
class Reader:
    """How files are read.

    Shape: `services` None takes every addressee as ours; `check` is the second opinion of the official schemas;
    `software` is name and version for the receipts; `trust` whom we trust to issue certificates.
    """

    services: Sequence[OwnService] | None
    check: Callable[[bytes], tuple[Problem, ...]] | None
    new_id: Callable[[], str]
    now: Callable[[], datetime]
    software: tuple[str, str]
    show_patient: bool = False
    with_xml: bool = False
    trust: Trust | None = None

    def read(self, file: str, data: bytes) -> Card:
        """A file's name and bytes → its card."""
        reading = self._signed(read_message(data), data)
        extra = self.check(data) if self.check is not None and reading.envelope else None
        # As on receipt: the schemas have a say only where the codec found nothing.
        problems = (*reading.problems, *(extra or () if not reading.fatal else ()))
        receipts, why = self._receipts(reading, problems)
        reading = _checked(reading, data)
        envelope, row = reading.envelope, reading.message_type
        return Card(
            file=file,
            readable=is_readable(reading),
            root=reading.root,
            type=envelope.type if envelope else "",
            title=row.title if row else (envelope.type_name if envelope else ""),
            standard=row.standard if row else "",
            direction=_direction(reading.root, row),
            namespace=envelope.namespace if envelope else "",
            message_id=envelope.msg_id if envelope else "",
            gen_date=envelope.gen_date if envelope else "",
            sender=to_party(envelope.sender) if envelope and envelope.sender else None,
            receivers=tuple(_receiver(r) for r in envelope.receivers) if envelope else (),
            patient=self._patient(envelope.patient) if envelope and envelope.patient else None,
            attachments=tuple(
                AttachmentCard(a.mime_type, a.description, a.size) for a in reading.attachments
            ),
            problems=tuple(to_problem(p) for p in reading.problems),
            receipt=_answered(receipts),
            receipts=receipts,
            no_receipt=why,
            is_receipt=_receipt(reading.app_rec, reading.app_rec_version, "", b"")
            if reading.app_rec
            else None,
            schema_problems=None if extra is None else tuple(to_problem(p) for p in extra),
        )

    def _signed(self, reading: Reading, data: bytes) -> Reading:
        """A reading → the same, with what is wrong with a personal signature in it."""
        if reading.message is None or reading.message.signature is None:
            return reading
        from hub.emessage.signature import NOBODY  # noqa: PLC0415 - cryptography only where it is used
        from hub.flows.check_signed import check_signed  # noqa: PLC0415 - as above

        found = check_signed(data, reading, self.now(), self.trust or NOBODY)
        return changed(reading, problems=(*reading.problems, *found))

    def _receipts(
        self, reading: Reading, problems: Sequence[Problem]
    ) -> tuple[tuple[ReceiptCard, ...], str]:
        """A reading → the receipts to send, or why there is none."""
        if reading.root == "AppRec":
            return (), "a receipt is never answered"
        envelope = reading.envelope
        if envelope is None:
            return (), "the sender cannot be made out: the file goes to quarantine"
        if not envelope.answerable:
            return (), "no receipt could find its way: the file goes to quarantine"
        own = own_receivers(envelope, self.services)
        if not own:
            return (), "no receiver named in it is ours"
        if reading.handling.emergency:
            own, problems = list(taking(own)), without_bearable(problems)
        made = [self._answer(reading, one, (*problems, *one.problems)) for one in own]
        found = tuple(card for card in made if card is not None)
        return found, "" if found else "the message waits for a person"

    def _answer(
        self, reading: Reading, own: OwnReceiver, problems: Sequence[Problem]
    ) -> ReceiptCard | None:
        if decide_status(problems) is None or reading.envelope is None:
            return None
        made = build_receipt(
            reading.envelope,
            own.party,
            own.role,
            problems,
            reading.app_rec_version,
            self.new_id(),
            self.now(),
            self.software,
        )
        raw = render_app_rec(made, reading.app_rec_version) if self.with_xml else b""
        return _receipt(made, reading.app_rec_version, to_party(own.party).service_her_id, raw)

    def _patient(self, patient: EnvelopePatient) -> PatientCard:
        names = [n for n in (patient.given_name, patient.middle_name, patient.family_name) if n]
        card = PatientCard(
            " ".join(f"{name[0]}." for name in names),
            tuple(i.type for i in patient.identifiers),
            is_sufficient(patient),
        )
        if not self.show_patient:
            return card
        return PatientCard(
            card.initials,
            card.identifier_types,
            card.sufficient,
            " ".join(names),
            patient.date_of_birth,
            tuple(i.value for i in patient.identifiers),
        )


def _checked(reading: Reading, data: bytes) -> Reading:
    """A reading → the same; of a type that the hub reads and does not take in, with all that is wrong in its content."""
    row = reading.message_type
    if row is None or row.payload is None or row.receives:
        return reading
    whole = read_message(data, takes=lambda _: True)
    known = {(p.code, p.where) for p in reading.problems}
    more = tuple(p for p in whole.problems if (p.code, p.where) not in known)
    return changed(whole, problems=(*reading.problems, *more))


_RECEIPT: Final = "receipt"


def _direction(root: str, row: MessageType | None) -> str:
    if root == "AppRec":
        return _RECEIPT
    if row is None:
        return "unknown"
    if row.receives:
        return "taken in"
    return "sent only" if row.sends else "not supported"


def is_readable(reading: Reading) -> bool:
    """Whether the hub would act on it; else it goes to quarantine."""
    if reading.root == "AppRec":
        return reading.app_rec is not None
    return reading.envelope is not None and reading.envelope.answerable


def to_party(party: Party, role: str = "") -> PartyCard:
    """A Party → its card."""
    upper, lower = party.her_id, party.unit_her_id
    return PartyCard(
        party.name,
        upper.value if upper else "",
        party.unit.name if party.unit else "",
        lower.value if lower else "",
        role,
    )


def _answered(receipts: Sequence[ReceiptCard]) -> Answer | None:
    if not receipts:
        return None
    first = receipts[0]
    return Answer(first.version, first.status, tuple(error.code for error in first.errors))


def _receiver(addressee: Addressee) -> PartyCard:
    return to_party(addressee.party, addressee.role)


def to_problem(problem: Problem) -> ProblemCard:
    """A Problem → its card."""
    row = problem.code.row
    return ProblemCard(
        "error" if row.fatal else "warning",
        problem.code.name,
        problem.where,
        problem.detail,
        row.apprec or "",
    )


def _receipt(made: AppRec, version: str, sender_her_id: str, raw: bytes) -> ReceiptCard:
    role = made.sender.role
    return ReceiptCard(
        version,
        made.status.v or "",
        made.status.dn or "",
        (role.v if role else None) or "",
        sender_her_id,
        tuple(ErrorCard(e.v or "", e.dn or "", e.ot or "") for e in made.error),
        made.original_msg_id.id,
        raw.decode(),
    )


def not_opened(reader: Reader, file: str) -> Card:
    """The name of a file that cannot be opened → its card: as unreadable as one without a byte in it."""
    empty = reader.read(file, b"")
    told = (changed(p, detail="The file cannot be opened") for p in empty.problems)
    return changed(empty, problems=tuple(told))
