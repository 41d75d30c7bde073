"""The prescription as far as a PLO message tells it (Forskrivningsinfo) → Medication, Dosage and MedicationRequest.

Source: plo.md §5 (Legemiddelinfo), lists 7180, 7448, 9090, 9101; EPJ-legemiddel-mv.xsd.
"""

from __future__ import annotations

from decimal import Decimal

from hub.emessage.datatypes import PQ, TS
from hub.emessage.epj import ForenkletForskrivning, Forskrivningsinfo
from hub.fhir.models.r4.datatypes import (
    CodeableConcept,
    Dosage,
    Identifier,
    Period,
    Quantity,
    Ratio,
    Reference,
    Timing,
    TimingRepeat,
)
from hub.fhir.models.r4.medication import Medication, MedicationIngredient
from hub.fhir.models.r4.medication_request import MedicationRequest
from hub.mapping.codes import content, to_concept, to_period, to_quantity, words
from hub.mapping.draft import Desk
from hub.mapping.narrative import Contained, shown
from hub.mapping.organisation import to_role

_AS_NEEDED = "3"
_ONE = Decimal(1)


def drug_label(info: Forskrivningsinfo | None) -> str:
    """What is prescribed → name, form and strength as a person reads them."""
    if info is None:
        return "Legemiddel"
    form = content(info.legemiddelform.dn) if info.legemiddelform else None
    strength = f"{info.styrke.v or ''} {info.styrke.u or ''}".strip() if info.styrke else None
    return " ".join(p for p in (content(info.navn), form, strength) if p) or "Legemiddel uten navn"


def to_treatment(info: Forskrivningsinfo) -> Period | None:
    """What is prescribed → the period it is to be taken in, or None."""
    return to_period(lexical(info.dosering_starttidspunkt), lexical(info.dosering_sluttidspunkt))


def lexical(time: TS | None) -> str | None:
    """A TS → its value as written, or None."""
    return time.v if time is not None else None


def to_medication(info: Forskrivningsinfo | None, contained: Contained, label: str) -> Reference:
    """What the drug is → local reference (shown as `label`) to a contained Medication: ATC, name, form, strength, number."""
    if info is None:
        return contained.add(Medication(code=words("Legemiddel ikke oppgitt")))
    name, generic, number = content(info.navn), content(info.generisk_navn), content(info.nr)
    form = to_concept(info.legemiddelform, "7448")
    strength = _strength(info.styrke, form)
    ingredient = MedicationIngredient(
        itemCodeableConcept=words(generic or name or "Virkestoff ikke oppgitt"), strength=strength
    )
    medication = Medication(
        identifier=(Identifier(value=number),) if number else (),
        code=to_concept(info.atc, "7180", name),
        form=form,
        ingredient=(ingredient,) if generic or strength else (),
    )
    return contained.add(medication, label)


def _strength(value: PQ | None, form: CodeableConcept | None) -> Ratio | None:
    amount = to_quantity(value)
    if amount is None:
        return None
    # rat-1: a ratio has both parts; Styrke is per unit of the form (one tablet)
    return Ratio(numerator=amount, denominator=Quantity(value=_ONE, unit=shown(form) or "enhet"))


def to_dosage(info: Forskrivningsinfo, *instructions: CodeableConcept | None) -> tuple[Dosage, ...]:
    """What is prescribed, with further instructions → the Dosage, or nothing."""
    told = [i for i in instructions if i is not None]
    if info.skal_ikke_tas_sammen_med_annet_legemiddel:
        told.append(words("Skal ikke tas sammen med annet legemiddel"))
    text = content(info.dos_veiled_enkel)
    as_needed = True if info.bruk and info.bruk.v == _AS_NEEDED else None
    if not (text or told or as_needed):
        return ()
    return (Dosage(text=text, additionalInstruction=tuple(told), asNeededBoolean=as_needed),)


def to_prescription(
    given: ForenkletForskrivning, medication: Reference, contained: Contained, desk: Desk
) -> tuple[Reference, ...]:
    """Prescription id and prescriber → local reference to a contained MedicationRequest, or nothing."""
    number, prescriber = content(given.resept_id), given.forskriver
    if number is None and prescriber is None:
        return ()
    request = MedicationRequest(
        identifier=(Identifier(value=number),) if number else (),
        status="unknown",
        intent="order",
        medicationReference=medication,
        subject=desk.patient,
        requester=to_role(prescriber, contained) if prescriber else None,
    )
    return (contained.add(request),)


def to_instruction(
    info: Forskrivningsinfo | None, medication: Reference, contained: Contained, desk: Desk
) -> Reference | None:
    """How a given drug was prescribed → local reference to a contained MedicationRequest, or None when nothing is told."""
    if info is None:
        return None
    use, why, period = (
        to_concept(info.bruk, "9101"),
        content(info.bruksomrade_tekst),
        to_treatment(info),
    )
    dosage = to_dosage(info)
    if not (use or why or period or dosage):
        return None
    timing = Timing(repeat=TimingRepeat(boundsPeriod=period)) if period else None
    first = dosage[0] if dosage else Dosage()
    request = MedicationRequest(
        status="unknown",
        intent="order",
        category=(use,) if use else (),
        medicationReference=medication,
        subject=desk.patient,
        reasonCode=(words(why),) if why else (),
        dosageInstruction=(
            Dosage(
                text=first.text,
                additionalInstruction=first.additionalInstruction,
                asNeededBoolean=first.asNeededBoolean,
                timing=timing,
            ),
        )
        if dosage or timing
        else (),
    )
    return contained.add(request)
