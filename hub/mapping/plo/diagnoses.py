"""Diagnoses, earlier illnesses and blood group of PLO messages ↔ Condition and Observation.

Source: plo.md §5 (InfoMedisinskDiagnose, MedisinskfagligeOpplysninger, InfoIPLOSrelevantInformasjon); lists 7110, 7170,
7171, 9160, 9161; LOINC 882-1, 883-9, 10331-7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.emessage.plo.components import (
    InfoIPLOSrelevantInformasjon,
    InfoMedisinskDiagnose,
    InfoTidligereSykdommer,
    MedisinskDiagnose,
    RegistrertBlodtype,
    TidligereSykdomFragment,
    TidsperiodeDiagnose,
)
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.datatypes import Extension
from hub.fhir.models.r4.observation import Observation
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen
from hub.mapping.both_ways.inline import Inline
from hub.mapping.both_ways.lines import At, Worded
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.codes import concept
from hub.mapping.message_urls import (
    CONDITION_CATEGORY,
    CONDITION_CLINICAL,
    CONDITION_VERIFICATION,
    PLO,
)
from hub.mapping.plo.fixed import label, observation
from hub.mapping.plo.journal import Journal
from hub.mapping.plo.sections import Entry, section
from hub.mapping.urls import LOINC, OBSERVATION_CATEGORY

MAIN: Final = f"{PLO}hoveddiagnose"
"""On Condition; valueBoolean: whether the sender calls it the main diagnosis."""
_ACTIVE: Final = concept(CONDITION_CLINICAL, "active", "Active")
_INACTIVE: Final = concept(CONDITION_CLINICAL, "inactive", "Inactive")
CONFIRMED: Final = concept(CONDITION_VERIFICATION, "confirmed", "Confirmed")
OF_STAY: Final = concept(CONDITION_CATEGORY, "encounter-diagnosis", "Encounter Diagnosis")
_PROBLEM: Final = concept(CONDITION_CATEGORY, "problem-list-item", "Problem List Item")
_LABORATORY: Final = concept(OBSERVATION_CATEGORY, "laboratory", "Laboratory")
_BLOOD_GROUP: Final = concept(
    LOINC, "882-1", "ABO and Rh group [Type] in Blood", "Registrert blodtype"
)
_PARTS: Final = (
    concept(LOINC, "883-9", "ABO group [Type] in Blood", "Blodtype"),
    concept(LOINC, "10331-7", "Rh [Type] in Blood", "Rhesusgruppe"),
)

_LASTING: Final = Extension(url=f"{PLO}funksjonshemming-kronisk-sykdom", valueBoolean=True)

DIAGNOSIS_LINES: Final = (Worded("diagnosekode", "diagnose_beskrivelse", "code"),)


def _frame(pen: Pen) -> dict[str, Any]:
    return {
        "clinicalStatus": _ACTIVE,
        "verificationStatus": CONFIRMED,
        "category": (_PROBLEM if pen.desk.encounter is None else OF_STAY,),
        "subject": pen.desk.patient,
        "encounter": pen.desk.encounter,
        "recordedDate": pen.desk.sent,
    }


DIAGNOSES: Final = section(
    InfoMedisinskDiagnose,
    Entry(
        "medisinsk_diagnose",
        Form(MedisinskDiagnose, Condition, *DIAGNOSIS_LINES, fixed=_frame, label=label),
    ),
)


def _over(value: TidsperiodeDiagnose, sheet: Sheet, _pen: Pen) -> None:
    """con-4: what is over is not active."""
    if value.sluttdato_diagnose is not None:
        sheet["clinicalStatus"] = _INACTIVE


IPLOS: Final = section(
    InfoIPLOSrelevantInformasjon,
    Entry(
        "tidsperiode_diagnose",
        Form(
            TidsperiodeDiagnose,
            Condition,
            At("startdato_diagnose", "onsetDateTime"),
            At("sluttdato_diagnose", "abatementDateTime"),
            Inline("medisinsk_diagnose", *DIAGNOSIS_LINES),
            fixed=lambda pen: {**_frame(pen), "category": (_PROBLEM,)},
            also=_over,
            label=label,
        ),
    ),
)


def _put_lasting(value: TidligereSykdomFragment, sheet: Sheet, _pen: Pen) -> None:
    lasting = value.funksjonshemming_kronisk_sykdom
    sheet["clinicalStatus"] = _ACTIVE if lasting else _INACTIVE
    if lasting:
        sheet.add("extension", _LASTING)


def _get_lasting(condition: Condition, _eye: Eye) -> Mapping[str, Any]:
    if condition.clinicalStatus is None:  # it is withdrawn
        lasting = _LASTING in condition.extension
    else:
        codes = {c.code for c in condition.clinicalStatus.coding}
        lasting = bool(codes & {"active", "recurrence", "relapse"})
    return {"funksjonshemming_kronisk_sykdom": lasting}


_ILLNESS: Final = Form(
    TidligereSykdomFragment,
    Condition,
    Custom(("funksjonshemming_kronisk_sykdom",), "clinicalStatus", _put_lasting, _get_lasting),
    Worded("diagnosekode", "tidligere_sykdom", "code"),
    fixed=lambda pen: {
        "category": (_PROBLEM,),
        "subject": pen.desk.patient,
        "recordedDate": pen.desk.sent,
    },
    label=lambda value: value.tidligere_sykdom.strip()[:200] or None,
)

ILLNESSES: Final = section(
    InfoTidligereSykdommer, Entry("tidligere_sykdom_fragment", _ILLNESS), Journal("journaltekst")
)


def _name_parts(_value: Any, sheet: Sheet, _pen: Pen) -> None:
    for part, code in zip(sheet["component"], _PARTS, strict=False):
        part["code"] = code


BLOOD_GROUP: Final = Form(
    RegistrertBlodtype,
    Observation,
    At("blodtype", "component[0].valueCodeableConcept"),
    At("rhesusgruppe", "component[1].valueCodeableConcept"),
    At("merknad", "note[0].text"),
    fixed=lambda pen: observation(pen, _LABORATORY, _BLOOD_GROUP),
    also=_name_parts,
)
