"""The values an alert rests on → as they go with the note to the journal.

Source: fhir-no/vkp-dho.md (vkp-Observation, vkp-QuestionnaireResponse).
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from hub.fhir.models.r4.datatypes import CodeableConcept, Element, Extension, Reference
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.questionnaire_response import QuestionnaireResponse
from hub.mapping.evidence import is_part, part_name, whole_name
from hub.mapping.observation_to_measurement import measure_of
from hub.mapping.reference_ranges import interpretation_of, with_limits
from hub.thresholds.alarm import Alert
from hub.thresholds.measures import name_of
from hub.thresholds.plan import Rule

_DISPLAY: Final = "http://hl7.org/fhir/StructureDefinition/display"
Value = Observation | QuestionnaireResponse


def as_told(value: Value, alert: Alert, rule: Rule | None, subject: Reference) -> Value:
    """A value or form → as it goes with the note: logical references only, the limits in force, how it was judged."""
    if isinstance(value, QuestionnaireResponse):
        return _form(value, alert.measure, subject)
    mine = next(
        (e for e in reversed(alert.evidence) if whole_name(e.observation) == value.id), None
    )
    told = () if mine is None else interpretation_of(mine.reason, mine.zone)
    limited = with_limits(value, rule)
    if mine is not None and is_part(mine.observation):
        limited, told = _of_part(limited, mine.observation, told), ()
    return replace(
        limited,
        id=None,
        meta=None,
        text=None,
        contained=(),
        subject=subject,
        performer=tuple(filter(None, (_logical(ref) for ref in value.performer))),
        device=None if value.device is None else _logical(value.device),
        interpretation=value.interpretation or told,
        basedOn=(),
        partOf=(),
        focus=(),
        hasMember=(),
        derivedFrom=(),
        specimen=None,
        encounter=None,
    )


def _of_part(value: Observation, name: str, told: tuple[CodeableConcept, ...]) -> Observation:
    """A value, the name of its part that was judged, and how → the same with that said of the component alone."""
    parts = [
        replace(part, interpretation=part.interpretation or told)
        if part_name(name, measure_of(part.code)[0] or "") == name
        else part
        for part in value.component
    ]
    return replace(value, component=tuple(parts))


def _form(form: QuestionnaireResponse, measure: str, subject: Reference) -> QuestionnaireResponse:
    """An answered form → the same for a reader who has not its Questionnaire: the title stands beside the canonical."""
    title = Element(extension=(Extension(url=_DISPLAY, valueString=name_of(measure)),))
    return replace(
        form,
        id=None,
        meta=None,
        text=None,
        contained=(),
        subject=subject,
        questionnaire_ext=form.questionnaire_ext or title,
        author=None if form.author is None else _logical(form.author),
        source=None if form.source is None else _logical(form.source),
        basedOn=(),
        partOf=(),
        encounter=None,
    )


def _logical(ref: Reference) -> Reference | None:
    """A reference → as the receiver can read it: by identifier or name."""
    if ref.identifier is None and not ref.display:
        return None
    return replace(ref, reference=None)
