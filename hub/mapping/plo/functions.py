"""Function scores and assessments of PLO messages ↔ Observation.

Source: plo.md §3 ("Function scores"), §5; lists 9111 (IPLOS), 9115 (GAF), 9536, 9060, 9131.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.plo.components import (
    Ansvarlig,
    Enkeltvurdering,
    InfoKartleggingFunksjonsniva,
    InfoVurderinger,
    InnholdVurdering,
    KartlagtFunksjon,
    SamletVurderingFunksjonsniva,
)
from hub.fhir.models.r4.observation import Observation, ObservationComponent
from hub.mapping.both_ways.coded import NOT_TOLD
from hub.mapping.both_ways.form import Form, Pen
from hub.mapping.both_ways.lines import At, Worded
from hub.mapping.both_ways.people import category_way
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.spell import Spell
from hub.mapping.both_ways.ways import as_struct
from hub.mapping.codes import concept, words
from hub.mapping.plo.fixed import label, observation
from hub.mapping.plo.journal import Journal
from hub.mapping.plo.sections import Entry, Group, Sub, section
from hub.mapping.urls import OBSERVATION_CATEGORY

_SURVEY: Final = concept(OBSERVATION_CATEGORY, "survey", "Survey")
_EXAM: Final = concept(OBSERVATION_CATEGORY, "exam", "Exam")
_WHOLE: Final = words("Samlet vurdering av funksjonsnivå: pleietyngde")


def _must_have_code(_value: Any, sheet: Sheet, _pen: Pen) -> None:
    sheet.setdefault("code", NOT_TOLD)


SCORE: Final = Form(
    KartlagtFunksjon,
    Observation,
    At("funksjonsvariabel", "code"),
    At("vurdering", "valueInteger"),
    At("merknad", "note[0].text"),
    fixed=lambda pen: observation(pen, _SURVEY),
    also=_must_have_code,
    label=label,
)
_OVERALL: Final = Form(
    SamletVurderingFunksjonsniva,
    Observation,
    At("pleietyngde", "valueQuantity.value"),
    At("vurdering_pleietyngde", "interpretation[0].text"),
    At("merknad", "note[0].text"),
    fixed=lambda pen: observation(pen, _SURVEY, _WHOLE),
)

RESPONSIBLE: Final = section(Ansvarlig, At("ansvarlig_tjenesteyter", "author[0]"))

FUNCTIONS: Final = section(
    InfoKartleggingFunksjonsniva,
    Group("samlet_vurdering_funksjonsniva", _OVERALL),
    Entry("kartlagt_funksjon", SCORE),
    Sub("ansvarlig", RESPONSIBLE),
)

_SINGLE: Final = Form(
    Enkeltvurdering,
    ObservationComponent,
    At("funksjonsomrade", "code"),
    Worded("kodet_vurdering", "vurdering_tekst", "valueCodeableConcept"),
    also=_must_have_code,
)
_ASSESSMENT: Final = Form(
    InnholdVurdering,
    Observation,
    At("vurderingen_gjelder", "code.text"),
    Spell("fra_dato", "til_dato", "effectivePeriod"),
    At("kategori_helsepersonell", "performer[0]", category_way()),
    At("enkeltvurdering", "component", as_struct(_SINGLE)),
    fixed=lambda pen: observation(pen, _EXAM),
    label=label,
)
ASSESSMENT: Final = section(
    InfoVurderinger, Entry("innhold_vurdering", _ASSESSMENT), Journal("journaltekst")
)
