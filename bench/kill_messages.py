"""The e-messages that arrive during the kill tests: our own, built with the hub's codecs, every one with a fresh MsgId."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from msgspec.structs import replace

from bench.town import Citizen
from hub.demo.discharge_report import build_report
from hub.demo.happenings import happening, responsible_nurse
from hub.demo.messages import ROUTES, build_envelope
from hub.demo.people import Person
from hub.emessage.codes.forsendelsesstatus_7309 import FORSENDELSESSTATUS
from hub.emessage.payloads import Payload
from hub.emessage.plo.components import InformasjonOmForsendelsen
from hub.emessage.plo.pasientlogistikk import MeldingInnlagtPasient, Pasientlogistikk
from hub.emessage.table_build import render


def build_message(citizen: Citizen, number: int, msg_id: str, at: datetime) -> bytes:
    """A patient, a number that chooses the type, a MsgId and a time → the document as a hospital sends it."""
    person = Person(
        key=citizen.id,
        given="Mild",
        family=citizen.family,
        sex="female",
        born=citizen.born,
        national_id=citizen.national_id,
        gp="",
        street="Prøveveien 1",
        phone="00000100",
    )
    key = "innlagt" if number % 2 else "utskrivningsrapport"
    payload = _admission(at) if number % 2 else build_report(person, at)
    message: Any = build_envelope(key, person, at, payload)
    # The message classes are msgspec structs behind a dataclass face
    return render(cast("Any", replace(message, msg_info=replace(message.msg_info, msg_id=msg_id))))


def _admission(at: datetime) -> Payload:
    return Pasientlogistikk(
        informasjon_om_forsendelsen=InformasjonOmForsendelsen(
            forsendelsesstatus=FORSENDELSESSTATUS.cs("N")
        ),
        ansvar_for_rapport=(responsible_nurse(ROUTES["innlagt"].sender),),
        melding_innlagt_pasient=MeldingInnlagtPasient(
            tidsfestet_hendelse=happening("1", f"{at - timedelta(hours=2):%Y-%m-%dT%H:%M:%S}")
        ),
    )
