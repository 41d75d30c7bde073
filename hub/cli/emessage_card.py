"""One e-message as a person or a program sees it: what it is, what is wrong with it, and the receipt it would get.

Source: architecture §4.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


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
