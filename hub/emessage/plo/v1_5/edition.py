"""PLO 1.5 as a difference from 1.6: other namespaces, four fields fewer, two that must be there.

Helseopplysninger ved søknad and Fraværsmelding have tables of their own beside this file.
Source: poKomponent-v1.5.xsd (2009-06-30) against poKomponent-v1.6.xsd (2012-04-01).
"""

from __future__ import annotations

from typing import Final

from hub.emessage import namespaces as ns
from hub.emessage.plo.components import (
    InfoKontrolltime,
    InformasjonGitt,
    MedisinskDiagnose,
    OpplysningerRelevantOppfolging,
    ParorendeForesatt,
)
from hub.emessage.table import Edition

PLO_1_5: Final = Edition(
    "PLO 1.5",
    (
        (ns.PO, ns.PO_1_5),
        (ns.PASIENTLOGISTIKK, ns.PASIENTLOGISTIKK_1_5),
        (ns.UTSKRIVNINGSRAPPORT, ns.UTSKRIVNINGSRAPPORT_1_5),
        (ns.INNLEGGELSESRAPPORT, ns.INNLEGGELSESRAPPORT_1_5),
        (ns.HELSEOPPLYSNINGER_TIL_LEGE, ns.HELSEOPPLYSNINGER_TIL_LEGE_1_5),
        (ns.ORIENTERING_OM_TJENESTETILBUD, ns.ORIENTERING_OM_TJENESTETILBUD_1_5),
        (ns.MEDISINSKE_OPPLYSNINGER, ns.MEDISINSKE_OPPLYSNINGER_1_5),
    ),
    without=frozenset(
        {
            (ParorendeForesatt, "fodselsar_mindrearig_parorende"),
            (InfoKontrolltime, "informasjon_om_tentativ_time"),
            (OpplysningerRelevantOppfolging, "merknad_til_bandasjemateriell"),
            (OpplysningerRelevantOppfolging, "merknad_til_legemiddeladministrering"),
        }
    ),
    needed=frozenset(
        {(MedisinskDiagnose, "hoveddiagnose"), (InformasjonGitt, "muntlig_informasjon")}
    ),
)
