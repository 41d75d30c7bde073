"""Pasientlogistikk 1.6 → FHIR: admission, readiness and its withdrawal, discharge, death.

The first four tell events of a stay (`stay.py`). Readiness also makes a Task for the receiving service. A death is
never written into the Patient: an Observation (preliminary), a Flag and an urgent Task wait for a person to confirm it.
Drops: see `drops.py`.
Source: plo.md §2, §3 (TidsfestetHendelse), §4 (Pasientlogistikk); lists 9121, 8408, 8431; LOINC 81956-5, 58332-8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hub.emessage.msghead import MsgHead
from hub.emessage.plo.components import TidsfestetHendelse, UtskrevetTil
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.fhir.models.r4.flag import Flag
from hub.fhir.models.r4.observation import Observation, ObservationComponent
from hub.mapping.codes import concept, content, point, to_note, words
from hub.mapping.draft import Context, Desk, Draft
from hub.mapping.message_to_communication import message_uri
from hub.mapping.message_urls import FLAG_CODES
from hub.mapping.plo_to_fhir.assemble import to_draft
from hub.mapping.plo_to_fhir.tasks import CONFIRM_DEATH, RECEIVE_PATIENT, to_task
from hub.mapping.series import sent_at
from hub.mapping.stay import ADMITTED, DISCHARGED, NOT_READY, READY, to_stay_event
from hub.mapping.urls import FLAG_CATEGORY, LOINC
from hub.problems import Translation

_TIME_OF_DEATH: Final = concept(
    LOINC, "81956-5", "Date and time of death [TimeStamp]", "Tidspunkt for dødsfall"
)
_PLACE_OF_DEATH: Final = concept(LOINC, "58332-8", "Location of death", "Sted for dødsfall")
# List 8431: the patient left the hospital dead
_LEFT_DEAD: Final = frozenset({"2", "3"})


def to_fhir(message: MsgHead, payload: Pasientlogistikk, context: Context) -> Translation[Draft]:
    """A logistics message, the patient it is about and what is here of the stay and the series → Draft.

    Problems: those of `assemble.to_draft`.
    """
    if payload.orientering_om_dod is not None:
        return _death(message, payload, payload.orientering_om_dod.tidsfestet_hendelse, context)
    if payload.melding_om_utskrevet_pasient is not None:
        left = payload.melding_om_utskrevet_pasient
        event, to = left.tidsfestet_hendelse, left.utskrevet_til

        def lay_discharge(desk: Desk) -> None:
            if _left_dead(to):
                _lay_death(event, desk)

        return _of_stay(message, payload, (event,), (DISCHARGED,), context, lay_discharge, to)
    if payload.melding_utskrivningsklar_pasient is not None:
        ready = payload.melding_utskrivningsklar_pasient.tidsfestet_hendelse
        return _of_stay(message, payload, ready, (READY,), context, _lay_ready)
    if payload.avmelding_utskrivningsklar_pasient is not None:
        not_ready = payload.avmelding_utskrivningsklar_pasient.tidsfestet_hendelse
        return _of_stay(message, payload, not_ready, (NOT_READY,), context, _lay_nothing)
    assert payload.melding_innlagt_pasient is not None  # the choice of the schema
    admitted = payload.melding_innlagt_pasient.tidsfestet_hendelse
    return _of_stay(message, payload, (admitted,), (ADMITTED,), context, _lay_nothing)


def _lay_nothing(desk: Desk) -> None:
    """Nothing but the events."""


def _lay_ready(desk: Desk) -> None:
    desk.add(to_task(RECEIVE_PATIENT, desk, focus=desk.encounter))


def _of_stay(
    message: MsgHead,
    payload: Pasientlogistikk,
    events: tuple[TidsfestetHendelse, ...],
    usual: tuple[str, ...],
    context: Context,
    lay_more: Callable[[Desk], None],
    discharged_to: UtskrevetTil | None = None,
) -> Translation[Draft]:
    info = message.msg_info
    # A message with one event means that event, also when its code is missing
    meant = usual[0] if len(events) == 1 else None
    told = tuple(
        to_stay_event(
            e,
            message_uri(info),
            sent_at(info, context.received),
            usual=meant,
            discharged_to=discharged_to,
        )
        for e in events
    )

    return to_draft(message, payload, context, told, lay_more)


def _left_dead(to: UtskrevetTil) -> bool:
    return to.uttilstand is not None and to.uttilstand.v in _LEFT_DEAD


def _death(
    message: MsgHead, payload: Pasientlogistikk, event: TidsfestetHendelse, context: Context
) -> Translation[Draft]:
    return to_draft(message, payload, context, (), lambda desk: _lay_death(event, desk))


def _lay_death(event: TidsfestetHendelse, desk: Desk) -> None:
    """A told death → Observation, Flag and Task: the Patient is changed by the person who confirms it, by nobody else."""
    place = content(event.sted_for_hendelse.sted_hendelse) if event.sted_for_hendelse else None
    components = (
        *((ObservationComponent(code=_PLACE_OF_DEATH, valueString=place),) if place else ()),
        ObservationComponent(code=words("Anslag"), valueBoolean=event.anslag),
    )
    observation = desk.add(
        Observation(
            status="preliminary",
            code=_TIME_OF_DEATH,
            subject=desk.patient,
            encounter=desk.encounter,
            effectiveDateTime=desk.sent,
            performer=(desk.sender,),
            valueDateTime=point(event.tidspunkt_for_hendelse),
            component=components,
            note=(*to_note(event.beskrivelse_av_hendelse), *to_note(event.merknad)),
        )
    )
    code = concept(
        FLAG_CODES,
        "death-reported",
        "Melding om dødsfall, ikke bekreftet",
        "Melding om dødsfall, ikke bekreftet",
    )
    desk.add(
        Flag(
            status="active",
            category=(concept(FLAG_CATEGORY, "admin", "Administrative"),),
            code=code,
            subject=desk.patient,
            encounter=desk.encounter,
            author=desk.sender,
        )
    )
    desk.add(to_task(CONFIRM_DEATH, desk, focus=observation))
