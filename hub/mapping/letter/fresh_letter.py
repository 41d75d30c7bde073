"""FHIR that never was a message → what a referral or a discharge letter says beside it: parties, answers, texts.

Source: hodemelding.md (two-level addressing); epikrise-henvisning.md; dho/requirements.md 40 and 41; lists 8231, 8311.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from hub.emessage import epikrise as e
from hub.emessage.datatypes import CS
from hub.fhir import codec
from hub.fhir.models.r4.composition import Composition, CompositionSection
from hub.fhir.models.r4.questionnaire_response import (
    QuestionnaireResponse,
    QuestionnaireResponseItem,
    QuestionnaireResponseItemAnswer,
)
from hub.mapping.gp import GpReceiver
from hub.mapping.letter.text import from_narrative
from hub.mapping.message_words import clean
from hub.mapping.own_party import OwnParty, Responsible
from hub.mapping.urls import VOLVEN

_HER: Final = CS(v="HER", dn="HER-id")
_HPR: Final = CS(v="HPR", dn="HPR-nummer")
_HEADINGS: Final = f"{VOLVEN}8311"
_CHANGES: Final = {"final": "N", "amended": "M", "corrected": "M", "entered-in-error": "C"}


def own_hcp(party: OwnParty) -> e.HCP:
    """Our service → HCP with its entity."""
    dept = e.Dept(name=party.service_name, id=party.service_her_id, type_id=_HER)
    inst = e.Inst(
        name=party.organisation_name, id=party.organisation_her_id, type_id=_HER, dept=(dept,)
    )
    return e.HCP(inst=inst)


def receiver_hcp(party: GpReceiver) -> e.HCP:
    """A receiver → HCP: a service as department of its entity, a GP as person in the office."""
    name = party.person.full if party.person is not None else party.party_name
    inner: dict[str, Any] = (
        {"dept": (e.Dept(name=name, id=party.party_her_id, type_id=_HER),)}
        if party.person is None
        else {"hc_person": (e.HCPerson(name=name, id=party.party_her_id, type_id=_HER),)}
    )
    return e.HCP(
        inst=e.Inst(
            name=party.organisation_name, id=party.organisation_her_id, type_id=_HER, **inner
        )
    )


def responsible_hcp(one: Responsible) -> e.HCP:
    """Who answers for the letter → HCP."""
    return e.HCP(
        hc_prof=e.HCProf(name=clean(one.name.full), id=one.hpr, type_id=_HPR if one.hpr else None)
    )


def change_of(composition: Composition) -> str | None:
    """The status of a Composition → whether its letter is new, a change or a cancellation (7309); None while it is a draft."""
    return _CHANGES.get(composition.status or "")


def texts_of(sections: Iterable[CompositionSection]) -> Iterator[tuple[str, str, str]]:
    """Sections, at any depth → code of list 8311 ("" when it has none), heading and words of each that says something."""
    for section in sections:
        codings = section.code.coding if section.code is not None else ()
        code = next((c.code or "" for c in codings if c.system == _HEADINGS), "")
        heading = section.title or next((c.display or "" for c in codings if c.display), "")
        narrative: Any = (
            msgspec.json.decode(codec.encode(section.text)) if section.text is not None else None
        )
        # What a person wrote is the letter's word, whichever status the narrative has
        told = from_narrative({**narrative, "status": "additional"}) if narrative else None
        if told is not None and told.plain:
            yield code, clean(heading) or "Opplysning", told.plain
        yield from texts_of(section.section)


def entries_of(sections: Iterable[CompositionSection]) -> Iterator[str]:
    """Sections, at any depth → the references they list."""
    for section in sections:
        yield from (entry.reference for entry in section.entry if entry.reference)
        yield from entries_of(section.section)


def answers_of(response: QuestionnaireResponse) -> tuple[tuple[str, str], ...]:
    """A form that was filled in → question and answer in words, in order; what was not answered is left out."""
    return tuple(_answered(response.item, ""))


def _answered(items: Iterable[QuestionnaireResponseItem], above: str) -> Iterator[tuple[str, str]]:
    """Shape: a question under a heading, or under another question, is led by that."""
    for item in items:
        said = "; ".join(word for word in map(_word, item.answer) if word)
        led = " – ".join(part for part in (above, clean(item.text)) if part)
        if said:
            yield led or clean(item.linkId), said
        yield from _answered(item.item, led)
        for answer in item.answer:
            yield from _answered(answer.item, led)


def _word(answer: QuestionnaireResponseItemAnswer) -> str:
    if answer.valueBoolean is not None:
        return "Ja" if answer.valueBoolean else "Nei"
    if answer.valueCoding is not None:
        return clean(answer.valueCoding.display or answer.valueCoding.code)
    if answer.valueQuantity is not None:
        quantity = answer.valueQuantity
        unit = quantity.unit or quantity.code or ""
        return clean(f"{quantity.value if quantity.value is not None else ''} {unit}")
    plain = (
        answer.valueString,
        answer.valueDecimal,
        answer.valueInteger,
        answer.valueDate,
        answer.valueDateTime,
        answer.valueTime,
        answer.valueUri,
    )
    return next((clean(str(value)) for value in plain if value is not None), "")
