"""One look at a page: who looks, what may be read, and the entries it leaves in the access log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.api.pages.alert_forms import Marks
from hub.fhir.reading import read_stored
from hub.fhir.repository import Session
from hub.fhir.requests import AuditEntry, Stored
from hub.fhir.search.query import Filter, Page, ReferenceValue, SearchQuery
from hub.policy import Action, Actor, Deny, Permit, authorise
from hub.policy.action import Interaction
from hub.ports import Unit
from hub.problems import ProblemCode, fail

MOST = 1000


@dataclass(slots=True)
class Visit:
    """Reads for one page. Shape: `base_url` of FHIR; `seen` collects what is written into the access log."""

    unit: Unit
    actor: Actor
    now: datetime
    base_url: str
    path: str
    request_id: str
    marks: Marks
    seen: list[AuditEntry] = field(default_factory=list[AuditEntry])

    @property
    def tenant_id(self) -> int:
        """The tenant of the one who looks."""
        return self.actor.tenant_id

    @property
    def session(self) -> Session:
        """Resources."""
        return self.unit.fhir

    def permit(self, interaction: Interaction, kind: str) -> Permit:
        """What is to be read → Permit. Problems: FORBIDDEN."""
        verdict = authorise(self.actor, Action(interaction, kind), self.now)
        if isinstance(verdict, Deny):
            raise fail(ProblemCode.FORBIDDEN, verdict.reason)
        return verdict

    def load(self, kind: str, resource_id: str) -> Any:
        """Type and id → the decoded resource; None when there is none. It is not noted: the page says what it shows."""
        stored = self.session.load(self.permit("read", kind), kind, resource_id)
        return None if stored is None or stored.deleted else read_stored(stored.body, kind)

    def stored(self, kind: str, resource_id: str) -> Stored | None:
        """Type and id → the current version, unless it is deleted."""
        found = self.session.load(self.permit("read", kind), kind, resource_id)
        return None if found is None or found.deleted else found

    def page_of(self, query: SearchQuery) -> Page:
        """A search → its page."""
        return self.session.search(self.permit("search", query.resource_type), query)

    def of_patient(self, kind: str, patient_id: str) -> Iterator[Any]:
        """A type → the patient's resources of it, decoded."""
        own = Filter("patient", "reference", (ReferenceValue(f"Patient/{patient_id}"),))
        page = self.page_of(SearchQuery(kind, (own,), count=MOST))
        return (read_stored(m.body, kind) for m in page.matches)

    def note(self, patient_id: str | None, stored: Stored | None = None) -> None:
        """What is shown of a patient → an entry for the access log."""
        permit = self.permit("read" if stored else "search", stored.type if stored else "")
        self.seen.append(
            AuditEntry(
                actor=self.actor,
                action="R" if stored else "E",
                interaction="read" if stored else "search",
                recorded=self.now,
                resource_type=stored.type if stored else "",
                resource_id=stored.id if stored else "",
                version=stored.version if stored else 0,
                patient_id=patient_id,
                reason=permit.reason,
                query=f"page {self.path}",
                request_id=self.request_id,
            )
        )

    def note_all(self, patient_ids: Iterable[str]) -> None:
        """The patients on a list → one entry each; one without patient when the list names none."""
        for patient_id in sorted(set(filter(None, patient_ids))) or [None]:
            self.note(patient_id)
