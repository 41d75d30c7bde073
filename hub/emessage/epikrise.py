"""Epikrise 1.1 and 1.2 (root Message): the discharge letter of a hospital or specialist.

Both versions are one set of classes; `EPIKRISES` says what each of them has.
Source: HIS 80226:2006 and 2014, Epikrise-v1.1.xsd, Epikrise-v1.2.xsd.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.attached import ATTACHED, Attached
from hub.emessage.datatypes import CS, CV, FORMATTED_TEXT, PQ, TS, FormattedText
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
from hub.emessage.namespaces import EPIKRISE_1_1, EPIKRISE_1_2
from hub.emessage.simple_types import ANY_URI, INTEGER, STRING
from hub.emessage.table import SELF, Choice, Edition, block, many, maybe, one, some


@block(EPIKRISE_1_2)
class ReasonAsText:
    """A reason for the referral as text under a coded heading."""

    heading: CS | None = maybe("Heading", CS)
    text_result_value: FormattedText | None = maybe("TextResultValue", FORMATTED_TEXT)
    text_code: tuple[CV, ...] = many("TextCode", CV)


@block(EPIKRISE_1_2)
class Diagnosis:
    """A diagnosis as the reason for a referral; the first one is the main one."""

    concept: CV = one("Concept", CV)
    modifier: tuple[Modifier, ...] = many("Modifier", Modifier)


@block(EPIKRISE_1_2)
class ServReq:
    """The referral."""

    serv_type: CS = one("ServType", CS)
    issue_date: TS = one("IssueDate", TS)
    receipt_date: TS | None = maybe("ReceiptDate", TS)
    req_comment: str | None = maybe("ReqComment", STRING)
    msg_descr_text: str | None = maybe("MsgDescr", STRING)
    msg_descr: CS | None = maybe("MsgDescr", CS)
    id: str = one("Id", STRING)
    reason_as_text: tuple[ReasonAsText, ...] = many("ReasonAsText", ReasonAsText)
    diagnosis: tuple[Diagnosis, ...] = some("Diagnosis", Diagnosis)


@block(EPIKRISE_1_2)
class TransportArr:
    """How the patient is to be transported."""

    responsibility: CS | None = maybe("Responsibility", CS)
    status: CS | None = maybe("Status", CS)
    transport_requirement: CV | None = maybe("TransportRequirement", CV)
    escort_required: CS | None = maybe("EscortRequired", CS)
    comment: str | None = maybe("Comment", STRING)


@block(EPIKRISE_1_2)
class PlannedEvent:
    """A wished, proposed or planned event."""

    planning_stage: CS | None = maybe("PlanningStage", CS)
    status_of_plan: CS | None = maybe("StatusOfPlan", CS)
    plan_comment: str | None = maybe("PlanComment", STRING)
    planning_date: TS | None = maybe("PlanningDate", TS)
    scheduled_date: TS | None = maybe("ScheduledDate", TS)
    advice_sent_to: CS | None = maybe("AdviceSentTo", CS)
    expected_delay: PQ | None = maybe("ExpectedDelay", PQ)
    comment_exp_duration: str | None = maybe("CommentExpDuration", STRING)
    preparation: str | None = maybe("Preparation", STRING)
    advice: str | None = maybe("Advice", STRING)
    transport_arr: TransportArr | None = maybe("TransportArr", TransportArr)


@block(EPIKRISE_1_2)
class ReportedEvent:
    """When an event that has been began and ended."""

    start_date_time: TS = one("StartDateTime", TS)
    end_date_time: TS | None = maybe("EndDateTime", TS)


@block(EPIKRISE_1_2)
class Service:
    """The service given or asked for: what, which specialty, which level of care."""

    serv_id: CV | None = maybe("ServId", CV)
    med_specialty: CV | None = maybe("MedSpecialty", CV)
    adm_cat: CS | None = maybe("AdmCat", CS)


@block(EPIKRISE_1_2)
class Inst:
    """An institution: level 1 of an addressing, with the level 2 inside."""

    name: str | None = maybe("Name", STRING)
    type: CS | None = maybe("Type", CS)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    dept: tuple[Dept, ...] = many("Dept", Dept)
    hc_person: tuple[HCPerson, ...] = many("HCPerson", HCPerson)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)


@block(EPIKRISE_1_2)
class HCProf:
    """A professional without an institution."""

    type: CS | None = maybe("Type", CS)
    position: CV | None = maybe("Position", CV)
    name: str | None = maybe("Name", STRING)
    qual: tuple[CV, ...] = many("Qual", CV)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)


@block(EPIKRISE_1_2, choices=(Choice(("inst", "hc_prof")),))
class HCP:
    """A party: an institution with its levels, or a single professional."""

    inst: Inst | None = maybe("Inst", Inst)
    hc_prof: HCProf | None = maybe("HCProf", HCProf)
    med_specialty: CV | None = maybe("MedSpecialty", CV)
    party_id_by_requester: str | None = maybe("PartyIdByRequester", STRING)
    party_id_by_serv_prov: str | None = maybe("PartyIdByServProv", STRING)
    address: Address | None = maybe("Address", Address)


@block(EPIKRISE_1_2)
class RelServProvider:
    """Who took part in an event, or answers for the letter."""

    relation: CS = one("Relation", CS)
    role: CS | None = maybe("Role", CS)
    hcp: HCP = one("HCP", HCP)


@block(EPIKRISE_1_2)
class AssRequest:
    """A referral that an event belongs to."""

    issue_date: TS | None = maybe("IssueDate", TS)
    msg_type: CS = one("MsgType", CS)
    id: str | None = maybe("Id", STRING)


@block(EPIKRISE_1_2)
class SubLocation:
    """A place inside a location."""

    type: CS = one("Type", CS)
    place: str = one("Place", STRING)


@block(EPIKRISE_1_2)
class Location:
    """A place."""

    type: CS | None = maybe("Type", CS)
    description: str | None = maybe("Description", STRING)
    inst: Inst | None = maybe("Inst", Inst)
    address: Address | None = maybe("Address", Address)
    sub_location: tuple[SubLocation, ...] = many("SubLocation", SubLocation)


@block(EPIKRISE_1_2)
class EventLocation:
    """Where an event took place, and when."""

    role: CS | None = maybe("Role", CS)
    start_date_time: TS | None = maybe("StartDateTime", TS)
    end_date_time: TS | None = maybe("EndDateTime", TS)
    location: Location = one("Location", Location)


@block(EPIKRISE_1_2)
class Result:
    """A result as text."""

    heading: CS | None = maybe("Heading", CS)
    text_result_value: FormattedText | None = maybe("TextResultValue", FORMATTED_TEXT)
    text_code: tuple[CV, ...] = many("TextCode", CV)


@block(EPIKRISE_1_2)
class TextResult:
    """A result told in words."""

    result: Result | None = maybe("Result", Result)


@block(EPIKRISE_1_2)
class DiagComment:
    """A diagnosis that comments a result."""

    concept: CV = one("Concept", CV)
    modifier: tuple[Modifier, ...] = many("Modifier", Modifier)


@block(EPIKRISE_1_2, choices=(Choice(("text_result", "interval", "num_result", "date_result")),))
class ResultItem:
    """The result of an examination."""

    text_result: TextResult | None = maybe("TextResult", TextResult)
    interval: Interval | None = maybe("Interval", Interval)
    num_result: NumResult | None = maybe("NumResult", NumResult)
    date_result: DateResult | None = maybe("DateResult", DateResult)
    serv_type: CS | None = maybe("ServType", CS)
    inv_date: TS | None = maybe("InvDate", TS)
    comment: str | None = maybe("Comment", STRING)
    dev_result_ind: CS | None = maybe("DevResultInd", CS)
    clin_inv: ClinInv = one("ClinInv", ClinInv)
    diag_comment: DiagComment | None = maybe("DiagComment", DiagComment)


@block(EPIKRISE_1_2)
class Medication:
    """A drug that was, is or will be used."""

    drug_id: CV = one("DrugId", CV)
    dosage_coded: CV | None = maybe("DosageCoded", CV)
    comment: str | None = maybe("Comment", STRING)
    status: CS = one("Status", CS)
    form: CV | None = maybe("Form", CV)
    route_of_adm: CV | None = maybe("RouteOfAdm", CV)
    intended_duration: PQ | None = maybe("IntendedDuration", PQ)
    quantity_supplied: PQ | None = maybe("QuantitySupplied", PQ)
    unit_dose: PQ | None = maybe("UnitDose", PQ)
    dosage_text: str | None = maybe("DosageText", STRING)


@block(EPIKRISE_1_2)
class CodedDescr:
    """Clinical information as a code."""

    concept: CV = one("Concept", CV)
    modifier: tuple[Modifier, ...] = many("Modifier", Modifier)


@block(EPIKRISE_1_2)
class Observation:
    """Clinical information as text or code, other than drugs and results."""

    description: FormattedText | None = maybe("Description", FORMATTED_TEXT)
    comment: str | None = maybe("Comment", STRING)
    coded_descr: CodedDescr | None = maybe("CodedDescr", CodedDescr)


@block(EPIKRISE_1_2)
class Origin:
    """Who the information comes from."""

    role: CS | None = maybe("Role", CS)
    hcp: HCP = one("HCP", HCP)


@block(EPIKRISE_1_2)
class RelHCProvider:
    """A professional related to the information."""

    relation: CS = one("Relation", CS)
    role: CS | None = maybe("Role", CS)
    hcp: HCP = one("HCP", HCP)


@block(EPIKRISE_1_2, choices=(Choice(("result_item", "medication", "observation")),))
class InfItem:
    """One piece of clinical information, with its type (8233)."""

    result_item: ResultItem | None = maybe("ResultItem", ResultItem)
    medication: Medication | None = maybe("Medication", Medication)
    observation: Observation | None = maybe("Observation", Observation)
    type: CS = one("Type", CS)
    start_date_time: TS | None = maybe("StartDateTime", TS)
    end_date_time: TS | None = maybe("EndDateTime", TS)
    org_date: TS | None = maybe("OrgDate", TS)
    origin: Origin | None = maybe("Origin", Origin)
    rel_hc_provider: tuple[RelHCProvider, ...] = many("RelHCProvider", RelHCProvider)


@block(EPIKRISE_1_2)
class Comment:
    """A text under a coded heading."""

    heading: CS | None = maybe("Heading", CS)
    text_result_value: FormattedText | None = maybe("TextResultValue", FORMATTED_TEXT)
    text_code: tuple[CV, ...] = many("TextCode", CV)


@block(EPIKRISE_1_2)
class CodedComment:
    """A coded comment."""

    concept: CV = one("Concept", CV)
    modifier: tuple[Modifier, ...] = many("Modifier", Modifier)


@block(EPIKRISE_1_2, choices=(Choice(("planned_event", "reported_event")),), may_be_empty=True)
class Event:
    """A stay or contact: when, where, who, and what is told of it."""

    planned_event: PlannedEvent | None = maybe("PlannedEvent", PlannedEvent)
    reported_event: ReportedEvent | None = maybe("ReportedEvent", ReportedEvent)
    serv_type: CS | None = maybe("ServType", CS, needed=True)
    recipient: CS | None = maybe("Recipient", CS)
    priority: CS | None = maybe("Priority", CS)
    adm_outcome: CS | None = maybe("AdmOutcome", CS)
    exp_duration: PQ | None = maybe("ExpDuration", PQ)
    id: str | None = maybe("Id", INTEGER)
    event: tuple[Event, ...] = many("Event", SELF)
    service: Service | None = maybe("Service", Service, needed=True)
    rel_serv_provider: tuple[RelServProvider, ...] = many("RelServProvider", RelServProvider)
    ass_request: tuple[AssRequest, ...] = many("AssRequest", AssRequest)
    event_location: tuple[EventLocation, ...] = many("EventLocation", EventLocation)
    inf_item: tuple[InfItem, ...] = many("InfItem", InfItem)
    comment: tuple[Comment, ...] = many("Comment", Comment)
    coded_comment: tuple[CodedComment, ...] = many("CodedComment", CodedComment)


@block(EPIKRISE_1_2)
class PatientRelParty:
    """A next of kin or other related party."""

    relation: CS = one("Relation", CS)
    name: str | None = maybe("Name", STRING)
    rel_party_off_id: str | None = maybe("RelPartyOffId", STRING)
    address: Address | None = maybe("Address", Address)


@block(EPIKRISE_1_2)
class PatRelHCP:
    """A party of the health service with a relation to the patient."""

    relation: CS = one("Relation", CS)
    start_date_time: TS | None = maybe("StartDateTime", TS)
    end_date_time: TS | None = maybe("EndDateTime", TS)
    role: CS | None = maybe("Role", CS)
    hcp: HCP = one("HCP", HCP)


@block(EPIKRISE_1_2)
class Patient:
    """The patient, as the sender tells."""

    sex: CS | None = maybe("Sex", CS)
    date_of_birth: TS | None = maybe("DateOfBirth", TS)
    date_of_death: TS | None = maybe("DateOfDeath", TS)
    name: str | None = maybe("Name", STRING)
    id_by_serv_provider: str | None = maybe("IdByServProvider", STRING)
    id_by_requester: str | None = maybe("IdByRequester", STRING)
    off_id: str | None = maybe("OffId", STRING)
    type_off_id: CS | None = maybe("TypeOffId", CS)
    patient_precaution: tuple[PatientPrecaution, ...] = many("PatientPrecaution", PatientPrecaution)
    patient_rel_party: tuple[PatientRelParty, ...] = many("PatientRelParty", PatientRelParty)
    pat_rel_hcp: tuple[PatRelHCP, ...] = many("PatRelHCP", PatRelHCP)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)
    address: Address | None = maybe("Address", Address)


@block(EPIKRISE_1_2, recurs=True)
class ServProvider:
    """Who gives the service."""

    role: CS | None = maybe("Role", CS)
    com_method: CS | None = maybe("ComMethod", CS)
    hcp: HCP = one("HCP", HCP)


@block(EPIKRISE_1_2)
class CopyDestRole:
    """What a copy receiver is to have, and how."""

    msg_type: CS = one("MsgType", CS)
    req_com_method: CS | None = maybe("ReqComMethod", CS)
    act_com_method: CS | None = maybe("ActComMethod", CS)


@block(EPIKRISE_1_2)
class CopyDest:
    """A receiver of a copy."""

    role: CS | None = maybe("Role", CS)
    copy_dest_role: tuple[CopyDestRole, ...] = many("CopyDestRole", CopyDestRole)
    hcp: HCP = one("HCP", HCP)


@block(EPIKRISE_1_2, recurs=True)
class Requester:
    """Who refers the patient."""

    role: CS | None = maybe("Role", CS)
    com_method: CS | None = maybe("ComMethod", CS)
    hcp: HCP = one("HCP", HCP)


@block(EPIKRISE_1_2, choices=(Choice(("file_reference", "content"), required=False),))
class RefDoc:
    """A document that is attached or pointed at."""

    issue_date: TS | None = maybe("IssueDate", TS)
    msg_type: CS = one("MsgType", CS)
    id: str | None = maybe("Id", STRING)
    mime_type: str | None = maybe("MimeType", STRING)
    description: str | None = maybe("Description", STRING)
    compression: CS | None = maybe("Compression", CS)
    file_reference: str | None = maybe("FileReference", ANY_URI)
    content: Attached | None = maybe("Content", ATTACHED)


@block(EPIKRISE_1_2)
class ServRprt:
    """The discharge letter: status, the referral it answers, the events, the patient, the parties."""

    serv_type: CS = one("ServType", CS)
    issue_date: TS = one("IssueDate", TS)
    appr_date: TS | None = maybe("ApprDate", TS)
    status: CS = one("Status", CS)
    priority: CS | None = maybe("Priority", CS)
    ack: CS | None = maybe("Ack", CS)
    msg_descr: str = one("MsgDescr", STRING)
    serv_prov_id: str | None = maybe("ServProvId", STRING)
    serv_req: tuple[ServReq, ...] = many("ServReq", ServReq)
    event: tuple[Event, ...] = many("Event", Event)
    patient: Patient = one("Patient", Patient)
    serv_provider: ServProvider = one("ServProvider", ServProvider)
    copy_dest: tuple[CopyDest, ...] = many("CopyDest", CopyDest)
    requester: Requester = one("Requester", Requester)
    rel_serv_provider: tuple[RelServProvider, ...] = many("RelServProvider", RelServProvider)
    ref_doc: tuple[RefDoc, ...] = many("RefDoc", RefDoc)


@block(EPIKRISE_1_2, element="Message")
class Epikrise:
    """The message: its type, version, time and id, and the letter itself."""

    type: CS | None = maybe("Type", CS)
    msg_version: str | None = maybe("MsgVersion", STRING)
    mig_version: str = one("MIGversion", STRING)
    gen_date: TS = one("GenDate", TS)
    msg_id: str = one("MsgId", STRING)
    status: CS | None = maybe("Status", CS)
    serv_rprt: ServRprt = one("ServRprt", ServRprt)


EPIKRISES: Final[dict[str, Edition]] = {
    EPIKRISE_1_1: Edition(
        "Epikrise 1.1",
        ((EPIKRISE_1_2, EPIKRISE_1_1),),
        # The schema's key on a nested Event asks for an attribute that there is not: no nested Event is valid
        without=frozenset({(Epikrise, "status"), (ServReq, "msg_descr"), (Event, "event")}),
        needed=frozenset({(ServReq, "msg_descr_text"), (Event, "id")}),
    ),
    EPIKRISE_1_2: Edition(
        "Epikrise 1.2",
        (),
        without=frozenset(
            {
                (ServReq, "msg_descr_text"),
                (Event, "id"),
                (HCP, "party_id_by_requester"),
                (HCP, "party_id_by_serv_prov"),
                (Inst, "type"),
                (PatRelHCP, "role"),
            }
        ),
        needed=frozenset({(ServReq, "msg_descr")}),
    ),
}
"""Namespace of the version → how it differs from the tables."""
