"""A Communication that points to a ServiceRequest or a Composition → the referral or the discharge letter it asks for.

Source: HIS 80517:2017, HIS 80226:2014; docs/adr/0023 (sent by being saved).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from hub.emessage.table_build import render
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.composition import Composition
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.practitioner import Practitioner
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.fhir.models.r4.questionnaire_response import QuestionnaireResponse
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.fhir.requests import fhir_instant
from hub.flows.letterhead import load
from hub.flows.store_draft import Desk
from hub.mapping.fhir_parts import target
from hub.mapping.fresh_message import REFERRAL, Fresh, message_type
from hub.mapping.gp import GpReceiver
from hub.mapping.letter import fresh_letter as letter
from hub.mapping.letter.discharge_letter import DischargeLetter, to_epikrise
from hub.mapping.letter.referral_into_follow_up import FollowUpReferral, to_henvisning
from hub.mapping.message_parties import to_receiver, to_sender
from hub.mapping.own_party import Responsible, to_responsible
from hub.ports import Unit
from hub.problems import HubError, Problem, ProblemCode

T = TypeVar("T")
_OPEN: Final = frozenset({"draft", "active", "on-hold"})


def write_letter(unit: Unit, desk: Desk, fresh: Fresh, patient: Patient, msg_id: str) -> bytes:
    """What a letter is made of, the patient and its number → its bytes. Problems: OUTPUT_INVALID."""
    if fresh.receiver is None:
        raise _fault("Brevet har ingen mottaker", "Communication.recipient")
    make = _referral if message_type(fresh.communication) == REFERRAL else _discharge
    return make(_Desk(unit, desk, patient), fresh, fresh.receiver, msg_id)


class _Desk:
    """Reads what a letter points to, about one patient alone."""

    def __init__(self, unit: Unit, desk: Desk, patient: Patient) -> None:
        self.unit, self.desk, self.patient = unit, desk, patient

    @property
    def sent(self) -> str:
        """This moment as FHIR writes it."""
        return fhir_instant(self.desk.setting.at)

    def read(self, reference: Reference | str | None, kind: type[T]) -> T | None:
        """A reference and the type that is meant → the resource, or None when it leads elsewhere."""
        told = Reference(reference=reference) if isinstance(reference, str) else reference
        found = target(told)
        if found is None or found[0] != kind.__name__:
            return None
        resource: Any = load(self.unit, self.desk, *found)
        subject: Reference | None = getattr(resource, "subject", None)
        if subject is not None and _id(subject) != self.patient.id:
            raise _fault("Innholdet gjelder en annen pasient", f"{kind.__name__}.subject")
        return resource

    def told(self, communication: Communication, kind: type[T]) -> T:
        """A Communication → the one resource of a type that its payload points to."""
        parts = [
            p.contentReference for p in communication.payload if p.contentReference is not None
        ]
        found = [r for r in (self.read(part, kind) for part in parts) if r is not None]
        if len(found) != 1 or len(parts) != 1:
            name = kind.__name__
            raise _fault(
                f"Et slikt brev viser til én {name} og ikke noe annet", "Communication.payload"
            )
        return found[0]

    def conditions(self, references: Iterable[Reference | str | None]) -> tuple[Condition, ...]:
        """References → the Conditions among what they lead to, each once."""
        found = (self.read(reference, Condition) for reference in references)
        return tuple({c.id: c for c in found if c is not None}.values())

    def professional(self, reference: Reference | None) -> Responsible | None:
        """A reference to a person or a role → who that is, or None."""
        role = self.read(reference, PractitionerRole)
        person = self.read(role.practitioner if role is not None else reference, Practitioner)
        return to_responsible(person) if person is not None else None


def _referral(desk: _Desk, fresh: Fresh, receiver: GpReceiver, msg_id: str) -> bytes:
    request = desk.told(fresh.communication, ServiceRequest)
    if request.status not in _OPEN:
        raise _fault("Henvisningen er avsluttet eller trukket tilbake", "ServiceRequest.status")
    referrer = desk.professional(request.requester)
    if referrer is None or not referrer.hpr:
        detail = "Henvisningen sier ikke hvem som henviser (requester med navn og HPR-nummer)"
        raise _fault(detail, "ServiceRequest.requester")
    forms = (desk.read(about, QuestionnaireResponse) for about in request.supportingInfo)
    gp = desk.patient.generalPractitioner
    words = [p.contentString for p in fresh.communication.payload if p.contentString]
    told = FollowUpReferral(
        request=request,
        patient=desk.patient,
        sender=to_sender(fresh.sender),
        receiver=to_receiver(receiver),
        answers=(
            *(("Melding", text) for text in words),
            *(answer for form in forms if form is not None for answer in letter.answers_of(form)),
        ),
        conditions=desk.conditions(request.reasonReference),
        referrer=referrer,
        gp=desk.professional(gp[0]) if gp else None,
        processing=fresh.processing,
        msg_id=msg_id,
        document_id=request.id or msg_id,
        sent=desk.sent,
    )
    return render(to_henvisning(told))


def _discharge(desk: _Desk, fresh: Fresh, receiver: GpReceiver, msg_id: str) -> bytes:
    composition = desk.told(fresh.communication, Composition)
    change = letter.change_of(composition)
    if change is None:
        raise _fault("Epikrisen er ikke ferdig (status final)", "Composition.status")
    stay = desk.read(composition.encounter, Encounter)
    if stay is None:
        raise _fault("Epikrisen sier ikke hvilket opphold den gjelder", "Composition.encounter")
    authors = (desk.professional(author) for author in composition.author)
    responsible = next((author for author in authors if author is not None), None)
    if responsible is None:
        raise _fault("Epikrisen sier ikke hvem som er ansvarlig", "Composition.author")
    listed = letter.entries_of(composition.section)
    told = DischargeLetter(
        encounter=stay,
        patient=desk.patient,
        sender=letter.own_hcp(fresh.sender),
        receiver=letter.receiver_hcp(receiver),
        responsible=letter.responsible_hcp(responsible),
        conditions=desk.conditions((*(d.condition for d in stay.diagnosis), *listed)),
        texts=tuple(letter.texts_of(composition.section)),
        title=composition.title or "Epikrise",
        change=change,
        processing=fresh.processing,
        msg_id=msg_id,
        series=composition.id or msg_id,
        sent=desk.sent,
    )
    return render(to_epikrise(told))


def _id(reference: Reference) -> str:
    found = target(reference)
    return found[1] if found is not None else ""


def _fault(detail: str, where: str) -> HubError:
    return HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, where))
