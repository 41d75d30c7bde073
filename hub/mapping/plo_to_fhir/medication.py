"""Medication of PLO messages → MedicationStatement (in use, stopped), MedicationAdministration and -Dispense (given).

The prescription as far as it is told (Forskrivningsinfo, prescriber, prescription id) is contained where it is told.
Drops: the marking attributes of Legemiddelinfo and LegemidlerAdministrertVedOverforing, but the komponentID of a
Legemiddelinfo, which becomes the identifier of its MedicationStatement.
Source: plo.md §5 (Legemiddelinfo), lists 9104, 9103, 9101, 7180, 7448, 9090, 9083; EPJ-legemiddel-mv.xsd.
"""

from __future__ import annotations

from hub.emessage.epj import (
    AdmAvHelsepersonell,
    Egenadministrering,
    ForenkletForskrivning,
    Legemiddelinfo,
    LegemidlerAdministrertVedOverforing,
)
from hub.fhir.models.r4.datatypes import (
    Dosage,
    DosageDoseAndRate,
    Element,
    Extension,
    Reference,
    Timing,
    TimingRepeat,
)
from hub.fhir.models.r4.medication_administration import (
    MedicationAdministration,
    MedicationAdministrationDosage,
    MedicationAdministrationPerformer,
)
from hub.fhir.models.r4.medication_dispense import MedicationDispense, MedicationDispensePerformer
from hub.fhir.models.r4.medication_statement import MedicationStatement
from hub.mapping.codes import (
    content,
    period_of,
    point,
    to_amount,
    to_concept,
    to_note,
    to_period,
    to_quantity,
    uuid_identifier,
    words,
)
from hub.mapping.draft import Desk
from hub.mapping.narrative import Contained, local_time
from hub.mapping.organisation import to_role
from hub.mapping.plo_to_fhir.notes import section_of
from hub.mapping.plo_to_fhir.prescription import (
    drug_label,
    lexical,
    to_dosage,
    to_instruction,
    to_medication,
    to_prescription,
    to_treatment,
)

_STOPPED = "2"
_NOT_GIVEN = frozenset({"3", "4"})
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_GIVEN_TITLE = "Legemidler gitt ved overføring"


def lay_medication(items: tuple[Legemiddelinfo, ...], desk: Desk) -> None:
    """Each drug of the list → a MedicationStatement on the desk; the list as a section, stopped drugs told as such."""
    entries: list[Reference] = []
    lines: list[str] = []
    for item in items:
        name = drug_label(item.forenklet_forskrivning.forskrivningsinfo)
        entries.append(desk.add(_statement(item, name, desk), name))
        lines.append(_line(item.forenklet_forskrivning, name))
    desk.section(section_of("Legemidler", entries=tuple(entries), lines=lines))


def _line(item: ForenkletForskrivning, name: str) -> str:
    info, status = item.forskrivningsinfo, item.status_til_forskrivningen
    parts = (
        "SEPONERT" if status and status.v == _STOPPED else None,
        content(info.bruk.dn) if info.bruk else None,
        content(info.dos_veiled_enkel),
        content(item.merknad),
    )
    return ": ".join(p for p in (name, ", ".join(p for p in parts if p)) if p)


def _statement(item: Legemiddelinfo, name: str, desk: Desk) -> MedicationStatement:
    given, contained = item.forenklet_forskrivning, Contained()
    info, status = given.forskrivningsinfo, given.status_til_forskrivningen
    medication = to_medication(info, contained, name)
    reason, why = to_concept(status, "9104"), content(info.bruksomrade_tekst)
    return MedicationStatement(
        identifier=(uuid_identifier(item.komponent_id),) if content(item.komponent_id) else (),
        basedOn=to_prescription(given, medication, contained, desk),
        status="stopped" if status and status.v == _STOPPED else "active",
        statusReason=(reason,) if reason else (),
        category=to_concept(info.bruk, "9101"),
        medicationReference=medication,
        subject=desk.patient,
        context=desk.encounter,
        effectivePeriod=to_treatment(info),
        dateAsserted=desk.sent,
        informationSource=desk.sender,
        reasonCode=(words(why),) if why else (),
        note=to_note(given.merknad),
        dosage=to_dosage(info, to_concept(given.inngaar_i_multidose, "9103")),
        contained=contained.listed(),
    )


def lay_given_medication(given: LegemidlerAdministrertVedOverforing | None, desk: Desk) -> None:
    """Drugs given, or handed over to be taken by the patient, at the transfer → the desk."""
    entries: list[Reference] = []
    lines: list[str] = []
    for one in given.innhold if given else ():
        name = drug_label(one.forskrivningsinfo)
        start = local_time(point(one.adm_start))
        guidance = (
            content(one.forskrivningsinfo.dos_veiled_enkel) if one.forskrivningsinfo else None
        )
        if isinstance(one, AdmAvHelsepersonell):
            entries.append(desk.add(_administration(one, name, desk), name))
            status = content(one.adm_status.dn) if one.adm_status else None
            lines.append(", ".join(p for p in (name, start, guidance, status) if p))
        else:
            entries += [desk.add(dispense, name) for dispense in _dispenses(one, name, desk)]
            lines.append(
                ", ".join(p for p in (f"{name} (utlevert til pasienten)", start, guidance) if p)
            )
    desk.section(section_of(_GIVEN_TITLE, entries=tuple(entries), lines=lines))


def _administration(one: AdmAvHelsepersonell, name: str, desk: Desk) -> MedicationAdministration:
    contained = Contained()
    medication = to_medication(one.forskrivningsinfo, contained, name)
    status, reason = one.adm_status, to_concept(one.adm_status, "9083")
    start, end = point(one.adm_start), point(one.adm_slutt)
    dose = to_quantity(one.adm_enkeltdose)
    amount = content(one.administrert_legemiddel.kvantum) if one.administrert_legemiddel else None
    actor = to_role(one.administrert_av, contained) if one.administrert_av else None
    return MedicationAdministration(
        status="not-done" if status and status.v in _NOT_GIVEN else "completed",
        statusReason=(reason,) if reason else (),
        medicationReference=medication,
        subject=desk.patient,
        context=desk.encounter,
        effectiveDateTime=None if end else start,
        effectiveDateTime_ext=None if start or end else _unknown(),
        effectivePeriod=period_of(start, end) if end else None,
        performer=(MedicationAdministrationPerformer(actor=actor),) if actor else (),
        request=to_instruction(one.forskrivningsinfo, medication, contained, desk),
        # mad-1: a dosage without a dose is not allowed; the amount in words is then a note
        dosage=MedicationAdministrationDosage(dose=dose, text=amount) if dose else None,
        note=() if dose else to_note(f"Kvantum: {amount}" if amount else None),
        contained=contained.listed(),
    )


def _unknown() -> Element:
    return Element(extension=(Extension(url=_ABSENT, valueCode="unknown"),))


def _dispenses(one: Egenadministrering, name: str, desk: Desk) -> tuple[MedicationDispense, ...]:
    """A drug handed over → one MedicationDispense for each amount (so many single doses)."""
    return tuple(_dispense(one, u.ant_enkeltdoser, name, desk) for u in one.utlevert_legemiddel)


def _dispense(one: Egenadministrering, doses: str, name: str, desk: Desk) -> MedicationDispense:
    contained = Contained()
    medication = to_medication(one.forskrivningsinfo, contained, name)
    actor = to_role(one.administrert_av, contained) if one.administrert_av else None
    request = to_instruction(one.forskrivningsinfo, medication, contained, desk)
    period, dose = (
        to_period(lexical(one.adm_start), lexical(one.adm_slutt)),
        to_quantity(one.adm_enkeltdose),
    )
    dosage = Dosage(
        timing=Timing(repeat=TimingRepeat(boundsPeriod=period)) if period else None,
        doseAndRate=(DosageDoseAndRate(doseQuantity=dose),) if dose else (),
    )
    return MedicationDispense(
        status="completed",
        medicationReference=medication,
        subject=desk.patient,
        context=desk.encounter,
        performer=(MedicationDispensePerformer(actor=actor),) if actor else (),
        authorizingPrescription=(request,) if request else (),
        quantity=to_amount(doses, "enkeltdoser"),
        whenHandedOver=point(one.adm_start),
        dosageInstruction=(dosage,) if period or dose else (),
        contained=contained.listed(),
    )
