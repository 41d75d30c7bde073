"""The table of mappers: message type and payload namespace → who makes FHIR of it, and who makes it of FHIR.

Source: plo.md §1 (types, namespaces); MsgInfo/Type code list 8279.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hub.emessage import dialogmelding, dialogmelding_1_0
from hub.emessage.epikrise import Epikrise
from hub.emessage.msghead import MsgHead
from hub.emessage.namespaces import (
    DIALOG_1_0,
    DIALOG_1_1,
    EPIKRISE_1_1,
    EPIKRISE_1_2,
    PASIENTLOGISTIKK,
    UTSKRIVNINGSRAPPORT,
)
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.emessage.table_build import render
from hub.mapping.dialog_to_fhir import (
    avvik,
    foresporsel,
    helsefaglig,
    notat,
    status_henvisning,
    svar,
)
from hub.mapping.draft import Context, Draft
from hub.mapping.fhir_to_dialog import dialogmelding_1_0 as dialog_1_0
from hub.mapping.fhir_to_dialog import dialogmelding_1_1 as dialog_1_1
from hub.mapping.fhir_to_plo import pasientlogistikk as to_pasientlogistikk
from hub.mapping.fhir_to_plo import utskrivningsrapport as to_utskrivningsrapport
from hub.mapping.letter import epikrise
from hub.mapping.plo_to_fhir import pasientlogistikk, utskrivningsrapport
from hub.mapping.record import Record
from hub.problems import ProblemCode, Translation, fail

Mapper = Callable[[MsgHead, Any, Context], Translation[Draft]]
WayBack = Callable[[Record], Any]
"""The record of a message → the value of its document. Problems: OUTPUT_INVALID."""


@dataclass(frozen=True, slots=True)
class Row:
    """One message type. Shape: `from_fhir` is None for what is only read; `write` makes the bytes of its value."""

    payload: type
    to_fhir: Mapper
    from_fhir: WayBack | None = None
    write: Callable[[Any], bytes] = render


def _epikrise(namespace: str) -> Row:
    return Row(
        Epikrise,
        epikrise.reader(namespace),
        epikrise.writer(namespace),
        epikrise.render_epikrise(namespace),
    )


_LOGISTICS: Final = Row(Pasientlogistikk, pasientlogistikk.to_fhir, to_pasientlogistikk.from_fhir)


def _dialog_1_0(to_fhir: Mapper) -> Row:
    return Row(dialogmelding_1_0.Dialogmelding, to_fhir, dialog_1_0.from_fhir)


def _dialog_1_1(to_fhir: Mapper) -> Row:
    return Row(dialogmelding.Dialogmelding, to_fhir, dialog_1_1.from_fhir)


MAPPERS: Final[dict[tuple[str, str], Row]] = {
    ("UTSKRIVNINGSRAPPORT", UTSKRIVNINGSRAPPORT): Row(
        TverrfagligEpikrise,
        utskrivningsrapport.to_fhir,
        to_utskrivningsrapport.from_fhir,
    ),
    ("LOG_INNLAGT", PASIENTLOGISTIKK): _LOGISTICS,
    ("LOG_UTSKRIVNINGSKLAR", PASIENTLOGISTIKK): _LOGISTICS,
    ("LOG_AVMELDING", PASIENTLOGISTIKK): _LOGISTICS,
    ("LOG_UTSKREVET", PASIENTLOGISTIKK): _LOGISTICS,
    ("LOG_DOD", PASIENTLOGISTIKK): _LOGISTICS,
    ("DIALOG_FORESPORSEL", DIALOG_1_0): _dialog_1_0(foresporsel.to_fhir),
    ("DIALOG_SVAR", DIALOG_1_0): _dialog_1_0(svar.to_fhir),
    ("DIALOG_NOTAT", DIALOG_1_0): _dialog_1_0(notat.to_fhir),
    ("DIALOG_AVVIK", DIALOG_1_0): _dialog_1_0(avvik.to_fhir),
    ("DIALOG_HELSEFAGLIG", DIALOG_1_1): _dialog_1_1(helsefaglig.to_fhir),
    ("DIALOG_STATUS_HENVISNING", DIALOG_1_1): _dialog_1_1(status_henvisning.to_fhir),
    ("EPIKRISE", EPIKRISE_1_2): _epikrise(EPIKRISE_1_2),
    ("E", EPIKRISE_1_1): _epikrise(EPIKRISE_1_1),
}
"""(MsgInfo/Type/@V, payload namespace) → the row."""


def find_mapper(message_type: str, namespace: str) -> Mapper | None:
    """A message type and the namespace of its payload → the mapper, or None when there is none."""
    row = MAPPERS.get((message_type, namespace))
    return row.to_fhir if row else None


def message_to_fhir(message: MsgHead, context: Context) -> Translation[Draft]:
    """A MsgHead that `find_mapper` has a row for, and what must be told beside it → Draft.

    Problems: those of the mapper; MESSAGE_TYPE_UNSUPPORTED is raised when no mapper reads the payload.
    """
    payload = payload_of(message)
    kind = message.msg_info.type.v or ""
    row = next(
        (r for (t, _), r in MAPPERS.items() if t == kind and isinstance(payload, r.payload)), None
    )
    if row is None:
        raise fail(ProblemCode.MESSAGE_TYPE_UNSUPPORTED, "No mapper reads this message", "/MsgHead")
    return row.to_fhir(message, payload, context)


def payload_of(message: MsgHead) -> object:
    """A MsgHead → what stands in the Content of its first document, or None."""
    inline = message.document[0].ref_doc.content if message.document else None
    return inline.elements[0] if inline and inline.elements else None
