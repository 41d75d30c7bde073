"""The kinds of events in the access log beside calls of the API: their codes, and who of the parties is source and destination.

Source: security/audit.md §3, §3.4; http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle; DICOM PS3.16 CID 400-403.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_ISO: Final = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_REST: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
MESSAGE_TYPE: Final = "urn:oid:2.16.578.1.12.4.1.1.8279"
RULE: Final = "https://dho-hub.example/fhir/CodeSystem/retention-rule"
_SOURCE: Final = (_DCM, "110153")
_DESTINATION: Final = (_DCM, "110152")
_LISTED: Final = re.compile(r"[A-Z0-9_]+")


@dataclass(frozen=True, slots=True)
class Kind:
    """One row.

    Shape: `subtypes` the code system of what says more; `server` and `party` the roles of the hub and of the other side, where
    something passes between them.
    """

    system: str
    code: str
    subtypes: str
    server: tuple[str, str] = _DESTINATION
    party: tuple[str, str] = _SOURCE


KINDS: Final[Mapping[str, Kind]] = {
    "rest": Kind(_REST, "rest", INTERACTION),
    "login": Kind(_DCM, "110114", INTERACTION),
    "receive": Kind(_ISO, "receive", MESSAGE_TYPE),
    "disclose": Kind(_ISO, "disclose", MESSAGE_TYPE, _SOURCE, _DESTINATION),
    "transmit": Kind(_ISO, "transmit", MESSAGE_TYPE, _SOURCE, _DESTINATION),
    "start": Kind(_DCM, "110100", _DCM),
    "security": Kind(_DCM, "110113", _DCM),
    "destroy": Kind(_ISO, "destroy", RULE),
}
"""The names that AuditEntry.event takes."""


def subtype_system(kind: Kind, code: str) -> str:
    """A kind and the code of its subtype → the code's system; "" for what stands in no list, as a type nobody knows."""
    return "" if kind.subtypes == MESSAGE_TYPE and not _LISTED.fullmatch(code) else kind.subtypes
