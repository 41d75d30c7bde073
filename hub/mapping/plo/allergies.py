"""Critical information (CAVE) and allergies of PLO messages ↔ AllergyIntolerance.

A CAVE keyword is what the patient must not have; it carries no code and is told in the sender's words.
Source: plo.md §5 (MedisinskfagligeOpplysninger), lists 7180 and 1103; EPJ-cave-mv.xsd.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.emessage.datatypes import CV
from hub.emessage.epj import Allergi, Allerginotat, Cave, SakshodeCave, StikkordCave
from hub.fhir.models.r4.allergy_intolerance import AllergyIntolerance
from hub.fhir.models.r4.datatypes import CodeableConcept, Extension
from hub.mapping.both_ways.coarse import Coarse
from hub.mapping.both_ways.coded import of_concept, to_concept
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen
from hub.mapping.both_ways.inline import Inline
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.written import TEXT
from hub.mapping.codes import concept
from hub.mapping.message_urls import ALLERGY_CLINICAL, PLO
from hub.mapping.plo.fixed import COMPONENT_ID, JOURNAL_NOTE, name_component, ticked
from hub.mapping.plo.sections import Entry, Group, Sub, section

_ACTIVE: Final = concept(ALLERGY_CLINICAL, "active", "Active")
OTHER_SUBSTANCE: Final = f"{PLO}kode-annet-stoff"
"""On a Coding of AllergyIntolerance.code; valueBoolean true: the code of a substance that is no medicine."""
_MARK: Final = Extension(url=OTHER_SUBSTANCE, valueBoolean=True)


def _frame(pen: Pen) -> dict[str, Any]:
    return {
        "clinicalStatus": _ACTIVE,
        "patient": pen.desk.patient,
        "recordedDate": pen.desk.sent,
    }


def _put_substance(allergy: Allergi, sheet: Sheet, _pen: Pen) -> None:
    """What it is against in words, with the code of a medicine and that of another substance."""
    medicine = to_concept(allergy.virkestoff_legemiddel, None, allergy.allergisk_mot, worded=True)
    codings = medicine.coding
    if allergy.kode_annet_stoff is not None:
        other = to_concept(allergy.kode_annet_stoff, None, None, worded=True).coding[0]
        marked = msgspec.structs.replace(other, extension=(*other.extension, _MARK))
        codings = (*codings, marked)
    sheet["code"] = msgspec.structs.replace(medicine, coding=codings)


def _get_substance(resource: AllergyIntolerance, _eye: Eye) -> Mapping[str, Any]:
    whole = resource.code or CodeableConcept()
    others = tuple(c for c in whole.coding if _is_other(c.extension))
    medicines = tuple(c for c in whole.coding if not _is_other(c.extension))
    text = TEXT.of(whole.text, whole.text_ext)
    return {
        "allergisk_mot": text if text is not None else _name(whole),
        "virkestoff_legemiddel": of_concept(
            CodeableConcept(coding=medicines), CV, None, worded=True
        )[0],
        "kode_annet_stoff": of_concept(CodeableConcept(coding=others), CV, None, worded=True)[0],
    }


def _is_other(extensions: tuple[Extension, ...]) -> bool:
    return any(e.url == OTHER_SUBSTANCE for e in extensions)


def _name(whole: CodeableConcept) -> str | None:
    return next((c.display for c in whole.coding if c.display), None)


def _surroundings(value: Allerginotat, sheet: Sheet, pen: Pen) -> None:
    """Two boxes that share one FHIR category; both are kept in their own extensions."""
    name_component(value, sheet, pen)
    if value.allergi.kontaktallergi or value.allergi.pollen_innsektstikk:
        sheet.add("category", "environment")


ALLERGY: Final = Form(
    Allerginotat,
    AllergyIntolerance,
    COMPONENT_ID,
    At("journaltekst", "note", JOURNAL_NOTE),
    Inline(
        "allergi",
        ticked(
            "hensyn_ved_forskrivning", "category", "medication", f"{PLO}hensyn-ved-forskrivning"
        ),
        ticked("hensyn_mat_drikke", "category", "food", f"{PLO}hensyn-mat-drikke"),
        Custom(
            ("allergisk_mot", "virkestoff_legemiddel", "kode_annet_stoff"),
            "code",
            _put_substance,
            _get_substance,
        ),
        Coarse(
            "anafylaktiske_reaksjoner",
            "criticality",
            {"1": "high", "9": "unable-to-assess", "2": "low"},
        ),
    ),
    fixed=lambda pen: {**_frame(pen), "type": "allergy"},
    also=_surroundings,
    label=lambda value: value.allergi.allergisk_mot.strip()[:200] or None,
)

_KEYWORD: Final = Form(
    StikkordCave,
    AllergyIntolerance,
    At("cave_stikkord", "code.text"),
    At("journaltekst", "note[0]", JOURNAL_NOTE),
    fixed=_frame,
    label=lambda value: value.cave_stikkord.strip()[:200] or None,
)

CAVE: Final = section(
    Cave,
    Sub("sakshode_cave", section(SakshodeCave, Entry("stikkord_cave", _KEYWORD))),
    Group("allerginotat", ALLERGY),
)
