"""A stay in FHIR → the dated events that a PLO message tells of it.

What comes in: the events a Composition states with codes of list 9121, and the stay's own period → TidsfestetHendelse.
Shape: an event that is stated goes before one that follows from the stay; a day ready for discharge is a date alone.
Problems: OUTPUT_INVALID when an event is missing that the message cannot be without.
Source: plo.md §3 (TidsfestetHendelse: who writes what; the trap of Anslag); lists 9121, 8408, 8431.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from hub.emessage.codes.hendelse_9121 import HENDELSE
from hub.emessage.codes.sted_8408 import STED
from hub.emessage.codes.uttilstand_8431 import UTTILSTAND
from hub.emessage.datatypes import CV, TS
from hub.emessage.plo.components import TidsfestetHendelse, UtskrevetTil
from hub.fhir.models.r4.composition import Composition, CompositionEvent
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.patient import Patient
from hub.mapping.fhir_parts import code_of, extension
from hub.mapping.fresh_plo.kinds import Kind
from hub.mapping.message_urls import PLO
from hub.mapping.stay import ADMITTED, DEAD, DISCHARGED, EVENT_CODES, READY
from hub.mapping.times import local_form
from hub.mapping.urls import VOLVEN
from hub.problems import HubError, Problem, ProblemCode

ESTIMATE: Final = f"{PLO}anslag"
"""On Composition.event; valueBoolean: whether the time is an estimate."""
_DATE: Final = len("2026-03-02")
_WHERE: Final = {
    ADMITTED: "Encounter.period.start med dato og klokkeslett",
    DISCHARGED: "Encounter.period.end",
    DEAD: "Patient.deceasedDateTime eller Composition.event",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the events are taken from. Shape: `sent` is a FHIR dateTime; `reason` stands with the first event."""

    composition: Composition
    stay: Encounter | None
    patient: Patient
    sent: str
    reason: str = ""


def events_for(kind: Kind, told: Told) -> tuple[TidsfestetHendelse, ...]:
    """A message type and where its events are → the events it tells, in the order of the stay. Problems: OUTPUT_INVALID."""
    known = {
        **dict(_of_stay(told)),
        **dict(_stated(told.composition)),
    }
    missing = [code for code in kind.needs if code not in known]
    if missing:
        raise HubError(*(_missing(code) for code in missing))
    wanted = sorted({*kind.needs, *kind.also} & known.keys(), key=int)
    if kind.logistics is not None and ADMITTED in kind.needs[:1] and "T" not in known[ADMITTED][0]:
        raise HubError(_missing(ADMITTED))
    return tuple(
        _event(code, *known[code], told.sent, told.reason if not place else "")
        for place, code in enumerate(wanted)
    )


def destination(told: Told) -> UtskrevetTil:
    """A stay that is over → where the patient went (8408), and whether alive (8431). Problems: OUTPUT_INVALID."""
    leaving = told.stay.hospitalization if told.stay is not None else None
    code = code_of(leaving.dischargeDisposition, f"{VOLVEN}8408") if leaving else None
    if leaving is None or code is None:
        detail = "Meldingen må si hvor pasienten er utskrevet til (kode av liste 8408)"
        where = "Encounter.hospitalization.dischargeDisposition"
        raise HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, where))
    dead = told.patient.deceasedBoolean or told.patient.deceasedDateTime is not None
    name = STED.name_of(code)
    return UtskrevetTil(
        ut_til=STED.cv(code) if name else CV(v=code, s=STED.oid, dn=_display(leaving, code)),
        uttilstand=UTTILSTAND.cv("2") if dead else None,
    )


def _display(leaving: Any, code: str) -> str | None:
    return next((c.display for c in leaving.dischargeDisposition.coding if c.code == code), None)


def _stated(composition: Composition) -> Iterator[tuple[str, tuple[str, bool | None]]]:
    for event in composition.event:
        period = event.period
        at = (period.start or period.end) if period is not None else None
        code = next((c for c in (code_of(e, EVENT_CODES) for e in event.code) if c), None)
        if code is not None and at is not None and code in HENDELSE.names:
            yield code, (local_form(at), _estimate(event))


def _estimate(event: CompositionEvent) -> bool | None:
    found = extension(event.extension, ESTIMATE)
    return found.valueBoolean if found is not None else None


def _of_stay(told: Told) -> Iterator[tuple[str, tuple[str, bool | None]]]:
    period = told.stay.period if told.stay is not None else None
    if period is not None:
        for code, at in ((ADMITTED, period.start), (DISCHARGED, period.end)):
            if at is not None:
                yield code, (local_form(at), None)
    if told.patient.deceasedDateTime is not None:
        yield DEAD, (local_form(told.patient.deceasedDateTime), None)


def _event(code: str, at: str, estimate: bool | None, sent: str, reason: str) -> TidsfestetHendelse:
    ahead = at[:_DATE] > sent[:_DATE]
    if code == READY:
        at = at[:_DATE]
    return TidsfestetHendelse(
        hendelsekode=HENDELSE.cv(code),
        beskrivelse_av_hendelse=reason or None,
        tidspunkt_for_hendelse=TS(v=at),
        anslag=ahead if estimate is None else estimate,
    )


def _missing(code: str) -> Problem:
    where = _WHERE.get(code, "Composition.event")
    detail = f"Meldingen må si når: {HENDELSE.names[code]} ({where}, liste 9121 kode {code})"
    return Problem(ProblemCode.OUTPUT_INVALID, detail, where.partition(" ")[0])
