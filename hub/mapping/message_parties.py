"""Our own service, the GP and the patient → the parties of a MsgHead.

Source: hodemelding.md (two-level addressing, patient), HIS 1153-2; code lists 8116, 9051, 9060, 9061.
"""

from __future__ import annotations

import re
from typing import Final

from hub.emessage import felles, msghead
from hub.emessage.codes.org_id_9051 import ORG_ID
from hub.emessage.codes.person_id_8116 import PERSON_ID
from hub.emessage.codes.profession_9060 import PROFESSION
from hub.emessage.codes.role_to_patient_9034 import ROLE_TO_PATIENT
from hub.emessage.codes.sex_3101 import SEX
from hub.emessage.codes.telecom_type_9061 import TELECOM_TYPE
from hub.emessage.datatypes import CS, URL
from hub.fhir.models.r4.patient import Patient
from hub.mapping import urls
from hub.mapping.fhir_parts import identifier_value
from hub.mapping.gp import GpReceiver, person_name
from hub.mapping.message_words import clean
from hub.mapping.own_party import OwnParty, Responsible
from hub.problems import Problem, ProblemCode

DOCTOR: Final = "LE"
"""Code of list 9060."""
_FASTLEGE: Final = "6"
WORK_PHONE: Final = TELECOM_TYPE.cs("WP")
_NATIONAL_IDS: Final = ((urls.FNR, "FNR"), (urls.DNR, "DNR"), (urls.FHN, "FHN"))
_SEX: Final = {"male": "1", "female": "2", "other": "9", "unknown": "0"}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOT_PHONE: Final = re.compile(r"[^0-9+]")


def named(text: str) -> str:
    """A name → a name that XML can carry and that is never empty."""
    return clean(text) or "(uten navn)"


def to_sender(party: OwnParty) -> msghead.Organisation:
    """Our own party → Sender/Organisation in two levels."""
    phone = telecom_of(party.phone)
    return msghead.Organisation(
        organisation_name=named(party.organisation_name),
        ident=(_her_id(party.organisation_her_id),),
        organisation=msghead.Organisation(
            organisation_name=named(party.service_name),
            ident=(_her_id(party.service_her_id),),
            tele_com=(msghead.TeleCom(type_telecom=WORK_PHONE, tele_address=phone),)
            if phone
            else (),
        ),
    )


def to_receiver(party: GpReceiver) -> msghead.Organisation:
    """The GP → Receiver/Organisation: office and person, or office and service."""
    top = _her_id(party.organisation_her_id)
    if party.person is None:
        service = msghead.Organisation(
            organisation_name=named(party.party_name), ident=(_her_id(party.party_her_id),)
        )
        return msghead.Organisation(
            organisation_name=named(party.organisation_name), ident=(top,), organisation=service
        )
    idents = [msghead.Ident(id=party.party_her_id, type_id=PERSON_ID.cv("HER"))]
    if party.hpr:
        idents.append(msghead.Ident(id=clean(party.hpr), type_id=PERSON_ID.cv("HPR")))
    doctor = msghead.HealthcareProfessional(
        type_healthcare_professional=PROFESSION.cs(DOCTOR),
        role_to_patient=ROLE_TO_PATIENT.cv(_FASTLEGE),
        family_name=clean(party.person.family) or None,
        middle_name=clean(party.person.middle) or None,
        given_name=clean(party.person.given) or None,
        ident=tuple(idents),
    )
    return msghead.Organisation(
        organisation_name=named(party.organisation_name),
        ident=(top,),
        healthcare_professional=doctor,
    )


def _her_id(value: str) -> msghead.Ident:
    return msghead.Ident(id=value, type_id=ORG_ID.cv("HER"))


def telecom_of(phone: str | None) -> URL | None:
    """A phone number as written → tel: with its digits, None when it has none."""
    digits = _NOT_PHONE.sub("", clean(phone))
    number = digits[:1] + digits[1:].replace("+", "")
    return URL(v=f"tel:{number}") if any(c.isdigit() for c in number) else None


def to_professional(one: Responsible, role: str | None = None) -> felles.HealthcareProfessional:
    """Who answers for a message → the professional of a payload; `role` of list 9034. Shape: `hpr` is known."""
    phone = telecom_of(one.phone)
    return felles.HealthcareProfessional(
        type_healthcare_professional=CS(v=one.profession, dn=PROFESSION.name_of(one.profession))
        if one.profession
        else None,
        role_to_patient=ROLE_TO_PATIENT.cv(role) if role else None,
        family_name=clean(one.name.family) or None,
        middle_name=clean(one.name.middle) or None,
        given_name=clean(one.name.given) or None,
        ident=(felles.Ident(id=one.hpr or "", type_id=PERSON_ID.cv("HPR")),),
        tele_com=(felles.TeleCom(tele_address=phone),) if phone else (),
    )


def to_patient_block(patient: Patient) -> tuple[msghead.Patient | None, Problem | None]:
    """A Patient → the patient of the envelope: name and national id, or name, birth date and sex (rule 5 of hodemelding.md).

    Problems: OUTPUT_INVALID.
    """
    name = person_name(patient.name)
    idents = tuple(
        msghead.Ident(id=clean(value), type_id=PERSON_ID.cv(kind))
        for system, kind in _NATIONAL_IDS
        if (value := identifier_value(patient.identifier, system))
    )
    born = patient.birthDate if patient.birthDate and _DAY.fullmatch(patient.birthDate) else None
    sex = _SEX.get(patient.gender or "")
    if name is None or not clean(name.family + name.given):
        return None, _untold("Pasientens navn mangler, meldingen kan ikke lages", "Patient.name")
    if not idents and (born is None or sex is None):
        detail = "Pasienten mangler fødselsnummer, og fødselsdato eller kjønn er ikke kjent"
        return None, _untold(detail, "Patient.identifier")
    found = msghead.Patient(
        family_name=clean(name.family) or None,
        middle_name=clean(name.middle) or None,
        given_name=clean(name.given) or None,
        date_of_birth=born,
        sex=None if sex is None else SEX.cs(sex),
        ident=idents,
    )
    return found, None


def _untold(detail: str, where: str) -> Problem:
    return Problem(ProblemCode.OUTPUT_INVALID, detail, where)
