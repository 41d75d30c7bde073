"""The e-messages that arrive on the demo day, built with the hub's own codecs: PLO 1.6, all of it invented.

Source: HIS 80704:2014 (PLO 1.6), HIS 80601:2006 (MsgHead); dho/requirements.md 41 (the three questions about DHO).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.demo.discharge_report import build_report
from hub.demo.happenings import admitted, happening, responsible_nurse
from hub.demo.people import (
    CASE_WORK,
    HEART_WARD,
    HOME_CARE,
    LUNG_WARD,
    PARTIES,
    SERVICE,
    Person,
)
from hub.demo.resources import full_url
from hub.demo.story import Event, MessageKey, Story
from hub.emessage.codes.document_connection_4702 import DOCUMENT_CONNECTION
from hub.emessage.codes.document_reference_8114 import DOCUMENT_REFERENCE
from hub.emessage.codes.forsendelsesstatus_7309 import FORSENDELSESSTATUS
from hub.emessage.codes.message_function_8279 import MESSAGE_FUNCTION
from hub.emessage.codes.org_id_9051 import ORG_ID
from hub.emessage.codes.person_id_8116 import PERSON_ID
from hub.emessage.codes.processing_status_8113 import PROCESSING_STATUS
from hub.emessage.codes.sex_3101 import SEX
from hub.emessage.codes.sted_8408 import STED
from hub.emessage.datatypes import CV, TS
from hub.emessage.msghead import (
    MIG_VERSION,
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
from hub.emessage.payloads import Content, Payload
from hub.emessage.plo.components import (
    InformasjonOmForsendelsen,
    UtskrevetTil,
)
from hub.emessage.plo.pasientlogistikk import (
    MeldingInnlagtPasient,
    MeldingOmUtskrevetPasient,
    MeldingUtskrivningsklarPasient,
    Pasientlogistikk,
)
from hub.emessage.table_build import render


@dataclass(frozen=True, slots=True)
class _Route:
    """Type, from which ward and to which municipal service."""

    type: str
    sender: str
    receiver: str


ROUTES: Final[Mapping[MessageKey, _Route]] = {
    "utskrivningsklar": _Route("LOG_UTSKRIVNINGSKLAR", HEART_WARD, CASE_WORK),
    "utskrivningsrapport": _Route("UTSKRIVNINGSRAPPORT", HEART_WARD, SERVICE),
    "utskrevet": _Route("LOG_UTSKREVET", HEART_WARD, HOME_CARE),
    "innlagt": _Route("LOG_INNLAGT", LUNG_WARD, HOME_CARE),
}


def message_id(key: str, at: datetime) -> str:
    """A message of the story and its time → the same MsgId in every run of that day."""
    return str(uuid.UUID(full_url("message", key, at.isoformat()).removeprefix("urn:uuid:")))


def build_message(story: Story, event: Event) -> bytes:
    """A message event of the story → the document as the hospital sends it."""
    assert event.message is not None
    person = story.people[event.person]
    return render(build_envelope(event.message, person, event.at, _payload(event, person)))


def build_envelope(key: MessageKey, person: Person, at: datetime, payload: Payload) -> MsgHead:
    """Message, patient, time and payload → the MsgHead with both levels of both parties."""
    route = ROUTES[key]
    return MsgHead(
        msg_info=MsgInfo(
            type=MESSAGE_FUNCTION.cs(route.type),
            mig_version=MIG_VERSION,
            gen_date=at.isoformat(timespec="seconds"),
            msg_id=message_id(key, at),
            processing_status=PROCESSING_STATUS.cs("D"),
            sender=Sender(organisation=_organisation(route.sender)),
            receiver=Receiver(organisation=_organisation(route.receiver)),
            patient=_patient(person),
        ),
        document=(
            Document(
                document_connection=DOCUMENT_CONNECTION.cs("H"),
                ref_doc=RefDoc(
                    issue_date=TS(v=f"{at:%Y-%m-%dT%H:%M:%S}"),
                    msg_type=DOCUMENT_REFERENCE.cs("XML"),
                    content=Content((payload,)),
                ),
            ),
        ),
    )


def _payload(event: Event, person: Person) -> Payload:
    if event.message == "utskrivningsrapport":
        return build_report(person, event.at)
    return _logistics(event)


def _logistics(event: Event) -> Pasientlogistikk:
    at = event.at
    ward = ROUTES[event.message].sender if event.message else HEART_WARD
    head = InformasjonOmForsendelsen(forsendelsesstatus=FORSENDELSESSTATUS.cs("N"))
    responsible = (responsible_nurse(ward),)
    if event.message == "innlagt":
        return Pasientlogistikk(
            informasjon_om_forsendelsen=head,
            ansvar_for_rapport=responsible,
            melding_innlagt_pasient=MeldingInnlagtPasient(
                tidsfestet_hendelse=happening("1", f"{at - timedelta(hours=2):%Y-%m-%dT%H:%M:%S}")
            ),
        )
    if event.message == "utskrivningsklar":
        return Pasientlogistikk(
            informasjon_om_forsendelsen=head,
            ansvar_for_rapport=responsible,
            melding_utskrivningsklar_pasient=MeldingUtskrivningsklarPasient(
                tidsfestet_hendelse=(
                    happening("1", admitted(at)),
                    happening("3", f"{at:%Y-%m-%d}"),
                )
            ),
        )
    return Pasientlogistikk(
        informasjon_om_forsendelsen=head,
        ansvar_for_rapport=responsible,
        melding_om_utskrevet_pasient=MeldingOmUtskrevetPasient(
            utskrevet_til=UtskrevetTil(ut_til=STED.cv("1")),
            tidsfestet_hendelse=happening("2", f"{at:%Y-%m-%d}"),
        ),
    )


def _organisation(key: str) -> Organisation:
    lower = PARTIES[key]
    upper = PARTIES[lower.part_of or key]
    idents = [Ident(id=upper.her_id, type_id=_her())]
    if upper.org_number:
        idents.append(Ident(id=upper.org_number, type_id=ORG_ID.cv("ENH")))
    return Organisation(
        organisation_name=upper.name,
        ident=tuple(idents),
        organisation=Organisation(
            organisation_name=lower.name, ident=(Ident(id=lower.her_id, type_id=_her()),)
        ),
    )


def _her() -> CV:
    return ORG_ID.cv("HER")


def _patient(person: Person) -> Patient:
    return Patient(
        family_name=person.family,
        given_name=person.given,
        date_of_birth=person.born.isoformat(),
        sex=SEX.cs("1" if person.sex == "male" else "2"),
        ident=(Ident(id=person.national_id, type_id=PERSON_ID.cv("FNR")),),
    )
