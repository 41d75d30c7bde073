"""The PLO messages a person may send: what each may be (new, changed, withdrawn) and what it cannot be without.

Source: plo.md §1 (status codes), §2 (who sends what, must contain), §3 (TidsfestetHendelse: who writes what).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.emessage.codes.code_list import CodeList
from hub.emessage.codes.innhold_helseopplysninger_9140 import INNHOLD_HELSEOPPLYSNINGER
from hub.emessage.codes.innhold_helseopplysninger_til_lege_9137 import (
    INNHOLD_HELSEOPPLYSNINGER_TIL_LEGE,
)
from hub.emessage.codes.innhold_medisinske_opplysninger_9138 import INNHOLD_MEDISINSKE_OPPLYSNINGER
from hub.emessage.codes.innhold_utskrivningsrapport_9139 import INNHOLD_UTSKRIVNINGSRAPPORT
from hub.emessage.plo.pasientlogistikk import (
    AvmeldingUtskrivningsklarPasient,
    MeldingInnlagtPasient,
    MeldingOmUtskrevetPasient,
    MeldingUtskrivningsklarPasient,
    OrienteringOmDod,
)
from hub.mapping.stay import ADMITTED, DEAD, DISCHARGED, NOT_READY, READY


@dataclass(frozen=True, slots=True)
class Logistics:
    """A logistics message: its field of Pasientlogistikk, its class, whether it may tell several events."""

    field: str
    block: type
    several: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One message type.

    Shape: `changes`: M is allowed beside N and C. `needs` are the events (9121) it cannot be without, `also` those told
    when they are known. `named`: the professional who decided or answers for it is named. `contents` is the list of what
    the content is said to be, `usual` (new, changed) the code when the writer says none,
    `answering` that of an answer; without one the message is refused when `contents_needed`. `logistics`: one of the five.
    """

    logistics: Logistics | None = None

    changes: bool = False
    needs: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    named: bool = False
    contents: CodeList | None = None
    usual: tuple[str, str] | None = None
    answering: str | None = None
    contents_needed: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "LOG_INNLAGT": Kind(
        logistics=Logistics("melding_innlagt_pasient", MeldingInnlagtPasient), needs=(ADMITTED,)
    ),
    "LOG_UTSKRIVNINGSKLAR": Kind(
        logistics=Logistics(
            "melding_utskrivningsklar_pasient", MeldingUtskrivningsklarPasient, several=True
        ),
        needs=(ADMITTED, READY),
        named=True,
    ),
    "LOG_AVMELDING": Kind(
        logistics=Logistics(
            "avmelding_utskrivningsklar_pasient", AvmeldingUtskrivningsklarPasient, several=True
        ),
        needs=(NOT_READY,),
        also=(ADMITTED, READY),
        named=True,
    ),
    "LOG_UTSKREVET": Kind(
        logistics=Logistics("melding_om_utskrevet_pasient", MeldingOmUtskrevetPasient),
        needs=(DISCHARGED,),
    ),
    "LOG_DOD": Kind(logistics=Logistics("orientering_om_dod", OrienteringOmDod), needs=(DEAD,)),
    "INNLEGGELSESRAPPORT": Kind(changes=True),
    "HELSEOPPL_SOKNAD": Kind(
        changes=True, needs=(READY,), contents=INNHOLD_HELSEOPPLYSNINGER, usual=("1", "2")
    ),
    "HELSEOPPLYSNINGER_LEGE": Kind(
        contents=INNHOLD_HELSEOPPLYSNINGER_TIL_LEGE, answering="2", contents_needed=True
    ),
    "ORIENTERING_TJENESTETILBUD": Kind(),
    "MEDISINSKE_OPPLYSNINGER": Kind(contents=INNHOLD_MEDISINSKE_OPPLYSNINGER, answering="4"),
    "UTSKRIVNINGSRAPPORT": Kind(
        changes=True,
        also=(ADMITTED, DISCHARGED),
        named=True,
        contents=INNHOLD_UTSKRIVNINGSRAPPORT,
        usual=("11", "11"),
    ),
}
"""Type of list 8279 → what is known of it. An automatic Fraværsmelding is nothing a person writes."""
