"""Invariants of FHIR R4 whose tests are written by hand, because they are hot or no path: struct name → rules.

tools/generate_models.py writes calls of them into the checks of the models, beside those it translates from the definitions.
Rules about more than one element tree (ref-1, dom-2 to dom-5) are in containment.py.
Source: the `constraint` elements of the official StructureDefinitions, named by their keys.
"""

from __future__ import annotations

from typing import Final

from hub.fhir.models.checks import Invariant
from hub.fhir.models.invariants_conformance import (
    bdl_7,
    bdl_11,
    bdl_12,
    csd_1,
    full_url,
    full_urls,
    ig_1,
    ig_2,
    ras_2,
    sdf_9,
)
from hub.fhir.models.invariants_datatypes import (
    att_1,
    cpt_2,
    eld_2,
    per_1,
    qty_3,
    rat_1,
    rng_2,
    tim_1,
    tim_2,
    tim_4,
    tim_5,
    tim_6,
    tim_7,
    tim_8,
    tim_9,
    tim_10,
)
from hub.fhir.models.invariants_resources import (
    ait_1,
    ait_2,
    bdl_1,
    bdl_2,
    bdl_3,
    bdl_4,
    bdl_5,
    bdl_8,
    bdl_9,
    bdl_10,
    cmp_1,
    cmp_2,
    con_4,
    con_5,
    cpl_3,
    gol_1,
    inv_1,
    obs_3,
    obs_6,
    obs_7,
    org_1,
    org_2,
    org_3,
    pat_1,
    qrs_1,
    que_1,
    que_2,
    que_4,
    que_7,
    que_12,
)

INVARIANTS: Final[dict[str, tuple[Invariant, ...]]] = {
    "Period": (Invariant("per-1", "start SHALL not be after end", per_1),),
    **dict.fromkeys(
        ("Quantity", "Age", "Count", "Distance", "Duration"),
        (Invariant("qty-3", "a coded unit SHALL have a system", qty_3),),
    ),
    "Range": (Invariant("rng-2", "low SHALL not be above high", rng_2),),
    "Ratio": (
        Invariant(
            "rat-1", "numerator and denominator SHALL both be there, or both be absent", rat_1
        ),
    ),
    "Attachment": (Invariant("att-1", "data SHALL have a contentType", att_1),),
    "ContactPoint": (Invariant("cpt-2", "a value SHALL have a system", cpt_2),),
    "TimingRepeat": (
        Invariant("tim-1", "a duration SHALL have a unit", tim_1),
        Invariant("tim-2", "a period SHALL have a unit", tim_2),
        Invariant("tim-4", "duration SHALL not be negative", tim_4),
        Invariant("tim-5", "period SHALL not be negative", tim_5),
        Invariant("tim-6", "periodMax SHALL stand with a period", tim_6),
        Invariant("tim-7", "durationMax SHALL stand with a duration", tim_7),
        Invariant("tim-8", "countMax SHALL stand with a count", tim_8),
        Invariant("tim-9", "an offset SHALL stand with a when that is not C, CM, CD or CV", tim_9),
        Invariant("tim-10", "timeOfDay and when SHALL not stand together", tim_10),
    ),
    "Observation": (
        Invariant("obs-6", "dataAbsentReason SHALL only stand where there is no value", obs_6),
        Invariant(
            "obs-7",
            "a component SHALL not repeat the Observation's code when that has a value",
            obs_7,
        ),
    ),
    "ObservationComponent": (
        Invariant("obs-6", "dataAbsentReason SHALL only stand where there is no value", obs_6),
    ),
    "ObservationReferenceRange": (Invariant("obs-3", "low, high or text SHALL be there", obs_3),),
    "AllergyIntolerance": (
        Invariant("ait-1", "clinicalStatus SHALL be there unless entered in error", ait_1),
        Invariant("ait-2", "clinicalStatus SHALL not stand when entered in error", ait_2),
    ),
    "Condition": (
        Invariant(
            "con-4", "an abated condition SHALL be inactive, resolved or in remission", con_4
        ),
        Invariant("con-5", "clinicalStatus SHALL not stand when entered in error", con_5),
    ),
    "PatientContact": (
        Invariant("pat-1", "a contact SHALL have a name, telecom, address or organization", pat_1),
    ),
    "Organization": (
        Invariant("org-1", "an organization SHALL have a name or an identifier", org_1),
        Invariant("org-2", "an organization's address SHALL not be of use home", org_2),
        Invariant("org-3", "an organization's telecom SHALL not be of use home", org_3),
    ),
    "CarePlanActivity": (
        Invariant("cpl-3", "detail and reference SHALL not stand together", cpl_3),
    ),
    "GoalTarget": (Invariant("gol-1", "a detail SHALL have a measure", gol_1),),
    "CompositionSection": (
        Invariant("cmp-1", "a section SHALL have a text, an entry or a section", cmp_1),
        Invariant("cmp-2", "emptyReason SHALL only stand where there are no entries", cmp_2),
    ),
    "Questionnaire": (Invariant("que-2", "each linkId SHALL be used once", que_2),),
    "QuestionnaireItem": (
        Invariant("que-1", "a group SHALL have items, a display SHALL not", que_1),
        Invariant("que-4", "answerOption and answerValueSet SHALL not stand together", que_4),
        Invariant("que-12", "several enableWhen SHALL have an enableBehavior", que_12),
    ),
    "QuestionnaireItemEnableWhen": (
        Invariant("que-7", "operator exists SHALL have a boolean answer", que_7),
    ),
    "QuestionnaireResponseItem": (
        Invariant("qrs-1", "answer and item SHALL not stand together", qrs_1),
    ),
    "Bundle": (
        Invariant("bdl-1", "total SHALL only stand in a searchset or history", bdl_1),
        Invariant("bdl-2", "entry.search SHALL only stand in a searchset", bdl_2),
        Invariant(
            "bdl-3",
            "entry.request SHALL stand in batch, transaction and history, and only there",
            bdl_3,
        ),
        Invariant(
            "bdl-4", "entry.response SHALL stand in responses and history, and only there", bdl_4
        ),
        Invariant("fullUrl", "each resource of a document or message SHALL have one", full_urls),
        Invariant("bdl-7", "the fullUrl of an entry SHALL stand once, versions aside", bdl_7),
        Invariant("bdl-9", "a document SHALL have an identifier with system and value", bdl_9),
        Invariant("bdl-10", "a document SHALL have a timestamp", bdl_10),
        Invariant("bdl-11", "a document SHALL begin with a Composition", bdl_11),
        Invariant("bdl-12", "a message SHALL begin with a MessageHeader", bdl_12),
    ),
    "BundleEntry": (
        Invariant("bdl-5", "an entry SHALL have a resource, a request or a response", bdl_5),
        Invariant("bdl-8", "fullUrl SHALL not name a version", bdl_8),
        Invariant("fullUrl", "SHALL be absolute, and agree with the id of the resource", full_url),
    ),
    "ParametersParameter": (
        Invariant("inv-1", "a parameter SHALL have one of value, resource and part", inv_1),
    ),
    "CodeSystem": (Invariant("csd-1", "each code SHALL stand once", csd_1),),
    "ElementDefinition": (Invariant("eld-2", "min SHALL not be above max", eld_2),),
    "ImplementationGuide": (
        Invariant("ig-2", "the fhirVersion of a resource SHALL be one of the guide's", ig_2),
    ),
    "ImplementationGuideDefinition": (
        Invariant("ig-1", "a groupingId SHALL be the id of a grouping", ig_1),
    ),
    "RiskAssessmentPrediction": (
        Invariant("ras-2", "a probability SHALL not be above 100", ras_2),
    ),
    "StructureDefinition": (
        Invariant("sdf-9", "the root element SHALL have no label, code or requirements", sdf_9),
    ),
}
"""Struct name → the rules tested on it."""
