"""InformasjonOmForsendelsen of PLO messages ↔ the Communication that stands for the message.

Source: plo.md §3, §5 (InformasjonOmForsendelsen, Foresporsel), lists 7309, 9067.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.plo.components import Foresporsel, InformasjonOmForsendelsen
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.communication_request import CommunicationRequest
from hub.fhir.models.r4.datatypes import Coding, Meta
from hub.mapping.both_ways.coarse import Coarse
from hub.mapping.both_ways.form import Form, Pen
from hub.mapping.both_ways.lines import At, Worded
from hub.mapping.both_ways.sheet import Sheet, closed
from hub.mapping.both_ways.spell import Spell
from hub.mapping.both_ways.ways import reference_to
from hub.mapping.message_urls import ACT_CODE, CODE_AS_SENT

_NO_REDISCLOSURE: Final = Coding(
    system=ACT_CODE, code="NORDSCLCD", display="no redisclosure without consent directive"
)

_QUESTION: Final = Form(
    Foresporsel,
    CommunicationRequest,
    At("type_foresp", "category[0]"),
    At("type_journalinfo", "category[1]"),
    Worded("formal", "begrunnelse", "reasonCode[0]"),
    Coarse("hastegrad", "priority", {"1": "stat"}),
    At("sporsmal", "payload[0].contentString"),
    Spell("fra_dato", "til_dato", "occurrencePeriod"),
    At("ref_dok_id_foresp", "identifier[0].value"),
    fixed=lambda pen: {"status": "completed", "subject": pen.desk.patient},
)


def _labels(value: InformasjonOmForsendelsen, sheet: Sheet, _pen: Pen) -> None:
    if value.forbehold_om_videresending:
        sheet["meta"] = Meta(security=(_NO_REDISCLOSURE,))


SHIPMENT: Final = Form(
    InformasjonOmForsendelsen,
    Communication,
    At("forsendelsesstatus", f"@{CODE_AS_SENT}"),
    At("foresporsel", "basedOn[0]", reference_to(_QUESTION)),
    also=_labels,
)


def to_shipment(value: InformasjonOmForsendelsen, pen: Pen) -> dict[str, Any]:
    """InformasjonOmForsendelsen → the elements of the Communication that tell it: extension, basedOn, meta."""
    sheet = Sheet(Communication)
    SHIPMENT.fill(value, sheet, pen)
    return closed(sheet)
