"""Measures (tiltak), goals and agreements of PLO messages ↔ ServiceRequest with its Procedures, and Goal.

Source: plo.md §5 (Sykepleierdokumentasjon, OpplysningerAndreFaggrupper), lists 9132, 9060, 9082, 9088, 9135, 9136.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.emessage.datatypes import CS, CV, PQ
from hub.emessage.plo.components import (
    AnbefaltVidereTiltak,
    AvtaleOmAdmLegemidler,
    GjennomforingAvTiltak,
    InnholdMaaldokument,
    IverksatteTiltak,
    PlanlagtGjennomforingTiltak,
    Tiltaksbeskrivelse,
)
from hub.fhir.models.r4.datatypes import CodeableConcept, TimingRepeat
from hub.fhir.models.r4.goal import Goal
from hub.fhir.models.r4.procedure import Procedure
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.both_ways.access import got_at, placed
from hub.mapping.both_ways.coded import NOT_TOLD, of_concept, of_quantity, to_concept, to_quantity
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen, Spec, where
from hub.mapping.both_ways.inline import Inline
from hub.mapping.both_ways.lines import At, Worded
from hub.mapping.both_ways.people import category_way
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.spell import Spell
from hub.mapping.both_ways.ways import QUANTITY, coded
from hub.mapping.both_ways.written import TEXT
from hub.mapping.codes import list_system, words
from hub.mapping.message_urls import PLO
from hub.mapping.plo.fixed import label, linked, request

BEGUN: Final = "Iverksatt tiltak"
ADVISED: Final = "Anbefalt videre tiltak"
AGREED: Final = "Legemiddeladministrering"
_DAYS: Final = {"1": "mon", "2": "tue", "3": "wed", "4": "thu", "5": "fri", "6": "sat", "7": "sun"}
_DAY_NAMES: Final = {
    "mon": ("1", "Mandag"), "tue": ("2", "Tirsdag"), "wed": ("3", "Onsdag"), "thu": ("4", "Torsdag"),
    "fri": ("5", "Fredag"), "sat": ("6", "Lørdag"), "sun": ("7", "Søndag"),
}  # fmt: skip
_UNITS: Final = {"Sekund": "s", "Minutt": "min", "Time": "h", "Døgn": "d", "Måned": "mo", "År": "a"}
_UNIT_NAMES: Final = {code: name for name, code in _UNITS.items()}
_WEEKDAY: Final = coded(CS, "9082")


def _put_code(value: Tiltaksbeskrivelse, sheet: Sheet, _pen: Pen) -> None:
    """The codes of a measure and its words → one concept."""
    parts = [
        to_concept(c, None, None, worded=True).coding[0] for c in value.intervensjon_tiltak_kode
    ]
    told = value.intervensjon_tiltak_beskrivelse
    text, companion = (None, None) if told is None else TEXT.to(told)
    if parts or told is not None:
        sheet["code"] = CodeableConcept(coding=tuple(parts), text=text, text_ext=companion)


def _get_code(struct: ServiceRequest, _eye: Eye) -> Mapping[str, Any]:
    whole = struct.code or CodeableConcept()
    codes = (
        of_concept(CodeableConcept(coding=(c,)), CV, None, worded=True)[0] for c in whole.coding
    )
    return {
        "intervensjon_tiltak_kode": tuple(c for c in codes if c is not None),
        "intervensjon_tiltak_beskrivelse": TEXT.of(whole.text, whole.text_ext),
    }


_KEPT_DAYS: Final = where(ServiceRequest, "@faste-ukedager", PLO)
_KEPT_INTERVAL: Final = where(ServiceRequest, "@gjentagelse-intervall", PLO)
_PUT_DAY: Final = placed(_KEPT_DAYS, _WEEKDAY)
_PUT_INTERVAL: Final = placed(_KEPT_INTERVAL, QUANTITY)


def _repeat(sheet: Sheet) -> Sheet:
    timing = where(ServiceRequest, "occurrenceTiming.repeat.period", "")
    return timing.owner_to_fill(sheet)


def _put_rhythm(plan: PlanlagtGjennomforingTiltak, sheet: Sheet, pen: Pen) -> None:
    """Weekdays and interval as sent, and what a Timing can say of them."""
    for day in plan.faste_ukedager:
        _PUT_DAY(_WEEKDAY.to(day, pen), sheet)
    days = _days(plan.faste_ukedager)
    if days:
        _repeat(sheet)["dayOfWeek"] = days
    if plan.gjentagelse_intervall is not None:
        _PUT_INTERVAL(to_quantity(plan.gjentagelse_intervall), sheet)
        exact = _interval(plan.gjentagelse_intervall)
        if exact is not None:
            _repeat(sheet).update(frequency=1, period=exact[0], periodUnit=exact[1])


def _get_rhythm(struct: ServiceRequest, eye: Eye) -> Mapping[str, Any]:
    """Weekdays and interval: as sent, unless the Timing says another thing by now."""
    days = tuple(_WEEKDAY.of(c, eye) for c in got_at(_KEPT_DAYS, _WEEKDAY, struct))
    interval = next((of_quantity(q) for q in got_at(_KEPT_INTERVAL, QUANTITY, struct)), None)
    timing = struct.occurrenceTiming
    repeat = (timing.repeat if timing else None) or TimingRepeat()
    if repeat.dayOfWeek != _days(days):
        named = (_DAY_NAMES[day] for day in repeat.dayOfWeek if day)
        days = tuple(CS(v=code, dn=name) for code, name in named)
    exact = None if interval is None else _interval(interval)
    if (repeat.period, repeat.periodUnit) != (exact or (None, None)):
        unit = _UNIT_NAMES.get(repeat.periodUnit or "")
        interval = None if repeat.period is None else PQ(v=format(repeat.period, "f"), u=unit)
    return {"faste_ukedager": days, "gjentagelse_intervall": interval}


def _days(days: tuple[CS, ...]) -> tuple[Any, ...]:
    return tuple(_DAYS[day.v] for day in days if day.v in _DAYS)


def _interval(interval: PQ) -> tuple[Any, Any] | None:
    """An interval → number and FHIR unit, when a Timing can hold it exactly."""
    told = to_quantity(interval)
    unit = _UNITS.get(told.unit or "")
    return (told.value, unit) if unit and told.value is not None and told.value > 0 else None


def _done_frame(pen: Pen) -> dict[str, Any]:
    return {
        "status": "completed",
        "subject": pen.desk.patient,
        "encounter": pen.desk.encounter,
    }


_DONE: Final = Form(
    GjennomforingAvTiltak,
    Procedure,
    At("utfort_tidspunkt", "performedDateTime"),
    At("merknad", "note[0].text"),
    fixed=_done_frame,
)

_MEASURE_LINES: Final[tuple[Spec, ...]] = (
    Custom(
        ("intervensjon_tiltak_kode", "intervensjon_tiltak_beskrivelse"),
        "code",
        _put_code,
        _get_code,
    ),
    At("kategori_helsepersonell", "performerType"),
    At("merknad", "note[0].text"),
    linked("gjennomforing_av_tiltak", "supportingInfo", _DONE),
    Inline(
        "planlagt_gjennomforing_tiltak",
        Spell("planlagt_start", "planlagt_slutt", "occurrenceTiming.repeat.boundsPeriod"),
        Custom(
            ("faste_ukedager", "gjentagelse_intervall"),
            "occurrenceTiming.repeat",
            _put_rhythm,
            _get_rhythm,
        ),
        At("etter_behov", "asNeededBoolean"),
    ),
)

MEASURES_BEGUN: Final = Form(
    IverksatteTiltak,
    ServiceRequest,
    Inline("tiltaksbeskrivelse", *_MEASURE_LINES),
    fixed=lambda pen: request(pen, BEGUN, "order"),
    label=label,
)
MEASURES_ADVISED: Final = Form(
    AnbefaltVidereTiltak,
    ServiceRequest,
    Inline("tiltaksbeskrivelse", *_MEASURE_LINES),
    fixed=lambda pen: request(pen, ADVISED, "proposal"),
    label=label,
)
_MEASURE_AGREED: Final = Form(
    Tiltaksbeskrivelse,
    ServiceRequest,
    *_MEASURE_LINES,
    fixed=lambda pen: request(pen, AGREED, "order"),
    label=label,
)


def _put_instructions(value: Any, sheet: Sheet, _pen: Pen) -> None:
    """How medicines are handed out, and special measures → details of the order, told apart by their lists."""
    if value.utleveringsform is not None:
        sheet.add("orderDetail", to_concept(value.utleveringsform, "9135", worded=False))
    if special := value.sarskilte_tiltak:
        sheet.add("orderDetail", *[to_concept(each, "9136", worded=False) for each in special])


def _get_instructions(struct: ServiceRequest, _eye: Eye) -> Mapping[str, Any]:
    forms = _of_list(struct.orderDetail, "9135")
    return {
        "utleveringsform": forms[0] if forms else None,
        "sarskilte_tiltak": _of_list(struct.orderDetail, "9136"),
    }


def _of_list(concepts: tuple[CodeableConcept, ...], number: str) -> tuple[CS, ...]:
    system = list_system(number)
    found = (c for c in concepts if any(x.system == system for x in c.coding))
    return tuple(of_concept(c, CS, number, worded=False)[0] for c in found)


AGREEMENT: Final = Form(
    AvtaleOmAdmLegemidler,
    ServiceRequest,
    At("merknad", "note[0].text"),
    Inline(
        "adm_instrukser",
        Custom(
            ("utleveringsform", "sarskilte_tiltak"),
            "orderDetail",
            _put_instructions,
            _get_instructions,
        ),
    ),
    linked("tiltaksbeskrivelse", "supportingInfo", _MEASURE_AGREED),
    fixed=lambda pen: {
        **request(pen, AGREED, "order"),
        "code": words("Avtale om legemiddeladministrering"),
    },
)


def _name_target(value: InnholdMaaldokument, sheet: Sheet, _pen: Pen) -> None:
    """A goal has a description, and a target with a detail has a measure (gol-1)."""
    sheet.setdefault("description", NOT_TOLD)
    if value.forventet_grad_maaloppnaaelse is not None:
        sheet["target"][0]["measure"] = words("Forventet grad av måloppnåelse")


GOAL: Final = Form(
    InnholdMaaldokument,
    Goal,
    Worded("maal_forventet_resultat", "beskrivelse", "description"),
    At("forventet_grad_maaloppnaaelse", "target[0].detailCodeableConcept"),
    At("kategori_helsepersonell", "expressedBy", category_way()),
    At("forventes_oppnaadd", "target[0].dueDate"),
    At("fra_dato", "startDate"),
    fixed=lambda pen: {"lifecycleStatus": "active", "subject": pen.desk.patient},
    also=_name_target,
    label=label,
)
