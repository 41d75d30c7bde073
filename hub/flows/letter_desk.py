"""Reads what a letter or a PLO message points to, about one patient alone.

Source: docs/adr/0023 (sent by being saved); promise 3 (nothing out of its patient).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from hub.fhir.models.r4.appointment import Appointment
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.patient import Patient
from hub.fhir.models.r4.practitioner import Practitioner
from hub.fhir.models.r4.practitioner_role import PractitionerRole
from hub.fhir.requests import fhir_instant
from hub.flows.letterhead import load
from hub.flows.store_draft import Desk
from hub.mapping.fhir_parts import target
from hub.mapping.own_party import Responsible, to_responsible
from hub.ports import Unit
from hub.problems import HubError, Problem, ProblemCode

T = TypeVar("T")


class LetterDesk:
    """Reads what a letter points to, about one patient alone. Problems: OUTPUT_INVALID for another patient's."""

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
        return self.any(told)

    def any(self, reference: Reference | None) -> Any:
        """A reference → the resource, or None when it leads nowhere here."""
        found = target(reference)
        if found is None:
            return None
        resource: Any = load(self.unit, self.desk, *found)
        others = [r for r in _subjects(resource) if (target(r) or ("", ""))[0] == "Patient"]
        if any(_id(other) != self.patient.id for other in others):
            raise _fault("Innholdet gjelder en annen pasient", f"{found[0]}.subject")
        return resource

    def told(self, communication: Communication, kind: type[T], beside: str = "") -> T:
        """A Communication → the one resource of a type that its payload points to; `beside` may stand next to it."""
        parts = [
            p.contentReference for p in communication.payload if p.contentReference is not None
        ]
        parts = [p for p in parts if (target(p) or ("",))[0] != beside]
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


def _subjects(resource: Any) -> Iterator[Reference]:
    """A resource → whom it is about, by whatever element its type tells it."""
    for name in ("subject", "patient"):
        about = getattr(resource, name, None)
        if isinstance(about, Reference):
            yield about
    if isinstance(resource, Appointment):
        yield from (p.actor for p in resource.participant if p.actor is not None)


def _id(reference: Reference) -> str:
    found = target(reference)
    return found[1] if found is not None else ""


def _fault(detail: str, where: str) -> HubError:
    return HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, where))
