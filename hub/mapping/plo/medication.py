"""Medication of PLO messages ↔ MedicationStatement (in use, stopped), MedicationAdministration and -Dispense (given).

Source: plo.md §5 (Legemiddelinfo), lists 9104, 9103, 9101, 9083; EPJ-legemiddel-mv.xsd.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.emessage.codes.status_forskrivning_9104 import STATUS_FORSKRIVNING
from hub.emessage.epj import (
    AdmAvHelsepersonell,
    Egenadministrering,
    ForenkletForskrivning,
    Legemiddelinfo,
    LegemidlerAdministrertVedOverforing,
    UtlevertLegemiddel,
)
from hub.fhir.models.r4.datatypes import Quantity
from hub.fhir.models.r4.medication_administration import MedicationAdministration
from hub.fhir.models.r4.medication_dispense import MedicationDispense
from hub.fhir.models.r4.medication_request import MedicationRequest
from hub.fhir.models.r4.medication_statement import MedicationStatement
from hub.mapping.both_ways.access import got_at, placed
from hub.mapping.both_ways.coarse import Coarse
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen, where
from hub.mapping.both_ways.inline import Inline
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.spell import Spell
from hub.mapping.both_ways.ways import keep, primitive
from hub.mapping.both_ways.written import NUMBER
from hub.mapping.message_urls import PLO
from hub.mapping.plo.drugs import (
    DRUG_FIELDS,
    drug_label,
    put_drug,
    put_request,
    read_drug,
    read_request,
)
from hub.mapping.plo.fixed import COMPONENT_ID, name_component
from hub.mapping.plo.sections import Entry, section

_DOSES: Final = "enkeltdoser"


def _put_prescription(value: ForenkletForskrivning, sheet: Sheet, pen: Pen) -> None:
    """Prescription id and prescriber → contained MedicationRequest."""
    if value.resept_id is None and value.forskriver is None:
        return
    put_drug(value.forskrivningsinfo, sheet, pen)
    request = Sheet(MedicationRequest)
    _PRESCRIPTION.fill(value, request, pen)
    request["medicationReference"] = sheet["medicationReference"]
    sheet["basedOn"] = (keep(request, pen),)


def _get_prescription(statement: MedicationStatement, eye: Eye) -> Mapping[str, Any]:
    request = eye.find(statement.basedOn[0]) if statement.basedOn else None
    return _PRESCRIPTION.find(request, eye) if isinstance(request, MedicationRequest) else {}


_PRESCRIPTION: Final = Form(
    ForenkletForskrivning,
    MedicationRequest,
    At("resept_id", "identifier[0].value"),
    At("forskriver", "requester"),
    only=frozenset({"resept_id", "forskriver"}),
    fixed=lambda pen: {"status": "unknown", "intent": "order", "subject": pen.desk.patient},
)


def _as_needed(value: Legemiddelinfo, sheet: Sheet, pen: Pen) -> None:
    name_component(value, sheet, pen)
    use = value.forenklet_forskrivning.forskrivningsinfo.bruk
    if use is not None and use.v == "3":
        for first in sheet.get("dosage", ())[:1]:
            first["asNeededBoolean"] = True


STATEMENT: Final = Form(
    Legemiddelinfo,
    MedicationStatement,
    COMPONENT_ID,
    Inline(
        "forenklet_forskrivning",
        Coarse(
            "status_til_forskrivningen",
            "status",
            {"2": "stopped"},
            "active",
            kept="statusReason[0]",
            back={"stopped": STATUS_FORSKRIVNING.cs("2")},
        ),
        At("inngaar_i_multidose", "dosage[0].additionalInstruction[0]"),
        Custom(("resept_id", "forskriver"), "basedOn", _put_prescription, _get_prescription),
        At("merknad", "note[0].text"),
        Inline(
            "forskrivningsinfo",
            At("bruksomrade_tekst", "reasonCode[0].text"),
            At("dos_veiled_enkel", "dosage[0].text"),
            Custom(DRUG_FIELDS, "medicationReference → Medication", put_drug, read_drug),
            At("bruk", "category"),
            Spell("dosering_starttidspunkt", "dosering_sluttidspunkt", "effectivePeriod"),
        ),
    ),
    fixed=lambda pen: {
        "subject": pen.desk.patient,
        "context": pen.desk.encounter,
        "dateAsserted": pen.desk.sent,
        "informationSource": pen.desk.sender,
    },
    also=_as_needed,
    label=lambda value: drug_label(value.forenklet_forskrivning.forskrivningsinfo),
)


def _put_time(value: AdmAvHelsepersonell, sheet: Sheet, pen: Pen) -> None:
    """One moment → effectiveDateTime, a start and an end → effectivePeriod."""
    (_MOMENT if value.adm_slutt is None else _SPELL).put(value, sheet, pen)


def _get_time(given: MedicationAdministration, eye: Eye) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    (_MOMENT if given.effectivePeriod is None else _SPELL).get(given, eye, found)
    return found


_MOMENT: Final = At("adm_start", "effectiveDateTime").bind(
    AdmAvHelsepersonell, MedicationAdministration, ""
)
_SPELL: Final = Spell("adm_start", "adm_slutt", "effectivePeriod").bind(
    AdmAvHelsepersonell, MedicationAdministration, ""
)

_GIVEN: Final = Form(
    AdmAvHelsepersonell,
    MedicationAdministration,
    At("adm_enkeltdose", "dosage.dose"),
    Custom(("adm_start", "adm_slutt"), "effective[x]", _put_time, _get_time),
    At("administrert_av", "performer[0].actor"),
    Coarse(
        "adm_status",
        "status",
        {"3": "not-done", "4": "not-done"},
        "completed",
        kept="statusReason[0]",
    ),
    Inline("administrert_legemiddel"),
    Custom(
        ("forskrivningsinfo",),
        "request → MedicationRequest",
        lambda v, s, p: put_request(v.forskrivningsinfo, s, p, "request"),
        lambda r, e: read_request(r.request, e),
    ),
    fixed=lambda pen: {"subject": pen.desk.patient, "context": pen.desk.encounter},
    label=lambda value: drug_label(value.forskrivningsinfo),
)


def _put_amounts(value: Egenadministrering, sheet: Sheet, _pen: Pen) -> None:
    """What was handed out → quantity; more than one amount each in an extension as well as the first in quantity."""
    amounts = [u.ant_enkeltdoser for u in value.utlevert_legemiddel]
    number, companion = NUMBER.to(amounts[0])
    sheet["quantity"] = Quantity(value=number, value_ext=companion, unit=_DOSES)
    for amount in amounts[1:]:
        _PUT_FURTHER(NUMBER.to(amount), sheet)


def _get_amounts(given: MedicationDispense, eye: Eye) -> Mapping[str, Any]:
    first = given.quantity
    if first is None:
        return {}
    amounts = [
        NUMBER.of(first.value, first.value_ext),
        *(_COUNT.of(pair, eye) for pair in got_at(_FURTHER, _COUNT, given)),
    ]
    told = tuple(UtlevertLegemiddel(ant_enkeltdoser=a) for a in amounts if a is not None)
    return {"utlevert_legemiddel": told}


_COUNT: Final = primitive(NUMBER)
_FURTHER: Final = where(MedicationDispense, "@further-amount", PLO)
_PUT_FURTHER: Final = placed(_FURTHER, _COUNT)

_HANDED_OUT: Final = Form(
    Egenadministrering,
    MedicationDispense,
    At("adm_enkeltdose", "dosageInstruction[0].doseAndRate[0].doseQuantity"),
    At("adm_start", "whenHandedOver"),
    At("adm_slutt", "dosageInstruction[0].timing.repeat.boundsPeriod.end"),
    At("administrert_av", "performer[0].actor"),
    Custom(("utlevert_legemiddel",), "quantity", _put_amounts, _get_amounts),
    Custom(
        ("forskrivningsinfo",),
        "authorizingPrescription[0] → MedicationRequest",
        lambda v, s, p: put_request(
            v.forskrivningsinfo, s, p, "authorizingPrescription", many=True
        ),
        lambda r, e: read_request(
            r.authorizingPrescription[0] if r.authorizingPrescription else None, e
        ),
    ),
    fixed=lambda pen: {
        "status": "completed",
        "subject": pen.desk.patient,
        "context": pen.desk.encounter,
    },
    label=lambda value: drug_label(value.forskrivningsinfo),
)

GIVEN: Final = section(LegemidlerAdministrertVedOverforing, Entry("innhold", _GIVEN, _HANDED_OUT))
