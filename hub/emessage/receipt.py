"""The receipt to a message: whether one may be sent, to whom by whom, and its content from the problem table.

Source: HIS 80415:2012 and HITS 1168 (mirroring, roles, duties), code lists 8221 and 8258; emessage/apprec.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from hub.emessage.apprec import (
    HCP,
    MIG_VERSIONS,
    AdditionalId,
    AppRec,
    Dept,
    HCPerson,
    HCProf,
    Inst,
    OriginalMsgId,
    Receiver,
    Sender,
)
from hub.emessage.codes.apprec_error_8221 import APPREC_ERROR
from hub.emessage.codes.receipt_status_8258 import RECEIPT_STATUS
from hub.emessage.datatypes import CS, CV
from hub.emessage.envelope import Envelope, Identifier, Party, Unit, to_date_time
from hub.emessage.message_types import AppRecVersion
from hub.emessage.namespaces import EPIKRISE_1_1, EPIKRISE_1_2
from hub.problems import Problem, ProblemCode, fail
from hub.values import HerId, OwnService

Role = Literal["PRIM", "COP"]
Status = Literal["1", "2"]

MAX_TEXT: Final = 500
# General codes need a text; T01 and T02 are no use without one.
_WITH_TEXT: Final = frozenset({"T01", "T02", "T99", "X99", "S99"})


@dataclass(frozen=True, slots=True)
class OwnReceiver:
    """One addressee that is ours and so answers for itself: exactly one receipt each.

    Shape: `service` is None when the addressing does not lead to one of our services; `problems` say why.
    """

    party: Party
    role: Role
    service: OwnService | None = None
    problems: tuple[Problem, ...] = ()


def own_receivers(
    envelope: Envelope,
    services: Sequence[OwnService] | None,
    numbers: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> list[OwnReceiver]:
    """An envelope, the tenant's services (None takes every addressee as ours), HER-ids by organisation number → the addressees that are ours.

    Shape: primary receiver and copies (COP); FR and OR of a forward answer nothing. An empty list means that nobody
    addressed is ours: no receipt, unless the transport knows that the envelope came to us (then E21). A level without a
    HER-id is told by its organisation number, as older messages name it.
    Problems: RECEIVER_UNKNOWN (E21) when our organisation is addressed but not a service of ours, or a level is not named by
    a number; MESSAGE_TYPE_UNSUPPORTED (T10) when the service does not take this type.
    """
    found: list[OwnReceiver] = []
    for addressee in envelope.receivers:
        if addressee.role in {"PRIM", "COP"}:
            role: Role = "PRIM" if addressee.role == "PRIM" else "COP"
            if services is None:
                found.append(OwnReceiver(addressee.party, role))
            elif (one := _own(addressee.party, role, envelope.type, services, numbers)) is not None:
                found.append(one)
    return found


def _own(
    party: Party,
    role: Role,
    type_: str,
    services: Sequence[OwnService],
    numbers: Mapping[str, frozenset[str]],
) -> OwnReceiver | None:
    upper = _her_ids(party.her_id, party.entity_number, numbers)
    lower = _her_ids(party.unit_her_id, party.unit_number, numbers)
    within = [s for s in services if s.organisation.value in upper]
    meant = [s for s in within if s.service.value in lower]
    if len(meant) == 1:
        return OwnReceiver(party, role, meant[0], _refused_by(meant[0], type_))
    half = not upper and any(s.service.value in lower for s in services)
    if not within and not half:
        return None
    detail = (
        "The addressed service or person is not known here"
        if upper and lower
        else "The receiver's HER-id is missing on one level"
    )
    unknown = Problem(ProblemCode.RECEIVER_UNKNOWN, detail, "/MsgHead/MsgInfo/Receiver")
    return OwnReceiver(party, role, None, (unknown,))


def _her_ids(
    her_id: HerId | None, number: str, numbers: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """One level of an addressing → the HER-ids it may mean."""
    return frozenset((her_id.value,)) if her_id is not None else numbers.get(number, frozenset())


def _refused_by(service: OwnService, type_: str) -> tuple[Problem, ...]:
    """A service of ours and a type → nothing when it takes the type, by its own name or by that on the transport."""
    if service.takes(type_) or service.takes(_ON_TRANSPORT.get(type_, type_)):
        return ()
    detail = "The service does not take this message type"
    return (Problem(ProblemCode.MESSAGE_TYPE_UNSUPPORTED, detail, "/MsgHead/MsgInfo/Type"),)


_ON_TRANSPORT: Final = {"E": "EPIKRISE", "H": "HENVISNING"}


def decide_status(problems: Sequence[Problem]) -> Status | None:
    """The problems met with a message → status 1 or 2 of list 8258, or None when no receipt may be sent (yet).

    None: our own failure, a message held for a person, a duplicate, a conflict, a document with a DTD.
    """
    fatal = [problem for problem in problems if problem.fatal]
    if any(problem.code.row.receipt is None for problem in fatal):
        return None
    return "2" if any(problem.code.row.receipt == "2" for problem in fatal) else "1"


def build_receipt(
    envelope: Envelope,
    own_receiver: Party,
    role: Role,
    problems: Sequence[Problem],
    version: AppRecVersion,
    receipt_id: str,
    gen_date: datetime,
    software: tuple[str, str] = ("", ""),
) -> AppRec:
    """A message's envelope, which of our parties answers, and the problems → the receipt.

    Shape: `gen_date` is aware; `software` is name and version ("" leaves the element out).
    Problems: OUTPUT_INVALID when no receipt may be sent (`decide_status` is None, the sender cannot be made out, or the
    message is a receipt itself): the caller asks first.
    """
    status = decide_status(problems)
    if status is None or not envelope.answerable or envelope.sender is None:
        raise fail(ProblemCode.OUTPUT_INVALID, "No receipt may be sent for this message")
    name, software_version = software
    return AppRec(
        msg_type=CS(v="APPREC", dn="Applikasjonskvittering"),
        mig_version=MIG_VERSIONS[version],
        software_name=name or None,
        software_version=software_version or None,
        gen_date=gen_date.isoformat(timespec="seconds"),
        id=receipt_id,
        sender=Sender(role=_sender_role(role, version, envelope), hcp=_mirror(own_receiver)),
        receiver=Receiver(role=_RECEIVER_ROLES[version], hcp=_mirror(envelope.sender)),
        status=RECEIPT_STATUS.cs(status),
        error=_errors(problems) if status == "2" else (),
        original_msg_id=OriginalMsgId(
            msg_type=_original_type(envelope),
            issue_date=to_date_time(envelope.gen_date) or gen_date.isoformat(timespec="seconds"),
            id=envelope.msg_id,
        ),
    )


def _original_type(envelope: Envelope) -> CS:
    """The type as the message named it; what its namespace says when it named none."""
    stated, name = envelope.stated or ("", "")
    if stated:
        return CS(v=stated, dn=name or None)
    return CS(v=envelope.type or None, dn=envelope.type_name or None)


_RECEIVER_ROLES: Final[dict[AppRecVersion, CS]] = {
    "1.0": CS(v="RECEIVER", dn="Mottaker"),
    "1.1": CS(v="AVS", dn="Avsender"),
}
_COPY: Final = CS(v="COP", dn="Kopimottaker")
_PRIMARY: Final = CS(v="PRIM", dn="Primærmottaker")
_REQUESTER: Final = CS(v="REQ", dn="Rekvirent")
_PROVIDER: Final = CS(v="SPR", dn="Tjenesteyter")


def _sender_role(role: Role, version: AppRecVersion, envelope: Envelope) -> CS:
    """In 1.0 the primary receiver is named by its part in the process: of an Epikrise it is the requester."""
    if role == "COP":
        return _COPY
    if version == "1.1":
        return _PRIMARY
    return _REQUESTER if envelope.namespace in {EPIKRISE_1_1, EPIKRISE_1_2} else _PROVIDER


def _mirror(party: Party) -> HCP:
    """A party → HCP: first identifier to Id and TypeId, the others to AdditionalId: all of them come back."""
    unit = party.unit
    if not party.name and not party.identifiers and unit is not None and unit.kind == "person":
        own, type_id, more = _split(unit.identifiers)
        return HCP(
            hc_prof=HCProf(name=unit.name or None, id=own, type_id=type_id, additional_id=more)
        )
    own, type_id, more = _split(party.identifiers)
    return HCP(
        inst=Inst(
            name=party.name or None,
            id=own,
            type_id=type_id,
            dept=(_dept(unit),) if unit is not None and unit.kind == "service" else (),
            additional_id=more,
            hc_person=(_person(unit),) if unit is not None and unit.kind == "person" else (),
        ),
    )


def _dept(unit: Unit) -> Dept:
    own, type_id, more = _split(unit.identifiers)
    return Dept(name=unit.name or None, id=own, type_id=type_id, additional_id=more)


def _person(unit: Unit) -> HCPerson:
    own, type_id, more = _split(unit.identifiers)
    return HCPerson(name=unit.name or None, id=own, type_id=type_id, additional_id=more)


def _split(
    identifiers: tuple[Identifier, ...],
) -> tuple[str | None, CS | None, tuple[AdditionalId, ...]]:
    if not identifiers:
        return None, None, ()
    first, *rest = identifiers
    return first.value, _type(first), tuple(AdditionalId(id=i.value, type=_type(i)) for i in rest)


def _type(identifier: Identifier) -> CS:
    return CS(v=identifier.type or None, dn=identifier.name or None)


def _errors(problems: Sequence[Problem]) -> tuple[CV, ...]:
    """Problems → one Error per code of list 8221, with a text where the code alone says too little."""
    texts: dict[str, list[str]] = {}
    for problem in problems:
        code = problem.code.row.apprec
        if problem.fatal and code is not None:
            texts.setdefault(code, []).append(f"{problem.detail} {problem.where}".strip())
    return tuple(_error(code, lines) for code, lines in texts.items())


def _error(code: str, lines: list[str]) -> CV:
    text = "; ".join(lines)
    shown = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
    return CV(
        v=code,
        s=APPREC_ERROR.oid,
        dn=APPREC_ERROR.names[code],
        ot=shown if code in _WITH_TEXT else None,
    )
