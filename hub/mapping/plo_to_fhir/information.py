"""Information given, reservations and help with communication in PLO messages → Communication, Consent, ServiceRequest.

A reservation is kept as the patient's recorded wish; it permits or denies nothing by itself in this hub (no
`provision.type`): a person must act on it.
Source: plo.md §5 (InfoInformasjonGitt, InfoReservasjon, InfoAssistertKommunikasjon), lists 9502, 3303.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.emessage.felles import Person
from hub.emessage.plo.components import (
    AssistertKommunikasjon,
    InfoAssistertKommunikasjon,
    InfoInformasjonGitt,
    InfoReservasjon,
    InformasjonGitt,
    ReservasjonOnske,
)
from hub.fhir.models.r4.communication import Communication, CommunicationPayload
from hub.fhir.models.r4.consent import Consent, ConsentProvision
from hub.fhir.models.r4.datatypes import Extension, Period, Reference
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.mapping.codes import concept, content, point, to_concept, to_note, to_period, words
from hub.mapping.draft import Desk
from hub.mapping.message_urls import (
    CONSENT_CATEGORY,
    CONSENT_SCOPE,
    PARTICIPATION_MODE,
    WITHDRAWN_BY,
)
from hub.mapping.narrative import Contained, local_time, shown, yes_no
from hub.mapping.organisation import to_related_person, to_role
from hub.mapping.person import full_name
from hub.mapping.plo_to_fhir.notes import section_of
from hub.mapping.times import to_date

_VERBAL = concept(PARTICIPATION_MODE, "VERBAL", "verbal", "Muntlig")
_SCOPE = concept(CONSENT_SCOPE, "treatment", "Treatment")
_CATEGORY = concept(CONSENT_CATEGORY, "acd", "Advance Directive")


def lay_information_given(blocks: Iterable[InfoInformasjonGitt], desk: Desk) -> None:
    """Information that was given to somebody → one Communication each on the desk."""
    given = [one for block in blocks for one in block.informasjon_gitt]
    entries = tuple(desk.add(_given(one, desk)) for one in given)
    lines = [
        ", ".join(
            p
            for p in (
                shown(to_concept(one.type_informasjon, "9502")),
                content(one.beskrivelse_informasjon),
                f"til {full_name(one.informasjon_gitt_til)}",
                f"av {full_name(one.informasjon_gitt_av)}",
                local_time(to_date(one.informasjon_gitt_dato)),
            )
            if p
        )
        for one in given
    ]
    desk.section(section_of("Informasjon gitt", entries=entries, lines=lines))


def _given(one: InformasjonGitt, desk: Desk) -> Communication:
    contained, text = Contained(), content(one.beskrivelse_informasjon)
    return Communication(
        status="completed",
        medium=(_VERBAL,) if one.muntlig_informasjon else (),
        subject=desk.patient,
        topic=to_concept(one.type_informasjon, "9502"),
        encounter=desk.encounter,
        sent=to_date(one.informasjon_gitt_dato),
        recipient=(_person(one.informasjon_gitt_til, contained, desk),),
        sender=to_role(one.informasjon_gitt_av, contained),
        payload=(CommunicationPayload(contentString=text),) if text else (),
        contained=contained.listed(),
    )


def _person(person: Person, contained: Contained, desk: Desk) -> Reference:
    return contained.add(to_related_person(person, desk.patient), full_name(person))


def lay_reservations(blocks: Iterable[InfoReservasjon], desk: Desk) -> None:
    """Reservations and wishes → one Consent each on the desk, inactive when taken back."""
    wishes = [one for block in blocks for one in block.reservasjon_onske]
    entries = tuple(desk.add(_reservation(one, desk), content(one.gjelder)) for one in wishes)
    lines = [
        ", ".join(
            p
            for p in (
                content(one.gjelder),
                f"framsatt av {full_name(one.framsatt_av)} {local_time(to_date(one.framsatt_dato))}".strip(),
                f"trukket tilbake {local_time(to_date(one.trukket_tilbake_dato))}"
                if _taken_back(one)
                else None,
                content(one.merknad),
            )
            if p
        )
        for one in wishes
    ]
    desk.section(section_of("Reservasjoner og ønsker", entries=entries, lines=lines))


def _taken_back(one: ReservasjonOnske) -> bool:
    return one.trukket_tilbake_av is not None or one.trukket_tilbake_dato is not None


def _reservation(one: ReservasjonOnske, desk: Desk) -> Consent:
    contained = Contained()
    end = to_date(one.trukket_tilbake_dato)
    by = _person(one.trukket_tilbake_av, contained, desk) if one.trukket_tilbake_av else None
    return Consent(
        extension=(Extension(url=WITHDRAWN_BY, valueReference=by),) if by else (),
        status="inactive" if _taken_back(one) else "active",
        scope=_SCOPE,
        category=(_CATEGORY,),
        patient=desk.patient,
        dateTime=to_date(one.framsatt_dato),
        performer=(_person(one.framsatt_av, contained, desk),),
        policyRule=words(content(one.gjelder) or "Reservasjon uten opplysninger"),
        provision=ConsentProvision(period=Period(end=end)) if end else None,
        contained=contained.listed(),
    )


def lay_assisted_communication(blocks: Iterable[InfoAssistertKommunikasjon], desk: Desk) -> None:
    """Need for an interpreter or other help → one ServiceRequest each on the desk."""
    entries: list[Reference] = []
    lines: list[str] = []
    for one in (block.assistert_kommunikasjon for block in blocks):
        request = _assistance(one, desk)
        entries.append(desk.add(request, shown(request.code)))
        interpreter = full_name(one.preferert_tolk) if one.preferert_tolk else None
        parts = (
            *(shown(d) for d in request.orderDetail),
            *(shown(r) for r in request.reasonCode),
            f"ønsket tolk: {interpreter}" if interpreter else None,
            *(n.text for n in request.note),
        )
        lines.append(", ".join(p for p in parts if p) or shown(request.code))
    desk.section(section_of("Assistert kommunikasjon", entries=tuple(entries), lines=lines))


def _assistance(one: AssistertKommunikasjon, desk: Desk) -> ServiceRequest:
    contained = Contained()
    language = to_concept(one.behov_tolk_sprak, "3303")
    impairments = (("Hørselsvikt", one.horselsvikt), ("Synsvikt", one.synsvikt))
    ended = point(one.behov_opphort_dato)
    needs = _person(one.person_tolkebehov, contained, desk) if one.person_tolkebehov else None
    interpreter = _person(one.preferert_tolk, contained, desk) if one.preferert_tolk else None
    return ServiceRequest(
        status="completed" if ended else "active",
        intent="proposal",
        category=(words("Assistert kommunikasjon"),),
        code=words("Tolk" if language or interpreter or needs else "Assistert kommunikasjon"),
        orderDetail=(language,) if language else (),
        subject=desk.patient,
        encounter=desk.encounter,
        occurrencePeriod=to_period(None, ended),
        authoredOn=desk.sent,
        requester=desk.sender,
        performer=(interpreter,) if interpreter else (),
        reasonCode=tuple(
            words(f"{label}: {yes_no(fact)}") for label, fact in impairments if fact is not None
        ),
        supportingInfo=(needs,) if needs else (),
        note=to_note(one.merknad),
        contained=contained.listed(),
    )
