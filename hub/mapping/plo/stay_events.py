"""Dated events of a stay in PLO messages ↔ events of the Composition, beside the Encounter they are about.

The Encounter is worked out from the events of all messages (`stay.py`); what this message says stands in its Composition.
Source: plo.md §3 (TidsfestetHendelse), list 9121.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from hub.emessage.datatypes import CV
from hub.emessage.plo.components import OpplysningOpphold, TidsfestetHendelse
from hub.emessage.plo.pasientlogistikk import (
    AvmeldingUtskrivningsklarPasient,
    MeldingInnlagtPasient,
    MeldingOmUtskrevetPasient,
    MeldingUtskrivningsklarPasient,
    OrienteringOmDod,
)
from hub.fhir.models.r4.composition import CompositionEvent, CompositionSection
from hub.fhir.models.r4.datatypes import Period
from hub.fhir.models.r4.encounter import Encounter
from hub.mapping.both_ways.coded import of_concept
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen, build, struct_from
from hub.mapping.both_ways.inline import Inline
from hub.mapping.both_ways.lines import At, Worded
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.plo.information import INFORMATION_GIVEN
from hub.mapping.plo.journal import name_of
from hub.mapping.plo.sections import Sub, section, section_for
from hub.mapping.plo.words import lines_of
from hub.mapping.stay import events_of, with_events

EVENT: Final = Form(
    TidsfestetHendelse,
    CompositionEvent,
    Worded("hendelsekode", "beskrivelse_av_hendelse", "code[0]"),
    At("tidspunkt_for_hendelse", "period.start"),
    Inline("sted_for_hendelse", At("sted_hendelse", "@sted-hendelse")),
)


def put_events(
    events: tuple[TidsfestetHendelse, ...], element: str, sheet: Sheet, pen: Pen
) -> Sheet:
    """Events → events of the Composition, and the section that says them in words, with the stay as its entry."""
    if events:
        sheet.add("event", *[struct_from(EVENT, event, pen) for event in events])
    made = Sheet(CompositionSection)
    if pen.desk.encounter is not None:
        made["entry"] = (pen.desk.encounter,)
    return section_for(element, made, lines_of(events))


def get_events(composition: Any, eye: Eye) -> tuple[TidsfestetHendelse, ...]:
    """A Composition → the events it tells; a period of the stay that somebody has changed by hand counts."""
    changed = _changed_times(eye.find(composition.encounter))
    return tuple(EVENT.read(_moved(event, changed), eye) for event in composition.event)


def _changed_times(stay: Any) -> dict[str, str]:
    """A stay → the times that its events tell and its period no longer does, each with what stands there now."""
    if not isinstance(stay, Encounter):
        return {}
    now = stay.period or Period()
    was = with_events(stay, events_of(stay)).period or Period()
    pairs = ((was.start, now.start), (was.end, now.end))
    return {told: here for told, here in pairs if told and here and told != here}


def _moved(event: CompositionEvent, changed: Mapping[str, str]) -> CompositionEvent:
    period = event.period
    new = changed.get(period.start) if period is not None and period.start else None
    if period is None or new is None:
        return event
    return msgspec.structs.replace(
        event, period=msgspec.structs.replace(period, start=new, start_ext=None)
    )


def _changed_destination(stay: Any) -> CV | None:
    """A stay → where the patient went, when somebody has changed it by hand."""
    if not isinstance(stay, Encounter) or stay.hospitalization is None:
        return None
    told = with_events(stay, events_of(stay)).hospitalization
    here = stay.hospitalization.dischargeDisposition
    if told is None or here is None or here == told.dischargeDisposition:
        return None
    return of_concept(here, CV, None, worded=True)[0]


def _put_stay(value: Any, sheet: Sheet, pen: Pen) -> None:
    events = tuple(o.tidsfestet_hendelse for o in value.opplysning_opphold)
    if events:
        made = put_events(events, "OpplysningOpphold", sheet, pen)
        sheet.add("section", made.close())


def _get_stay(composition: Any, eye: Eye) -> Mapping[str, Any]:
    events = get_events(composition, eye)
    return {"opplysning_opphold": tuple(OpplysningOpphold(tidsfestet_hendelse=e) for e in events)}


STAY: Final = Custom(("opplysning_opphold",), "event", _put_stay, _get_stay)

_DISCHARGED: Final = section(
    MeldingOmUtskrevetPasient,
    Custom(("tidsfestet_hendelse",), "event", lambda _v, _s, _p: None, lambda _s, _e: {}),
    Sub("info_informasjon_gitt", INFORMATION_GIVEN),
)
_LOGISTICS: Final[dict[str, tuple[type, bool]]] = {
    "orientering_om_dod": (OrienteringOmDod, False),
    "melding_om_utskrevet_pasient": (MeldingOmUtskrevetPasient, False),
    "melding_utskrivningsklar_pasient": (MeldingUtskrivningsklarPasient, True),
    "avmelding_utskrivningsklar_pasient": (AvmeldingUtskrivningsklarPasient, True),
    "melding_innlagt_pasient": (MeldingInnlagtPasient, False),
}
"""Field of Pasientlogistikk → its class, and whether it may tell several events."""


def _put_logistics(value: Any, sheet: Sheet, pen: Pen) -> None:
    for name, (cls, several) in _LOGISTICS.items():
        told = getattr(value, name)
        if told is None:
            continue
        events = told.tidsfestet_hendelse if several else (told.tidsfestet_hendelse,)
        made = put_events(events, cls.__name__, sheet, pen)
        if isinstance(told, MeldingOmUtskrevetPasient):
            _DISCHARGED.fill(told, made, pen)
        sheet.add("section", made.close())


def _get_logistics(composition: Any, eye: Eye) -> Mapping[str, Any]:
    told = {name_of(s): s for s in composition.section}
    events = get_events(composition, eye)
    for name, (cls, several) in _LOGISTICS.items():
        here = told.get(cls.__name__)
        if here is None or not events:
            continue
        more: dict[str, Any] = _DISCHARGED.find(here, eye) if name in _MORE else {}
        destination = _changed_destination(eye.find(composition.encounter))
        if destination is not None and "utskrevet_til" in more:
            more["utskrevet_til"] = msgspec.structs.replace(
                more["utskrevet_til"], ut_til=destination
            )
        more["tidsfestet_hendelse"] = events if several else events[0]
        return {name: build(cls, more)}
    return {}


_MORE: Final = frozenset({"melding_om_utskrevet_pasient"})
LOGISTICS: Final = Custom(tuple(_LOGISTICS), "event, section", _put_logistics, _get_logistics)
