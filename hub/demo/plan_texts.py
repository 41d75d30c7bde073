"""What the demo's self-care plans say to the patient: what matters, goals, the table of zones, when to measure.

Source: dho/requirements.md 119–122 and 171.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.demo.people import DIABETES, HEART, MAIN, PRESSURE, TRIAL, VALVE
from hub.mapping.plan_text import PlanText, Schedule, ZoneText

_STOP: Final = "Ring 113 ved tungpust i hvile eller brystsmerter."
_TWICE: Final = Schedule(("07:45", "19:40"))
_MORNING: Final = Schedule(("07:45",))

TEXTS: Final[Mapping[str, PlanText]] = {
    MAIN: PlanText(
        title="Egenbehandlingsplan KOLS og hjertesvikt",
        matters="Hytteturer på egen hånd, og krefter til barnebarna.",
        goals=("Én hyttetur i måneden", "Holde vekten over 60 kg", "Gå til postkassen hver dag"),
        zones=(
            ZoneText("green", "Pusten er som vanlig.", "Ta faste medisiner og gå en tur."),
            ZoneText(
                "yellow",
                "Mer tungpust, mer slim eller hovne ankler.",
                "Bruk behovsmedisin, hvil, mål på nytt etter en time. Oppfølgingstjenesten ringer.",
            ),
            ZoneText("red", "Tungpust i hvile eller forvirring.", _STOP),
        ),
        schedules={
            "spo2": _TWICE,
            "pulse": _TWICE,
            "bp": _MORNING,
            "weight": Schedule(("07:45",), ("mon",)),
        },
    ),
    HEART: PlanText(
        title="Egenbehandlingsplan hjertesvikt",
        matters="Stelle hagen og sove i egen seng.",
        goals=("Vekt mellom 67 og 72,5 kg",),
        zones=(
            ZoneText("green", "Puster fritt, ingen hevelse.", "Vei deg hver morgen."),
            ZoneText("yellow", "Vekten stiger eller anklene hovner.", "Ring oppfølgingstjenesten."),
            ZoneText("red", "Tungpust i hvile.", _STOP),
        ),
        schedules={"weight": Schedule(("07:05",)), "bp": Schedule(("07:10",))},
    ),
    DIABETES: PlanText(
        title="Egenbehandlingsplan diabetes",
        matters="Gå på ski uten å bli redd for føling.",
        goals=("Sju av ti målinger mellom 3,9 og 10 mmol/L",),
        zones=(
            ZoneText("green", "Føler deg bra.", "Fortsett som før."),
            ZoneText(
                "yellow", "Skjelven, svett eller svært tørst.", "Mål på nytt, spis eller drikk."
            ),
            ZoneText("red", "Forvirret eller kaster opp.", "Ring 113."),
        ),
        schedules={"glucose": Schedule(("07:00", "11:40", "17:15"))},
    ),
    VALVE: PlanText(
        title="Egenbehandlingsplan Marevan",
        matters="Reise til søsteren uten å lete opp et legekontor.",
        goals=("INR mellom 2,5 og 3,5",),
        zones=(
            ZoneText("green", "Ingen blødning.", "Mål hver uke, ta avtalt dose."),
            ZoneText(
                "yellow", "Blåmerker eller neseblødning.", "Oppfølgingstjenesten ringer om dosen."
            ),
            ZoneText("red", "Blødning som ikke stanser.", "Ring 113."),
        ),
        schedules={"inr": Schedule(("09:10",), ("tue",))},
    ),
    PRESSURE: PlanText(
        title="Egenbehandlingsplan høyt blodtrykk",
        matters="Slippe å tenke på blodtrykket hver dag.",
        goals=("Under 135/85 i snitt",),
        zones=(
            ZoneText("green", "Ingen plager.", "Mål morgen og kveld."),
            ZoneText("yellow", "Hodepine eller svimmel.", "Sitt fem minutter, mål på nytt."),
            ZoneText("red", "Sterk hodepine eller synsforstyrrelse.", "Ring 113."),
        ),
        schedules={"bp": Schedule(("06:50", "20:15"))},
    ),
    TRIAL: PlanText(
        title="Utprøving av digital hjemmeoppfølging, KOLS",
        matters="Finne ut om målingene hjelper.",
        goals=("Måle hver dag i tre uker",),
        zones=(ZoneText("green", "Pusten er som vanlig.", "Mål hver morgen og kveld."),),
        schedules={"spo2": Schedule(("08:20", "20:00"))},
    ),
}
