"""Diagnoses, earlier illnesses and blood group of PLO messages → Condition and Observation.

Source: plo.md §5 (InfoMedisinskDiagnose, MedisinskfagligeOpplysninger); lists 7110, 7170, 7171, 9160, 9161; LOINC 882-1.
"""

from __future__ import annotations

from hub.emessage.plo.components import (
    InfoMedisinskDiagnose,
    InfoTidligereSykdommer,
    RegistrertBlodtype,
)
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.encounter import EncounterDiagnosis
from hub.fhir.models.r4.observation import Observation, ObservationComponent
from hub.mapping.codes import concept, to_concept, to_note, words
from hub.mapping.draft import Desk
from hub.mapping.message_urls import (
    CONDITION_CATEGORY,
    CONDITION_CLINICAL,
    CONDITION_VERIFICATION,
    DIAGNOSIS_ROLE,
)
from hub.mapping.narrative import shown
from hub.mapping.plo_to_fhir.notes import section_of, to_annotation, to_section
from hub.mapping.urls import LOINC, OBSERVATION_CATEGORY


def lay_diagnoses(
    blocks: tuple[InfoMedisinskDiagnose, ...], desk: Desk
) -> tuple[EncounterDiagnosis, ...]:
    """Diagnoses → one Condition each on the desk; what the stay says of them: discharge diagnosis, rank 1 for the main."""
    of_stay: list[EncounterDiagnosis] = []
    entries: list[Reference] = []
    lines: list[str] = []
    for one in (d for block in blocks for d in block.medisinsk_diagnose):
        code = to_concept(one.diagnosekode, text=one.diagnose_beskrivelse) or words(
            "Diagnose uten opplysninger"
        )
        condition = Condition(
            clinicalStatus=concept(CONDITION_CLINICAL, "active", "Active"),
            verificationStatus=concept(CONDITION_VERIFICATION, "confirmed", "Confirmed"),
            category=(concept(CONDITION_CATEGORY, "encounter-diagnosis", "Encounter Diagnosis"),),
            code=code,
            subject=desk.patient,
            encounter=desk.encounter,
            recordedDate=desk.sent,
        )
        reference = desk.add(condition, shown(code) or None)
        entries.append(reference)
        coded = ", ".join(f"{c.code} {c.display or ''}".strip() for c in code.coding if c.code)
        text = code.text if code.text not in {c.display for c in code.coding} else None
        lines.append(_main(one.hoveddiagnose) + ": ".join(p for p in (coded, text) if p))
        of_stay.append(
            EncounterDiagnosis(
                condition=reference,
                use=concept(DIAGNOSIS_ROLE, "DD", "Discharge diagnosis"),
                rank=1 if one.hoveddiagnose else None,
            )
        )
    desk.section(section_of("Diagnoser", entries=tuple(entries), lines=lines))
    return tuple(of_stay)


def _main(flag: bool | None) -> str:
    return "Hoveddiagnose: " if flag else ""


def lay_earlier_illnesses(blocks: tuple[InfoTidligereSykdommer, ...], desk: Desk) -> None:
    """Earlier illnesses → Conditions on the desk; a text without an illness becomes a section of its own.

    Shape: a disability or chronic illness is active, any other earlier illness is inactive.
    """
    entries: list[Reference] = []
    lines: list[str] = []
    for block in blocks:
        illness, text = block.tidligere_sykdom_fragment, block.journaltekst
        if illness is None:
            desk.section(to_section(text, "Tidligere sykdommer") if text else None)
            continue
        lasting = illness.funksjonshemming_kronisk_sykdom
        code = to_concept(illness.diagnosekode, text=illness.tidligere_sykdom) or words(
            "Tidligere sykdom"
        )
        clinical = ("active", "Active") if lasting else ("inactive", "Inactive")
        condition = Condition(
            clinicalStatus=concept(CONDITION_CLINICAL, *clinical),
            category=(concept(CONDITION_CATEGORY, "problem-list-item", "Problem List Item"),),
            code=code,
            subject=desk.patient,
            recordedDate=desk.sent,
            note=(to_annotation(text),) if text else (),
        )
        entries.append(desk.add(condition, shown(code) or None))
        lines.append(shown(code) + (" (funksjonshemming eller kronisk sykdom)" if lasting else ""))
    desk.section(section_of("Tidligere sykdommer", entries=tuple(entries), lines=lines))


def lay_blood_group(group: RegistrertBlodtype | None, desk: Desk) -> None:
    """A registered blood group → Observation on the desk."""
    if group is None:
        return
    kinds = (
        (
            concept(LOINC, "883-9", "ABO group [Type] in Blood", "Blodtype"),
            to_concept(group.blodtype, "9160"),
        ),
        (
            concept(LOINC, "10331-7", "Rh [Type] in Blood", "Rhesusgruppe"),
            to_concept(group.rhesusgruppe, "9161"),
        ),
    )
    components = tuple(
        ObservationComponent(code=c, valueCodeableConcept=v) for c, v in kinds if v is not None
    )
    observation = Observation(
        status="final",
        category=(concept(OBSERVATION_CATEGORY, "laboratory", "Laboratory"),),
        code=concept(LOINC, "882-1", "ABO and Rh group [Type] in Blood", "Registrert blodtype"),
        subject=desk.patient,
        encounter=desk.encounter,
        component=components,
        note=to_note(group.merknad),
    )
    line = " ".join(shown(c.valueCodeableConcept) for c in components)
    desk.section(section_of("Blodtype", entries=(desk.add(observation),), lines=(line,)))
