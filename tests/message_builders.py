"""PLO messages of our own for tests: readable values, synthetic persons, and a message with everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from hub.emessage.datatypes import CS, CV, TS, Base64Container
from hub.emessage.felles import HealthcareProfessional
from hub.emessage.felles import Ident as FkIdent
from hub.emessage.msghead import (
    ConversationRef,
    Document,
    Ident,
    MsgHead,
    MsgInfo,
    Organisation,
    Patient,
    Receiver,
    RefDoc,
    Sender,
)
from hub.emessage.payloads import CONTENT, Content
from hub.emessage.plo.components import (
    AnsvarForRapport,
    InformasjonOmForsendelsen,
    TidsfestetHendelse,
    UtskrevetTil,
)
from hub.emessage.plo.pasientlogistikk import (
    AvmeldingUtskrivningsklarPasient,
    MeldingInnlagtPasient,
    MeldingOmUtskrevetPasient,
    MeldingUtskrivningsklarPasient,
    OrienteringOmDod,
    Pasientlogistikk,
)
from hub.emessage.table import SELF, Choice, Field, Simple, table_of

OID = "2.16.578.1.12.4.1.1."
TITLES = {
    "LOG_INNLAGT": "Melding om innlagt pasient",
    "LOG_UTSKRIVNINGSKLAR": "Melding om utskrivningsklar pasient",
    "LOG_AVMELDING": "Avmelding av utskrivningsklar pasient",
    "LOG_UTSKREVET": "Melding om utskrevet pasient",
    "LOG_DOD": "Orientering om dødsfall",
    "UTSKRIVNINGSRAPPORT": "Utskrivningsrapport",
}
EVENTS = {
    "1": "Pasient innlagt",
    "2": "Pasient utskrevet",
    "3": "Pasient utskrivningsklar",
    "4": "Avmelding av utskrivningsklar pasient",
    "13": "Pasienten er død",
}
STATUSES = {"N": "Ny", "M": "Endring", "C": "Kansellering"}


def msg_id(number: int) -> str:
    return f"3f0b1a10-0000-4000-8000-{number:012d}"


def her(number: str) -> Ident:
    return Ident(id=number, type_id=CV(v="HER", s=f"{OID}9051", dn="HER-id"))


def party(name: str, number: str, service: str, service_number: str) -> Organisation:
    return Organisation(
        organisation_name=name,
        ident=(her(number),),
        organisation=Organisation(organisation_name=service, ident=(her(service_number),)),
    )


HOSPITAL = party("Fjordbyen sykehus HF", "8094001", "Lungesykdommer", "8094101")
MUNICIPALITY = party("Solvik kommune", "8095001", "Sykepleietjeneste", "8095101")


def fnr(number: str = "12834812019") -> Ident:
    return Ident(id=number, type_id=CV(v="FNR", s=f"{OID}8116", dn="Fødselsnummer"))


def person(**changes: Any) -> Patient:
    usual: dict[str, Any] = {
        "family_name": "Testdal",
        "given_name": "Aslaug",
        "date_of_birth": "1948-03-12",
        "sex": CS(v="2", dn="Kvinne"),
        "ident": (fnr(),),
    }
    return Patient(**(usual | changes))


def nurse() -> HealthcareProfessional:
    return HealthcareProfessional(
        type_healthcare_professional=CS(v="SP", dn="Sykepleier"),
        role_to_patient=CV(v="21", s=f"{OID}9034", dn="Helsefaglig kontakt"),
        family_name="Prøve",
        given_name="Nina",
        ident=(FkIdent(id="9990001", type_id=CV(v="HPR", s=f"{OID}8116", dn="HPR-nummer")),),
    )


def message(
    kind: str,
    payload: Any,
    number: int = 1,
    sent: str = "2026-03-02T10:15:00",
    follows: tuple[int, int] | None = None,
    sender: Organisation = HOSPITAL,
    patient: Patient | None = None,
) -> MsgHead:
    """`follows` = (number of the parent, number of the first message of the conversation)."""
    reference = (
        ConversationRef(ref_to_parent=msg_id(follows[0]), ref_to_conversation=msg_id(follows[1]))
        if follows
        else None
    )
    return MsgHead(
        msg_info=MsgInfo(
            type=CS(v=kind, dn=TITLES[kind]),
            mig_version="v1.2 2006-05-24",
            gen_date=sent,
            msg_id=msg_id(number),
            conversation_ref=reference,
            sender=Sender(organisation=sender),
            receiver=Receiver(organisation=MUNICIPALITY),
            patient=patient or person(),
        ),
        document=(
            Document(
                ref_doc=RefDoc(
                    issue_date=TS(v=sent),
                    msg_type=CS(v="XML", dn="XML-instans"),
                    content=Content((payload,)),
                )
            ),
        ),
    )


def shipment(status: str) -> InformasjonOmForsendelsen:
    return InformasjonOmForsendelsen(forsendelsesstatus=CS(v=status, dn=STATUSES[status]))


def event(
    code: str | None, time: str, *, estimate: bool = False, text: str | None = None
) -> TidsfestetHendelse:
    return TidsfestetHendelse(
        hendelsekode=CV(v=code, s=f"{OID}9121", dn=EVENTS[code]) if code else None,
        beskrivelse_av_hendelse=text,
        tidspunkt_for_hendelse=TS(v=time),
        anslag=estimate,
    )


def logistics(
    kind: str, *events: TidsfestetHendelse, status: str = "N", **more: Any
) -> Pasientlogistikk:
    choice: dict[str, Any] = {
        "LOG_INNLAGT": lambda: {
            "melding_innlagt_pasient": MeldingInnlagtPasient(tidsfestet_hendelse=events[0])
        },
        "LOG_UTSKRIVNINGSKLAR": lambda: {
            "melding_utskrivningsklar_pasient": MeldingUtskrivningsklarPasient(
                tidsfestet_hendelse=events
            )
        },
        "LOG_AVMELDING": lambda: {
            "avmelding_utskrivningsklar_pasient": AvmeldingUtskrivningsklarPasient(
                tidsfestet_hendelse=events
            )
        },
        "LOG_UTSKREVET": lambda: {
            "melding_om_utskrevet_pasient": MeldingOmUtskrevetPasient(
                utskrevet_til=more.pop(
                    "to", UtskrevetTil(ut_til=CV(v="1", s=f"{OID}8408", dn="Bosted/arbeidssted"))
                ),
                tidsfestet_hendelse=events[0],
            )
        },
        "LOG_DOD": lambda: {"orientering_om_dod": OrienteringOmDod(tidsfestet_hendelse=events[0])},
    }
    return Pasientlogistikk(
        informasjon_om_forsendelsen=shipment(status),
        ansvar_for_rapport=(AnsvarForRapport(ansvarlig_rapport=nurse()),),
        **choice[kind](),
        **more,
    )


def everything(cls: type, leave_out: frozenset[str] = frozenset(), times: int = 1) -> Any:
    """A class of the codec → a value with every field filled, every repeating one `times` times, every text its own.

    `leave_out` are fields of a choice that are not taken (the first of a choice is, unless it is left out).
    """
    return _fill(cls, count(1), leave_out, times)


def _fill(cls: type, numbers: Iterator[int], leave_out: frozenset[str], times: int) -> Any:
    table = table_of(cls)
    skipped = leave_out | {f for choice in table.choices for f in _not_taken(choice, leave_out)}
    values: dict[str, Any] = {}
    for field in table.fields:
        if field.name in skipped:
            continue
        parts = [
            _one(kind, field, numbers, leave_out, times, cls)
            for _ in range(times if field.many else 1)
            for _, kind in field.kinds
        ]
        values[field.name] = tuple(parts) if field.many else parts[0]
    return cls(**values)


def _not_taken(choice: Choice, leave_out: frozenset[str]) -> list[str]:
    return [f for f in choice.fields if f not in leave_out][1:]


def _one(
    kind: Any,
    field: Field,
    numbers: Iterator[int],
    leave_out: frozenset[str],
    times: int,
    cls: type,
) -> Any:
    if kind is CONTENT:
        return Content((Base64Container("SGVp"),))
    if kind is SELF:
        kind = cls
    if isinstance(kind, Simple):
        return field.fixed or sample(kind, next(numbers))
    # An organisation in an organisation: two levels are enough
    inner = leave_out | ({field.name} if kind is cls else frozenset())
    return _fill(kind, numbers, frozenset(inner), times)


def sample(kind: Simple[Any], number: int) -> Any:
    """A simple type and a number → a value of it that no other number gives (booleans: true)."""
    forms: dict[str, Any] = {
        "xs:boolean": True,
        "xs:date": f"{1900 + number // 300}-{1 + number % 300 // 25:02d}-{1 + number % 25:02d}",
        "xs:dateTime": f"{1900 + number // 300}-{1 + number % 300 // 25:02d}-{1 + number % 25:02d}T08:30:00",
        "date, time or both": f"{1900 + number // 300}-{1 + number % 300 // 25:02d}-{1 + number % 25:02d}T08:30:00",
        "xs:gYear": f"{1900 + number % 120}",
        "xs:integer": f"{40000 + number}",
        "xs:decimal": f"{40000 + number}.5",
        "xs:double": f"{40000 + number}.25",
        "OID": f"2.16.578.1.12.4.1.1.{70000 + number}",
        "xs:anyURI": f"tel:{40000000 + number}",
        "informasjonskategori": "Uspesifisert",
    }
    return forms.get(kind.name, f"verdi{number}q")
