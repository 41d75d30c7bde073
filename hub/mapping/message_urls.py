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
NATIONALITY: Final = f"{_DEFINITION}/dho-nationality"
"""On Patient, Practitioner, RelatedPerson; valueCodeableConcept of list 9043."""
WITHDRAWN_BY: Final = f"{_DEFINITION}/dho-withdrawn-by"
"""On Consent; valueReference to who took the wish back."""

MIDDLE_NAME: Final = "http://hl7.no/fhir/StructureDefinition/no-basis-middlename"
MUNICIPALITY: Final = "http://hl7.no/fhir/StructureDefinition/no-basis-municipalitycode"
# NamingSystem of no-basis: the preferred one of the four URIs in use
MUNICIPALITY_CODES: Final = "https://register.geonorge.no/sosi-kodelister/kommunenummer"

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
