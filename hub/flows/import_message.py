"""A readable message → its patient found, its content stored as FHIR; doubt about the patient holds it for a person.

Source: emessage/apprec.md ("Sending duties" 3, E35), architecture D7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from hub.emessage.envelope import Envelope
from hub.emessage.namespaces import EPIKRISE_1_1, EPIKRISE_1_2
from hub.emessage.read import Reading
from hub.fhir.interactions.prepare import Setting
from hub.flows.find_patient import find_patient
from hub.flows.find_series import Series
from hub.flows.held_decision import Decision
from hub.flows.hold_message import escalate, hold, settle
from hub.flows.join_conversation import join_later
from hub.flows.map_message import Mapped, map_message
from hub.flows.own_numbers import own_numbers
from hub.flows.patient_book import of_patient
from hub.flows.people_tasks import build_task, is_task
from hub.flows.settle_patient import load_patient, numbers_to_learn, settle_patient
from hub.flows.store_draft import Desk, job_actor
from hub.flows.too_long import too_long
from hub.mapping.message_provenance import to_provenance
from hub.mapping.patient import REASONS, Doubtful, Match, Matched, Unknown
from hub.mapping.patient_facts import envelope_facts
from hub.mapping.registry import find_mapper
from hub.mapping.series import message_key
from hub.mapping.series_links import conversation_link
from hub.ports import ImportRow, Job, RawMessage, Unit
from hub.problems import Problem, ProblemCode

_REFUSE_UNKNOWN: Final = frozenset((EPIKRISE_1_1, EPIKRISE_1_2))
"""Payloads whose standard says that a patient without a record shall be refused (E35)."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Shape: `held` = waits for a person; `refused` = nothing was stored, `problems` say why; else `problems` are warnings for
    the receipt, and `patient_id` whose record it went to.
    """

    held: bool = False
    reason: str = ""
    problems: Sequence[Problem] = ()
    refused: bool = False
    patient_id: str = ""


@dataclass(frozen=True, slots=True)
class ImportMessage:
    """Runs inside the transaction of the import."""

    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()

    def __call__(
        self,
        unit: Unit,
        raw: RawMessage,
        reading: Reading,
        sender: str,
        decision: Decision | None = None,
        before: Mapped | None = None,
    ) -> Imported:
        """A reading without fatal problems, what a person decided and what was rehearsed → stored, held with a Task, or refused."""
        desk = self._desk(raw.tenant_id)
        found = self._patient(unit, desk, reading, decision)
        if isinstance(found, Unknown) and self._refuses(reading):
            problem = Problem(ProblemCode.PATIENT_UNKNOWN, "The patient has no record here", "/*")
            return Imported(refused=True, problems=(problem,))
        if not isinstance(found, Matched):
            return self.hold(unit, raw, reading, sender, _why(found))
        mapped = map_message(unit, desk, reading, found.patient_id, self.new_id, before)
        series, translation = mapped.series, mapped.translation
        doubts = [p.detail for p in translation.problems if p.code is ProblemCode.PATIENT_DOUBTFUL]
        if series.other_patient:
            doubts.append("En annen melding i samme samtale gjelder en annen pasient")
        if doubts:
            return self.hold(unit, raw, reading, sender, "; ".join(doubts))
        if (problem := too_long(raw.raw, mapped.draft)) is not None:
            if reading.handling.emergency:
                return self.hold(unit, raw, reading, sender, "En tekst er for lang for journalen")
            return Imported(refused=True, problems=(problem,))
        self._settle_held(unit, desk, raw, sender, reading)
        binary = mapped.context.raw or ""
        desk.keep(unit.fhir, raw.raw, found.patient_id, binary.partition("/")[2])
        made, communication = self._store(unit, desk, mapped, reading, binary)
        self.note(unit, raw, reading, sender, "imported", (*made, binary), series)
        assert reading.envelope is not None
        join_later(unit, desk, reading.envelope, communication, found.patient_id)
        self._ask(unit, desk, raw, reading, found.patient_id, series)
        warnings = [p for p in translation.problems if not p.fatal]
        return Imported(problems=warnings, patient_id=found.patient_id)

    def rehearse(self, unit: Unit, tenant_id: int, reading: Reading) -> Mapped | None:
        """A reading → what it would become if it were taken in now, None when it would not be; nothing is stored."""
        envelope = reading.envelope
        if reading.fatal or envelope is None or not find_mapper(envelope.type, envelope.namespace):
            return None
        desk = self._desk(tenant_id)
        found = self._patient(unit, desk, reading, None)
        if not isinstance(found, Matched):
            return None
        mapped = map_message(unit, desk, reading, found.patient_id, self.new_id)
        return replace(mapped, ready=desk.prepare_all(mapped.draft.create))

    def numbers(
        self, unit: Unit, tenant_id: int, envelope: Envelope
    ) -> Mapping[str, frozenset[str]]:
        """An envelope → the HER-ids that its receivers' organisation numbers stand for."""
        return own_numbers(unit, self._desk(tenant_id), envelope)

    def _patient(
        self, unit: Unit, desk: Desk, reading: Reading, decision: Decision | None
    ) -> Match:
        assert reading.envelope is not None
        facts = envelope_facts(reading.envelope)
        if decision is not None and decision.kind in ("match", "create"):
            settled = settle_patient(unit, desk, reading, decision)
            if settled is not None:
                return settled
        return find_patient(unit, desk, facts, emergency=reading.handling.emergency)

    def _refuses(self, reading: Reading) -> bool:
        return (
            reading.envelope is not None
            and reading.envelope.namespace in _REFUSE_UNKNOWN
            and not reading.handling.emergency
        )

    def note(
        self,
        unit: Unit,
        raw: RawMessage,
        reading: Reading,
        sender: str,
        state: str,
        resources: Sequence[str],
        series: Series | None = None,
    ) -> None:
        """A message that was decided on → its one import row."""
        envelope = reading.envelope
        assert envelope is not None
        unit.inbox.add_import(
            ImportRow(
                raw.tenant_id,
                sender,
                message_key(envelope.msg_id),
                raw.sha256,
                raw.claim_id,
                envelope.type,
                conversation_link(envelope) if series is None else series.name,
                self.now(),
                state,
                tuple(resources),
                () if series is None else series.links,
            )
        )

    def hold(
        self, unit: Unit, raw: RawMessage, reading: Reading, sender: str, reason: str
    ) -> Imported:
        """A message and why it waits → held with a Task, once."""
        assert reading.envelope is not None
        before = unit.inbox.imported(raw.tenant_id, sender, message_key(reading.envelope.msg_id))
        if before is None:  # else held already: its Task stands
            made = hold(unit, self._desk(raw.tenant_id), raw, reading, reason)
            self.note(unit, raw, reading, sender, "held", made)
        return Imported(held=True, reason=reason)

    def refuse(self, unit: Unit, raw: RawMessage, reading: Reading, sender: str) -> None:
        """A message that is not taken in → its import row, which makes the same message a duplicate ever after."""
        self._settle_held(unit, self._desk(raw.tenant_id), raw, sender, reading, refused=True)
        self.note(unit, raw, reading, sender, "rejected", ())

    def tell_conflict(self, unit: Unit, raw: RawMessage, reading: Reading) -> None:
        """Other bytes under a known MsgId → a Task: an alarm that stays until somebody has looked."""
        desk = self._desk(raw.tenant_id)
        binary = desk.keep(unit.fhir, raw.raw, None)
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
        binary = desk.keep(unit.fhir, raw.raw, None)
        text = (
            f"En mottatt melding er ikke tatt inn på grunn av en feil i huben, og ikke kvittert ({raw.claim_id})."
            " Kontakt drift; ta kontakt med avsender om det haster."
        )
        focus = f"Binary/{binary.id}"
        desk.create(unit.fhir, build_task("message-not-taken-in", text, self.now(), focus=focus))

    def escalate(self, unit: Unit, job: Job) -> None:
        """A held message after 96 hours → its Task becomes urgent; nothing is sent by itself (D7)."""
        escalate(unit, self._desk(job.tenant_id), job.subject)

    def _desk(self, tenant_id: int) -> Desk:
        return Desk(
            job_actor("receive", tenant_id),
            Setting(self.now(), self.base_url, self.tags),
            self.new_id,
        )

    def _settle_held(
        self,
        unit: Unit,
        desk: Desk,
        raw: RawMessage,
        sender: str,
        reading: Reading,
        *,
        refused: bool = False,
    ) -> None:
        assert reading.envelope is not None
        before = unit.inbox.imported(raw.tenant_id, sender, message_key(reading.envelope.msg_id))
        if before is not None:
            settle(unit, desk, before.resources, refused=refused)

    def _ask(
        self,
        unit: Unit,
        desk: Desk,
        raw: RawMessage,
        reading: Reading,
        patient_id: str,
        series: Series,
    ) -> None:
        """What a person should look at although the message was taken in."""
        assert reading.envelope is not None
        kind = reading.envelope.type_name or reading.envelope.type
        about = message_key(reading.envelope.msg_id)
        if series.unmatched:
            text = f"{kind}: en kansellering eller endring viser ikke til noen melding som er mottatt. Se om noe må trekkes tilbake."
            task = build_task("match-series", text, self.now(), patient_id=patient_id, about=about)
            desk.create(unit.fhir, task)
        patient = load_patient(unit, desk, patient_id)
        if patient is not None and numbers_to_learn(reading.envelope, patient):
            if any(
                is_task(t, "new-number")
                for t in of_patient(unit.fhir, desk.permit("search", "Task"), "Task", patient_id)
            ):
                return
            text = (
                f"{kind} har et nummer for pasienten som ikke står i journalen her."
                f" Bekreft det med hub messages match {raw.claim_id}, eller la det være."
            )
            task = build_task("new-number", text, self.now(), patient_id=patient_id, about=about)
            desk.create(unit.fhir, task)

    def _store(
        self, unit: Unit, desk: Desk, mapped: Mapped, reading: Reading, raw: str
    ) -> tuple[list[str], str]:
        """What a message becomes → stored; → `Type/id` of all it touched, and of the message's own Communication."""
        draft = mapped.draft
        places = desk.create_all(unit.fhir, mapped.ready or desk.prepare_all(draft.create))
        for resource in draft.update:
            desk.update(unit.fhir, resource)
        targets = [places.get(t, t) for t in draft.targets]
        sender = reading.envelope.sender if reading.envelope else None
        if targets:
            provenance = to_provenance(targets, raw, sender.name if sender else "", self.now())
            desk.create(unit.fhir, provenance)
        made = [*places.values(), *(t for t in targets if t not in places.values())]
        return made, places.get(draft.communication, draft.communication)


def _why(found: Match) -> str:
    if isinstance(found, Doubtful):
        reasons = "; ".join(REASONS[r] for r in found.reasons)
        return f"{reasons} ({', '.join(f'Patient/{c}' for c in found.candidates)})"
    return "ukjent pasient"
