"""Municipal services that are needed, in PLO messages ↔ ServiceRequest.

Source: plo.md §5 (TjenesteBehov), list 9151.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.plo.components import TjenesteBehov
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.both_ways.form import Form, Pen
from hub.mapping.both_ways.lines import At, Worded
from hub.mapping.plo.fixed import label, request

FOLLOW_UP: Final = "Oppfølging etter utskriving"


def _frame(pen: Pen) -> dict[str, Any]:
    return {**request(pen, FOLLOW_UP, "proposal"), "performer": [pen.desk.receiver]}


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
