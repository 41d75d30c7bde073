"""What a message made → Provenance that points from it to the raw bytes.

Source: style.md §2.1 (raw first: every derived resource points back); http://hl7.org/fhir/R4/provenance.html.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime

from hub.fhir.models.r4.binary import Binary
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.models.r4.provenance import Provenance, ProvenanceAgent, ProvenanceEntity
from hub.fhir.requests import fhir_instant


def raw_to_binary(raw: bytes | None, patient_id: str | None) -> Binary:
    """The bytes as they came → Binary, without data when they are too large for one piece.

    It is guarded by the patient's record where the patient is known.
    """
    context = None if patient_id is None else Reference(reference=f"Patient/{patient_id}")
    data = None if raw is None else base64.b64encode(raw).decode()
    return Binary(contentType="application/xml", securityContext=context, data=data)


def to_provenance(targets: Iterable[str], raw: str, sender: str, received: datetime) -> Provenance:
    """`Type/id` of what was made, the Binary's reference, the sender's name, and when → Provenance."""
    return Provenance(
        target=tuple(Reference(reference=target) for target in targets),
        recorded=fhir_instant(received),
        agent=(ProvenanceAgent(who=Reference(display=sender or "ukjent avsender")),),
        entity=(ProvenanceEntity(role="source", what=Reference(reference=raw)),),
    )
