"""A Communication that a person wrote → the message it asks for, fixed as bytes and queued; or why it cannot be.

Source: style.md §4 walk (a), step 7; HIS 1077, HIS 1206, HIS 1152; docs/adr (Communications are sent by being saved).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub.emessage.datatypes import FormattedText
from hub.fhir.interactions.prepare import Setting
from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.document_reference import DocumentReference
from hub.fhir.models.r4.observation import Observation
from hub.fhir.requests import fhir_instant
from hub.flows.attach import attach, check_written
from hub.flows.letterhead import is_own, letterhead_for, load, tail
from hub.flows.people_tasks import build_task
from hub.flows.queue_message import Way, new_row, queue_message
from hub.flows.sent_series import Written
from hub.flows.store_draft import Desk, job_actor
from hub.flows.write_letter import write_letter
from hub.flows.write_plo import receiver_of_message, write_plo
from hub.mapping.fhir_parts import target
from hub.mapping.fhir_to_message import msg_id_of
from hub.mapping.fhir_to_plan import request_ids
from hub.mapping.fresh_dialogue import questions_of
from hub.mapping.fresh_message import (
    LETTERS,
    PLO,
    SENDABLE,
    Fresh,
    message_type,
    to_record,
    wants_sending,
)
from hub.mapping.gp import GpReceiver, receiver_of
from hub.mapping.own_party import to_own_party
from hub.mapping.registry import MAPPERS
from hub.mapping.sent_message import queued, refused
from hub.mapping.written_parts import formatted, plan_sections, trend_sections
from hub.ports import Job, Unit, UnitOfWork
from hub.problems import HubError, Problem, ProblemCode

SEND_COMMUNICATION: Final = "send_communication"
_OSLO: Final = ZoneInfo("Europe/Oslo")
_ATTACHED: Final = ("DocumentReference", "CommunicationRequest")


@dataclass(frozen=True, slots=True)
class SendCommunication:
    """Job: `subject` is the id of the Communication.

    Shape: `processing` of list 8113; `check` the official schemas; `partners` are editions by the HER-id of a service;
    `max_bytes` is the largest message.
    """

    store: UnitOfWork
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str
    tags: tuple[Mapping[str, str], ...] = ()
    processing: str = "P"
    check: Callable[[bytes], tuple[Problem, ...]] | None = None
    partners: Mapping[str, str] = field(default_factory=dict[str, str])
    max_bytes: int = 36_700_160

    async def __call__(self, job: Job) -> None:
        """A job → the message and its submission, or a Task that says why not, in one transaction."""
        await self.store.write(lambda unit: self._send(unit, job), long=True)

    def tell(self, unit: Unit, job: Job, _reason: str) -> None:
        """A job that keeps failing, or was given up → a person must send it another way."""
        desk = self._desk(job)
        told = load(unit, desk, "Communication", job.subject)
        if told is not None and wants_sending(told):
            self._refuse(unit, desk, told, "Meldingen kunne ikke lages, det er en feil i huben")

    def _desk(self, job: Job) -> Desk:
        setting = Setting(self.now(), self.base_url, self.tags)
        return Desk(job_actor("send", job.tenant_id), setting, self.new_id)

    def _send(self, unit: Unit, job: Job) -> None:
        desk = self._desk(job)
        told = load(unit, desk, "Communication", job.subject)
        # Saved again in between, or deleted: what stands now decides
        if told is not None and wants_sending(told):
            try:
                self._queue(unit, desk, told)
            except HubError as error:
                why = "; ".join(f"{p.detail} ({p.where})" for p in error.problems)
                self._refuse(unit, desk, told, why)
        unit.outbox.done(job)

    def _queue(self, unit: Unit, desk: Desk, told: Communication) -> None:
        now, msg_id, kind = desk.setting.at, self.new_id(), message_type(told)
        if kind not in SENDABLE:
            raise _fault(f"Huben sender ingen {kind}", "Communication.category")
        fresh = self._fresh(unit, desk, told)
        written = self._write(unit, desk, fresh, msg_id)
        raw = written.raw
        faults = check_written(raw, self.max_bytes) + (self.check(raw) if self.check else ())
        if faults:
            raise HubError(*faults)
        way = Way(fresh.sender.service_her_id, written.receiver)
        row = new_row(
            *(desk.actor.tenant_id, msg_id, kind, way, raw, now),
            patient_id=tail(told.subject.reference) if told.subject else "",
            communication_id=told.id or "",
        )
        queue_message(unit, row)
        sent = fhir_instant(now)
        desk.update(unit.fhir, queued(told, msg_id, sent, written.change, written.earlier))

    def _write(self, unit: Unit, desk: Desk, fresh: Fresh, msg_id: str) -> Written:
        """What a message is made of and its number → the message. Problems: OUTPUT_INVALID."""
        kind = message_type(fresh.communication)
        patient = fresh.resources[_of(fresh.communication.subject)]
        if kind in LETTERS:
            return write_letter(unit, desk, fresh, patient, msg_id)
        if kind in PLO:
            return write_plo(unit, desk, fresh, patient, msg_id, self.partners)
        row = next(row for (type_, _), row in MAPPERS.items() if type_ == kind)
        assert row.from_fhir is not None, "what a person may send has a way from FHIR"
        message = row.from_fhir(to_record(fresh, msg_id, desk.setting.at))
        return Written(row.write(message), receiver_of_message(message))

    def _refuse(self, unit: Unit, desk: Desk, told: Communication, why: str) -> None:
        desk.update(unit.fhir, refused(told, why))
        task = build_task(
            "not-sent",
            f"{why}. Rett opp og lagre på nytt med status preparation, eller send på annen måte.",
            desk.setting.at,
            focus=f"Communication/{told.id}",
            patient_id=tail(told.subject.reference) if told.subject else None,
        )
        desk.create(unit.fhir, task)

    def _fresh(self, unit: Unit, desk: Desk, told: Communication) -> Fresh:
        """What the Communication points to. Problems: NO_RECIPIENT, OUTPUT_INVALID."""
        patient = load(unit, desk, "Patient", _id(told.subject, "Patient"))
        if patient is None or told.subject is None or told.subject.reference is None:
            raise _fault("Meldingen sier ikke hvilken pasient den gjelder", "Communication.subject")
        if told.sender is not None and not is_own(unit, desk, told.sender):
            raise _fault("Avsenderen er ingen av våre tjenester", "Communication.sender")
        sender = letterhead_for(unit, desk, told.sender)
        if sender is None:
            raise _fault("Ingen egen tjeneste er satt opp som avsender", "Communication.sender")
        earlier = self._earlier(unit, desk, told)
        receiver = self._receiver(unit, desk, told)
        letter = message_type(told) in LETTERS
        if receiver is None and (letter or earlier is None or earlier.sender is None):
            raise _fault("Meldingen har ingen mottaker", "Communication.recipient")
        resources: dict[str, Any] = {told.subject.reference: patient}
        for question in questions_of(earlier) if earlier is not None else ():
            asked = load(unit, desk, "CommunicationRequest", _id(question))
            if asked is not None:
                resources[_of(question)] = asked
        return Fresh(
            communication=told,
            sender=sender,
            receiver=receiver,
            earlier=earlier,
            text=FormattedText()
            if letter or message_type(told) in PLO
            else self._text(unit, desk, told, resources),
            resources=resources,
            processing=self.processing,
        )

    def _earlier(self, unit: Unit, desk: Desk, told: Communication) -> Communication | None:
        if not told.inResponseTo:
            return None
        found = load(unit, desk, "Communication", _id(told.inResponseTo[0], "Communication"))
        if found is None or msg_id_of(found) is None:
            raise _fault("Meldingen det svares på er ikke her", "Communication.inResponseTo")
        subject, own = found.subject, told.subject
        if subject is not None and own is not None and subject.reference != own.reference:
            raise _fault(
                "Meldingen det svares på gjelder en annen pasient", "Communication.subject"
            )
        return found

    def _receiver(self, unit: Unit, desk: Desk, told: Communication) -> GpReceiver | None:
        if told.recipient == ():
            return None
        if told.recipient[1:]:
            raise _fault("En melding har én mottaker", "Communication.recipient")
        kind, found_id = target(told.recipient[0]) or ("", "")
        if kind == "PractitionerRole":
            role = load(unit, desk, kind, found_id)
            office = load(unit, desk, "Organization", _id(role.organization)) if role else None
            doctor = load(unit, desk, "Practitioner", _id(role.practitioner)) if role else None
            if role is not None and office is not None:
                return _party(receiver_of(role, office, doctor))
        if kind == "Organization":
            service = load(unit, desk, kind, found_id)
            entity = load(unit, desk, kind, _id(service.partOf)) if service else None
            if service is not None and entity is not None:
                own = to_own_party(service, entity)
                if isinstance(own, Problem):
                    raise HubError(own)
                return GpReceiver(
                    organisation_name=own.organisation_name,
                    organisation_her_id=own.organisation_her_id,
                    party_name=own.service_name,
                    party_her_id=own.service_her_id,
                )
        detail = "Mottakeren må være en rolle med virksomhet, eller en tjeneste som er del av en virksomhet"
        raise _fault(detail, "Communication.recipient")

    def _text(self, unit: Unit, desk: Desk, told: Communication, resources: dict[str, Any]) -> Any:
        """The words of a Communication with what it carries below them; documents and questions go along as they are."""
        words = "\n".join(p.contentString for p in told.payload if p.contentString)
        sections: list[Any] = []
        values: list[Observation] = []
        for part in told.payload:
            kind, found_id = target(part.contentReference) or ("", "")
            found = load(unit, desk, kind, found_id) if kind else None
            if isinstance(found, CarePlan):
                requests = {i: load(unit, desk, "ServiceRequest", i) for i in request_ids(found)}
                known = {i: r for i, r in requests.items() if r is not None}
                sections += plan_sections(found, known, _OSLO)
            elif isinstance(found, Observation):
                values.append(found)
            elif kind in _ATTACHED and found is not None and part.contentReference is not None:
                reference = part.contentReference.reference or ""
                resources |= (
                    attach(unit, desk, reference, found, message_type(told))
                    if isinstance(found, DocumentReference)
                    else {reference: found}
                )
            elif part.contentReference is not None:
                raise _fault("Innholdet kan ikke sendes i en melding", "Communication.payload")
        sections += trend_sections(values, desk.setting.at, _OSLO)
        return formatted(words, sections)


def _of(reference: Reference | None) -> str:
    return (reference.reference if reference is not None else None) or ""


def _party(found: GpReceiver | Problem) -> GpReceiver:
    if isinstance(found, Problem):
        raise HubError(found)
    return found


def _id(reference: Reference | None, kind: str | None = None) -> str:
    """A literal reference → the id it names, "" when it is none (or of another type than asked for)."""
    found = target(reference)
    return "" if found is None or (kind is not None and found[0] != kind) else found[1]


def _fault(detail: str, where: str) -> HubError:
    return HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, where))
