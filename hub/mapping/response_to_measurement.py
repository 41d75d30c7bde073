"""FHIR QuestionnaireResponse → Measurement of a form: its answers by linkId, as numbers where they are numbers.

Nothing is added up here: the rules of the plan say which items belong to a sum (§5.9).
Source: dho/thresholds.md §5.9, §9.3; FHIR R4 QuestionnaireResponse; ordinalValue and itemWeight extensions of HL7.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from hub.fhir.models.r4.datatypes import Coding
from hub.fhir.models.r4.questionnaire_response import (
    QuestionnaireResponse,
    QuestionnaireResponseItem,
    QuestionnaireResponseItemAnswer,
)
from hub.mapping import urls
from hub.mapping.evidence import evidence_of
from hub.mapping.fhir_time import to_day, to_instant
from hub.problems import Translation
from hub.thresholds.measurement import Measurement, resolve_effective

_QUESTIONNAIRES: Final = f"{urls.BASE}/Questionnaire/"
_WEIGHTS: Final = (
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
)
_STATUSES: Final = {
    "completed": "final",
    "stopped": "final",
    "amended": "amended",
    "entered-in-error": "entered-in-error",
}
"""Answers that are still being given are not judged: they come again, completed."""
_NOTHING: Final[Translation[Measurement | None]] = Translation(None)


def response_to_measurement(
    response: QuestionnaireResponse,
    *,
    resource_id: str,
    version: int,
    received: datetime,
    timezone: str = "Europe/Oslo",
) -> Translation[Measurement | None]:
    """One QuestionnaireResponse version and when the hub got it → Measurement; None while it is filled in or names no form.

    Shape: `measure` is `form:` and the form's key: the last part of a canonical of ours, any other canonical whole, without
    its version. An item counts by its linkId; one that was not answered, or not by a number, is there without one.
    Drops: answers in words, dates and files; all but the first answer of an item.
    """
    key = form_key(response.questionnaire)
    status = _STATUSES.get(response.status or "")
    if key is None or status is None:
        return _NOTHING
    instant = to_instant(response.authored, ZoneInfo(timezone))
    effective, date_only = resolve_effective(instant or to_day(response.authored), timezone)
    items: dict[str, str | None] = {}
    _collect(response.item, items)
    return Translation(
        Measurement(
            id=evidence_of("QuestionnaireResponse", resource_id),
            measure=f"form:{key}",
            effective=effective,
            received=received,
            status=status,
            version=version,
            identifiers=_identifiers(response),
            items=items,
            date_only=date_only,
        )
    )


def _identifiers(response: QuestionnaireResponse) -> tuple[str, ...]:
    identifier = response.identifier
    if identifier is None or not identifier.value:
        return ()
    return (f"{identifier.system or ''}|{identifier.value}",)


def form_key(canonical: str | None) -> str | None:
    """The canonical of a Questionnaire → the key that rules name the form by."""
    if not canonical:
        return None
    bare = canonical.partition("|")[0]
    return bare.removeprefix(_QUESTIONNAIRES) or None


def _collect(found: Iterable[QuestionnaireResponseItem], items: dict[str, str | None]) -> None:
    for item in found:
        if item.linkId and (item.answer or not item.item):
            items.setdefault(item.linkId, _number(item.answer[0]) if item.answer else None)
        _collect(item.item, items)
        for answer in item.answer:
            _collect(answer.item, items)


def _number(answer: QuestionnaireResponseItemAnswer) -> str | None:
    value: Decimal | int | None = answer.valueInteger
    if value is None:
        value = answer.valueDecimal
    if value is None and answer.valueBoolean is not None:
        value = int(answer.valueBoolean)
    if value is None and answer.valueQuantity is not None:
        value = answer.valueQuantity.value
    if value is not None:
        return str(value)
    if answer.valueCoding is not None:
        return _weight(answer.valueCoding)
    return None


def _weight(coding: Coding) -> str | None:
    """A coded answer → what it counts: the weight that stands on it; a code that is a number counts as it."""
    for each in coding.extension:
        if each.url in _WEIGHTS and each.valueDecimal is not None:
            return str(each.valueDecimal)
    code = (coding.code or "").removeprefix("-")
    return coding.code if code.isascii() and code.isdigit() else None
