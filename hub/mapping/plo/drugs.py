"""What is prescribed (Forskrivningsinfo) ↔ contained Medication, and MedicationRequest where it is told beside a dose.

Source: plo.md §5 (Legemiddelinfo), lists 7180, 7448, 9090, 9101; EPJ-legemiddel-mv.xsd.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from hub.emessage.epj import Forskrivningsinfo
from hub.fhir.models.r4.datatypes import Quantity, Reference
from hub.fhir.models.r4.medication import Medication
from hub.fhir.models.r4.medication_request import MedicationRequest
from hub.mapping.both_ways.coded import NOT_TOLD
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen
from hub.mapping.both_ways.lines import At, Worded
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.spell import Spell
from hub.mapping.both_ways.ways import contained, keep
from hub.mapping.codes import content, words
from hub.mapping.narrative import shown

DRUG_FIELDS: Final = ("nr", "navn", "generisk_navn", "atc", "legemiddelform", "styrke")
_NOT_TOLD: Final = Medication(code=words("Legemiddel ikke oppgitt"))


def drug_label(info: Forskrivningsinfo | None) -> str | None:
    """What is prescribed → name, form and strength as a person reads them."""
    if info is None:
        return None
    form = content(info.legemiddelform.dn) if info.legemiddelform else None
    strength = f"{info.styrke.v or ''} {info.styrke.u or ''}".strip() if info.styrke else None
    return " ".join([p for p in (content(info.navn), form, strength) if p]) or None


def _complete(value: Forskrivningsinfo, sheet: Sheet, _pen: Pen) -> None:
    """An ingredient has an item, a ratio both parts (rat-1): the strength is that of one unit of the form."""
    if "ingredient" not in sheet:
        return
    first = sheet["ingredient"][0]
    first.setdefault("itemCodeableConcept", NOT_TOLD)
    if "strength" in first:
        unit = shown(sheet.get("form")) or "enhet"
        first["strength"]["denominator"] = Quantity(value=Decimal(1), unit=unit)
    del value


_DRUG: Final = Form(
    Forskrivningsinfo,
    Medication,
    At("nr", "identifier[0].value"),
    Worded("atc", "navn", "code"),
    At("generisk_navn", "ingredient[0].itemCodeableConcept.text"),
    At("legemiddelform", "form"),
    At("styrke", "ingredient[0].strength.numerator"),
    only=frozenset(DRUG_FIELDS),
    also=_complete,
    label=drug_label,
)


def put_drug(value: Forskrivningsinfo, sheet: Sheet, pen: Pen) -> None:
    """What is prescribed → `medicationReference` to a contained Medication."""
    if "medicationReference" not in sheet:
        sheet["medicationReference"] = contained(_DRUG, value, pen)


def read_drug(resource: Any, eye: Eye) -> Mapping[str, Any]:
    """A resource with `medicationReference` → what is prescribed."""
    drug = eye.find(resource.medicationReference)
    return _DRUG.find(drug, eye) if isinstance(drug, Medication) else {}


_REQUEST: Final = Form(
    Forskrivningsinfo,
    MedicationRequest,
    At("bruksomrade_tekst", "reasonCode[0].text"),
    At("dos_veiled_enkel", "dosageInstruction[0].text"),
    Custom(DRUG_FIELDS, "medicationReference → Medication", put_drug, read_drug),
    At("bruk", "category[0]"),
    Spell(
        "dosering_starttidspunkt",
        "dosering_sluttidspunkt",
        "dosageInstruction[0].timing.repeat.boundsPeriod",
    ),
    fixed=lambda pen: {"status": "unknown", "intent": "order", "subject": pen.desk.patient},
)


def put_request(
    info: Forskrivningsinfo | None, sheet: Sheet, pen: Pen, name: str, *, many: bool = False
) -> None:
    """How a given drug was prescribed → the drug, and a contained MedicationRequest under `name`."""
    if info is None:
        sheet["medicationReference"] = pen.contained.add(_NOT_TOLD)
        return
    put_drug(info, sheet, pen)
    inner = Sheet(MedicationRequest)
    inner["medicationReference"] = sheet["medicationReference"]
    _REQUEST.fill(info, inner, pen)
    told = keep(inner, pen)
    sheet[name] = (told,) if many else told


def read_request(reference: Reference | None, eye: Eye) -> Mapping[str, Any]:
    """A reference to how a drug was prescribed → what is prescribed, or nothing."""
    request = eye.find(reference)
    found = _REQUEST.read(request, eye) if isinstance(request, MedicationRequest) else None
    return {} if found is None else {"forskrivningsinfo": found}
