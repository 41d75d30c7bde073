"""The table of message types: what each is called, who reads it, which receipt answers it.

Source: emessage/README.md "Message → namespace → receipt"; HIS 80704:2014, HIS 80603, HIS 80226, HIS 80517, HIS 80415.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from hub.emessage import dialogmelding_1_0
from hub.emessage import namespaces as ns
from hub.emessage.dialogmelding import Dialogmelding
from hub.emessage.epikrise import EPIKRISES, Epikrise
from hub.emessage.henvisning import Henvisning
from hub.emessage.henvisning_1 import HENVISNINGER, HenvisningMessage
from hub.emessage.plo.helseopplysninger import HelseopplysningerVedSoknad
from hub.emessage.plo.helseopplysninger_til_lege import Konsultasjon
from hub.emessage.plo.innleggelsesrapport import Innleggelsesrapport
from hub.emessage.plo.medisinske_opplysninger import OverforingMedisinskeOpplysninger
from hub.emessage.plo.orientering_om_tjenestetilbud import OrienteringOmTjenestetilbud
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.emessage.plo.v1_5 import helseopplysninger_ved_soknad as v1_5
from hub.emessage.plo.v1_5.edition import PLO_1_5
from hub.emessage.plo.v1_5.melding_fravar import MeldingFravar
from hub.emessage.table import Edition

AppRecVersion = Literal["1.0", "1.1"]

_PO_2: Final = "http://ehelse.no/xmlstds/po/"


@dataclass(frozen=True, slots=True)
class MessageType:
    """One row.

    Shape: `type` is MsgInfo/Type/@V (or Message/Type/@V), `namespace` and `root` those of the payload; `payload` is the
    value class, None when we know the type and do not read it; `edition` how its tables are read when they are written
    for another one; `receives` whether it is taken in (else T10); `sends` whether we write it; `event` the field of
    Pasientlogistikk that this type must fill.
    """

    type: str
    namespace: str
    root: str
    title: str
    standard: str
    app_rec: AppRecVersion
    payload: type | None = None
    receives: bool = False
    sends: bool = False
    event: str = ""
    edition: Edition | None = None


def _logistics(type_: str, title: str, event: str) -> MessageType:
    return MessageType(
        type_,
        ns.PASIENTLOGISTIKK,
        "Pasientlogistikk",
        title,
        "PLO 1.6",
        "1.1",
        Pasientlogistikk,
        receives=True,
        sends=True,
        event=event,
    )


def _plo_1_6(type_: str, title: str, namespace: str, payload: type) -> MessageType:
    return MessageType(
        type_,
        namespace,
        payload.__name__,
        title,
        "PLO 1.6",
        "1.1",
        payload,
        receives=True,
        sends=True,
    )


def _plo_1_5(type_: str, title: str, namespace: str, payload: type, event: str = "") -> MessageType:
    return MessageType(
        type_,
        namespace,
        payload.__name__,
        title,
        "PLO 1.5",
        "1.0",
        payload,
        receives=True,
        sends=True,
        event=event,
        edition=PLO_1_5,
    )


def _dialog_1_0(type_: str, title: str) -> MessageType:
    return MessageType(
        type_,
        ns.DIALOG_1_0,
        "Dialogmelding",
        title,
        "Dialogmelding 1.0",
        "1.0",
        dialogmelding_1_0.Dialogmelding,
        receives=True,
        sends=True,
    )


def _dialog_1_1(type_: str, title: str) -> MessageType:
    return MessageType(
        type_,
        ns.DIALOG_1_1,
        "Dialogmelding",
        title,
        "Dialogmelding 1.1",
        "1.1",
        Dialogmelding,
        receives=True,
        sends=True,
    )


def _referral(type_: str, title: str) -> MessageType:
    return MessageType(
        type_,
        ns.HENVISNING_2_0,
        "Henvisning",
        title,
        "Henvisning 2.0",
        "1.1",
        Henvisning,
        receives=True,
        sends=True,
    )


def _letter(type_: str, standard: str, app_rec: AppRecVersion, namespace: str) -> MessageType:
    """A message with an envelope of its own: its root is Message."""
    title = standard.partition(" ")[0]
    edition = EPIKRISES.get(namespace) or HENVISNINGER[namespace]
    payload = Epikrise if namespace in EPIKRISES else HenvisningMessage
    return MessageType(
        type_,
        namespace,
        "Message",
        title,
        standard,
        app_rec,
        payload,
        receives=True,
        sends=namespace == ns.EPIKRISE_1_2,
        edition=edition,
    )


def _plo_2_0(namespace: str, root: str) -> MessageType:
    """Not deployed: the type names were withdrawn with the documents, so any type in these namespaces is meant."""
    return MessageType("", _PO_2 + namespace, root, f"{root} (PLO 2.0)", "PLO 2.0", "1.1")


MESSAGE_TYPES: Final = (
    _logistics("LOG_INNLAGT", "Melding om innlagt pasient", "melding_innlagt_pasient"),
    _logistics(
        "LOG_UTSKRIVNINGSKLAR",
        "Melding om utskrivningsklar pasient",
        "melding_utskrivningsklar_pasient",
    ),
    _logistics(
        "LOG_AVMELDING",
        "Avmelding av utskrivningsklar pasient",
        "avmelding_utskrivningsklar_pasient",
    ),
    _logistics("LOG_UTSKREVET", "Melding om utskrevet pasient", "melding_om_utskrevet_pasient"),
    _logistics("LOG_DOD", "Orientering om dødsfall", "orientering_om_dod"),
    MessageType(
        "UTSKRIVNINGSRAPPORT",
        ns.UTSKRIVNINGSRAPPORT,
        "TverrfagligEpikrise",
        "Utskrivningsrapport",
        "PLO 1.6",
        "1.1",
        TverrfagligEpikrise,
        receives=True,
        sends=True,
    ),
    _plo_1_6(
        "INNLEGGELSESRAPPORT", "Innleggelsesrapport", ns.INNLEGGELSESRAPPORT, Innleggelsesrapport
    ),
    _plo_1_6(
        "HELSEOPPL_SOKNAD", "Helseopplysninger", ns.HELSEOPPLYSNINGER, HelseopplysningerVedSoknad
    ),
    _plo_1_6(
        "HELSEOPPLYSNINGER_LEGE",
        "Helseopplysninger til lege",
        ns.HELSEOPPLYSNINGER_TIL_LEGE,
        Konsultasjon,
    ),
    _plo_1_6(
        "ORIENTERING_TJENESTETILBUD",
        "Orientering om tjenestetilbud",
        ns.ORIENTERING_OM_TJENESTETILBUD,
        OrienteringOmTjenestetilbud,
    ),
    _plo_1_6(
        "MEDISINSKE_OPPLYSNINGER",
        "Medisinske opplysninger",
        ns.MEDISINSKE_OPPLYSNINGER,
        OverforingMedisinskeOpplysninger,
    ),
    _plo_1_5(
        "LOG_INNLAGT",
        "Melding om innlagt pasient",
        ns.PASIENTLOGISTIKK_1_5,
        Pasientlogistikk,
        "melding_innlagt_pasient",
    ),
    _plo_1_5(
        "LOG_UTSKRIVNINGSKLAR",
        "Melding om utskrivningsklar pasient",
        ns.PASIENTLOGISTIKK_1_5,
        Pasientlogistikk,
        "melding_utskrivningsklar_pasient",
    ),
    _plo_1_5(
        "LOG_AVMELDING",
        "Avmelding av utskrivningsklar pasient",
        ns.PASIENTLOGISTIKK_1_5,
        Pasientlogistikk,
        "avmelding_utskrivningsklar_pasient",
    ),
    _plo_1_5(
        "LOG_UTSKREVET",
        "Melding om utskrevet pasient",
        ns.PASIENTLOGISTIKK_1_5,
        Pasientlogistikk,
        "melding_om_utskrevet_pasient",
    ),
    _plo_1_5(
        "LOG_DOD",
        "Orientering om dødsfall",
        ns.PASIENTLOGISTIKK_1_5,
        Pasientlogistikk,
        "orientering_om_dod",
    ),
    _plo_1_5(
        "UTSKRIVNINGSRAPPORT",
        "Utskrivningsrapport",
        ns.UTSKRIVNINGSRAPPORT_1_5,
        TverrfagligEpikrise,
    ),
    _plo_1_5(
        "INNLEGGELSESRAPPORT",
        "Innleggelsesrapport",
        ns.INNLEGGELSESRAPPORT_1_5,
        Innleggelsesrapport,
    ),
    _plo_1_5(
        "HELSEOPPL_SOKNAD",
        "Helseopplysninger ved søknad",
        ns.HELSEOPPLYSNINGER_1_5,
        v1_5.HelseopplysningerVedSoknad,
    ),
    _plo_1_5(
        "HELSEOPPLYSNINGER_LEGE",
        "Helseopplysninger til lege",
        ns.HELSEOPPLYSNINGER_TIL_LEGE_1_5,
        Konsultasjon,
    ),
    _plo_1_5(
        "ORIENTERING_TJENESTETILBUD",
        "Orientering om tjenestetilbud",
        ns.ORIENTERING_OM_TJENESTETILBUD_1_5,
        OrienteringOmTjenestetilbud,
    ),
    _plo_1_5(
        "MEDISINSKE_OPPLYSNINGER",
        "Medisinske opplysninger",
        ns.MEDISINSKE_OPPLYSNINGER_1_5,
        OverforingMedisinskeOpplysninger,
    ),
    _plo_1_5("FRAVARSMELDING", "Fraværsmelding", ns.MELDING_FRAVAR, MeldingFravar),
    _plo_2_0("Pasientlogistikk/2016-05-30", "Pasientlogistikk"),
    _plo_2_0("HelseopplysningerSaksbehandling/2016-05-30", "HelseopplysningerSaksbehandling"),
    _plo_2_0("Sammenfatning/2016-05-30", "Sammenfatning"),
    _dialog_1_0("DIALOG_FORESPORSEL", "Forespørsel"),
    _dialog_1_0("DIALOG_SVAR", "Svar på forespørsel"),
    _dialog_1_0("DIALOG_NOTAT", "Notat"),
    _dialog_1_0("DIALOG_AVVIK", "Tilbakemelding om feil i mottatt melding"),
    _dialog_1_1("DIALOG_HELSEFAGLIG", "Helsefaglig dialog"),
    _dialog_1_1("DIALOG_STATUS_HENVISNING", "Status på henvisning"),
    _referral("HENVISNING_NYTILSTAND", "Henvisning ny tilstand"),
    _referral("HENVISNING_VIDERE", "Viderehenvisning"),
    _letter("EPIKRISE", "Epikrise 1.2", "1.1", ns.EPIKRISE_1_2),
    _letter("E", "Epikrise 1.1", "1.0", ns.EPIKRISE_1_1),
    _letter("HENVISNING", "Henvisning 1.1", "1.1", ns.HENVISNING_1_1),
    _letter("H", "Henvisning 1.0", "1.0", ns.HENVISNING_1_0),
)

_BY_KEY: Final = {(row.type, row.namespace): row for row in MESSAGE_TYPES}
_LETTERS: Final = {row.namespace: row for row in MESSAGE_TYPES if row.root == "Message"}
_BY_NAMESPACE: Final = {row.namespace: row for row in reversed(MESSAGE_TYPES)}


_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$", re.ASCII)
_SINCE: Final = "2012-02-15"
"""The date of AppRec 1.1; standards made before it know 1.0 alone."""


def find(type_: str, namespace: str) -> MessageType | None:
    """Type code and payload namespace → the row, or None when the pair is in no standard.

    A letter with an envelope of its own is what its namespace says: its schema lets `Type` be left out.
    """
    return (
        _BY_KEY.get((type_, namespace)) or _BY_KEY.get(("", namespace)) or _LETTERS.get(namespace)
    )


def find_by_namespace(namespace: str) -> MessageType | None:
    """A payload namespace → the first row that has it, for what is read whatever it calls itself."""
    return _BY_NAMESPACE.get(namespace)


def app_rec_version(type_: str, namespace: str) -> AppRecVersion:
    """Type code and payload namespace → the version of the receipt, also for pairs that no row knows.

    The namespace carries the version of the standard; where even that is unknown, its date tells which receipt there was then.
    """
    row = find(type_, namespace) or _BY_NAMESPACE.get(namespace)
    if row is not None:
        return row.app_rec
    made = _DATE.search(namespace)
    return "1.0" if made is not None and made[0] < _SINCE else "1.1"
