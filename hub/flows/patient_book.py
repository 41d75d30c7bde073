"""A patient's plans, status periods and the general limits → the compiled book to judge by, kept until one of them changes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hub.fhir.models.r4.patient import Patient as Person
from hub.fhir.reading import read_stored
from hub.fhir.repository import Session
from hub.fhir.search.query import Filter, ReferenceValue, SearchQuery, TokenValue
from hub.flows.death_learnt import death_learnt
from hub.mapping import urls
from hub.mapping.fhir_to_downtime import RECEPTION, to_downtimes
from hub.mapping.fhir_to_patient_status import fhir_to_patient_status
from hub.mapping.fhir_to_plan import plans_of
from hub.mapping.general_limits import fhir_to_general_limits
from hub.policy import Permit
from hub.problems import Problem
from hub.thresholds.book import Book, Limits, compile_book, compile_limits
from hub.thresholds.plan_check import check_parts, validate_rules
from hub.thresholds.timers import Downtime

SOURCES: Final = ("Patient", "CarePlan", "ServiceRequest", "EpisodeOfCare", "ObservationDefinition")
"""The types a book is made from; saving one of them makes the patient's book stale."""
_MOST: Final = 10_000
_Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A patient's book, and what of the plans and of the general limits it could not be made from."""

    book: Book
    plan_problems: tuple[Problem, ...] = ()
    limit_problems: tuple[Problem, ...] = ()


class Books:
    """Compiled books by patient; used in the writer's thread only, so that a book never is older than its sources."""

    def __init__(self, most: int = _MOST) -> None:
        """How many books are kept at most → none yet."""
        self._most = most
        self._books: dict[_Key, Compiled] = {}
        self._known: dict[_Key, Compiled] = {}
        self._used: dict[_Key, Compiled] = {}
        self._committed: deque[dict[_Key, Compiled]] = deque(maxlen=_MOST)
        self._limits: dict[int, tuple[Limits, tuple[Problem, ...]]] = {}
        self._downtime: dict[int, tuple[Downtime, ...]] = {}

    def forget_downtime(self, tenant_id: int) -> None:
        """A tenant whose outages are announced anew → they are read next time."""
        self._downtime.pop(tenant_id, None)

    def downtime(self, session: Session, permit: Permit) -> tuple[Downtime, ...]:
        """A tenant → its announced outages."""
        tenant = permit.filter.tenant_id
        if tenant not in self._downtime:
            coded = Filter("service-type", "token", (TokenValue(urls.SERVICE_CODES, RECEPTION),))
            page = session.search(permit, SearchQuery("HealthcareService", (coded,), count=1000))
            services = [read_stored(m.body, m.type) for m in page.matches]
            self._downtime[tenant] = to_downtimes(services)
        return self._downtime[tenant]

    def limits_written(self, session: Session, permit: Permit) -> datetime | None:
        """A tenant → when its general limits were written last; None when it has none."""
        page = session.search(permit, SearchQuery("ObservationDefinition", (), count=1000))
        return max((m.updated for m in page.matches), default=None)

    def forget(self, tenant_id: int, patient_id: str | None) -> None:
        """A patient whose sources change → the book is made anew next time; None = general limits, so all books."""
        if patient_id is None:
            self._limits.pop(tenant_id, None)
            for key in [k for k in self._books if k[0] == tenant_id]:
                del self._books[key]
                self._known.pop(key, None)
        else:
            self._books.pop((tenant_id, patient_id), None)
            self._known.pop((tenant_id, patient_id), None)

    def forget_all(self) -> None:
        """A commit that failed → nothing is known: a book may have been made from what was undone."""
        self._books.clear()
        self._known.clear()
        self._limits.clear()
        self._downtime.clear()

    def book(self, session: Session, permit: Permit, patient_id: str, now: datetime) -> Compiled:
        """A patient → the book to judge by; `now` dates a death that nothing else dates."""
        key = (permit.filter.tenant_id, patient_id)
        found = self._books.get(key)
        if found is None:
            if len(self._books) >= self._most:
                self._make_room()
            found = self._books[key] = self._make(session, permit, patient_id, now)
        if key not in self._known:
            self._used[key] = found
        return found

    def _make_room(self) -> None:
        """Every other book goes: where patients come in turns, forgetting the oldest would always forget the next one."""
        for key in list(self._books)[::2]:
            del self._books[key]
            self._known.pop(key, None)

    def begin(self) -> dict[_Key, Compiled]:
        """A transaction that judges begins → the books it will use, to be told of with `committed` when it stands."""
        self._used = {}
        return self._used

    def committed(self, used: dict[_Key, Compiled]) -> None:
        """The books that a transaction used which is durable now → `known` from the next transaction on."""
        if used:
            self._committed.append(used)

    def known(self, tenant_id: int, patient_id: str) -> Compiled | None:
        """A patient → the book made from what is committed, without problems; None when none was made yet."""
        while self._committed:
            for key, compiled in self._committed.popleft().items():
                sound = not (compiled.plan_problems or compiled.limit_problems)
                if sound and self._books.get(key) is compiled:
                    self._known[key] = compiled
        return self._known.get((tenant_id, patient_id))

    def limits(self, session: Session, permit: Permit) -> Limits:
        """A tenant → its general limits, as far as they can be read."""
        return self._limits_of(session, permit)[0]

    def _make(self, session: Session, permit: Permit, patient_id: str, now: datetime) -> Compiled:
        episodes = of_patient(session, permit, "EpisodeOfCare", patient_id)
        requests = {r.id: r for r in of_patient(session, permit, "ServiceRequest", patient_id)}
        care_plans = of_patient(session, permit, "CarePlan", patient_id)
        plans = plans_of(care_plans, requests)
        person = person_of(session, permit, patient_id)
        learnt = death_learnt(session, permit, patient_id) if person.deceasedBoolean else None
        known = fhir_to_patient_status(person, episodes, now=now, learnt=learnt)
        limits, limit_problems = self._limits_of(session, permit)
        general = [entry.rule.id for entry in limits.entries]
        return Compiled(
            compile_book(known, plans.value, limits),
            (
                *plans.problems,
                *(problem for plan in plans.value for problem in check_parts(plan.rules, general)),
            ),
            limit_problems,
        )

    def _limits_of(self, session: Session, permit: Permit) -> tuple[Limits, tuple[Problem, ...]]:
        tenant = permit.filter.tenant_id
        if tenant not in self._limits:
            page = session.search(permit, SearchQuery("ObservationDefinition", (), count=1000))
            read = fhir_to_general_limits(read_stored(m.body, m.type) for m in page.matches)
            problems = (*read.problems, *validate_rules(read.value))
            self._limits[tenant] = compile_limits(read.value), problems
        return self._limits[tenant]


def of_patient(session: Session, permit: Permit, resource_type: str, patient_id: str) -> list[Any]:
    """All resources of one type that belong to the patient, decoded."""
    own = Filter("patient", "reference", (ReferenceValue(f"Patient/{patient_id}"),))
    page = session.search(permit, SearchQuery(resource_type, (own,), count=10_000))
    return [read_stored(m.body, m.type) for m in page.matches]


def person_of(session: Session, permit: Permit, patient_id: str) -> Person:
    """A patient's id → the Patient as it stands; one with the id alone when it is deleted or not here."""
    found = session.load(permit, "Patient", patient_id)
    if found is None or not found.body:
        return Person(id=patient_id)
    return read_stored(found.body, "Patient")
