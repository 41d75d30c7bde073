"""A document that goes along with a message, and the message itself, held to what we would take in ourselves.

Source: HIS 1036; style.md §4 walk (a) ("schema check of our own output").
"""

from __future__ import annotations

from typing import Any

from hub.emessage.read import read_message
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.document_reference import DocumentReference
from hub.fhir.requests import fhir_instant
from hub.flows.letterhead import load
from hub.flows.store_draft import Desk
from hub.mapping.fhir_parts import target
from hub.mapping.outgoing_attachment import to_outgoing
from hub.ports import Unit
from hub.problems import Problem, ProblemCode


def attach(
    unit: Unit, desk: Desk, reference: str, document: DocumentReference, kind: str
) -> dict[str, Any]:
    """A reference, the document it leads to and the type of the message → by reference, with the bytes. Problems: OUTPUT_INVALID."""
    url = document.content[0].attachment.url or ""
    kind, found_id = target(Reference(reference=url)) or ("", "")
    held = load(unit, desk, kind, found_id) if kind == "Binary" else None
    told = to_outgoing(document, held, fhir_instant(desk.setting.at), kind)
    return {reference: told, **({url: held} if held is not None else {})}


def check_written(raw: bytes, max_bytes: int) -> tuple[Problem, ...]:
    """A message of ours → why a hub like ours would not take it in; nothing when it would."""
    if len(raw) > max_bytes:
        size = f"{len(raw) / 1e6:.0f} MB, grensen er {max_bytes / 1e6:.0f} MB"
        detail = f"Meldingen er for stor med sine vedlegg: {size}"
        return (Problem(ProblemCode.OUTPUT_INVALID, detail, "Communication.payload"),)
    return tuple(p for p in read_message(raw, takes=lambda _: True).problems if p.fatal)
