"""Follow-up appointments of PLO messages → Appointment.

Source: plo.md §5 (InfoKontrolltime); http://hl7.org/fhir/R4/appointment.html (app-2, app-3).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.emessage.plo.components import (
    InfoKontrolltime,
    InformasjonOmTentativTime,
    InformasjonOmTime,
    InformertOm,
    KontrolltimeBestill,
)
from hub.fhir.models.r4.appointment import (
    Appointment,
    AppointmentParticipant,
    AppointmentstatusCode,
)
from hub.fhir.models.r4.datatypes import Reference
from hub.mapping.codes import content, words
from hub.mapping.draft import Desk
from hub.mapping.narrative import local_time, yes_no
from hub.mapping.plo_to_fhir.notes import section_of
from hub.mapping.times import to_date_time

_KIND = words("Kontrolltime")
_LONGEST = 100 * 24 * 60


def lay_appointments(blocks: tuple[InfoKontrolltime, ...], desk: Desk) -> None:
    """Follow-up appointments → one Appointment each on the desk.

    Shape: a booked time is booked (without a duration it ends when it starts: how long is not known); a time not booked
    yet, one the patient books, or a tentative one is proposed.
    """
    entries: list[Reference] = []
    lines: list[str] = []
    for block in blocks:
        one = _appointment(block, desk)
        entries.append(desk.add(one))
        place = next(
            (p.actor.display for p in one.participant if p.actor and p.actor.type == "Location"),
            None,
        )
        when = local_time(one.start)
        minutes = f"{one.minutesDuration} minutter" if one.minutesDuration else None
        lines.append(
            ", ".join(p for p in (when, minutes, place, one.description, one.comment) if p)
        )
    desk.section(section_of("Kontrolltimer", entries=tuple(entries), lines=lines))


def _appointment(block: InfoKontrolltime, desk: Desk) -> Appointment:
    if block.informasjon_om_time is not None:
        return _told(block.informasjon_om_time, desk)
    if block.kontrolltime_bestill is not None:
        return _to_be_booked(block.kontrolltime_bestill, desk)
    assert block.informasjon_om_tentativ_time is not None  # the choice of the schema
    return _tentative(block.informasjon_om_tentativ_time, desk)


def _told(time: InformasjonOmTime, desk: Desk) -> Appointment:
    start = to_date_time(time.tidspunkt_time)
    minutes = _minutes(time.varighet)
    return _build(
        desk,
        "booked" if time.bestilt_kontrolltime and start else "proposed",
        time.sted_time,
        time.informert_om,
        description=f"Kontrolltime bestilt: {yes_no(time.bestilt_kontrolltime)}",
        start=start,
        minutes=minutes,
        comment=f"Varighet: {time.varighet}"
        if content(time.varighet) and minutes is None
        else None,
    )


def _to_be_booked(order: KontrolltimeBestill, desk: Desk) -> Appointment:
    description = f"Pasient eller pårørende bestiller kontrolltime: {yes_no(order.pasient_parorende_bestiller)}"
    return _build(desk, "proposed", None, order.informert_om, description=description)


def _tentative(time: InformasjonOmTentativTime, desk: Desk) -> Appointment:
    when = content(time.tentativt_tidspunkt_time)
    description = f"Tentativ kontrolltime: {when}" if when else "Tentativ kontrolltime"
    return _build(
        desk,
        "proposed",
        time.sted_time,
        time.informert_om,
        description=description,
        comment=content(time.merknad),
    )


def _minutes(text: str | None) -> int | None:
    whole = (text or "").strip()
    return int(whole) if whole.isdigit() and len(whole) < 7 and 0 < int(whole) <= _LONGEST else None


def _build(
    desk: Desk,
    status: AppointmentstatusCode,
    place: str | None,
    informed: InformertOm | None,
    *,
    description: str,
    start: str | None = None,
    minutes: int | None = None,
    comment: str | None = None,
) -> Appointment:
    where = content(place)
    actors = (
        AppointmentParticipant(actor=desk.patient, status="needs-action"),
        *(
            (
                AppointmentParticipant(
                    actor=Reference(type="Location", display=where), status="accepted"
                ),
            )
            if where
            else ()
        ),
    )
    said = (comment, _informed(informed))
    return Appointment(
        status=status,
        appointmentType=_KIND,
        description=description,
        start=start,
        end=_end(start, minutes),
        minutesDuration=minutes,
        created=desk.sent,
        comment=". ".join(s for s in said if s) or None,
        participant=actors,
    )


def _end(start: str | None, minutes: int | None) -> str | None:
    if start is None:
        return None
    try:
        return (datetime.fromisoformat(start) + timedelta(minutes=minutes or 0)).isoformat()
    except (ValueError, OverflowError):
        return start


def _informed(facts: InformertOm | None) -> str | None:
    if facts is None:
        return None
    patient, kin = (
        yes_no(facts.pasient_informert).lower(),
        yes_no(facts.parorende_informert).lower(),
    )
    return f"Informert: pasient {patient}, pårørende {kin}"
