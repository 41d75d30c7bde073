"""Who sends what to whom about which patient: one neutral value for every kind of root.

Source: HIS 80601:2006 (MsgHead), HIS 1153 (two-level addressing), code lists 9051, 8112 and 8116.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from hub.emessage.simple_types import DATE, DATE_TIME
from hub.values import HerId, parse_her_id

_ORGANISATION: Final = re.compile("[0-9]{9}")
Root = Literal["MsgHead", "Message", "AppRec", ""]


class Identifier(msgspec.Struct, frozen=True):
    """An identifier as written: `type` is the code of list 9051 or 8116, `name` its display name."""

    value: str
    type: str
    name: str = ""


class Unit(msgspec.Struct, frozen=True):
    """Level 2 of an addressing: the communication party, a service or (for GPs) a person."""

    kind: Literal["service", "person"]
    name: str
    identifiers: tuple[Identifier, ...] = ()


class Party(msgspec.Struct, frozen=True):
    """One sender or receiver: the legal entity (level 1) and its communication party (level 2)."""

    name: str
    identifiers: tuple[Identifier, ...] = ()
    unit: Unit | None = None

    @property
    def her_id(self) -> HerId | None:
        """The HER-id of level 1."""
        return _her_id(self.identifiers)

    @property
    def unit_her_id(self) -> HerId | None:
        """The HER-id of level 2, the transport address."""
        return _her_id(self.unit.identifiers) if self.unit else None

    @property
    def organisation_number(self) -> str:
        """The organisation number (ENH) of level 2, else of level 1, "" when there is none: older senders give nothing else."""
        return self.unit_number or self.entity_number

    @property
    def entity_number(self) -> str:
        """The organisation number of level 1, "" when there is none."""
        return _number(self.identifiers)

    @property
    def unit_number(self) -> str:
        """The organisation number of level 2, "" when there is none."""
        return _number(self.unit.identifiers) if self.unit else ""

    @property
    def key(self) -> str:
        """What tells this communication party from all others, "" when nothing does."""
        found = self.unit_her_id or self.her_id
        return found.value if found else f"ENH-{n}" if (n := self.organisation_number) else ""


def _number(identifiers: tuple[Identifier, ...]) -> str:
    written = ("".join(i.value.split()) for i in identifiers if i.type == "ENH")
    return next((n for n in written if _ORGANISATION.fullmatch(n)), "")


def _her_id(identifiers: tuple[Identifier, ...]) -> HerId | None:
    """The list in S differs between messages (9051, 8116): the type code alone decides."""
    return next(
        (found for i in identifiers if i.type == "HER" and (found := parse_her_id(i.value))), None
    )


class Addressee(msgspec.Struct, frozen=True):
    """A receiver with its role: PRIM for the primary one, else a code of list 8112 (COP, FR, OR)."""

    party: Party
    role: str


class EnvelopePatient(msgspec.Struct, frozen=True):
    """The patient as the envelope names it; every part may be missing."""

    family_name: str = ""
    middle_name: str = ""
    given_name: str = ""
    date_of_birth: str = ""
    sex: str = ""
    identifiers: tuple[Identifier, ...] = ()


class Envelope(msgspec.Struct, frozen=True):
    """What the outside of a message says.

    Shape: `namespace` is that of the payload (for Message and AppRec their own); `gen_date` as written in the message;
    `parent` and `conversation` are MsgIds of the dialogue;     `stated` is the type and its name as written, where `type` is what the payload shows it to be.
    """

    root: Root
    namespace: str
    type: str
    type_name: str
    msg_id: str
    gen_date: str
    sender: Party | None = None
    receivers: tuple[Addressee, ...] = ()
    patient: EnvelopePatient | None = None
    parent: str = ""
    conversation: str = ""
    processing_status: str = ""
    payload_name: str = ""
    stated: tuple[str, str] | None = None

    @property
    def answerable(self) -> bool:
        """Whether a receipt could find its way: the sender has a HER-id or an organisation number, and the message a MsgId."""
        found = self.sender is not None and bool(self.sender.key)
        return found and bool(self.msg_id) and self.root in {"MsgHead", "Message"}


def to_date_time(text: str) -> str | None:
    """A GenDate as written (date or date and time) → an xs:dateTime, or None when it is neither."""
    written = DATE_TIME.read(text)
    if written is not None:
        return written
    day = DATE.read(text)
    return f"{day[:10]}T00:00:00{day[10:]}" if day is not None else None


def is_sufficient(patient: EnvelopePatient | None) -> bool:
    """The patient of an envelope → whether one of the four ways of identifying holds (E36).

    A failed check digit alone never counts as missing: the identifier only has to be there.
    """
    if patient is None or not (patient.family_name or patient.given_name):
        return False
    if any(i.type in {"FNR", "DNR", "FHN"} and i.value for i in patient.identifiers):
        return True
    return bool(patient.date_of_birth and patient.sex)
