"""One e-message as a person or a program sees it: what it is, what is wrong with it, and the receipt it would get.

The answer is decided as in flows/receive_message.py, without a database: no patient is matched, no duplicate known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace as changed

from hub.emessage.apprec import AppRec, render_app_rec
from hub.emessage.envelope import Addressee, EnvelopePatient, Party
from hub.emessage.message_types import MessageType
from hub.emessage.read import Reading, is_sufficient, read_message
from hub.emessage.receipt import OwnReceiver, build_receipt, decide_status, own_receivers
from hub.problems import Problem
from hub.values import OwnService


class PartyCard(Struct, frozen=True):
    """A sender or receiver, both levels. Shape: `role` is "" for the sender."""

    name: str
    her_id: str
    service: str
    service_her_id: str
    role: str = ""


class PatientCard(Struct, frozen=True):
    """The patient. Shape: `name`, `born` and `identifiers` are filled only when they were asked for."""

    initials: str
    identifier_types: tuple[str, ...]
    sufficient: bool
    name: str = ""
    born: str = ""
    identifiers: tuple[str, ...] = ()


class AttachmentCard(Struct, frozen=True):
    """An attached document."""

    mime_type: str
    description: str
    bytes: int


class ProblemCard(Struct, frozen=True):
    """One thing that is wrong. Shape: `error` is the code of list 8221 a receipt would carry, "" for none."""

    severity: Literal["error", "warning"]
    code: str
    where: str
    detail: str
    error: str


class ErrorCard(Struct, frozen=True):
    """One Error of a receipt: list 8221."""

    code: str
    name: str
    text: str


class ReceiptCard(Struct, frozen=True):
    """A receipt: one that would be sent (`xml` when asked for), or the one the file is (`answers` its message)."""

    version: str
    status: str
    status_name: str
    role: str
    sender_her_id: str
    errors: tuple[ErrorCard, ...]
    answers: str
    xml: str = ""


class Answer(Struct, frozen=True):
    """The receipt in short: that of the first receiver of ours. Shape: `errors` are codes of list 8221."""

    version: str
    status: str
    errors: tuple[str, ...]


class Card(Struct, frozen=True):
    """Everything that is shown of one file.

    Shape: `readable` False when the hub would put the file into quarantine; `receipt` in short, `receipts` one per own receiver, else
    `no_receipt` says why there is none; `schema_problems` None when no official schemas are installed.
    """

    file: str
    readable: bool
    root: str
    type: str
    title: str
    standard: str
    direction: str
    namespace: str
    message_id: str
    gen_date: str
    sender: PartyCard | None
    receivers: tuple[PartyCard, ...]
    patient: PatientCard | None
    attachments: tuple[AttachmentCard, ...]
    problems: tuple[ProblemCard, ...]
    receipt: Answer | None
    receipts: tuple[ReceiptCard, ...]
    no_receipt: str
    is_receipt: ReceiptCard | None = None
    schema_problems: tuple[ProblemCard, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """How files are read.

    Shape: `services` None takes every addressee as ours; `check` is the second opinion of the official schemas;
    `software` is name and version for the receipts.
    """

    services: Sequence[OwnService] | None
    check: Callable[[bytes], tuple[Problem, ...]] | None
    new_id: Callable[[], str]
    now: Callable[[], datetime]
    software: tuple[str, str]
    show_patient: bool = False
    with_xml: bool = False

    def read(self, file: str, data: bytes) -> Card:
        """A file's name and bytes → its card."""
        reading = read_message(data)
        extra = self.check(data) if self.check is not None and reading.envelope else None
        # As on receipt: the schemas have a say only where the codec found nothing.
        problems = (*reading.problems, *(extra or () if not reading.fatal else ()))
        receipts, why = self._receipts(reading, problems)
        reading = _checked(reading, data)
        envelope, row = reading.envelope, reading.message_type
        return Card(
            file=file,
            readable=_readable(reading),
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
    return replace(whole, problems=(*reading.problems, *more))


_RECEIPT: Final = "receipt"


def _direction(root: str, row: MessageType | None) -> str:
    if root == "AppRec":
        return _RECEIPT
    if row is None:
        return "unknown"
    if row.receives:
        return "taken in"
    return "sent only" if row.sends else "not supported"


def _readable(reading: Reading) -> bool:
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
