"""MsgHead 1.2 (hodemelding): the envelope of PLO, Dialogmelding and Henvisning 2.0.

Source: HIS 80601:2006 with its 2017 addendum, MsgHead-v1_2.xsd; HIS 1036 (attachments).
"""

from __future__ import annotations

from typing import Final

from hub.emessage.datatypes import CS, CV, TS, URL
from hub.emessage.felles import Person
from hub.emessage.namespaces import MSGHEAD, XMLDSIG
from hub.emessage.payloads import CONTENT, Content
from hub.emessage.simple_types import ANY_URI, DATE, DATE_TIME, OID, STRING
from hub.emessage.table import SELF, Choice, block, many, maybe, one, some
from hub.emessage.xml import Node
from hub.emessage.xmldsig import SIGNATURE

MIG_VERSION: Final = "v1.2 2006-05-24"


@block(MSGHEAD)
class ConversationRef:
    """Where the message belongs: the message before it and the first one of the series."""

    ref_to_parent: str = one("RefToParent", STRING)
    ref_to_conversation: str = one("RefToConversation", STRING)


@block(MSGHEAD)
class Ident:
    """An identifier with its type (lists 9051 and 8116)."""

    id: str = one("Id", STRING)
    type_id: CV = one("TypeId", CV)


@block(MSGHEAD)
class Address:
    """A postal address."""

    type: CS | None = maybe("Type", CS)
    street_adr: str | None = maybe("StreetAdr", STRING)
    postal_code: str | None = maybe("PostalCode", STRING)
    city: str | None = maybe("City", STRING)
    postbox: str | None = maybe("Postbox", STRING)
    county: CS | None = maybe("County", CS)
    country: CS | None = maybe("Country", CS)


@block(MSGHEAD)
class TeleCom:
    """A phone number or other electronic address with its type (9061)."""

    type_telecom: CS | None = maybe("TypeTelecom", CS)
    tele_address: URL = one("TeleAddress", URL)


@block(MSGHEAD)
class HealthcareProfessional:
    """A health professional: profession, role to the patient, name, identifiers, contact."""

    type_healthcare_professional: CS | None = maybe("TypeHealthcareProfessional", CS)
    role_to_patient: CV | None = maybe("RoleToPatient", CV)
    family_name: str | None = maybe("FamilyName", STRING)
    middle_name: str | None = maybe("MiddleName", STRING)
    given_name: str | None = maybe("GivenName", STRING)
    date_of_birth: str | None = maybe("DateOfBirth", DATE)
    sex: CS | None = maybe("Sex", CS)
    nationality: CS | None = maybe("Nationality", CS)
    ident: tuple[Ident, ...] = some("Ident", Ident)
    address: Address | None = maybe("Address", Address)
    tele_com: tuple[TeleCom, ...] = many("TeleCom", TeleCom)


@block(MSGHEAD, may_be_empty=True)
class Organisation:
    """An organisation: the entity, with its service or professional inside as level 2.

    Shape: the schema lets the whole content be missing; when any of it is there, name and Ident must be.
    """

    organisation_name: str | None = maybe("OrganisationName", STRING, needed=True)
    type_organisation: CV | None = maybe("TypeOrganisation", CV)
    ident: tuple[Ident, ...] = many("Ident", Ident, needed=True)
    address: Address | None = maybe("Address", Address)
    tele_com: tuple[TeleCom, ...] = many("TeleCom", TeleCom)
    organisation: Organisation | None = maybe("Organisation", SELF)
    healthcare_professional: HealthcareProfessional | None = maybe(
        "HealthcareProfessional", HealthcareProfessional
    )


@block(MSGHEAD, recurs=True)
class Sender:
    """The sender."""

    com_method: CS | None = maybe("ComMethod", CS)
    organisation: Organisation = one("Organisation", Organisation)


@block(MSGHEAD, recurs=True)
class Receiver:
    """The primary receiver."""

    com_method: CS | None = maybe("ComMethod", CS)
    organisation: Organisation = one("Organisation", Organisation)


@block(MSGHEAD)
class Patient:
    """The patient: name, birth date, sex, identifiers, contact."""

    family_name: str | None = maybe("FamilyName", STRING)
    middle_name: str | None = maybe("MiddleName", STRING)
    given_name: str | None = maybe("GivenName", STRING)
    date_of_birth: str | None = maybe("DateOfBirth", DATE)
    sex: CS | None = maybe("Sex", CS)
    nationality: CS | None = maybe("Nationality", CS)
    ident: tuple[Ident, ...] = many("Ident", Ident)
    address: Address | None = maybe("Address", Address)
    tele_com: tuple[TeleCom, ...] = many("TeleCom", TeleCom)


@block(
    MSGHEAD,
    choices=(
        Choice(("organisation", "patient", "person", "healthcare_professional"), required=False),
    ),
)
class OtherReceiver:
    """A further receiver and its role (8112)."""

    com_method: CS | None = maybe("ComMethod", CS)
    role_receiver: CS = one("RoleReceiver", CS)
    organisation: Organisation | None = maybe("Organisation", Organisation)
    patient: Patient | None = maybe("Patient", Patient)
    person: Person | None = maybe("Person", Person)
    healthcare_professional: HealthcareProfessional | None = maybe(
        "HealthcareProfessional", HealthcareProfessional
    )


@block(MSGHEAD)
class MsgInfo:
    """Type, time, id, dialogue, sender, receivers and patient of one message."""

    type: CS = one("Type", CS)
    mig_version: str = one("MIGversion", STRING, fixed=MIG_VERSION)
    gen_date: str = one("GenDate", DATE_TIME)
    msg_id: str = one("MsgId", STRING)
    processing_status: CS | None = maybe("ProcessingStatus", CS)
    requested_priority: CS | None = maybe("RequestedPriority", CS)
    ack: CS | None = maybe("Ack", CS)
    conversation_ref: ConversationRef | None = maybe("ConversationRef", ConversationRef)
    sender: Sender = one("Sender", Sender)
    receiver: Receiver = one("Receiver", Receiver)
    other_receiver: tuple[OtherReceiver, ...] = many("OtherReceiver", OtherReceiver)
    patient: Patient | None = maybe("Patient", Patient)


@block(MSGHEAD, choices=(Choice(("file_reference", "content"), required=False),))
class RefDoc:
    """One document: its kind (8114), time, format, and the content or where it is."""

    issue_date: TS | None = maybe("IssueDate", TS)
    msg_type: CS = one("MsgType", CS)
    id: str | None = maybe("Id", STRING)
    mime_type: str | None = maybe("MimeType", STRING)
    description: str | None = maybe("Description", STRING)
    compression: CS | None = maybe("Compression", CS)
    file_reference: str | None = maybe("FileReference", ANY_URI)
    content: Content | None = maybe("Content", CONTENT)


@block(MSGHEAD)
class Document:
    """The message itself (the first one) or an attachment, with its description."""

    document_connection: CS | None = maybe("DocumentConnection", CS)
    content_type: CV | None = maybe("ContentType", CV)
    content_description: str | None = maybe("ContentDescription", STRING)
    content_category: CV | None = maybe("ContentCategory", CV)
    consent: CV | None = maybe("Consent", CV)
    annotation: str | None = maybe("Annotation", STRING)
    from_date: TS | None = maybe("FromDate", TS)
    to_date: TS | None = maybe("ToDate", TS)
    oid_ref: str | None = maybe("OidRef", OID)
    enquiry_ref_id: str | None = maybe("EnquiryRefId", STRING)
    ref_doc: RefDoc = one("RefDoc", RefDoc)


@block(MSGHEAD)
class PatientReport:
    """One patient of a report to a registry."""

    document_connection: CS | None = maybe("DocumentConnection", CS)
    case_no: str = one("CaseNo", STRING)
    document: tuple[Document, ...] = some("Document", Document)
    patient: Patient | None = maybe("Patient", Patient)


@block(MSGHEAD, choices=(Choice(("document", "patient_report")),))
class MsgHead:
    """The envelope: message information, documents, and a signature where a standard asks for one."""

    msg_info: MsgInfo = one("MsgInfo", MsgInfo)
    document: tuple[Document, ...] = many("Document", Document)
    patient_report: tuple[PatientReport, ...] = many("PatientReport", PatientReport)
    signature: Node | None = maybe("Signature", SIGNATURE, XMLDSIG)
