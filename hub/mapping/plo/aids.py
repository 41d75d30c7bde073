"""Aids of PLO messages ↔ DeviceUseStatement with its Device contained.

Source: plo.md §5 (OpplysningerOmHjelpemidler), lists 9113, 9114, 8230, 8151.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.emessage.datatypes import CS
from hub.emessage.plo.components import (
    FasteHjelpemidler,
    Hjelpemiddelbeskrivelse,
    OpplysningerOmHjelpemidler,
    StatusHjelpemiddel,
)
from hub.fhir.models.r4.datatypes import CodeableConcept, Extension
from hub.fhir.models.r4.device import Device
from hub.fhir.models.r4.device_use_statement import DeviceUseStatement
from hub.mapping.both_ways.coarse import Coarse
from hub.mapping.both_ways.coded import of_concept, to_concept
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen
from hub.mapping.both_ways.lines import At, Worded
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.ways import contained, primitive
from hub.mapping.both_ways.ways import read_contained as read_device
from hub.mapping.both_ways.written import TEXT
from hub.mapping.codes import concept, list_system
from hub.mapping.message_urls import PLO
from hub.mapping.narrative import Contained, shown
from hub.mapping.plo.fixed import label
from hub.mapping.plo.sections import Group, Sub, section
from hub.mapping.urls import SNOMED

_STATUS: Final = {"1": "intended", "2": "intended", "3": "intended", "4": "on-hold", "5": "stopped"}
_PACEMAKER: Final = concept(SNOMED, "14106009", "Cardiac pacemaker", "Pacemaker")
_LISTS: Final = {"briller": "9113", "hjelpemiddel_horsel": "9114"}
_NO_PACEMAKER: Final = f"{PLO}pacemaker"


def _frame(pen: Pen) -> dict[str, Any]:
    return {"subject": pen.desk.patient, "recordedOn": pen.desk.sent}


def _put_fixed(value: FasteHjelpemidler, sheet: Sheet, pen: Pen) -> None:
    """Glasses, hearing aid and pacemaker → a statement each; that there is no pacemaker needs an extension."""
    kinds: list[CodeableConcept] = []
    for name, number in _LISTS.items():
        code: CS | None = getattr(value, name)
        if code is not None:
            kinds.append(to_concept(code, number, worded=False))
    if value.pacemaker:
        kinds.append(_PACEMAKER)
    elif value.pacemaker is False:
        sheet.add("extension", Extension(url=_NO_PACEMAKER, valueBoolean=False))
    for kind in kinds:
        inside = Contained()
        use = DeviceUseStatement(
            **_frame(pen),
            status="active",
            device=inside.add(Device(type=kind), shown(kind)),
            contained=inside.listed(),
        )
        sheet.add("entry", pen.desk.add(use, shown(kind)))


def _get_fixed(struct: Any, eye: Eye) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    if any(e.url == _NO_PACEMAKER for e in struct.extension):
        found["pacemaker"] = False
    for kind in _kinds(struct, eye):
        systems = {c.system for c in kind.coding}
        for name, number in _LISTS.items():
            if list_system(number) in systems:
                found[name] = of_concept(kind, CS, number, worded=False)[0]
        if any((c.system, c.code) == (SNOMED, "14106009") for c in kind.coding):
            found["pacemaker"] = True
    return found


def _kinds(struct: Any, eye: Eye) -> list[CodeableConcept]:
    kinds: list[CodeableConcept] = []
    for entry in struct.entry:
        use = eye.find(entry)
        device = eye.inside(use).find(use.device) if isinstance(use, DeviceUseStatement) else None
        if isinstance(device, Device) and device.type is not None:
            kinds.append(device.type)
    return kinds


_DEVICE: Final = Form(
    Hjelpemiddelbeskrivelse,
    Device,
    At("sekvensnummer", "identifier[0].value", primitive(TEXT)),
    Worded("hjelpemiddelkode_rtv", "betegnelse_hjelpemiddel", "type"),
    label=lambda value: value.betegnelse_hjelpemiddel.strip()[:200] or None,
)


def _put_device(value: StatusHjelpemiddel, sheet: Sheet, pen: Pen) -> None:
    sheet["device"] = contained(_DEVICE, value.hjelpemiddelbeskrivelse, pen)


def _get_device(use: DeviceUseStatement, eye: Eye) -> Mapping[str, Any]:
    return {"hjelpemiddelbeskrivelse": read_device(_DEVICE, use.device, eye)}


_ORDERED: Final = Form(
    StatusHjelpemiddel,
    DeviceUseStatement,
    Coarse("status", "status", _STATUS, "active", kept="@status-hjelpemiddel"),
    Custom(("hjelpemiddelbeskrivelse",), "device → Device", _put_device, _get_device),
    fixed=_frame,
    label=label,
)

AIDS: Final = section(
    OpplysningerOmHjelpemidler,
    Sub(
        "faste_hjelpemidler",
        section(
            FasteHjelpemidler,
            Custom(
                ("briller", "hjelpemiddel_horsel", "pacemaker"),
                "entry → DeviceUseStatement.device → Device.type",
                _put_fixed,
                _get_fixed,
            ),
        ),
    ),
    Group("status_hjelpemiddel", _ORDERED),
)
AID_FORMS: Final = (_DEVICE,)
