"""A readable message → its patient found, its content stored as FHIR; doubt about the patient holds it for a person.

Source: emessage/apprec.md ("Sending duties" 3), architecture D7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from hub.emessage.msghead import MsgHead
from hub.emessage.read import Reading
from hub.fhir.interactions.prepare import Setting
from hub.fhir.reading import read_stored
from hub.fhir.search.query import Filter, ReferenceValue, SearchQuery
from hub.flows.people_tasks import build_task
from hub.flows.store_draft import Desk, job_actor
from hub.mapping.draft import Context, Draft, StoredSeries
from hub.mapping.message_provenance import raw_to_binary, to_provenance
from hub.mapping.patient import REASONS, Doubtful, Matched, match, to_patient_facts
from hub.mapping.registry import find_mapper
from hub.mapping.series import message_key, stored_series, to_series_key
from hub.ports import ImportRow, Job, RawMessage, Unit
from hub.problems import Problem, ProblemCode

HELD_TOO_LONG: Final = "held_too_long"
_LIMIT: Final = timedelta(hours=96)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. Shape: `held` = waits for a person, no receipt yet; `problems` are warnings for the receipt."""

    held: bool = False
    reason: str = ""
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class ImportMessage:
    """Runs inside the transaction of the import."""

    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()

    def __call__(self, unit: Unit, raw: RawMessage, reading: Reading, sender: str) -> Imported:
        """A reading without fatal problems → stored, or held with a Task."""
        assert reading.message is not None
        desk = self._desk(raw.tenant_id)
        facts = to_patient_facts(reading.message.msg_info.patient)
        found = match(facts, self._candidates(unit, desk, facts.identifiers))
        if not isinstance(found, Matched):
            reason = (
                "; ".join(REASONS[r] for r in found.reasons)
                if isinstance(found, Doubtful)
                else "ukjent pasient"
            )
            self._hold(unit, desk, raw, reading, sender, reason)
            return Imported(held=True, reason=reason)
        binary_id = self.new_id()
        context = self._context(
            unit, desk, reading.message, found.patient_id, f"Binary/{binary_id}"
        )
        assert reading.envelope is not None
        mapper = find_mapper(reading.envelope.type, reading.envelope.namespace)
        assert mapper is not None, (
            "what is read here has a mapper (tests/unit/mapping/test_registry.py)"
        )
        translation = mapper(reading.message, reading.payload, context)
        doubts = [p.detail for p in translation.problems if p.code is ProblemCode.PATIENT_DOUBTFUL]
        if doubts:
            reason = "; ".join(doubts)
            self._hold(unit, desk, raw, reading, sender, reason)
            return Imported(held=True, reason=reason)
        binary = desk.create(unit.fhir, raw_to_binary(raw.raw, found.patient_id), binary_id)
        made = self._store(unit, desk, translation.value, reading, f"Binary/{binary.id}")
        self.note(unit, raw, reading, sender, "imported", (*made, f"Binary/{binary.id}"))
        return Imported(problems=[p for p in translation.problems if not p.fatal])

    def note(
        self,
        unit: Unit,
        raw: RawMessage,
        reading: Reading,
        sender: str,
        state: str,
        resources: Sequence[str],
    ) -> None:
        """A message that was decided on → its one import row."""
        envelope = reading.envelope
        assert envelope is not None
        series = ""
        if reading.message is not None:
            series = _series_text(reading.message)
        unit.inbox.add_import(
            ImportRow(
                raw.tenant_id,
                sender,
                message_key(envelope.msg_id),
                raw.sha256,
                raw.claim_id,
                envelope.type,
                series,
                self.now(),
                state,
                tuple(resources),
            )
        )

    def tell_conflict(self, unit: Unit, raw: RawMessage, reading: Reading) -> None:
        """Other bytes under a known MsgId → a Task: an alarm that stays until somebody has looked."""
        desk = self._desk(raw.tenant_id)
        binary = desk.create(unit.fhir, raw_to_binary(raw.raw, None))
        kind = reading.envelope.type_name or reading.envelope.type if reading.envelope else ""
        text = f"{kind}: en melding med kjent meldings-id kom med annet innhold. Den er ikke tatt inn og ikke kvittert."
        desk.create(
            unit.fhir, build_task("message-conflict", text, self.now(), focus=f"Binary/{binary.id}")
        )

    def tell_stuck(self, unit: Unit, job: Job, _reason: str) -> None:
        """An arrival that cannot be taken in by our own fault → a person is told; nothing was answered."""
        raw = unit.inbox.find(job.subject)
        if raw is None or raw.state not in ("stored", "held"):
            return
        desk = self._desk(job.tenant_id)
        binary = desk.create(unit.fhir, raw_to_binary(raw.raw, None))
        text = (
            f"En mottatt melding er ikke tatt inn på grunn av en feil i huben, og ikke kvittert ({raw.claim_id})."
            " Kontakt drift; ta kontakt med avsender om det haster."
        )
        focus = f"Binary/{binary.id}"
        desk.create(unit.fhir, build_task("message-not-taken-in", text, self.now(), focus=focus))

    def escalate(self, unit: Unit, job: Job) -> None:
        """A held message after 96 hours → its Task becomes urgent; nothing is sent by itself (D7)."""
        desk = self._desk(job.tenant_id)
        stored = unit.fhir.load(desk.permit("read", "Task"), "Task", job.subject)
        if stored is None or stored.deleted:
            return
        task = read_stored(stored.body, "Task")
        if task.status in ("completed", "cancelled", "rejected", "failed", "entered-in-error"):
            return
        desk.update(unit.fhir, _with(task, priority="stat"))

    def _desk(self, tenant_id: int) -> Desk:
        return Desk(
            job_actor("receive", tenant_id),
            Setting(self.now(), self.base_url, self.tags),
            self.new_id,
        )

    def _candidates(
        self, unit: Unit, desk: Desk, identifiers: Sequence[tuple[str, str]]
    ) -> list[Any]:
        permit = desk.permit("read", "Patient")
        ids: dict[str, None] = {}
        for system, value in identifiers:
            ids.update(
                dict.fromkeys(unit.fhir.find_by_identifier(permit, "Patient", system, value))
            )
        stored = (unit.fhir.load(permit, "Patient", patient_id) for patient_id in ids)
        return [read_stored(s.body, "Patient") for s in stored if s is not None and not s.deleted]

    def _hold(
        self, unit: Unit, desk: Desk, raw: RawMessage, reading: Reading, sender: str, reason: str
    ) -> None:
        envelope = reading.envelope
        assert envelope is not None
        before = unit.inbox.imported(raw.tenant_id, sender, message_key(envelope.msg_id))
        if before is not None:
            return  # held already: its Task stands
        binary = desk.create(unit.fhir, raw_to_binary(raw.raw, None))
        sent_by = envelope.sender.name if envelope.sender else ""
        text = (
            f"{envelope.type_name or envelope.type} fra {sent_by or 'ukjent'} er ikke knyttet til en pasient: {reason}."
            f" Rett opp pasienten og kjør meldingen på nytt (hub messages replay {raw.claim_id})."
            " Kvitteringen holdes tilbake til det er gjort."
        )
        task = build_task(
            "match-patient",
            text,
            self.now(),
            focus=f"Binary/{binary.id}",
            about=message_key(envelope.msg_id),
        )
        stored = desk.create(unit.fhir, task)
        unit.outbox.add(
            Job(raw.tenant_id, HELD_TOO_LONG, stored.id), self.now(), self.now() + _LIMIT
        )
        self.note(unit, raw, reading, sender, "held", (f"Binary/{binary.id}", f"Task/{stored.id}"))

    def _context(
        self, unit: Unit, desk: Desk, message: MsgHead, patient_id: str, raw: str
    ) -> Context:
        return Context(
            patient_id=patient_id,
            new_id=self.new_id,
            received=self.now(),
            stays=tuple(self._of_patient(unit, desk, "Encounter", patient_id)),
            tasks=tuple(self._of_patient(unit, desk, "Task", patient_id)),
            series=self._series(unit, desk, message),
            raw=raw,
        )

    def _of_patient(self, unit: Unit, desk: Desk, kind: str, patient_id: str) -> list[Any]:
        own = Filter("patient", "reference", (ReferenceValue(f"Patient/{patient_id}"),))
        page = unit.fhir.search(desk.permit("search", kind), SearchQuery(kind, (own,), count=1000))
        return [read_stored(m.body, kind) for m in page.matches]

    def _series(self, unit: Unit, desk: Desk, message: MsgHead) -> StoredSeries:
        rows = unit.inbox.series(desk.actor.tenant_id, _series_text(message))
        found: list[Any] = []
        for place in dict.fromkeys(p for row in rows for p in row.resources):
            kind, _, resource_id = place.partition("/")
            if kind in ("Binary", "Provenance"):
                continue
            stored = unit.fhir.load(desk.permit("read", kind), kind, resource_id)
            if stored is not None and not stored.deleted:
                found.append(read_stored(stored.body, kind))
        return stored_series(found)

    def _store(self, unit: Unit, desk: Desk, draft: Draft, reading: Reading, raw: str) -> list[str]:
        places = desk.create_all(unit.fhir, [(c.full_url, c.resource) for c in draft.create])
        for resource in draft.update:
            desk.update(unit.fhir, resource)
        targets = [places.get(t, t) for t in draft.targets]
        sender = reading.envelope.sender if reading.envelope else None
        if targets:
            provenance = to_provenance(targets, raw, sender.name if sender else "", self.now())
            desk.create(unit.fhir, provenance)
        return [*places.values(), *(t for t in targets if t not in places.values())]


def _series_text(message: MsgHead) -> str:
    key = to_series_key(message.msg_info)
    return f"{key.sender}/{key.conversation}"


def _with(resource: Any, **changes: Any) -> Any:

    return msgspec.structs.replace(resource, **changes)
