"""Invariants of the resources of FHIR R4: each function takes a struct and answers whether the rule of its name holds.

Source: the `constraint` elements of the official StructureDefinitions, named by their keys.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from hub.fhir.models.paths import at


def has_choice(o: Any, name: str) -> bool:
    """A struct and the name before [x] → whether one of the variants is there."""
    values = _variants(o.__class__, name)(o)
    return values.count(None) < len(values)


@cache
def _variants(struct: type[Any], name: str) -> Callable[[Any], tuple[Any, ...]]:
    size = len(name)
    names: tuple[str, ...] = struct.__struct_fields__
    return attrgetter(*(f for f in names if f.startswith(name) and f[size : size + 1].isupper()))


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
    return (
        len(o.enableWhen) <= 1 or o.enableBehavior is not None or o.enableBehavior_ext is not None
    )


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
    return (o.resource is not None) + bool(o.part) + bool(at(o, "value")) == 1
