"""Resources that a Composition lists → the blocks of a PLO message they stand in.

The tables that read a received message back (`hub/mapping/plo/`) read these too; what a resource of a received message
always has and a person's need not (the id of an EPJ document, the drug as a resource) is put in first.
Problems: OUTPUT_INVALID for a resource that the message has no place for, or that lacks what its block cannot be without.
Source: plo.md §4 and §5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from hub.emessage.plo.components import (
    InfoKartleggingFunksjonsniva,
    InfoKontrolltime,
    InfoMedisinskDiagnose,
    InformasjonOmTentativTime,
    InformasjonOmTime,
    MedisinskDiagnose,
    MedisinskfagligeOpplysninger,
)
from hub.fhir.models.r4.allergy_intolerance import AllergyIntolerance
from hub.fhir.models.r4.appointment import Appointment
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.datatypes import Identifier, Reference
from hub.fhir.models.r4.medication import Medication
from hub.fhir.models.r4.medication_statement import MedicationStatement
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.related_person import RelatedPerson
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.both_ways.form import Eye, Form, build
from hub.mapping.message_urls import PLO_SECTIONS
from hub.mapping.plo.allergies import ALLERGY
from hub.mapping.plo.appointments import APPOINTMENT
from hub.mapping.plo.diagnoses import DIAGNOSIS_LINES
from hub.mapping.plo.functions import SCORE
from hub.mapping.plo.head import NEXT_OF_KIN
from hub.mapping.plo.medication import STATEMENT
from hub.mapping.plo.services import EXISTING, NEED
from hub.mapping.times import local_form
from hub.mapping.urls import URI_SYSTEM, VOLVEN
from hub.problems import HubError, Problem, ProblemCode

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIAGNOSIS: Final = Form(MedisinskDiagnose, Condition, *DIAGNOSIS_LINES)
FUNCTION_LISTS: Final = (f"{VOLVEN}9111", f"{VOLVEN}9115")
_DRUG: Final = "drug"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the entries are read with. Shape: `resources` by reference; `fields` are those the message's class has."""

    resources: Mapping[str, Any]
    fields: frozenset[str]
    new_id: Callable[[], str]


def blocks_of(entries: Iterable[Any], shelf: Shelf) -> dict[str, Any]:
    """Resources in the order they are listed → fields of the message and their blocks. Problems: OUTPUT_INVALID."""
    found: dict[str, list[Any]] = {}
    for resource in entries:
        cls: type = resource.__class__
        row = _PLACES.get(cls)
        field = row[0](shelf) if row is not None else None
        if row is None or field is None or field not in shelf.fields:
            detail = f"Meldingstypen har ikke plass til {cls.__name__}"
            raise HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, "Composition.section.entry"))
        found.setdefault(field, []).append(row[1](resource, shelf))
    return {field: _WHOLE.get(field, tuple)(values) for field, values in found.items()}


def is_score(observation: Observation) -> bool:
    """An Observation → whether it is a function score (IPLOS, GAF) and not a measurement."""
    return any(c.system in FUNCTION_LISTS for c in observation.code.coding)


def component_id(resource: Any, new_id: Callable[[], str]) -> Any:
    """A resource → the same, with the id that an EPJ document bears in front of its identifiers."""
    own = resource.identifier[0] if resource.identifier else None
    if own is not None and own.system == URI_SYSTEM and own.value:
        return resource
    number = resource.id if resource.id and _UUID.fullmatch(resource.id) else new_id()
    made = Identifier(system=URI_SYSTEM, value=f"urn:uuid:{number}")
    return replace(resource, identifier=(made, *resource.identifier))


def _read(form: Form, resource: Any, shelf: Shelf, **usual: Any) -> Any:
    eye = Eye(shelf.resources).inside(resource)
    told = {k: v for k, v in form.find(resource, eye).items() if v is not None and v != ()}
    return build(form.cls, {**usual, **told})


def _diagnosis(resource: Condition, shelf: Shelf) -> Any:
    return _read(_DIAGNOSIS, resource, shelf)


def _allergy(resource: AllergyIntolerance, shelf: Shelf) -> Any:
    return _read(ALLERGY, component_id(resource, shelf.new_id), shelf)


def _medication(resource: MedicationStatement, shelf: Shelf) -> Any:
    told, code = resource, resource.medicationCodeableConcept
    if code is not None:
        name = code.text or next((c.display for c in code.coding if c.display), None)
        drug = Medication(id=_DRUG, code=replace(code, text=name))
        told = replace(
            resource,
            medicationCodeableConcept=None,
            medicationReference=Reference(reference=f"#{_DRUG}"),
            contained=(*resource.contained, drug),
        )
    return _read(STATEMENT, component_id(told, shelf.new_id), shelf)


def _kin(resource: RelatedPerson, shelf: Shelf) -> Any:
    return _read(NEXT_OF_KIN, resource, shelf)


def _service(resource: ServiceRequest, shelf: Shelf) -> Any:
    if _service_field(shelf) == "eksisterende_tjeneste":
        return _read(EXISTING, resource, shelf, privat_tjeneste=False)
    return _read(NEED, resource, shelf)


def _service_field(shelf: Shelf) -> str:
    """Services that the patient has already, where the message tells of those; else services that are needed."""
    has = "eksisterende_tjeneste"
    return has if has in shelf.fields else "tjeneste_behov"


def _appointment(resource: Appointment, shelf: Shelf) -> InfoKontrolltime:
    kinds = resource.appointmentType.coding if resource.appointmentType is not None else ()
    if any(c.system == PLO_SECTIONS for c in kinds):
        return _read(APPOINTMENT, resource, shelf)
    actors = (p.actor for p in resource.participant if p.actor is not None)
    place = next((a.display for a in actors if a.display and _is_place(a)), None)
    if resource.start is None:
        words = resource.description or resource.comment
        return InfoKontrolltime(
            informasjon_om_tentativ_time=InformasjonOmTentativTime(
                tentativt_tidspunkt_time=words, sted_time=place
            )
        )
    minutes = resource.minutesDuration
    return InfoKontrolltime(
        informasjon_om_time=InformasjonOmTime(
            bestilt_kontrolltime=resource.status in ("booked", "arrived", "checked-in"),
            tidspunkt_time=local_form(resource.start),
            varighet=str(minutes) if minutes else None,
            sted_time=place,
        )
    )


def _is_place(actor: Reference) -> bool:
    return actor.type == "Location" or (actor.reference or "").startswith("Location/")


def _score(resource: Observation, shelf: Shelf) -> Any:
    return _read(SCORE, resource, shelf)


_Place = tuple[Callable[[Shelf], str], Callable[[Any, Shelf], Any]]
_PLACES: Final[Mapping[type, _Place]] = {
    Condition: (lambda _: "info_medisinsk_diagnose", _diagnosis),
    AllergyIntolerance: (lambda _: "medisinskfaglige_opplysninger", _allergy),
    MedicationStatement: (lambda _: "legemiddelinfo", _medication),
    RelatedPerson: (lambda _: "parorende_foresatt", _kin),
    ServiceRequest: (_service_field, _service),
    Appointment: (lambda _: "info_kontrolltime", _appointment),
    Observation: (lambda _: "info_kartlegging_funksjonsniva", _score),
}
"""FHIR type → the field of the message it stands in, and who reads it."""
_WHOLE: Final[Mapping[str, Callable[[list[Any]], Any]]] = {
    "info_medisinsk_diagnose": lambda all_: InfoMedisinskDiagnose(medisinsk_diagnose=tuple(all_)),
    "medisinskfaglige_opplysninger": lambda all_: MedisinskfagligeOpplysninger(
        allerginotat=tuple(all_)
    ),
    "info_kartlegging_funksjonsniva": lambda all_: InfoKartleggingFunksjonsniva(
        kartlagt_funksjon=tuple(all_)
    ),
}
"""Field → the one block that holds all of them; else they stand one after the other."""
