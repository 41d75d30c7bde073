"""Canonical URLs that what comes from e-messages needs, beside the general ones of `urls.py`.

Source: architecture D6 (one base), fhir-no/no-basis.md (extensions and systems), HL7 terminology for ATC and ICPC-2.
"""

from __future__ import annotations

from typing import Final

from hub.mapping.urls import BASE, VOLVEN

_DEFINITION: Final = f"{BASE}/StructureDefinition"
_CODES: Final = f"{BASE}/CodeSystem"

CODE_AS_SENT: Final = f"{_DEFINITION}/dho-code-as-sent"
"""On elements whose FHIR code is coarser than the sender's; valueCodeableConcept with the sender's own code."""
TIME_AS_SENT: Final = f"{_DEFINITION}/dho-time-as-sent"
"""On a date, dateTime or instant; valueString: how the sender wrote it, where FHIR writes it otherwise or not at all."""
ADDRESS_AS_SENT: Final = f"{_DEFINITION}/dho-telecom-as-sent"
"""On ContactPoint; valueString: the URL the sender gave, where system and value alone would be written otherwise."""
AS_WRITTEN: Final = f"{_DEFINITION}/dho-as-written"
"""On any primitive; valueString: the value in the sender's own form where FHIR writes the same value otherwise, or not at all."""
PLO: Final = f"{_DEFINITION}/dho-plo-"
"""Beginning of the extensions that hold an element of PLO which FHIR has no place for; the element's name follows."""
PLO_SECTIONS: Final = f"{_CODES}/dho-plo-section"
"""Names of PLO elements that are a section of the Composition."""
STAY_EVENT: Final = f"{_DEFINITION}/dho-stay-event"
"""On Encounter, repeating; complex: code, time, estimate, message, sent, destination, condition (of the patient at discharge)."""
RECIPIENT_ROLE: Final = f"{_DEFINITION}/dho-recipient-role"
"""On Communication.recipient; valueCodeableConcept of list 8112."""
RESPONSIBLE: Final = f"{_DEFINITION}/dho-responsible-professional"
"""On Communication.sender and recipient; valueReference to the contained professional named beside the service."""
CONSENT_STATUS: Final = f"{_DEFINITION}/dho-consent-status"
"""On DocumentReference; valueCodeableConcept of list 9064: whether the patient's consent was obtained."""
END_AS_SENT: Final = f"{_DEFINITION}/dho-end-before-start"
"""On Period; valueDateTime: the end as sent, when it lies before the start and FHIR cannot hold it as such."""
RECEIPT_WANTED: Final = f"{_DEFINITION}/dho-receipt-wanted"
"""On Communication; valueCodeableConcept of list 7304: whether the sender asks for an application receipt."""
METHOD: Final = f"{_DEFINITION}/dho-communication-method"
"""On Communication.sender and recipient; valueCodeableConcept of list 8235: electronic or on paper."""
PATIENT_AS_SENT: Final = f"{_DEFINITION}/dho-patient-as-sent"
"""On Communication.subject; valueReference to the contained Patient as the sender described the person."""
MESSAGE_DOCUMENT: Final = f"{_DEFINITION}/dho-message-document"
"""On Communication; valueReference to the contained DocumentReference that describes the message's own document."""
DOCUMENT_NOTE: Final = f"{_DEFINITION}/dho-document-note"
"""On DocumentReference; valueString: the sender's annotation."""
SUBJECT_LINE: Final = f"{_DEFINITION}/dho-subject-line"
"""On CommunicationRequest; valueString: what the question is about, in the asker's words."""
OTHER_TEXT: Final = f"{_DEFINITION}/dho-other-text"
"""On CodeableConcept; valueString: the sender's words where no code fits, when `text` already holds other words."""
CASE_TYPE: Final = f"{_DEFINITION}/dho-case-type"
"""On Communication; valueCodeableConcept: the kind of case the dialogue belongs to."""
NOTE_DATE: Final = f"{_DEFINITION}/dho-note-date"
"""On Communication; valueDate: the day the note was written."""
CODED_INFORMATION: Final = f"{_DEFINITION}/dho-coded-information"
"""On CommunicationRequest; valueCodeableConcept: the information the question is about, as a code."""
NOTE_PARTICIPANT: Final = f"{_DEFINITION}/dho-note-participant"
"""On Communication and CommunicationRequest, repeating; complex: role, relation, unit, unitContact, unitNote, actor."""
DIV_ADDED: Final = f"{_DEFINITION}/dho-div-added"
"""On Narrative; valueBoolean: the outer div is FHIR's and not part of the text."""

ADXP_POST_BOX: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-postBox"
ADXP_STREET: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetAddressLine"

NATIONALITY: Final = f"{_DEFINITION}/dho-nationality"
"""On Patient, Practitioner, RelatedPerson; valueCodeableConcept of list 9043."""
WITHDRAWN_BY: Final = f"{_DEFINITION}/dho-withdrawn-by"
"""On Consent; valueReference to who took the wish back."""

MIDDLE_NAME: Final = "http://hl7.no/fhir/StructureDefinition/no-basis-middlename"
MUNICIPALITY: Final = "http://hl7.no/fhir/StructureDefinition/no-basis-municipalitycode"
# NamingSystem of no-basis: the preferred one of the four URIs in use
MUNICIPALITY_CODES: Final = "https://register.geonorge.no/sosi-kodelister/kommunenummer"

DOCUMENT_FORMATS: Final = f"{_CODES}/dho-document-format"
"""Formats of a document's content; `as-received`: the bytes of the message as they came."""
TASK_CODES: Final = f"{_CODES}/dho-message-task"
FLAG_CODES: Final = f"{_CODES}/dho-message-flag"
SERVICE_REQUEST_CODES: Final = f"{_CODES}/dho-follow-up"

ATC: Final = "http://www.whocc.no/atc"
ICPC_2: Final = "http://hl7.org/fhir/sid/icpc-2"
ICD_10: Final = f"{VOLVEN}7110"

CONDITION_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CONDITION_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CONDITION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/condition-category"
ALLERGY_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_VERIFICATION: Final = (
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
)
DIAGNOSIS_ROLE: Final = "http://terminology.hl7.org/CodeSystem/diagnosis-role"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION_MODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
CONSENT_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
CONSENT_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"

DUF: Final = "urn:oid:2.16.578.1.12.4.1.4.5"
RSH: Final = "urn:oid:2.16.578.1.12.4.1.4.102"
AKO: Final = "urn:oid:2.16.578.1.12.4.1.4.107"
