"""Every canonical, extension and code system URL of ours and of the standards we speak, in one file.

Our own names hang under one base (architecture D6): a reserved name until the project owns a domain.
Source: architecture D6; fhir-no/no-basis.md (identifiers), vkp-dho.md (VKP), careplan-dbep.md (zones), vitalsigns.md.
"""

from __future__ import annotations

from typing import Final

BASE: Final = "https://dho-hub.example/fhir"
_DEFINITION: Final = f"{BASE}/StructureDefinition"
_CODES: Final = f"{BASE}/CodeSystem"
_NAMING: Final = f"{BASE}/NamingSystem"

# Our profiles (the formal definitions come with profiles/)
PLAN_PROFILE: Final = f"{_DEFINITION}/dho-careplan"
ZONE_PLAN_PROFILE: Final = f"{_DEFINITION}/dho-zone-careplan"
MEASURE_REQUEST_PROFILE: Final = f"{_DEFINITION}/dho-measure-request"
GENERAL_LIMITS_PROFILE: Final = f"{_DEFINITION}/dho-general-limits"
ALERT_PROFILE: Final = f"{_DEFINITION}/dho-alert"

# Our extensions
PLAN_VERSION: Final = f"{_DEFINITION}/dho-plan-version"
"""On CarePlan and ServiceRequest; complex: planId, version, mode, safetyNet, lastReview, reviewInterval, approvedBy, approvedAt."""
RULE: Final = f"{_DEFINITION}/dho-threshold-rule"
"""On ServiceRequest and ObservationDefinition, repeating; one rule each, its fields as sub-extensions."""
ZONE: Final = f"{_DEFINITION}/dho-zone"
EVIDENCE_COUNT: Final = f"{_DEFINITION}/dho-evidence-count"
"""How many firings an alert rests on, when the DetectedIssue shows only the first and the newest."""
"""On CarePlan (zone plan), Task, Flag and DetectedIssue; valueCode of ZONE_CODES."""
ALERT: Final = f"{_DEFINITION}/dho-alert-basis"
"""On DetectedIssue; complex: rule, ruleVersion, planId, planVersion, generalLimits, approvedBy, zone, state, engineVersion, flag*."""
FIRING: Final = f"{_DEFINITION}/dho-firing"
"""On DetectedIssue.evidence; complex: what one observation version gave by the rule."""
TRIAGE: Final = f"{_DEFINITION}/dho-triage"
"""On DetectedIssue; valueCoding of VKP_TRIAGE."""
SEVERITY_LEVEL: Final = f"{_DEFINITION}/dho-severity-level"
"""On DetectedIssue; valueCoding of VKP_SEVERITY_CODES (the VKP extension itself may stand on Flag only)."""
DELIVERY_STATE: Final = f"{_DEFINITION}/dho-delivery-state"
"""On Communication; valueCode, a state of the dialogue table."""
RECEIPT_ERROR: Final = f"{_DEFINITION}/dho-receipt-error"
"""On Communication, repeating; valueCodeableConcept of list 8221 as the receiver sent it."""

# Our code systems
ZONE_CODES: Final = f"{_CODES}/dho-zone"
REASON_CODES: Final = f"{_CODES}/dho-alert-reason"
SERVICE_CODES: Final = f"{_CODES}/dho-service"
TASK_CODES: Final = f"{_CODES}/dho-task"
MEASURE_CODES: Final = f"{_CODES}/dho-measure"
"""Keys of the measure table, for measures (and forms, symptoms, devices) that no public system names for certain."""

# Our identifier systems
PLAN_IDS: Final = f"{_NAMING}/dho-plan"
ALERT_IDS: Final = f"{_NAMING}/dho-alert"

# VKP R4 v0.9.0 (vkp-dho.md)
_VKP: Final = "http://ehelse.no/fhir"
VKP_DETECTED_ISSUE: Final = f"{_VKP}/StructureDefinition/vkp-DetectedIssue-v090"
VKP_ALERT_CODES: Final = f"{_VKP}/CodeSystem/vkp-alert-code-v090"
VKP_CARE_PLAN_CATEGORY: Final = f"{_VKP}/CodeSystem/vkp-careplan-category-v090"
VKP_TRIAGE: Final = f"{_VKP}/CodeSystem/vkp-triage-v090"
VKP_SEVERITY_CODES: Final = f"{_VKP}/CodeSystem/vkp-severity-level-v090"
VKP_SEVERITY_EXTENSION: Final = f"{_VKP}/StructureDefinition/vkp-severity-level-v090"
# The extension fixes its coding.system to the URL of the ValueSet (a slip of the standard that must be kept).
VKP_SEVERITY_EXTENSION_SYSTEM: Final = f"{_VKP}/ValueSet/vkp-severity-level-v090"

# Zones as HL7 Norway tries them (careplan-dbep.md model B v2)
_PLANER: Final = "http://hl7.no/fhir/ig/planer-hacking"
PLANER_ZONE_PLAN: Final = f"{_PLANER}/StructureDefinition/planer-hacking-v2-zone-careplan"
PLANER_ZONE_CODES: Final = f"{_PLANER}/CodeSystem/planer-hacking-observation-severity-zone-cs"

# no-domain vital signs (vitalsigns.md)
_VITALS: Final = "http://hl7.no/fhir/no-domain/vitalsigns/StructureDefinition/NoDomainVitalSigns"
INSPIRED_OXYGEN: Final = f"{_VITALS}InspiredOxygenExtension"
INSPIRED_OXYGEN_FLOW: Final = f"{_VITALS}FlowExtension"
INSPIRED_OXYGEN_ON_AIR: Final = f"{_VITALS}OnAirExtension"

# Public code systems
LOINC: Final = "http://loinc.org"
LOINC_ALIASES: Final = ("http://loinc.org", "https://loinc.org")
SNOMED: Final = "http://snomed.info/sct"
NPU: Final = "urn:oid:2.16.578.1.12.4.1.1.7280"
MDC: Final = "urn:iso:std:iso:11073:10101"
UCUM: Final = "http://unitsofmeasure.org"
URI_SYSTEM: Final = "urn:ietf:rfc:3986"

# HL7 code systems and extensions
DATA_ABSENT_REASON: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
DATA_ABSENT_EXTENSION: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
RENDERED_VALUE: Final = "http://hl7.org/fhir/StructureDefinition/rendered-value"
FLAG_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/flag-category"
OBSERVATION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
FLAG_DETAIL: Final = "http://hl7.org/fhir/StructureDefinition/flag-detail"

# Norwegian code lists (fhir-no/no-basis.md: accept both forms, emit the OID)
VOLVEN: Final = "urn:oid:2.16.578.1.12.4.1.1."
HEALTH_PERSONNEL_CATEGORY: Final = f"{VOLVEN}9060"
RECEIPT_ERRORS: Final = f"{VOLVEN}8221"
MESSAGE_TYPES: Final = f"{VOLVEN}8279"

# Identifier systems with the aliases to accept (no-basis.md, "Identifier systems")
FNR: Final = "urn:oid:2.16.578.1.12.4.1.4.1"
DNR: Final = "urn:oid:2.16.578.1.12.4.1.4.2"
FHN: Final = "urn:oid:2.16.578.1.12.4.1.4.3"
HPR: Final = "urn:oid:2.16.578.1.12.4.1.4.4"
HER: Final = "urn:oid:2.16.578.1.12.4.1.2"
ENH: Final = "urn:oid:2.16.578.1.12.4.1.4.101"
IDENTIFIER_ALIASES: Final[dict[str, str]] = {
    "http://hl7.no/fhir/NamingSystem/FNR": FNR,
    "http://hl7.no/fhir/NamingSystem/DNR": DNR,
    "http://hl7.no/fhir/NamingSystem/FHNR": FHN,
    "http://hl7.no/fhir/NamingSystem/FHN": FHN,
    "http://hl7.no/fhir/NamingSystem/HPR": HPR,
    "http://hl7.no/fhir/NamingSystem/HERid": HER,
    "http://data.brreg.no/begrep/28155": ENH,
}


def identifier_system(system: str | None) -> str | None:
    """An identifier's system as sent → the system we emit: aliases folded, others unchanged."""
    return IDENTIFIER_ALIASES.get(system, system) if system is not None else None
