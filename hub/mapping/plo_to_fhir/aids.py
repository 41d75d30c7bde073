"""Aids of PLO messages → DeviceUseStatement with its Device contained.

Source: plo.md §5 (OpplysningerOmHjelpemidler), lists 9113, 9114, 8230, 8151.
"""

from __future__ import annotations

from hub.emessage.plo.components import (
    FasteHjelpemidler,
    OpplysningerOmHjelpemidler,
    StatusHjelpemiddel,
)
from hub.fhir.models.r4.datatypes import Annotation, Extension, Identifier
from hub.fhir.models.r4.device import Device
from hub.fhir.models.r4.device_use_statement import DeviceStatementStatusCode, DeviceUseStatement
from hub.mapping.codes import as_sent, concept, content, to_concept, to_note, words
from hub.mapping.draft import Desk
from hub.mapping.narrative import Contained, shown
from hub.mapping.plo_to_fhir.notes import section_of
from hub.mapping.urls import SNOMED

_STATUS: dict[str, DeviceStatementStatusCode] = {
    "1": "intended",
    "2": "intended",
    "3": "intended",
    "4": "on-hold",
    "5": "stopped",
    "6": "active",
}


def lay_aids(aids: OpplysningerOmHjelpemidler | None, desk: Desk) -> None:
    """Aids → one DeviceUseStatement each on the desk; a status that FHIR says more coarsely is kept as sent."""
    if aids is None:
        return
    uses = [
        *(u for f in aids.faste_hjelpemidler for u in _fixed(f, desk)),
        *(_ordered(s, desk) for s in aids.status_hjelpemiddel),
    ]
    lines = [
        ", ".join(p for p in (use.device.display, status, *(n.text for n in use.note)) if p)
        for use, status in uses
    ]
    entries = tuple(desk.add(use, use.device.display) for use, _ in uses)
    desk.section(section_of("Hjelpemidler", entries=entries, lines=lines))


def _fixed(aid: FasteHjelpemidler, desk: Desk) -> list[tuple[DeviceUseStatement, str]]:
    note = to_note(aid.merknad)
    kinds = [
        to_concept(aid.briller, "9113"),
        to_concept(aid.hjelpemiddel_horsel, "9114"),
        concept(SNOMED, "14106009", "Cardiac pacemaker", "Pacemaker") if aid.pacemaker else None,
    ]
    told = [k for k in kinds if k is not None]
    if note and not told:
        told = [words("Faste hjelpemidler")]
    return [
        (_use(Device(type=k), "active", desk, note=note if n == 0 else ()), "")
        for n, k in enumerate(told)
    ]


def _ordered(aid: StatusHjelpemiddel, desk: Desk) -> tuple[DeviceUseStatement, str]:
    about, status = aid.hjelpemiddelbeskrivelse, aid.status
    number = content(about.sekvensnummer)
    device = Device(
        identifier=(Identifier(value=number),) if number else (),
        type=to_concept(about.hjelpemiddelkode_rtv, "8151", about.betegnelse_hjelpemiddel)
        or words("Hjelpemiddel"),
    )
    use = _use(
        device, _STATUS.get(status.v or "", "active"), desk, extension=as_sent(status, "8230")
    )
    return use, shown(to_concept(status, "8230"))


def _use(
    device: Device,
    status: DeviceStatementStatusCode,
    desk: Desk,
    *,
    note: tuple[Annotation, ...] = (),
    extension: tuple[Extension, ...] = (),
) -> DeviceUseStatement:
    contained = Contained()
    reference = contained.add(device, shown(device.type))
    return DeviceUseStatement(
        extension=extension,
        status=status,
        subject=desk.patient,
        recordedOn=desk.sent,
        device=reference,
        note=note,
        contained=contained.listed(),
    )
