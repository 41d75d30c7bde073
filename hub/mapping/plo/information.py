"""Information given, reservations and help with communication in PLO messages ↔ Communication, Consent, ServiceRequest.

A reservation is kept as the patient's recorded wish; it permits or denies nothing by itself in this hub (no
`provision.type`): a person must act on it.
Source: plo.md §5 (InfoInformasjonGitt, InfoReservasjon, InfoAssistertKommunikasjon), lists 9502, 3303.
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.plo.components import (
    AssistertKommunikasjon,
    InfoAssistertKommunikasjon,
    InfoInformasjonGitt,
    InfoReservasjon,
    InformasjonGitt,
    ReservasjonOnske,
)
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.consent import Consent
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.both_ways.form import Form, Pen
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.codes import concept, words
from hub.mapping.message_urls import (
    CONSENT_CATEGORY,
    CONSENT_SCOPE,
    PARTICIPATION_MODE,
    PLO,
    WITHDRAWN_BY,
)
from hub.mapping.plo.fixed import label, request, ticked
from hub.mapping.plo.sections import Entry, section

_VERBAL: Final = concept(PARTICIPATION_MODE, "VERBAL", "verbal", "Muntlig")
_SCOPE: Final = concept(CONSENT_SCOPE, "treatment", "Treatment")
_CATEGORY: Final = concept(CONSENT_CATEGORY, "acd", "Advance Directive")

INFORMATION_GIVEN: Final = section(
    InfoInformasjonGitt,
    Entry(
        "informasjon_gitt",
        Form(
            InformasjonGitt,
            Communication,
            At("type_informasjon", "topic"),
            At("beskrivelse_informasjon", "payload[0].contentString"),
            ticked("muntlig_informasjon", "medium", _VERBAL, f"{PLO}muntlig-informasjon"),
            At("informasjon_gitt_til", "recipient[0]"),
            At("informasjon_gitt_dato", "sent"),
            At("informasjon_gitt_av", "sender"),
            fixed=lambda pen: {
                "status": "completed",
                "subject": pen.desk.patient,
                "encounter": pen.desk.encounter,
            },
        ),
    ),
)


def _whether_it_stands(value: ReservasjonOnske, sheet: Sheet, _pen: Pen) -> None:
    gone = value.trukket_tilbake_av is not None or value.trukket_tilbake_dato is not None
    sheet["status"] = "inactive" if gone else "active"


RESERVATIONS: Final = section(
    InfoReservasjon,
    Entry(
        "reservasjon_onske",
        Form(
            ReservasjonOnske,
            Consent,
            At("gjelder", "policyRule.text"),
            At("framsatt_av", "performer[0]"),
            At("framsatt_dato", "dateTime"),
            At("trukket_tilbake_av", f"@{WITHDRAWN_BY}"),
            At("trukket_tilbake_dato", "provision.period.end"),
            fixed=lambda pen: {
                "scope": _SCOPE,
                "category": (_CATEGORY,),
                "patient": pen.desk.patient,
            },
            also=_whether_it_stands,
            label=lambda value: value.gjelder.strip()[:200] or None,
        ),
    ),
)


def _what_for(value: AssistertKommunikasjon, sheet: Sheet, _pen: Pen) -> None:
    interpreter = value.behov_tolk_sprak or value.preferert_tolk or value.person_tolkebehov
    sheet["code"] = words("Tolk" if interpreter else "Assistert kommunikasjon")
    if value.behov_opphort_dato is not None:
        sheet["status"] = "completed"


def _frame(pen: Pen) -> dict[str, Any]:
    return request(pen, "Assistert kommunikasjon", "proposal")


ASSISTED: Final = Form(
    AssistertKommunikasjon,
    ServiceRequest,
    At("person_tolkebehov", "supportingInfo[0]"),
    At("behov_tolk_sprak", "orderDetail[0]"),
    At("preferert_tolk", "performer[0]"),
    At("behov_opphort_dato", "occurrencePeriod.end"),
    At("merknad", "note[0].text"),
    fixed=_frame,
    also=_what_for,
    label=label,
)
ASSISTED_WRAPPED: Final = section(
    InfoAssistertKommunikasjon, Entry("assistert_kommunikasjon", ASSISTED)
)
