"""What the invariants of R4 ask of a resource with every element: struct name → what to leave out, add or mend.

Source: the `constraint` elements of the official StructureDefinitions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Json = dict[str, Any]

EXCLUSIVE: Final[Mapping[str, tuple[str, ...]]] = {
    "Attachment": ("size", "hash"),
    "CarePlanActivity": ("detail",),
    "CodeSystem": ("supplements", "count"),
    "ExplanationOfBenefit": ("priority",),
    "ImplementationGuideDefinitionResource": ("groupingId",),
    "ImplementationGuideDependsOn": ("packageId", "version"),
    "Meta": ("profile",),
    "MolecularSequenceStructureVariant": ("variantType",),
    "OperationDefinition": ("inputProfile", "outputProfile"),
    "OperationDefinitionParameter": ("targetProfile",),
    "ResearchElementDefinitionCharacteristic": ("studyEffectiveDescription", "participantEffectiveDescription", "unitOfMeasure"),
    "StructureMapGroupInput": ("type",),
    "StructureMapGroupRule": ("dependent", "target"),
    "TerminologyCapabilities": ("implementation",),
    "CompositionSection": ("emptyReason",),
    "CoverageEligibilityResponseInsuranceItem": ("category",),
    "DataRequirementCodeFilter": ("searchParam",),
    "DataRequirementDateFilter": ("searchParam",),
    "FamilyMemberHistory": ("bornPeriod", "bornDate", "bornString"),
    "List": ("emptyReason",),
    "MeasureGroupStratifier": ("component",),
    "MeasureReportGroupStratifierStratum": ("component",),
    "MolecularSequenceReferenceSeq": ("genomeBuild", "chromosome", "referenceSeqPointer", "referenceSeqString"),
    "Observation": ("dataAbsentReason",),
    "ObservationComponent": ("dataAbsentReason",),
    "ParametersParameter": ("part", "resource"),
    "QuestionnaireItem": ("enableWhen", "answerValueSet", "initial", "enableBehavior", "maxLength"),
    "QuestionnaireResponseItem": ("item",),
    "TestReportSetupAction": ("assert",),
    "TestReportTestAction": ("assert",),
    "TestScriptSetupAction": ("assert",),
    "TestScriptTestAction": ("assert",),
    "TestScriptVariable": ("headerField", "path"),
    "TestScriptSetupActionOperation": ("targetId", "url"),
    "TimingRepeat": ("timeOfDay",),
    "TriggerDefinition": ("timingTiming", "timingReference", "timingDate", "timingDateTime"),
    "ValueSetComposeInclude": ("filter",),
    "AuditEventEntity": ("query",),
    "Bundle": ("identifier", "total", "entry", "signature"),
    "StructureDefinition": ("contextInvariant", "context", "differential"),
    "SearchParameter": ("chain", "expression"),
}  # fmt: skip
"""Struct → elements that may not stand with the others (only left out of the resource with every element)."""

_ACTIVE: Final = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
            "code": "active",
        }
    ]
}
_RESOLVED: Final = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}
    ]
}
_PERCENT: Final = {"coding": [{"system": "http://unitsofmeasure.org", "code": "%"}]}

ADDED: Final[Mapping[str, Json]] = {
    "AllergyIntolerance": {"clinicalStatus": _ACTIVE},
    "Bundle": {"type": "collection"},
    "CapabilityStatement": {
        "kind": "instance",
        "implementation": {"description": "a"},
        "rest": [{"mode": "server"}],
    },
    "CodeSystem": {"content": "complete"},
    "ConditionStage": {"summary": {"text": "a"}},
    "ConditionEvidence": {"code": [{"text": "a"}]},
    "Consent": {"policyRule": {"text": "a"}},
    "EffectEvidenceSynthesisEffectEstimate": {"unitOfMeasure": _PERCENT},
    "RiskEvidenceSynthesisRiskEstimate": {"unitOfMeasure": _PERCENT},
    "Group": {"actual": True},
    "ImplementationGuideDependsOn": {"uri": "http://a.example/ImplementationGuide/d"},
    "MeasureReport": {"measure": "http://a.example/d"},
    "Linkage": {
        "item": [
            {"type": "source", "resource": {"display": "a"}},
            {"type": "alternate", "resource": {"display": "b"}},
        ]
    },
    "InsurancePlan": {"name": "a"},
    "Organization": {"name": "a"},
    "NamingSystem": {"kind": "identifier"},
    "OperationDefinitionParameter": {"type": "string"},
    "MolecularSequence": {"coordinateSystem": 0},
    "MessageDefinitionFocus": {"max": "*"},
    "QuestionnaireItem": {"type": "choice"},
    "SearchParameter": {"type": "reference"},
    "StructureDefinition": {
        "kind": "logical",
        "abstract": True,
        "url": "http://a.example/StructureDefinition/T",
        "type": "http://a.example/StructureDefinition/T",
        "derivation": "specialization",
        "snapshot": {
            "element": [
                {
                    "id": "T",
                    "path": "T",
                    "definition": "a",
                    "min": 0,
                    "max": "*",
                    "base": {"path": "T", "min": 0, "max": "*"},
                }
            ]
        },
    },
    "StructureMapGroupInput": {"name": "a", "mode": "source"},
    "StructureMapGroupRuleSource": {"context": "a"},
    "TerminologyCapabilities": {
        "kind": "capability",
        "software": {"name": "a"},
        "description": "a",
    },
    "ValueSetComposeInclude": {"system": "http://a.example/cs"},
    "ValueSetExpansionContains": {"system": "http://a.example/cs", "code": "a"},
    "CoverageEligibilityResponseInsuranceItem": {"productOrService": {"text": "a"}},
    "ImmunizationRecommendationRecommendation": {"vaccineCode": [{"text": "a"}]},
}
"""Struct → elements it always has."""


def _without(*names: str) -> Callable[[Json], Json]:
    return lambda made: {k: v for k, v in made.items() if k not in names}


def _one_of(*names: str) -> Callable[[Json], Json]:
    """Keep the first that is there."""

    def mend(made: Json) -> Json:
        there = [n for n in names if n in made]
        return _without(*there[1:])(made)

    return mend


def _appointment(made: Json) -> Json:
    mended = {**made, "status": "cancelled"}
    if "start" in mended or "end" in mended:
        mended |= {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T09:00:00Z"}
    return mended


def _condition(made: Json) -> Json:
    if "clinicalStatus" in made:
        return {**made, "clinicalStatus": _RESOLVED} | _unverified(made)
    return made


def _unverified(made: Json) -> Json:
    system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    if "verificationStatus" not in made:
        return {}
    return {"verificationStatus": {"coding": [{"system": system, "code": "confirmed"}]}}


def _allergy(made: Json) -> Json:
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
    if "verificationStatus" in made:
        return {
            **made,
            "verificationStatus": {"coding": [{"system": system, "code": "confirmed"}]},
        }
    return made


def _enable_when(made: Json) -> Json:
    if not any(n.startswith("answer") for n in made):
        return made
    kept = {k: v for k, v in made.items() if not k.startswith("answer")}
    return {**kept, "operator": "exists", "answerBoolean": True}


REPAIRS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "AllergyIntolerance": _allergy,
    "Appointment": _appointment,
    "AppointmentParticipant": lambda m: {**m, "type": [{"text": "a"}]},
    "AppointmentResponse": lambda m: {**m, "participantType": [{"text": "a"}]},
    "CompositionSection": lambda m: m or {"entry": [{"display": "a"}]},
    "Condition": _condition,
    "ConceptMapGroupUnmapped": lambda m: {**m, "mode": "fixed", "code": "a"},
    "ConceptMapGroupElementTarget": lambda m: {**m, "equivalence": "equal"},
    "ImmunizationEducation": lambda m: {**m, "documentType": "a"},
    "ListEntry": _without("deleted", "date"),
    "MeasureReport": lambda m: {**m, "type": "summary"},
    "MedicationAdministrationDosage": lambda m: {**m, "dose": {"value": 1}},
    "MedicationDispense": _without("whenPrepared"),
    "ObservationComponent": lambda m: {**m, "code": {"text": "Del"}},
    "ObservationReferenceRange": lambda m: m or {"text": "a"},
    "Organization": lambda m: {
        **m,
        **({"address": [{"use": "work", "city": "Oslo"}]} if "address" in m else {}),
        **({"telecom": [{"use": "work", "system": "phone", "value": "1"}]} if "telecom" in m else {}),
    },
    "ParametersParameter": lambda m: {
        "valueString": "a", **{k: v for k, v in m.items() if not k.startswith("value")}
    },
    "PatientContact": lambda m: {**m, "name": {"family": "a"}},
    "QuestionnaireItemEnableWhen": _enable_when,
    "RequestGroupAction": lambda m: {**_without("action")(m), "resource": {"display": "a"}},
    "Task": _without("lastModified"),
    "TestScriptSetupActionAssert": lambda m: {
        k: v for k, v in m.items() if k in {"label", "description", "direction", "expression", "warningOnly", "stopTestOnFail"}
    } | ({"direction": "response"} if "direction" in m else {}),
    "TriggerDefinition": lambda m: {**m, "type": "named-event", "name": "hendelse"},
    "TimingRepeat": lambda m: {
        **m, **{n: 7 for n in ("duration", "durationMax", "period", "periodMax") if n in m},
        **({"when": ["MORN"]} if "when" in m else {}),
    },
}  # fmt: skip
"""Struct → what mends it where one element depends on another."""
