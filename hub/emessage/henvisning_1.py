"""Henvisning 1.0 and 1.1 (root Message): the referral of a patient, with an envelope of its own.

Both versions are one set of classes; `HENVISNINGER` says what each of them has.
Source: HIS 80517:2005 and 2014, Henvisning-v1.0.xsd, Henvisning-v1.1.xsd, poKomponent-v1.5.xsd.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.attached import ATTACHED, Attached
from hub.emessage.datatypes import BL, CS, CV, PQ, TS
from hub.emessage.felles import Person
from hub.emessage.letter_blocks import (
    AdditionalId,
    Address,
    ClinInv,
    DateResult,
    Dept,
    HCPerson,
    Interval,
    Modifier,
    NumResult,
    PatientPrecaution,
)
from hub.emessage.namespaces import EPIKRISE_1_2, HENVISNING_1_0, HENVISNING_1_1, PO, PO_1_5
from hub.emessage.plo.components import AssistertKommunikasjon, ParorendeForesatt
from hub.emessage.simple_types import ANY_URI, DATE, INTEGER, STRING
from hub.emessage.table import SELF, Choice, Edition, block, many, maybe, one, some


@block(HENVISNING_1_1)
class Result:
    """A result as text."""

    heading: CS | None = maybe("Heading", CS)
    text_result_value: str | None = maybe("TextResultValue", STRING)
    text_code: CV | None = maybe("TextCode", CV)


@block(HENVISNING_1_1)
class TextResult:
    """A result told in words."""

    result: Result | None = maybe("Result", Result)


@block(HENVISNING_1_1, choices=(Choice(("text_result", "interval", "date_result", "num_result")),))
class ResultItem:
    """The result of an examination."""

    text_result: TextResult | None = maybe("TextResult", TextResult)
    interval: Interval | None = maybe("Interval", Interval)
    date_result: DateResult | None = maybe("DateResult", DateResult)
    num_result: NumResult | None = maybe("NumResult", NumResult)
    serv_type: CS | None = maybe("ServType", CS)
    inv_date: TS | None = maybe("InvDate", TS)
    comment: str | None = maybe("Comment", STRING)
    dev_result_ind: CS | None = maybe("DevResultInd", CS)
    clin_inv: ClinInv = one("ClinInv", ClinInv)


@block(HENVISNING_1_1)
class Medication:
    """A drug that was, is or will be used."""

    drug_id: CV = one("DrugId", CV)
    comment: str | None = maybe("Comment", STRING)
    status: CS = one("Status", CS)
    intended_duration: PQ | None = maybe("IntendedDuration", PQ)
    quantity_supplied: PQ | None = maybe("QuantitySupplied", PQ)
    unit_dose: PQ | None = maybe("UnitDose", PQ)
    dosage_text: str | None = maybe("DosageText", STRING)


@block(HENVISNING_1_1)
class Observation:
    """Clinical information as text or code, other than drugs and results."""

    description: str | None = maybe("Description", STRING)
    comment: str | None = maybe("Comment", STRING)


@block(HENVISNING_1_1, choices=(Choice(("result_item", "medication", "observation")),))
class InfItem:
    """One piece of clinical information, with its type (8233)."""

    result_item: ResultItem | None = maybe("ResultItem", ResultItem)
    medication: Medication | None = maybe("Medication", Medication)
    observation: Observation | None = maybe("Observation", Observation)
    type: CS = one("Type", CS)
    start_date_time: TS | None = maybe("StartDateTime", TS)
    end_date_time: TS | None = maybe("EndDateTime", TS)
    org_date: TS | None = maybe("OrgDate", TS)


@block(HENVISNING_1_1)
class Inst:
    """An institution: level 1 of an addressing, with the level 2 inside."""

    name: str | None = maybe("Name", STRING)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)
    hc_person: tuple[HCPerson, ...] = many("HCPerson", HCPerson)
    dept: tuple[Dept, ...] = many("Dept", Dept)


@block(HENVISNING_1_1)
class HCProf:
    """A professional without an institution."""

    type: CS | None = maybe("Type", CS)
    name: str | None = maybe("Name", STRING)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)


@block(HENVISNING_1_1, choices=(Choice(("inst", "hc_prof")),))
class HCP:
    """A party: an institution with its levels, or a single professional."""

    inst: Inst | None = maybe("Inst", Inst)
    hc_prof: HCProf | None = maybe("HCProf", HCProf)
    med_speciality: CV | None = maybe("MedSpeciality", CV)
    party_id_by_requester: str | None = maybe("PartyIdByRequester", STRING)
    party_id_by_serv_prov: str | None = maybe("PartyIdByServProv", STRING)
    address: Address | None = maybe("Address", Address)


@block(HENVISNING_1_1)
class PatRelHCP:
    """A party of the health service with a relation to the patient."""

    relation: CS = one("Relation", CS)
    start_date_time: TS | None = maybe("StartDateTime", TS)
    end_date_time: TS | None = maybe("EndDateTime", TS)
    hcp: HCP = one("HCP", HCP)


@block(HENVISNING_1_1)
class ContactPerson:
    """A contact of the patient in another service."""

    occupation_role: str | None = maybe("OccupationRole", STRING)
    working_place: str | None = maybe("WorkingPlace", STRING)
    referanseperson: Person = one("Referanseperson", Person)
    merknad: str | None = maybe("Merknad", STRING)


@block(HENVISNING_1_1)
class PatRelInst:
    """An institution outside the health service that the patient belongs to."""

    name_inst: str | None = maybe("NameInst", STRING)
    working_time: str | None = maybe("WorkingTime", STRING)
    role_inst: str | None = maybe("RoleInst", STRING)
    contact_person: str | None = maybe("ContactPerson", STRING)
    merknad: str | None = maybe("Merknad", STRING)
    address: Address | None = maybe("Address", Address)


@block(HENVISNING_1_1)
class Consent:
    """Who has consented to the referral."""

    consent_status: CV | None = maybe("ConsentStatus", CV)
    consent_date: str | None = maybe("ConsentDate", DATE)
    consent_point: TS | None = maybe("ConsentDate", TS)
    merknad: str | None = maybe("Merknad", STRING)
    given_by: str | None = maybe("GivenBy", STRING)


@block(HENVISNING_1_1)
class Appointment:
    """An appointment: when, with whom, what."""

    start_date_time: TS = one("StartDateTime", TS)
    end_date_time: TS = one("EndDateTime", TS)
    resource_id: str = one("ResourceId", STRING)
    index: str = one("Index", INTEGER)
    service: CS = one("Service", CS)


@block(HENVISNING_1_1, may_be_empty=True)
class SubOrg:
    """A unit inside the organisation that an appointment is made with."""

    name: str | None = maybe("Name", STRING, needed=True)
    id: str | None = maybe("Id", STRING, needed=True)
    type_id: str | None = maybe("TypeId", STRING)
    sub_org: SubOrg | None = maybe("SubOrg", SELF)


@block(HENVISNING_1_1)
class Booking:
    """An appointment that the referral points at."""

    name: str = one("Name", STRING)
    id: str = one("Id", STRING)
    type_id: str | None = maybe("TypeId", STRING)
    appointment: Appointment = one("Appointment", Appointment)
    sub_org: SubOrg | None = maybe("SubOrg", SubOrg)


@block(HENVISNING_1_1)
class NeedTranslator:
    """Who needs an interpreter."""

    person: str | None = maybe("Person", INTEGER)
    is_deaf: BL | None = maybe("IsDeaf", BL)
    is_blind: BL | None = maybe("IsBlind", BL)
    language: CS | None = maybe("Language", CS)
    preferred_translator: str | None = maybe("PreferredTranslator", INTEGER)
    translator_end_date: TS | None = maybe("TranslatorEndDate", TS)
    note: str | None = maybe("Note", STRING)


@block(HENVISNING_1_1)
class CareSituation:
    """Who has the care of a child."""

    description: str | None = maybe("Description", STRING)
    custody_type: CS = one("CustodyType", CS)
    custody_owner: str | None = maybe("CustodyOwner", STRING)
    care_situation_type: CS = one("CareSituationType", CS)
    native_language: CS | None = maybe("NativeLanguage", CS)


@block(HENVISNING_1_1)
class Relation:
    """How a person is related to the patient."""

    guardien: BL | None = maybe("Guardien", BL)
    relation_code: CS | None = maybe("RelationCode", CS)
    description: str | None = maybe("Description", STRING)


@block(HENVISNING_1_1)
class PatRelperson:
    """A person around the patient."""

    description: str | None = maybe("Description", STRING)
    date_of_birth: TS | None = maybe("DateOfBirth", TS)
    sex: CS | None = maybe("Sex", CS)
    occupation: CS | None = maybe("Occupation", CS)
    role: str | None = maybe("Role", STRING)
    ethnic_belonging: CS | None = maybe("EthnicBelonging", CS)
    name: str = one("Name", STRING)
    off_id: str | None = maybe("OffId", STRING)
    type_off_id: CS | None = maybe("TypeOffId", CS)
    relation: Relation | None = maybe("Relation", Relation)
    address: Address | None = maybe("Address", Address)
    consent: Consent | None = maybe("Consent", Consent)


@block(HENVISNING_1_1)
class Patient:
    """The patient, as the sender tells."""

    basis_for_health_services: CS | None = maybe("BasisForHealthServices", CS)
    sex: CS | None = maybe("Sex", CS)
    date_of_birth: TS | None = maybe("DateOfBirth", TS)
    date_of_death: TS | None = maybe("DateOfDeath", TS)
    name: str | None = maybe("Name", STRING)
    id_by_requester: str | None = maybe("IdByRequester", STRING)
    off_id: str | None = maybe("OffId", STRING)
    type_off_id: CS | None = maybe("TypeOffId", CS)
    patient_precaution: tuple[PatientPrecaution, ...] = many("PatientPrecaution", PatientPrecaution)
    inf_item: tuple[InfItem, ...] = many("InfItem", InfItem)
    pat_rel_hcp: tuple[PatRelHCP, ...] = many("PatRelHCP", PatRelHCP)
    need_translator: tuple[NeedTranslator, ...] = many("NeedTranslator", NeedTranslator)
    care_situation: CareSituation | None = maybe("CareSituation", CareSituation)
    pat_relperson: tuple[PatRelperson, ...] = many("PatRelperson", PatRelperson)
    assistert_kommunikasjon: tuple[AssistertKommunikasjon, ...] = many(
        "AssistertKommunikasjon", AssistertKommunikasjon, PO
    )
    parorende_foresatt: tuple[ParorendeForesatt, ...] = many(
        "ParorendeForesatt", ParorendeForesatt, PO
    )
    contact_person: tuple[ContactPerson, ...] = many("ContactPerson", ContactPerson)
    pat_rel_inst: tuple[PatRelInst, ...] = many("PatRelInst", PatRelInst)
    consent: Consent | None = maybe("Consent", Consent)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)
    address: Address | None = maybe("Address", Address)


@block(HENVISNING_1_1, recurs=True)
class ServProvider:
    """Who gives the service."""

    role: CS | None = maybe("Role", CS)
    com_method: CS | None = maybe("ComMethod", CS)
    hcp: HCP = one("HCP", HCP)


@block(HENVISNING_1_1, recurs=True)
class Requester:
    """Who refers the patient."""

    role: CS | None = maybe("Role", CS)
    com_method: CS | None = maybe("ComMethod", CS)
    hcp: HCP = one("HCP", HCP)


@block(HENVISNING_1_1)
class CopyDestRole:
    """What a copy receiver is to have, and how."""

    msg_type: CS = one("MsgType", CS)
    req_com_method: CS | None = maybe("ReqComMethod", CS)
    act_com_method: CS | None = maybe("ActComMethod", CS)


@block(HENVISNING_1_1)
class CopyDest:
    """A receiver of a copy."""

    role: CS | None = maybe("Role", CS)
    copy_dest_role: tuple[CopyDestRole, ...] = many("CopyDestRole", CopyDestRole)
    hcp: HCP = one("HCP", HCP)


@block(HENVISNING_1_1, choices=(Choice(("file_reference", "content"), required=False),))
class RefDoc:
    """A document that is attached or pointed at."""

    issue_date: TS | None = maybe("IssueDate", TS)
    msg_type: CS = one("MsgType", CS)
    id: str | None = maybe("Id", STRING)
    booking: Booking | None = maybe("Booking", Booking)
    mime_type: str | None = maybe("MimeType", STRING)
    description: str | None = maybe("Description", STRING)
    compression: CS | None = maybe("Compression", CS)
    file_reference: str | None = maybe("FileReference", ANY_URI)
    content: Attached | None = maybe("Content", ATTACHED)


@block(HENVISNING_1_1)
class ReasonAsText:
    """A reason for the referral as text under a coded heading."""

    heading: CS | None = maybe("Heading", CS)
    text_result_value: str | None = maybe("TextResultValue", STRING)
    text_code: tuple[CV, ...] = many("TextCode", CV)


@block(HENVISNING_1_1)
class Diagnosis:
    """A diagnosis as the reason for a referral; the first one is the main one."""

    concept: CV = one("Concept", CV)
    modifier: tuple[Modifier, ...] = many("Modifier", Modifier)


@block(HENVISNING_1_1)
class Service:
    """The service given or asked for: what, which specialty, which level of care."""

    serv_id: CV | None = maybe("ServId", CV)
    med_speciality: CV | None = maybe("MedSpeciality", CV)
    adm_cat: CS | None = maybe("AdmCat", CS)


@block(HENVISNING_1_1)
class ReqServ:
    """The service asked for, and how urgent it is (8304)."""

    serv_type: CS = one("ServType", CS)
    purpose: CS | None = maybe("Purpose", CS)
    req_date: TS | None = maybe("ReqDate", TS)
    priority: CS | None = maybe("Priority", CS)
    comment: str | None = maybe("Comment", STRING)
    service: Service | None = maybe("Service", Service)


@block(HENVISNING_1_1)
class Comment:
    """A text under a coded heading."""

    heading: CS = one("Heading", CS)
    text_result_value: str = one("TextResultValue", STRING)
    coded_comment: tuple[CV, ...] = some("CodedComment", CV)


@block(HENVISNING_1_1)
class ServReq:
    """The referral."""

    serv_type: CS = one("ServType", CS)
    issue_date: TS = one("IssueDate", TS)
    payment_cat: CS | None = maybe("PaymentCat", CS)
    req_comment: str | None = maybe("ReqComment", STRING)
    ack: CS | None = maybe("Ack", CS)
    msg_descr: CS = one("MsgDescr", CS)
    id: str = one("Id", STRING)
    patient: Patient = one("Patient", Patient)
    serv_provider: ServProvider = one("ServProvider", ServProvider)
    requester: Requester = one("Requester", Requester)
    copy_dest: tuple[CopyDest, ...] = many("CopyDest", CopyDest)
    ref_doc: tuple[RefDoc, ...] = many("RefDoc", RefDoc)
    reason_as_text: tuple[ReasonAsText, ...] = many("ReasonAsText", ReasonAsText)
    diagnosis: tuple[Diagnosis, ...] = many("Diagnosis", Diagnosis)
    req_serv: ReqServ | None = maybe("ReqServ", ReqServ)
    comment: tuple[Comment, ...] = many("Comment", Comment)


@block(HENVISNING_1_1, element="Message")
class HenvisningMessage:
    """The message: its type, version, time and id, and the letter itself."""

    type: CS | None = maybe("Type", CS)
    msg_version: str | None = maybe("MsgVersion", STRING)
    mig_version: str = one("MIGversion", STRING)
    gen_date: TS = one("GenDate", TS)
    msg_id: str = one("MsgId", STRING)
    status: CS | None = maybe("Status", CS)
    serv_req: ServReq = one("ServReq", ServReq)


_ONLY_1_0: Final = frozenset(
    {
        (Patient, "need_translator"),
        (Patient, "care_situation"),
        (Patient, "pat_relperson"),
        (HCP, "party_id_by_requester"),
        (HCP, "party_id_by_serv_prov"),
        (PatRelInst, "working_time"),
        (PatRelInst, "address"),
        (Consent, "consent_point"),
        (RefDoc, "booking"),
    }
)
_ONLY_1_1: Final = frozenset(
    {
        (Patient, "assistert_kommunikasjon"),
        (Patient, "parorende_foresatt"),
        (Patient, "contact_person"),
        (PatRelInst, "role_inst"),
        (PatRelInst, "merknad"),
        (Consent, "consent_date"),
        (Consent, "given_by"),
        (Requester, "com_method"),
        (ServProvider, "com_method"),
        (RefDoc, "mime_type"),
        (RefDoc, "description"),
        (RefDoc, "compression"),
        (RefDoc, "file_reference"),
        (RefDoc, "content"),
    }
)
_PO_1_5: Final = (PO, PO_1_5)
HENVISNINGER: Final[dict[str, Edition]] = {
    HENVISNING_1_0: Edition(
        "Henvisning 1.0",
        ((HENVISNING_1_1, HENVISNING_1_0), (EPIKRISE_1_2, HENVISNING_1_0), _PO_1_5),
        without=_ONLY_1_1,
        needed=frozenset(
            {(ServReq, "diagnosis"), (Consent, "merknad"), (PatRelInst, "contact_person")}
        ),
    ),
    HENVISNING_1_1: Edition(
        "Henvisning 1.1",
        ((EPIKRISE_1_2, HENVISNING_1_1), _PO_1_5),
        without=_ONLY_1_0 | {(ParorendeForesatt, "fodselsar_mindrearig_parorende")},
        needed=frozenset({(ServReq, "req_serv"), (ReqServ, "priority")}),
    ),
}
"""Namespace of the version → how it differs from the tables."""
