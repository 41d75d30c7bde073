"""Invariants of FHIR R4 that are cheap to test on a decoded struct: struct name → rules.

Each test takes the struct and answers whether the rule holds. The generator writes calls to them into the checks of the
models; explain.py reads the same table for the text. Rules about more than one element tree (ref-1, dom-3) are in codec.py.
Source: the `constraint` elements of the official StructureDefinitions, named by their keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final

_DAY: Final = 10  # characters of a date without time


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule: its official key, what it says, and the test."""

    key: str
    text: str
    test: Callable[[Any], bool]


def in_order(start: str | None, end: str | None) -> bool:
    """Two partial dates → False only when the first is certainly after the second."""
    if start is None or end is None:
        return True
    if len(start) <= _DAY and len(end) <= _DAY:
        shared = min(len(start), len(end))
        return start[:shared] <= end[:shared]
    if len(start) > _DAY and len(end) > _DAY:
        if start[19:] == end[19:]:
            return start <= end
        return _instant(start) <= _instant(end)
    if len(start) < _DAY or len(end) < _DAY:
        shared = min(len(start), len(end), 4)
        return start[:shared] <= end[:shared]
    # One is a day, the other an instant somewhere on earth: a day of doubt.
    return (
        date.fromisoformat(start[:_DAY]).toordinal()
        <= date.fromisoformat(end[:_DAY]).toordinal() + 1
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace(":60", ":59"))


def per_1(o: Any) -> bool:
    """Period."""
    return in_order(o.start, o.end)


def qty_3(o: Any) -> bool:
    """Quantity and the types made from it."""
    return o.code is None or o.system is not None


def rng_2(o: Any) -> bool:
    """Range."""
    low, high = o.low, o.high
    if low is None or high is None or low.value is None or high.value is None:
        return True
    return (low.system, low.code, low.unit) != (
        high.system,
        high.code,
        high.unit,
    ) or low.value <= high.value


def rat_1(o: Any) -> bool:
    """Ratio."""
    return (o.numerator is None) == (o.denominator is None) and bool(
        o.numerator is not None or o.extension
    )


def att_1(o: Any) -> bool:
    """Attachment."""
    return o.data is None or o.contentType is not None or o.contentType_ext is not None


def cpt_2(o: Any) -> bool:
    """ContactPoint."""
    return o.value is None or o.system is not None or o.system_ext is not None


def tim_1(o: Any) -> bool:
    """Timing.repeat."""
    return o.duration is None or o.durationUnit is not None


def tim_2(o: Any) -> bool:
    """Timing.repeat."""
    return o.period is None or o.periodUnit is not None


def tim_4(o: Any) -> bool:
    """Timing.repeat."""
    return o.duration is None or o.duration >= 0


def tim_5(o: Any) -> bool:
    """Timing.repeat."""
    return o.period is None or o.period >= 0


def tim_6(o: Any) -> bool:
    """Timing.repeat."""
    return o.periodMax is None or o.period is not None


def tim_7(o: Any) -> bool:
    """Timing.repeat."""
    return o.durationMax is None or o.duration is not None


def tim_8(o: Any) -> bool:
    """Timing.repeat."""
    return o.countMax is None or o.count is not None


def tim_9(o: Any) -> bool:
    """Timing.repeat."""
    return o.offset is None or (bool(o.when) and not {"C", "CM", "CD", "CV"} & set(o.when))


def tim_10(o: Any) -> bool:
    """Timing.repeat."""
    return not o.timeOfDay or not o.when


def obs_3(o: Any) -> bool:
    """Observation.referenceRange."""
    return o.low is not None or o.high is not None or o.text is not None or o.text_ext is not None


def obs_6(o: Any) -> bool:
    """Observation."""
    return o.dataAbsentReason is None or not has_choice(o, "value")


def obs_7(o: Any) -> bool:
    """Observation."""
    if not o.component or not has_choice(o, "value"):
        return True
    own = {(c.system, c.code) for c in o.code.coding}
    return not any((c.system, c.code) in own for each in o.component for c in each.code.coding)


def has_choice(o: Any, name: str) -> bool:
    """A struct and the name before [x] → whether one of the variants is there."""
    values = _variants(o.__class__, name)(o)
    return values.count(None) < len(values)


@cache
def _variants(struct: type[Any], name: str) -> Callable[[Any], tuple[Any, ...]]:
    size = len(name)
    names: tuple[str, ...] = struct.__struct_fields__
    return attrgetter(*(f for f in names if f.startswith(name) and f[size : size + 1].isupper()))


def ait_1(o: Any) -> bool:
    """AllergyIntolerance."""
    return o.clinicalStatus is not None or _coded(o.verificationStatus, "entered-in-error")


def ait_2(o: Any) -> bool:
    """AllergyIntolerance."""
    return not (_coded(o.verificationStatus, "entered-in-error") and o.clinicalStatus is not None)


def con_4(o: Any) -> bool:
    """Condition."""
    abated = has_choice(o, "abatement")
    return not abated or any(
        _coded(o.clinicalStatus, c) for c in ("inactive", "resolved", "remission")
    )


def con_5(o: Any) -> bool:
    """Condition."""
    return not (_coded(o.verificationStatus, "entered-in-error") and o.clinicalStatus is not None)


def _coded(concept: Any, code: str) -> bool:
    return concept is not None and any(c.code == code for c in concept.coding)


def pat_1(o: Any) -> bool:
    """Patient.contact."""
    return bool(o.name or o.telecom or o.address or o.organization)


def org_1(o: Any) -> bool:
    """Organization."""
    return bool(o.identifier or o.name or o.name_ext)


def org_2(o: Any) -> bool:
    """Organization."""
    return not any(a.use == "home" for a in o.address)


def org_3(o: Any) -> bool:
    """Organization."""
    return not any(t.use == "home" for t in o.telecom)


def cpl_3(o: Any) -> bool:
    """CarePlan.activity."""
    return o.detail is None or o.reference is None


def gol_1(o: Any) -> bool:
    """Goal.target."""
    return not has_choice(o, "detail") or o.measure is not None


def cmp_1(o: Any) -> bool:
    """Composition.section."""
    return bool(o.text or o.entry or o.section)


def cmp_2(o: Any) -> bool:
    """Composition.section."""
    return o.emptyReason is None or not o.entry


def que_2(o: Any) -> bool:
    """Questionnaire."""
    found: list[str] = []
    _link_ids(o.item, found)
    return len(found) == len(set(found))


def _link_ids(items: Any, found: list[str]) -> None:
    for item in items:
        if item.linkId is not None:
            found.append(item.linkId)
        _link_ids(item.item, found)


def que_1(o: Any) -> bool:
    """Questionnaire.item."""
    return not (o.type == "group" and not o.item) and not (o.type == "display" and o.item)


def que_4(o: Any) -> bool:
    """Questionnaire.item."""
    return not (o.answerOption and o.answerValueSet is not None)


def que_7(o: Any) -> bool:
    """Questionnaire.item.enableWhen."""
    return o.operator != "exists" or o.answerBoolean is not None


def que_12(o: Any) -> bool:
    """Questionnaire.item."""
    return len(o.enableWhen) <= 1 or o.enableBehavior is not None


def qrs_1(o: Any) -> bool:
    """QuestionnaireResponse.item."""
    return not (o.answer and o.item)


def bdl_1(o: Any) -> bool:
    """Bundle."""
    return o.total is None or o.type in {"searchset", "history"}


def bdl_2(o: Any) -> bool:
    """Bundle."""
    return o.type == "searchset" or all(e.search is None for e in o.entry)


def bdl_3(o: Any) -> bool:
    """Bundle."""
    if o.type in {"batch", "transaction", "history"}:
        return all(e.request is not None for e in o.entry)
    return all(e.request is None for e in o.entry)


def bdl_4(o: Any) -> bool:
    """Bundle."""
    if o.type in {"batch-response", "transaction-response", "history"}:
        return all(e.response is not None for e in o.entry)
    return all(e.response is None for e in o.entry)


def bdl_5(o: Any) -> bool:
    """Bundle.entry."""
    return bool(o.resource is not None or o.request or o.response)


def bdl_8(o: Any) -> bool:
    """Bundle.entry."""
    return o.fullUrl is None or "/_history/" not in o.fullUrl


def bdl_9(o: Any) -> bool:
    """Bundle."""
    return o.type != "document" or bool(o.identifier and o.identifier.system and o.identifier.value)


def bdl_10(o: Any) -> bool:
    """Bundle."""
    return o.type != "document" or bool(o.timestamp or o.timestamp_ext)


def inv_1(o: Any) -> bool:
    """Parameters.parameter: one of value, resource, parts."""
    return (o.resource is not None) + bool(o.part) + has_choice(o, "value") <= 1


INVARIANTS: Final[dict[str, tuple[Invariant, ...]]] = {
    "Period": (Invariant("per-1", "start SHALL not be after end", per_1),),
    **dict.fromkeys(
        ("Quantity", "Age", "Count", "Distance", "Duration"),
        (Invariant("qty-3", "a coded unit SHALL have a system", qty_3),),
    ),
    "Range": (Invariant("rng-2", "low SHALL not be above high", rng_2),),
    "Ratio": (
        Invariant(
            "rat-1", "numerator and denominator SHALL both be there, or both be absent", rat_1
        ),
    ),
    "Attachment": (Invariant("att-1", "data SHALL have a contentType", att_1),),
    "ContactPoint": (Invariant("cpt-2", "a value SHALL have a system", cpt_2),),
    "TimingRepeat": (
        Invariant("tim-1", "a duration SHALL have a unit", tim_1),
        Invariant("tim-2", "a period SHALL have a unit", tim_2),
        Invariant("tim-4", "duration SHALL not be negative", tim_4),
        Invariant("tim-5", "period SHALL not be negative", tim_5),
        Invariant("tim-6", "periodMax SHALL stand with a period", tim_6),
        Invariant("tim-7", "durationMax SHALL stand with a duration", tim_7),
        Invariant("tim-8", "countMax SHALL stand with a count", tim_8),
        Invariant("tim-9", "an offset SHALL stand with a when that is not C, CM, CD or CV", tim_9),
        Invariant("tim-10", "timeOfDay and when SHALL not stand together", tim_10),
    ),
    "Observation": (
        Invariant("obs-6", "dataAbsentReason SHALL only stand where there is no value", obs_6),
        Invariant(
            "obs-7",
            "a component SHALL not repeat the Observation's code when that has a value",
            obs_7,
        ),
    ),
    "ObservationComponent": (
        Invariant("obs-6", "dataAbsentReason SHALL only stand where there is no value", obs_6),
    ),
    "ObservationReferenceRange": (Invariant("obs-3", "low, high or text SHALL be there", obs_3),),
    "AllergyIntolerance": (
        Invariant("ait-1", "clinicalStatus SHALL be there unless entered in error", ait_1),
        Invariant("ait-2", "clinicalStatus SHALL not stand when entered in error", ait_2),
    ),
    "Condition": (
        Invariant(
            "con-4", "an abated condition SHALL be inactive, resolved or in remission", con_4
        ),
        Invariant("con-5", "clinicalStatus SHALL not stand when entered in error", con_5),
    ),
    "PatientContact": (
        Invariant("pat-1", "a contact SHALL have a name, telecom, address or organization", pat_1),
    ),
    "Organization": (
        Invariant("org-1", "an organization SHALL have a name or an identifier", org_1),
        Invariant("org-2", "an organization's address SHALL not be of use home", org_2),
        Invariant("org-3", "an organization's telecom SHALL not be of use home", org_3),
    ),
    "CarePlanActivity": (
        Invariant("cpl-3", "detail and reference SHALL not stand together", cpl_3),
    ),
    "GoalTarget": (Invariant("gol-1", "a detail SHALL have a measure", gol_1),),
    "CompositionSection": (
        Invariant("cmp-1", "a section SHALL have a text, an entry or a section", cmp_1),
        Invariant("cmp-2", "emptyReason SHALL only stand where there are no entries", cmp_2),
    ),
    "Questionnaire": (Invariant("que-2", "each linkId SHALL be used once", que_2),),
    "QuestionnaireItem": (
        Invariant("que-1", "a group SHALL have items, a display SHALL not", que_1),
        Invariant("que-4", "answerOption and answerValueSet SHALL not stand together", que_4),
        Invariant("que-12", "several enableWhen SHALL have an enableBehavior", que_12),
    ),
    "QuestionnaireItemEnableWhen": (
        Invariant("que-7", "operator exists SHALL have a boolean answer", que_7),
    ),
    "QuestionnaireResponseItem": (
        Invariant("qrs-1", "answer and item SHALL not stand together", qrs_1),
    ),
    "Bundle": (
        Invariant("bdl-1", "total SHALL only stand in a searchset or history", bdl_1),
        Invariant("bdl-2", "entry.search SHALL only stand in a searchset", bdl_2),
        Invariant(
            "bdl-3",
            "entry.request SHALL stand in batch, transaction and history, and only there",
            bdl_3,
        ),
        Invariant(
            "bdl-4", "entry.response SHALL stand in responses and history, and only there", bdl_4
        ),
        Invariant("bdl-9", "a document SHALL have an identifier with system and value", bdl_9),
        Invariant("bdl-10", "a document SHALL have a timestamp", bdl_10),
    ),
    "BundleEntry": (
        Invariant("bdl-5", "an entry SHALL have a resource, a request or a response", bdl_5),
        Invariant("bdl-8", "fullUrl SHALL not name a version", bdl_8),
    ),
    "ParametersParameter": (
        Invariant("inv-1", "a parameter SHALL have one of value, resource and part", inv_1),
    ),
}
"""Struct name → the rules tested on it."""
