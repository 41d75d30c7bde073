"""What nurses and other professions write in PLO messages ↔ sections, with what is structured in them as resources.

Source: plo.md §5 (Sykepleierdokumentasjon, OpplysningerAndreFaggrupper), list 9141.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.epj import GenereltJournalnotat
from hub.emessage.plo.components import (
    AndreFagrapporter,
    InfoAndreViktigeOpplysninger,
    InfoAvtaleOmLegemiddeladm,
    InfoFraSykepleier,
    InfoMaalForventetRes,
    MedisinskfagligeOpplysninger,
    OpplysningerAndreFaggrupper,
    OpplysningerRelevantOppfolging,
    Sykepleierdokumentasjon,
)
from hub.mapping.both_ways.lines import At
from hub.mapping.plo.allergies import ALLERGY, CAVE
from hub.mapping.plo.diagnoses import BLOOD_GROUP, ILLNESSES
from hub.mapping.plo.functions import ASSESSMENT, RESPONSIBLE
from hub.mapping.plo.journal import Journal
from hub.mapping.plo.measures import AGREEMENT, GOAL, MEASURES_ADVISED, MEASURES_BEGUN
from hub.mapping.plo.medication import GIVEN
from hub.mapping.plo.sections import Entry, Group, Sub, section

_NOTE: Final = section(GenereltJournalnotat, Journal("journaltekst"))

MEDICAL: Final = section(
    MedisinskfagligeOpplysninger,
    Group("registrert_blodtype", BLOOD_GROUP),
    Sub("info_tidligere_sykdommer", ILLNESSES),
    Sub("cave", CAVE),
    Group("allerginotat", ALLERGY),
    Sub("generelt_journalnotat", _NOTE),
)

OTHER_IMPORTANT: Final = section(
    InfoAndreViktigeOpplysninger,
    Sub("generelt_journalnotat", _NOTE),
    Group("allerginotat", ALLERGY),
)

NURSING: Final = section(
    Sykepleierdokumentasjon,
    Sub(
        "info_fra_sykepleier",
        section(
            InfoFraSykepleier,
            Sub("opplysninger_relevant_oppfolging", section(OpplysningerRelevantOppfolging)),
            Journal("journaltekst"),
        ),
    ),
    Sub("legemidler_administrert_ved_overforing", GIVEN),
    Sub(
        "info_avtale_om_legemiddeladm",
        section(InfoAvtaleOmLegemiddeladm, Entry("avtale_om_adm_legemidler", AGREEMENT)),
    ),
    Sub("info_vurderinger", ASSESSMENT),
    Group("iverksatte_tiltak", MEASURES_BEGUN),
    Group("anbefalt_videre_tiltak", MEASURES_ADVISED),
    Sub(
        "info_maal_forventet_res",
        section(InfoMaalForventetRes, Entry("innhold_maaldokument", GOAL), Journal("journaltekst")),
    ),
    Sub("ansvarlig", RESPONSIBLE),
)

OTHER_PROFESSIONS: Final = section(
    OpplysningerAndreFaggrupper,
    Sub(
        "andre_fagrapporter",
        section(AndreFagrapporter, At("ansvarlig_rapport", "author[0]"), Journal("journaltekst")),
    ),
    Group("anbefalt_videre_tiltak", MEASURES_ADVISED),
    Sub("info_vurderinger", ASSESSMENT),
)
