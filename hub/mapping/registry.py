"""The table of mappers: message type and payload namespace → who makes FHIR of it, and who makes it of FHIR.

Source: plo.md §1 (types, namespaces); MsgInfo/Type code list 8279.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hub.emessage import dialogmelding, dialogmelding_1_0
from hub.emessage import namespaces as ns
from hub.emessage.apprec import AppRec, render_app_rec
from hub.emessage.epikrise import Epikrise
from hub.emessage.henvisning import Henvisning
from hub.emessage.henvisning_1 import HenvisningMessage
from hub.emessage.message_types import AppRecVersion
from hub.emessage.msghead import MsgHead
from hub.emessage.plo.helseopplysninger import HelseopplysningerVedSoknad
from hub.emessage.plo.helseopplysninger_til_lege import Konsultasjon
from hub.emessage.plo.innleggelsesrapport import Innleggelsesrapport
from hub.emessage.plo.medisinske_opplysninger import OverforingMedisinskeOpplysninger
from hub.emessage.plo.orientering_om_tjenestetilbud import OrienteringOmTjenestetilbud
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.emessage.plo.v1_5 import helseopplysninger_ved_soknad as soknad_1_5
from hub.emessage.plo.v1_5.melding_fravar import MeldingFravar
from hub.emessage.table_build import render
from hub.mapping import fhir_to_plo as to_plo
from hub.mapping import plo_to_fhir as plo
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
from hub.mapping.fhir_to_plo.edition_1_5 import as_1_5
from hub.mapping.letter import apprec, epikrise, henvisning_1, henvisning_2
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


def _henvisning_1(namespace: str) -> Row:
    return Row(
        HenvisningMessage,
        henvisning_1.reader(namespace),
        henvisning_1.writer(namespace),
        henvisning_1.render_henvisning(namespace),
    )


_REFERRAL: Final = Row(Henvisning, henvisning_2.to_fhir, henvisning_2.from_fhir)


def _as_1_5(row: Row) -> Row:
    """A row of 1.6 → the row of 1.5: read the same way, told and written as 1.5 can hold it."""
    back = row.from_fhir
    assert back is not None
    return Row(row.payload, row.to_fhir, lambda record: as_1_5(back(record)))


_LOGISTICS: Final = Row(
    Pasientlogistikk, plo.pasientlogistikk.to_fhir, to_plo.pasientlogistikk.from_fhir
)
# Type → namespaces of 1.6 and 1.5, and the row of 1.6
_PLO: Final[dict[str, tuple[str, str, Row]]] = {
    "UTSKRIVNINGSRAPPORT": (
        ns.UTSKRIVNINGSRAPPORT,
        ns.UTSKRIVNINGSRAPPORT_1_5,
        Row(
            TverrfagligEpikrise,
            plo.utskrivningsrapport.to_fhir,
            to_plo.utskrivningsrapport.from_fhir,
        ),
    ),
    "INNLEGGELSESRAPPORT": (
        ns.INNLEGGELSESRAPPORT,
        ns.INNLEGGELSESRAPPORT_1_5,
        Row(
            Innleggelsesrapport,
            plo.innleggelsesrapport.to_fhir,
            to_plo.innleggelsesrapport.from_fhir,
        ),
    ),
    "HELSEOPPLYSNINGER_LEGE": (
        ns.HELSEOPPLYSNINGER_TIL_LEGE,
        ns.HELSEOPPLYSNINGER_TIL_LEGE_1_5,
        Row(
            Konsultasjon,
            plo.helseopplysninger_til_lege.to_fhir,
            to_plo.helseopplysninger_til_lege.from_fhir,
        ),
    ),
    "ORIENTERING_TJENESTETILBUD": (
        ns.ORIENTERING_OM_TJENESTETILBUD,
        ns.ORIENTERING_OM_TJENESTETILBUD_1_5,
        Row(
            OrienteringOmTjenestetilbud,
            plo.orientering_om_tjenestetilbud.to_fhir,
            to_plo.orientering_om_tjenestetilbud.from_fhir,
        ),
    ),
    "MEDISINSKE_OPPLYSNINGER": (
        ns.MEDISINSKE_OPPLYSNINGER,
        ns.MEDISINSKE_OPPLYSNINGER_1_5,
        Row(
            OverforingMedisinskeOpplysninger,
            plo.medisinske_opplysninger.to_fhir,
            to_plo.medisinske_opplysninger.from_fhir,
        ),
    ),
    **dict.fromkeys(
        ("LOG_INNLAGT", "LOG_UTSKRIVNINGSKLAR", "LOG_AVMELDING", "LOG_UTSKREVET", "LOG_DOD"),
        (ns.PASIENTLOGISTIKK, ns.PASIENTLOGISTIKK_1_5, _LOGISTICS),
    ),
}


def _dialog_1_0(to_fhir: Mapper) -> Row:
    return Row(dialogmelding_1_0.Dialogmelding, to_fhir, dialog_1_0.from_fhir)


def _dialog_1_1(to_fhir: Mapper) -> Row:
    return Row(dialogmelding.Dialogmelding, to_fhir, dialog_1_1.from_fhir)


MAPPERS: Final[dict[tuple[str, str], Row]] = {
    **{(kind, new): row for kind, (new, _, row) in _PLO.items()},
    **{(kind, old): _as_1_5(row) for kind, (_, old, row) in _PLO.items()},
    ("HELSEOPPL_SOKNAD", ns.HELSEOPPLYSNINGER): Row(
        HelseopplysningerVedSoknad,
        plo.helseopplysninger.to_fhir,
        to_plo.helseopplysninger.from_fhir,
    ),
    ("DIALOG_FORESPORSEL", ns.DIALOG_1_0): _dialog_1_0(foresporsel.to_fhir),
    ("DIALOG_SVAR", ns.DIALOG_1_0): _dialog_1_0(svar.to_fhir),
    ("DIALOG_NOTAT", ns.DIALOG_1_0): _dialog_1_0(notat.to_fhir),
    ("DIALOG_AVVIK", ns.DIALOG_1_0): _dialog_1_0(avvik.to_fhir),
    ("DIALOG_HELSEFAGLIG", ns.DIALOG_1_1): _dialog_1_1(helsefaglig.to_fhir),
    ("DIALOG_STATUS_HENVISNING", ns.DIALOG_1_1): _dialog_1_1(status_henvisning.to_fhir),
    ("HENVISNING_NYTILSTAND", ns.HENVISNING_2_0): _REFERRAL,
    ("HENVISNING_VIDERE", ns.HENVISNING_2_0): _REFERRAL,
    ("HENVISNING", ns.HENVISNING_1_1): _henvisning_1(ns.HENVISNING_1_1),
    ("H", ns.HENVISNING_1_0): _henvisning_1(ns.HENVISNING_1_0),
    ("EPIKRISE", ns.EPIKRISE_1_2): _epikrise(ns.EPIKRISE_1_2),
    ("E", ns.EPIKRISE_1_1): _epikrise(ns.EPIKRISE_1_1),
    ("HELSEOPPL_SOKNAD", ns.HELSEOPPLYSNINGER_1_5): _as_1_5(
        Row(
            soknad_1_5.HelseopplysningerVedSoknad,
            plo.helseopplysninger_ved_soknad.to_fhir,
            to_plo.helseopplysninger_ved_soknad.from_fhir,
        )
    ),
    ("FRAVARSMELDING", ns.MELDING_FRAVAR): _as_1_5(
        Row(MeldingFravar, plo.melding_fravar.to_fhir, to_plo.melding_fravar.from_fhir)
    ),
}
"""(MsgInfo/Type/@V, payload namespace) → the row."""


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A version of the receipt, which has no payload and is no letter: its way back alone."""

    from_fhir: WayBack
    write: Callable[[Any], bytes]


def _receipt(version: AppRecVersion) -> ReceiptRow:
    def write(receipt: AppRec) -> bytes:
        return render_app_rec(receipt, version)

    return ReceiptRow(apprec.from_record(version), write)


RECEIPTS: Final[dict[AppRecVersion, ReceiptRow]] = {"1.1": _receipt("1.1"), "1.0": _receipt("1.0")}
"""The version of a receipt → its row; `letter/apprec.py` makes FHIR of both."""


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
