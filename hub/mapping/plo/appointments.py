"""Follow-up appointments of PLO messages ↔ Appointment, its kind told by the type.

Source: plo.md §5 (InfoKontrolltime); http://hl7.org/fhir/R4/appointment.html (app-2, app-3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.emessage.plo.components import (
    InfoKontrolltime,
    InformasjonOmTentativTime,
    InformasjonOmTime,
    KontrolltimeBestill,
)
from hub.fhir.models.r4.appointment import Appointment, AppointmentParticipant
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding
from hub.mapping.both_ways.access import got_at, placed
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen, where
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.ways import primitive
from hub.mapping.both_ways.written import INSTANT, MOMENT, later
from hub.mapping.message_urls import PLO, PLO_SECTIONS
from hub.mapping.plo.fixed import label

_PLACE: Final = "participant[1].actor.display"
_ODD_TIME: Final = where(Appointment, "@tidspunkt-time", PLO)
_LONGEST: Final = 100 * 24 * 60
_WAY: Final = primitive(MOMENT)
_PUT_ODD_TIME: Final = placed(_ODD_TIME, _WAY)


def _frame(element: str, title: str) -> Any:
    kind = CodeableConcept(
        coding=(Coding(system=PLO_SECTIONS, code=element, display=title),), text="Kontrolltime"
    )

    def fixed(pen: Pen) -> dict[str, Any]:
        patient = AppointmentParticipant(actor=pen.desk.patient, status="needs-action")
        return {
            "status": "proposed",
            "appointmentType": kind,
            "created": pen.desk.sent,
            "participant": (patient,),
        }

    return fixed


def _put_start(value: InformasjonOmTime, sheet: Sheet, pen: Pen) -> None:
    """The time → start; a time that is no instant stands in an extension (app-2: start and end go together)."""
    if value.tidspunkt_time is None:
        return
    start, companion = INSTANT.to(value.tidspunkt_time)
    if start is None:
        _PUT_ODD_TIME(MOMENT.to(value.tidspunkt_time), sheet)
        return
    sheet["start"] = start
    if companion is not None:
        sheet["start_ext"] = companion
    del pen


def _get_start(struct: Appointment, eye: Eye) -> Mapping[str, Any]:
    odd = next((_WAY.of(pair, eye) for pair in got_at(_ODD_TIME, _WAY, struct)), None)
    if struct.start is None:
        return {"tidspunkt_time": odd}
    return {"tidspunkt_time": INSTANT.of(struct.start, struct.start_ext)}


def _place(_value: Any, sheet: Sheet, _pen: Pen) -> None:
    if len(sheet["participant"]) > 1:
        sheet["participant"][1]["status"] = "accepted"
        sheet["participant"][1]["actor"]["type"] = "Location"


def _booked(value: InformasjonOmTime, sheet: Sheet, pen: Pen) -> None:
    """What follows: when it ends (as it starts, when its length is not known), and whether it stands."""
    _place(value, sheet, pen)
    start, minutes = sheet.get("start"), sheet.get("minutesDuration") or 0
    if start is not None:
        sheet["end"] = (later(start, minutes) if minutes <= _LONGEST else None) or start
        if value.bestilt_kontrolltime:
            sheet["status"] = "booked"


_TOLD: Final = Form(
    InformasjonOmTime,
    Appointment,
    Custom(("tidspunkt_time",), "start", _put_start, _get_start),
    At("varighet", "minutesDuration"),
    At("sted_time", _PLACE),
    fixed=_frame("InformasjonOmTime", "Time"),
    also=_booked,
)
_TO_BE_BOOKED: Final = Form(
    KontrolltimeBestill,
    Appointment,
    fixed=_frame("KontrolltimeBestill", "Pasient eller pårørende bestiller"),
)
_TENTATIVE: Final = Form(
    InformasjonOmTentativTime,
    Appointment,
    At("tentativt_tidspunkt_time", "description"),
    At("sted_time", _PLACE),
    At("merknad", "comment"),
    fixed=_frame("InformasjonOmTentativTime", "Tentativ time"),
    also=_place,
)
_KINDS: Final = {
    "informasjon_om_time": ("InformasjonOmTime", _TOLD),
    "kontrolltime_bestill": ("KontrolltimeBestill", _TO_BE_BOOKED),
    "informasjon_om_tentativ_time": ("InformasjonOmTentativTime", _TENTATIVE),
}


def _put_kind(value: InfoKontrolltime, sheet: Sheet, pen: Pen) -> None:
    for name, (_, form) in _KINDS.items():
        if (told := getattr(value, name)) is not None:
            form.fill(told, sheet, pen)


def _get_kind(struct: Appointment, eye: Eye) -> Mapping[str, Any]:
    codes = {c.code for c in (struct.appointmentType.coding if struct.appointmentType else ())}
    for name, (element, form) in _KINDS.items():
        if element in codes:
            return {name: form.read(struct, eye)}
    return {"informasjon_om_time": _TOLD.read(struct, eye)} if struct.start else {}


APPOINTMENT: Final = Form(
    InfoKontrolltime,
    Appointment,
    Custom(tuple(_KINDS), "appointmentType, start, description …", _put_kind, _get_kind),
    label=label,
)
APPOINTMENT_FORMS: Final = (_TOLD, _TO_BE_BOOKED, _TENTATIVE)
