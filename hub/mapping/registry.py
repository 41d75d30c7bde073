"""The table of mappers: message type and payload namespace → who makes FHIR of it.

Source: plo.md §1 (types, namespaces); MsgInfo/Type code list 8279.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hub.emessage.msghead import MsgHead
from hub.emessage.namespaces import PASIENTLOGISTIKK, UTSKRIVNINGSRAPPORT
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.mapping.draft import Context, Draft
from hub.mapping.plo_to_fhir import pasientlogistikk, utskrivningsrapport
from hub.problems import Translation

Mapper = Callable[[MsgHead, Any, Context], Translation[Draft]]

MAPPERS: Final[dict[tuple[str, str], tuple[type, Mapper]]] = {
    ("UTSKRIVNINGSRAPPORT", UTSKRIVNINGSRAPPORT): (
        TverrfagligEpikrise,
        utskrivningsrapport.to_fhir,
    ),
    ("LOG_INNLAGT", PASIENTLOGISTIKK): (Pasientlogistikk, pasientlogistikk.to_fhir),
    ("LOG_UTSKRIVNINGSKLAR", PASIENTLOGISTIKK): (Pasientlogistikk, pasientlogistikk.to_fhir),
    ("LOG_AVMELDING", PASIENTLOGISTIKK): (Pasientlogistikk, pasientlogistikk.to_fhir),
    ("LOG_UTSKREVET", PASIENTLOGISTIKK): (Pasientlogistikk, pasientlogistikk.to_fhir),
    ("LOG_DOD", PASIENTLOGISTIKK): (Pasientlogistikk, pasientlogistikk.to_fhir),
}
"""(MsgInfo/Type/@V, payload namespace) → (payload class, mapper)."""


def find_mapper(message_type: str, namespace: str) -> Mapper | None:
    """A message type and the namespace of its payload → the mapper, or None when there is none."""
    row = MAPPERS.get((message_type, namespace))
    return row[1] if row else None
