"""Parts that every PLO message of the demo shares: dated events, and the nurse who answers for it.

Source: HIS 80704:2014 (TidsfestetHendelse, AnsvarForRapport), code list 9121.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.demo.people import PARTIES
from hub.demo.resources import ADMITTED_DAYS_AGO
from hub.emessage.codes.hendelse_9121 import HENDELSE
from hub.emessage.codes.person_id_8116 import PERSON_ID
from hub.emessage.codes.profession_9060 import PROFESSION
from hub.emessage.codes.role_to_patient_9034 import ROLE_TO_PATIENT
from hub.emessage.codes.telecom_type_9061 import TELECOM_TYPE
from hub.emessage.datatypes import TS, URL
from hub.emessage.felles import HealthcareProfessional as Professional
from hub.emessage.felles import Ident as FellesIdent
from hub.emessage.felles import TeleCom as FellesTeleCom
from hub.emessage.plo.components import AnsvarForRapport, TidsfestetHendelse


def admitted(at: datetime) -> str:
    """The day of the message → when the heart-failure patient was admitted, as kith:TS."""
    return f"{at - timedelta(days=ADMITTED_DAYS_AGO):%Y-%m-%d}T21:40:00"


def happening(code: str, when: str, *, estimate: bool = False) -> TidsfestetHendelse:
    """A code of list 9121 and a time → the dated event."""
    return TidsfestetHendelse(
        hendelsekode=HENDELSE.cv(code), tidspunkt_for_hendelse=TS(v=when), anslag=estimate
    )


def responsible_nurse(ward: str) -> AnsvarForRapport:
    """A ward → the nurse who answers for the message, with the ward's phone."""
    return AnsvarForRapport(ansvarlig_rapport=nurse(ward))


def nurse(ward: str) -> Professional:
    """A ward → its nurse, an invented person."""
    return Professional(
        type_healthcare_professional=PROFESSION.cs("SP"),
        role_to_patient=ROLE_TO_PATIENT.cv("21"),
        family_name="Testsykepleier",
        given_name="Rask",
        ident=(FellesIdent(id="565900021", type_id=PERSON_ID.cv("HPR")),),
        tele_com=(
            FellesTeleCom(
                type_telecom=TELECOM_TYPE.cs("WC"),
                tele_address=URL(v=f"tel:{PARTIES[ward].phone}"),
            ),
        ),
    )
