"""Municipal services in PLO messages, needed or already there ↔ ServiceRequest.

Source: plo.md §5 (TjenesteBehov, EksisterendeTjeneste), list 9151.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.plo.components import EksisterendeTjeneste, TjenesteBehov
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.both_ways.form import Form, Pen
from hub.mapping.both_ways.lines import At, Worded
from hub.mapping.both_ways.spell import Spell
from hub.mapping.plo.fixed import label, request

FOLLOW_UP: Final = "Oppfølging etter utskriving"
HAS_ALREADY: Final = "Tjeneste pasienten har"


def _frame(pen: Pen) -> dict[str, Any]:
    return {**request(pen, FOLLOW_UP, "proposal"), "performer": (pen.desk.receiver,)}


NEED: Final = Form(
    TjenesteBehov,
    ServiceRequest,
    Worded("iplos_tjenestetype", "betegnelse_tjeneste", "code"),
    At("ved_institusjon", "locationCode[0].text"),
    At("beskrivelse_av_tjeneste", "note[0].text"),
    At("antall_enheter_onsket", "quantityQuantity.value"),
    At("enhet", "quantityQuantity.unit"),
    fixed=_frame,
    label=label,
)

EXISTING: Final = Form(
    EksisterendeTjeneste,
    ServiceRequest,
    Worded("iplos_tjenestetype", "betegnelse_tjeneste", "code"),
    At("tjenesten_levert_av", "performer[0].display"),
    At("antall_enheter", "quantityQuantity.value"),
    At("enhet", "quantityQuantity.unit"),
    Spell("startdato", "sluttdato", "occurrencePeriod"),
    At("merknad", "note[0].text"),
    fixed=lambda pen: request(pen, HAS_ALREADY, "order"),
    label=label,
)
